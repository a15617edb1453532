"""`FilmRegressor` over data frames: a scikit-learn estimator whose numbers are those of a study."""

import json
import pickle
import random
import shutil
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score

import greenlight_films as gl
from greenlight_films.datamodules.tables.read_table import InputNotice
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import SETTINGS, same_weights, small, weights
from tests.runs import expected_scores

FRAME = awkward_films()
KNOWN = FRAME.dropna(subset="rating")


@pytest.fixture(scope="module")
def model() -> gl.FilmRegressor:
    return small().fit(FRAME)


# An estimator of scikit-learn


def test_arguments_are_kept_as_they_are_given():
    model = gl.FilmRegressor(**SETTINGS)
    assert all(model.get_params()[name] is value for name, value in SETTINGS.items())
    assert model.set_params(hidden=(4,), seed=7).get_params()["hidden"] == (4,)
    assert gl.FilmRegressor().get_params()["features"] is None


def test_a_clone_has_the_arguments_and_is_not_fitted(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(FRAME)


def test_cross_validation_takes_a_frame_and_is_the_same_each_time():
    scores = cross_val_score(small(), KNOWN, cv=3)
    assert len(set(scores)) == 3
    assert np.isfinite(scores).all()
    assert np.array_equal(scores, cross_val_score(small(), KNOWN, KNOWN["rating"], cv=3))


@pytest.mark.slow
def test_a_grid_search_chooses_settings():
    search = GridSearchCV(small(max_epochs=10), {"learning_rate": [1e-6, 0.05]}, cv=2).fit(KNOWN)
    assert search.best_params_ == {"learning_rate": 0.05}
    assert search.best_estimator_.score(KNOWN) == search.score(KNOWN, KNOWN["rating"])


def test_numbers_of_numpy_are_settings_like_others(model):
    numbers = small(learning_rate=np.float64(1e-3), hidden=np.array([8]), members=np.int64(1), seed=np.int64(42))
    assert same_weights(weights(numbers.fit(FRAME)), weights(model))


def test_a_pickled_model_predicts_the_same(model):
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(FRAME), model.predict(FRAME))


def test_columns_of_the_frame_are_counted_and_named(model):
    assert list(model.feature_names_in_) == list(FRAME)
    assert model.n_features_in_ == len(FRAME.columns)


# Intervals


def test_predictions_have_intervals_of_the_level_that_is_wanted(fitted):
    predicted, lower, upper = fitted.predict(FRAME, interval=0.95)
    assert np.array_equal(predicted, fitted.predict(FRAME))
    assert ((lower < predicted) & (predicted < upper)).all()
    tested = FRAME["rating"].iloc[fitted.test_rows_].to_numpy()
    shares = []
    for level in (0.5, 0.8, 0.95):
        _, lower, upper = fitted.predict(FRAME.iloc[fitted.test_rows_], interval=level)
        shares.append(np.mean((lower <= tested) & (tested <= upper)))
        assert shares[-1] == pytest.approx(level, abs=0.2)  # of 45 films, from 30
    assert shares == sorted(shares)


def test_a_level_that_takes_more_validation_films_is_refused(fitted):
    with pytest.raises(gl.InputError, match=r"interval 0\.99 takes 99 validation films or more, got 30"):
        fitted.predict(FRAME, interval=0.99)


# Fitting


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    first, again, other = (weights(small(seed=seed).fit(FRAME)) for seed in (1, 1, 2))
    assert same_weights(first, again)
    assert not same_weights(first, other)


def test_fitting_changes_neither_the_frame_nor_global_random_states():
    frame, states = FRAME.copy(), (torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate())
    small(dropout=0.5, members=2).fit(frame)
    pd.testing.assert_frame_equal(frame, FRAME)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])
    assert random.getstate() == states[2]


def test_global_random_states_change_nothing(model):
    torch.manual_seed(1)
    np.random.seed(2)
    assert same_weights(weights(small().fit(FRAME)), weights(model))


def test_the_history_has_losses_by_epoch_and_training_stops_when_they_no_longer_fall(model):
    assert list(model.history_["epoch"]) == [0, 1]
    assert {"train_loss", "val_loss", "val_rmse", "val_r2"} <= set(model.history_)
    assert model.history_.notna().all(axis=None)
    stopped = small(max_epochs=40, learning_rate=0.3, patience=1).fit(FRAME)
    assert len(stopped.history_) < 40


