import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.importance import ColumnSet, Estimator, ImportanceResult, Tasks
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.occurrence import Occurrence
from greenlight_films.importance.pairs import MOST_PAIRS
from greenlight_films.importance.related import RelatedSettings, related_features

NUMBER = ColumnSet("year", "number", np.array([0]), np.array([], np.int64))
LABEL = ColumnSet("Cast=3", "value", np.array([], np.int64), np.array([3]))


def related_of(study, loss="mse", conditional=(), estimator=None, **settings):
    estimator = estimator or Estimator("expected", 20)
    tasks = Tasks(study.reference("mse"), study.keys, estimator, [NUMBER])
    tasks.run()
    values, joint = tasks.together()
    names = [f"Cast={label}" for label in range(study.matrix.shape[1])]
    described = pd.DataFrame({"feature": [*names, "year"]})
    summary = {"films": len(study.matrix), "split": "test", "loss": loss}
    result = ImportanceResult(described, values, [NUMBER], joint, summary)
    related = related_features(study.reference(loss), RelatedSettings(**settings), conditional, estimator, result)
    return related, result


@pytest.fixture
def crews(make_study):
    """Return films in which labels 0 and 1 nearly always come together, 2, 3 and 4 often, and others by chance."""
    study, random = make_study(300, (5,) * 9), np.random.default_rng(0)
    for labels, share in (([0, 1], 0.1), ([2, 3, 4], 0.15), ([5], 0.2), ([6], 0.3)):
        works = random.random(300) < share
        for label in labels:
            study.matrix[:, label] = works & (random.random(300) < 0.95)
    return study.rebuilt()


def test_groups_and_pairs_have_names_and_what_each_is_worth_alone(crews):
    related, result = related_of(crews)
    alone = result.values.mean.numpy()
    groups = related.groups.set_index("features")
    assert set(groups.index) == {"Cast=0 + Cast=1", "Cast=2 + Cast=3 + Cast=4"}
    assert groups["n_features"].to_dict() == {"Cast=0 + Cast=1": 2, "Cast=2 + Cast=3 + Cast=4": 3}
    assert groups.loc["Cast=0 + Cast=1", "sum_of_values"] == pytest.approx(alone[:2].sum())
    assert related.groups["importance"].is_monotonic_decreasing
    pairs = related.pairs.set_index(["first", "second"])
    line = pairs.loc[("Cast=0", "Cast=1")]
    assert line[["first_alone", "second_alone"]].tolist() == pytest.approx(alone[:2])
    assert line["n_films"] == (crews.matrix[:, 0] * crews.matrix[:, 1]).sum()
    assert related.notes == []


def test_what_is_not_wanted_is_not_measured(crews):
    assert related_of(crews, groups=False)[0].groups.empty
    related = related_of(crews, pairs=False)[0]
    assert related.pairs.empty
    assert len(related.groups) == 2
    assert related.conditional.empty


def test_conditional_importances_stand_beside_those_among_all_films(crews):
    related, result = related_of(crews, conditional=[NUMBER, LABEL])
    lines = related.conditional.set_index("name")
    assert lines["importance"].tolist() == pytest.approx([float(result.joint.mean[0]), float(result.values.mean[3])])
    assert lines["strata"].tolist() == [10, pytest.approx(10, abs=9)]
    assert lines.loc["Cast=3", "explained"] > 0.5
    assert lines.loc["year", "explained"] < 0.1
    assert lines.loc["year", "conditional"] == pytest.approx(lines.loc["year", "importance"], rel=0.3)
    assert (lines["low_95"] < lines["conditional"]).all()


def test_random_numbers_hang_on_the_seed_and_the_name_alone(crews):
    first, again = (related_of(crews, conditional=[LABEL])[0].conditional for _ in range(2))
    beside = related_of(crews, conditional=[NUMBER, LABEL])[0].conditional
    other = related_of(crews, conditional=[LABEL], estimator=Estimator("expected", 20, seed=1))[0].conditional
    assert first.equals(again)
    assert beside.iloc[1]["conditional"] == first.iloc[0]["conditional"]
    assert other.iloc[0]["conditional"] != first.iloc[0]["conditional"]


def test_a_loss_without_closed_form_has_conditional_importances_alone(crews):
    related = related_of(crews, "rmse", [NUMBER], pairs=False)[0]
    assert related.notes == ["The loss rmse has no closed form, which groups need."]
    assert related_of(crews, "rmse")[0].notes == ["The loss rmse has no closed form, which groups and pairs need."]
    assert related.groups.empty
    assert np.isfinite(related.conditional["conditional"]).all()


def test_where_all_labels_are_rare_a_sentence_says_so(make_study):
    related = related_of(make_study(40, (1, 2, 2)))[0]
    assert related.notes == ["No label is in 3 of the 40 test films: none can be grouped or paired."]
    assert related.groups.empty
    assert related.pairs.empty


def test_where_labels_are_never_together_two_sentences_say_so(make_study):
    study = make_study(40, (4, 5, 6))
    study.matrix[:] = np.arange(40)[:, None] % 3 == np.arange(3)
    assert related_of(study.rebuilt())[0].notes == [
        "No labels share half of the films that have either: there are no groups.",
        "No two labels are together in 3 of the 40 test films: there are no pairs.",
    ]


def test_few_films_and_films_alone_among_those_alike_have_their_sentences(make_study, monkeypatch):
    related = related_of(make_study(15, (3, 4, 5, 9)), conditional=[NUMBER])[0]
    sentence = "year: too few films, or too few other features, to tell films that are alike."
    assert sentence in related.notes
    monkeypatch.setattr("greenlight_films.importance.conditional.LEAST_FILMS", 1)
    monkeypatch.setattr("greenlight_films.importance.conditional.STRATA", 30)
    related = related_of(make_study(31, (3, 4, 5, 9)), conditional=[NUMBER])[0]
    assert any(note.endswith(" films are alone among those alike, and can't be exchanged.") for note in related.notes)


@pytest.mark.slow
def test_of_more_pairs_than_are_measured_the_number_is_given(make_study):
    study = make_study(400, (150,) * 35)
    related = related_of(study, groups=False)[0]
    entries = Entries.of(study.rows)
    n_pairs = len(Occurrence.of(entries).pairs[0])
    assert n_pairs > MOST_PAIRS
    assert len(related.pairs) == MOST_PAIRS
    looked_at = f"Of {n_pairs:,} pairs of labels the 500 that are together most beyond chance are looked at"
    assert related.notes == [f"{looked_at}: 500 have 3 films with both, and are measured."]
    assert torch.isfinite(torch.from_numpy(related.pairs["joint"].to_numpy(copy=True))).all()


def test_labels_that_make_too_many_pairs_are_left_alone(crews, monkeypatch):
    n_together = int(((crews.matrix[:, (crews.matrix != 0).sum(0) >= 3] != 0).sum(1) ** 2).sum())
    monkeypatch.setattr("greenlight_films.importance.related.MOST_TOGETHER", n_together - 1)
    related = related_of(crews, conditional=[NUMBER])[0]
    sentence = f"The films have {n_together:,} pairs of labels, too many to find those that occur together."
    assert related.notes == [sentence]
    assert related.groups.empty
    assert len(related.conditional) == 1