def test_the_best_epoch_is_kept():
    long = small(max_epochs=12, learning_rate=0.3, patience=50).fit(FRAME)
    best = int(long.history_["val_loss"].idxmin())
    assert best < 11
    short = small(max_epochs=best + 1, learning_rate=0.3, patience=50).fit(FRAME)
    assert same_weights(weights(long), weights(short))


def test_a_target_in_a_column_and_in_y_are_the_same(model):
    given = small().fit(FRAME.drop(columns="rating"), FRAME["rating"])
    assert same_weights(weights(given), weights(model))
    unnamed = small(target=None).fit(FRAME, FRAME["rating"].to_numpy())
    assert same_weights(weights(unnamed), weights(model))
    assert unnamed.target_ == gl.Target("target")


@pytest.mark.parametrize("target", ["rating", gl.Target("rating"), None])
def test_a_column_of_the_name_of_y_is_no_feature(model, target):
    guess = small(target=target, features=["rating", "year", gl.Labels("genre")]).fit(FRAME, FRAME["rating"])
    assert same_weights(weights(guess), weights(model))


def test_a_bare_name_is_a_number_where_the_column_is_numeric_else_a_category():
    frame = FRAME.assign(year=FRAME["year"].astype("category"), votes=FRAME["year"] % 7)
    model = small(features=["votes", "company", "runtime", gl.Bins("year", edges=[1900, 1990, 2050])]).fit(frame)
    kinds = [type(feature).__name__ for feature in model.fitted_.encoder.features]
    assert kinds == ["Number", "Category", "Number", "Bins"]


def test_all_rows_train_or_validate_by_default(model):
    assert len(model.test_rows_) == 0
    sides = np.bincount(model.fitted_.sides, minlength=3)
    assert sides.tolist() == [len(KNOWN) - 20, 20, 0]


def test_rows_of_the_test_share_are_left_alone():
    split = gl.RandomSplit(val=0.2, test=0.3, seed=3)
    model = small(split=split).fit(FRAME)
    assert len(model.test_rows_) == 60
    wild = FRAME.copy()
    wild.loc[model.test_rows_, "rating"] *= -1000.0
    wild.loc[model.test_rows_, "year"] += 5000
    wild.loc[model.test_rows_, "genre"] = "Never seen before"
    other = small(split=split).fit(wild)
    assert np.array_equal(other.test_rows_, model.test_rows_)
    assert same_weights(weights(other), weights(model))
    assert other.fitted_.encoder.space.to_json() == model.fitted_.encoder.space.to_json()
    assert np.array_equal(other.predict(FRAME), model.predict(FRAME))


def test_a_group_split_keeps_films_together():
    frame = pd.concat([FRAME, FRAME], ignore_index=True)
    with pytest.raises(gl.InputError, match=r"rows of the same film on several sides .* of 'id'"):
        small(film="id").fit(frame)
    model = small(film="id", split=gl.GroupSplit(by="id")).fit(frame)
    tested = set(frame["id"][model.test_rows_])
    assert tested
    assert not tested & set(frame["id"].drop(index=model.test_rows_))


def test_weights_count_rows_of_weight_0_are_not_learnt_from_and_equal_weights_change_nothing(model):
    assert same_weights(weights(small().fit(FRAME, sample_weight=np.full(len(FRAME), 3.0))), weights(model))
    early = (FRAME["year"] < 1990).to_numpy()
    weighted = small().fit(FRAME, sample_weight=np.where(early, 5.0, 1.0))
    assert not same_weights(weights(weighted), weights(model))
    alone = small().fit(FRAME, sample_weight=early * 1.0)
    wild = FRAME.assign(rating=FRAME["rating"].where(early | FRAME["rating"].isna(), 1e6))
    assert same_weights(weights(alone), weights(small().fit(wild, sample_weight=early * 1.0)))


def test_512_encoded_films_are_kept_of_the_training_rows():
    frame = pd.concat([FRAME] * 4, ignore_index=True)
    model = small().fit(frame)
    assert model.background_.n_rows == 512
    assert not any(isinstance(value, pd.DataFrame) and len(value) > 2 for value in vars(model).values())


# Predictions and scores


def test_predictions_stand_in_the_frames_order_whatever_its_index(model):
    shuffled = FRAME.sample(frac=1, random_state=1)
    assert model.predict(shuffled) == pytest.approx(model.predict(FRAME)[shuffled.index])
    assert model.predict(FRAME.drop(columns=["rating", "cast"])).shape == (len(FRAME),)


def test_unknown_labels_add_nothing(model):
    unknown = model.predict(FRAME.head(2).assign(genre="Never seen before"))
    assert unknown == pytest.approx(model.predict(FRAME.head(2).assign(genre=None)))


def test_scores_are_those_of_scikit_learn_on_the_rows_that_have_a_target(model):
    predicted = model.predict(KNOWN)
    assert model.score(FRAME) == model.score(FRAME.drop(columns="rating"), FRAME["rating"])
    assert model.score(FRAME) == pytest.approx(r2_score(KNOWN["rating"], predicted))
    assert model.evaluate(FRAME) == expected_scores(KNOWN["rating"], predicted)
    importance = np.linspace(0, 1, len(FRAME))
    expected = r2_score(KNOWN["rating"], predicted, sample_weight=importance[KNOWN.index])
    assert model.score(FRAME, sample_weight=importance) == pytest.approx(expected)


def test_a_profit_ratio_is_predicted_in_its_own_unit():
    frame = FRAME.assign(budget=10.0, revenue=FRAME["rating"] * 10)
    model = small(target=gl.ProfitRatio(budget="budget", revenue="revenue", transform="log1p"), max_epochs=30)
    model.set_params(learning_rate=0.05).fit(frame)
    assert np.corrcoef(model.predict(KNOWN), KNOWN["rating"] - 1)[0, 1] > 0.7
    assert "r2_log1p" in model.evaluate(frame)
    with pytest.raises(gl.InputError, match=r"with log1p and shift 1 must be above -2, row 1 has -11; "):
        model.evaluate(frame.assign(revenue=-100.0))


# Importances and contributions


def test_importances_are_those_of_the_run(fitted, run):
    result = fitted.importance(FRAME.iloc[fitted.test_rows_])
    mine = result.to_frame().set_index("feature").sort_index()
    theirs = gl.Results(run).importance.set_index("feature").sort_index()
    assert theirs["importance"].abs().max() > 0.01
    assert list(mine.index) == list(theirs.index)
    columns = ["importance", "direction", "std", "se_shuffle", "se_sample", "low_95", "n_films", "p", "q"]
    pd.testing.assert_frame_equal(mine[columns], theirs[columns], rtol=1e-5, check_dtype=False)
    assert result.summary["baseline_loss"] == pytest.approx(fitted.evaluate(FRAME.iloc[fitted.test_rows_])["mse"])


def test_importances_count_films_by_their_weights(fitted):
    films = FRAME.iloc[fitted.test_rows_]
    weights = np.random.default_rng(1).exponential(size=len(films))
    result = fitted.importance(films, sample_weight=weights)
    assert result.summary["baseline_loss"] == pytest.approx(fitted.evaluate(films, sample_weight=weights)["mse"])
    alike = fitted.importance(films, sample_weight=np.full(len(films), 3.0)).to_frame()
    pd.testing.assert_frame_equal(alike, fitted.importance(films).to_frame())
    assert (result.to_frame()["importance"] - alike["importance"]).abs().max() > 1e-3


def test_groups_are_roles_columns_or_patterns(model, fitted):
    groups = {"star": ["actor"], "when": ["year", "runtime"], "a to c": ["genre=C*", "company=Acme"]}
    table = fitted.importance(FRAME, groups=groups).aggregated
    assert table[table["level"] == "group"].set_index("name")["features"].to_dict() == {
        "star": len([name for name in fitted.fitted_.encoder.space.label_names() if name.startswith("cast=")]),
        "when": len(fitted.fitted_.encoder.space.dense_names()),
        "a to c": 2,
    }
    star, actor = (table[table["name"] == name].iloc[0] for name in ("star", "actor"))
    assert star["sum_of_values"] == actor["sum_of_values"]


@pytest.mark.slow
def test_every_loss_and_estimator_is_measured_and_repeats_are_drawn_from_the_seed(fitted):
    def measured(**how: Any) -> pd.Series:
        return fitted.importance(FRAME, **how).to_frame().set_index("feature")["importance"]

    expected = measured(off_rows="all")
    shuffled = measured(estimator="shuffle", n_repeats=60)
    assert np.corrcoef(expected.loc[shuffled.index], shuffled)[0, 1] > 0.99
    assert measured(seed=1).equals(measured(seed=1))
    shuffles = measured(estimator="shuffle")
    assert shuffles.equals(measured(estimator="shuffle", seed=fitted.seed))  # the model's, where none is given
    assert not shuffles.equals(measured(estimator="shuffle", seed=fitted.seed + 1))
    assert (measured(loss="r2", off_rows="all") * np.var(KNOWN["rating"]))["year"] == pytest.approx(expected["year"])


def test_features_that_say_the_same_are_those_of_the_run(fitted, run):
    related = fitted.importance(FRAME.iloc[fitted.test_rows_], conditional=["year"]).related
    theirs = gl.Results(run)
    for mine, table in ((related.groups, theirs.groups), (related.pairs, theirs.pairs)):
        pd.testing.assert_frame_equal(mine, table, rtol=1e-4, atol=1e-6, check_dtype=False)
    assert related.conditional["name"].tolist() == ["year"]
    assert fitted.importance(FRAME).related.conditional.empty
    with pytest.raises(gl.InputError, match="'yaer' is no column, role, group or feature, did you mean 'year'"):
        fitted.importance(FRAME, conditional=["yaer"])


def test_films_without_an_id_are_films_of_their_own(fitted):
    frame = FRAME.assign(id=[None, None, *FRAME["id"][2:]])
    importance = fitted.importance(frame)
    assert importance.summary["films"] == len(KNOWN)


def test_contributions_are_those_of_the_run(fitted, run):
    theirs = gl.Results(run).contributions.astype({"column": "object", "value": "object"})
    tested = FRAME.iloc[fitted.test_rows_]
    for model in (fitted, gl.FilmRegressor.load(run)):
        explanation = model.explain(tested)
        mine = explanation.to_frame()
        mine["row"] = fitted.test_rows_[mine["row"]] + 1
        both = mine.merge(theirs, on=["row", "column", "value"], suffixes=("", "_of_run"))
        assert len(both) == len(mine) == len(theirs)
        assert both["contribution"].abs().max() > 0.1
        for name in ("contribution", "alone"):
            ours, of_run = both[name].to_numpy(), both[f"{name}_of_run"].to_numpy()
            assert ours == pytest.approx(of_run, abs=1e-5 * fitted.fitted_.scale.std, nan_ok=True)
        described = json.loads((run / "importance.json").read_text(encoding="utf-8"))
        assert explanation.average_prediction == pytest.approx(described["average_prediction"], abs=1e-6)


def test_a_run_without_training_films_says_what_keeps_them(run, tmp_path):
    copied = shutil.copytree(run, tmp_path / "small" / "version_0")
    (copied / "background.npz").unlink()
    model = gl.FilmRegressor.load(copied)
    with pytest.raises(gl.InputError, match=r"explain needs training films .* measure them with `importance --run`"):
        model.explain(FRAME)
    (copied / "background.npz").write_bytes(b"no arrays")
    with pytest.raises(gl.InputError, match=r"background\.npz can't be read: .* `.*importance --run "):
        gl.FilmRegressor.load(copied)


def test_a_refit_learns_from_validation_rows_too_and_keeps_the_first_fits_intervals(tmp_path):
    settings = {"split": gl.RandomSplit(val=0.2, test=0.2), "max_epochs": 8}
    first, refitted = (small(**settings, refit=refit).fit(FRAME) for refit in (False, True))
    assert refitted.fitted_.scale.mean != first.fitted_.scale.mean
    assert not same_weights(weights(refitted), weights(first))
    assert refitted.history_.equals(first.history_)
    assert np.array_equal(refitted.test_rows_, first.test_rows_)
    ratio = first.fitted_.scale.std / refitted.fitted_.scale.std
    assert refitted.intervals_.quantiles == pytest.approx(first.intervals_.quantiles * ratio)
    explained = refitted.explain(FRAME)
    sums = explained.to_frame().groupby("row")["contribution"].sum() + explained.average_prediction
    assert sums.to_numpy() == pytest.approx(refitted.predict(FRAME), abs=1e-4)
    refitted.save(tmp_path / "model")
    assert np.array_equal(gl.FilmRegressor.load(tmp_path / "model").predict(FRAME), refitted.predict(FRAME))


def test_a_text_that_means_missing_needs_no_list():
    frame = FRAME.assign(year=FRAME["year"].astype(str).where(FRAME["year"] != 1990, "unknown"))
    frame["letter"] = np.where(np.arange(len(frame)) % 3, "u", "n")
    settings = [{"missing": missing, "features": ["year", "letter"]} for missing in (["unknown"], "unknown")]
    models = [small(**each).fit(frame) for each in settings]
    assert same_weights(*map(weights, models))


def test_numbers_and_truth_values_of_numpy_are_those_of_python():
    whole = {"max_epochs": 2, "batch_size": 32, "patience": 3, "heads": 2, "members": 2, "seed": 3}
    numpys = {name: np.int64(value) for name, value in whole.items()}
    model = small(**numpys, verbose=np.False_, refit=np.True_).fit(FRAME)
    assert all(model.get_params()[name] is value for name, value in numpys.items())
    assert same_weights(weights(model), weights(small(**whole, verbose=0, refit=True).fit(FRAME)))
    search = GridSearchCV(small(), {"max_epochs": np.array([1, 2])}, cv=2, error_score="raise").fit(KNOWN)
    assert search.best_params_["max_epochs"] in (1, 2)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_importance_may_count_a_single_film(model, loss):
    weight = np.zeros(len(FRAME))
    weight[KNOWN.index[3]] = 2.0
    result = model.importance(FRAME, sample_weight=weight, loss=loss)
    assert np.isfinite(result.importances_mean).all()
    assert (result.summary["r2"], result.summary["learnt"]) == (None, None)
    assert result.summary["baseline_loss"] == pytest.approx(model.evaluate(FRAME, sample_weight=weight)[loss])


# Films of several rows


@pytest.fixture(scope="module")
def of_several_rows() -> pd.DataFrame:
    """Return films with three to five rows each, alike but for the country and its screens."""
    random = np.random.default_rng(1)
    films = pd.DataFrame(
        {
            "id": np.arange(150),
            "title": [f"Film number {i}" for i in range(150)],
            "year": random.integers(1980, 2020, 150),
            "genre": random.choice(["Drama", "Horror", "Comedy"], 150),
        }
    )
    films["rating"] = 3 + (films["year"] - 1980) / 20 + random.normal(0, 0.5, 150)
    rows = films.loc[np.repeat(np.arange(150), random.integers(3, 6, 150))].reset_index(drop=True)
    rows["country"] = random.choice(["US", "UK", "FR"], len(rows))
    rows["screens"] = random.integers(10, 3000, len(rows))
    return rows


def test_rows_of_a_film_that_a_look_finds_are_one_film_in_importances_of_saved_models_too(of_several_rows, tmp_path):
    settings = {"preset": "seed", "hidden": [8], "max_epochs": 3, "learning_rate": 0.01, "verbose": False}
    given = gl.FilmRegressor("rating", film="id", **settings).fit(of_several_rows)
    looked = gl.FilmRegressor("rating", **settings).fit(of_several_rows)
    assert (given.film_, looked.film_) == ("id", ["id"])
    looked.save(tmp_path / "model")
    expected = given.importance(of_several_rows)
    assert expected.summary["films"] == 150
    for model in (looked, gl.FilmRegressor.load(tmp_path / "model")):
        result = model.importance(of_several_rows)
        assert result.summary["films"] == 150
        pd.testing.assert_frame_equal(result.to_frame(), expected.to_frame())


def test_without_the_films_ids_an_importance_says_that_each_row_counts_as_a_film(of_several_rows):
    model = gl.FilmRegressor("rating", film="id", preset="seed", hidden=[8], max_epochs=2, verbose=False)
    model.fit(of_several_rows)
    with pytest.warns(InputNotice, match="no column id, by which the model tells films: each counts as a film"):
        result = model.importance(of_several_rows.drop(columns="id"))
    assert result.summary["films"] == len(of_several_rows)


def test_explanations_begin_at_films_that_weigh_something():
    wild, weight = KNOWN.copy(), np.ones(len(KNOWN))
    weight[::3] = 0
    wild.loc[weight == 0, "year"] -= 30
    plain, other = (small().fit(frame, sample_weight=weight) for frame in (KNOWN, wild))
    assert np.allclose(plain.predict(KNOWN), other.predict(KNOWN), atol=1e-4)
    average = (model.explain(KNOWN.head(3)).average_prediction for model in (plain, other))
    assert next(average) == pytest.approx(next(average), abs=1e-3)
