"""Pairs of labels, held against a whole network in float64 with neither label, each alone and both."""

import numpy as np
import pytest

from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.occurrence import Occurrence
from greenlight_films.importance.pairs import pair_importance


def pairs_of(study, loss="mse", seed=0):
    entries = Entries.of(study.rows)
    return pair_importance(study.reference(loss), entries, Occurrence.of(entries), seed)


def corners(study, pair) -> np.ndarray:
    """Return predictions with neither label, the first, the second and both, (4, n_rows) float64."""
    own = study.matrix[:, pair]
    names = (study.matrix != 0).sum(1) - (own != 0).sum(1) + 2
    weight = np.ones(len(names)) if study.rows.entering is None else 1 / np.sqrt(names)
    both = np.where((own != 0).all(1, keepdims=True), own, weight[:, None])
    predicted = []
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        matrix = study.matrix.copy()
        matrix[:, pair] = both * np.array(corner)
        predicted.append(study.predict(matrix))
    return np.array(predicted)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("rows_a_film", [1, 2])
def test_interactions_and_joint_importance_are_those_of_exact_corners(make_study, weights, rows_a_film):
    study = make_study(60, (20, 30, 25, 4), weights=weights, rows_a_film=rows_a_film)
    table = pairs_of(study)
    assert len(table) >= 3
    for line in table.itertuples():
        predicted = corners(study, [line.first, line.second])
        carriers = (study.matrix[:, [line.first, line.second]] != 0).all(1)
        losses = (predicted - study.rows.actual.numpy()) ** 2
        inter = [values[3] - values[1] - values[2] + values[0] for values in (predicted, losses)]
        assert line.n_films == carriers.sum() / rows_a_film
        assert line.prediction == pytest.approx(inter[0][carriers].mean(), abs=2e-5)
        assert line.loss == pytest.approx(inter[1][carriers].mean(), abs=1e-4)
        joint = losses[3] - losses[0]
        expected = carriers.mean() * (joint.mean() - joint[carriers].mean())
        if rows_a_film == 1:
            assert line.joint == pytest.approx(expected, abs=1e-5)
        assert line.joint_low_95 < expected < line.joint_high_95
        assert line.prediction_low_95 < line.prediction < line.prediction_high_95


def test_of_pairs_that_most_rows_carry_some_rows_of_a_film_are_looked_at(make_study):
    study = make_study(60, (50, 55), rows_a_film=3)
    (line,) = pairs_of(study).itertuples()
    predicted, carriers = corners(study, [0, 1]), (study.matrix != 0).all(1)
    losses = (predicted - study.rows.actual.numpy()) ** 2
    joint, both = losses[3] - losses[0], predicted[3] - predicted[1] - predicted[2] + predicted[0]
    assert line.n_films == carriers.sum() / 3 > 30
    assert line.joint_low_95 < carriers.mean() * (joint.mean() - joint[carriers].mean()) < line.joint_high_95
    assert line.prediction_low_95 < both[carriers].mean() < line.prediction_high_95


def test_in_a_linear_model_predictions_dont_interact_and_losses_do_by_the_product(fixed_line):
    effect = np.array([1.0, -0.5])
    study = fixed_line(200, np.array([0.3, 0.3]), effect, effect, seed=0, rows_a_film=1)
    line = pairs_of(study).iloc[0]
    assert line["prediction"] == pytest.approx(0, abs=1e-6)
    assert line["loss"] == pytest.approx(2 * effect[0] * effect[1], abs=1e-5)


def test_labels_that_always_come_together_have_a_joint_importance_alone(make_study):
    study = make_study(50, (10, 10, 20))
    study.matrix[:, 1] = study.matrix[:, 0]
    table = pairs_of(study.rebuilt()).set_index(["first", "second"])
    together = table.loc[(0, 1)]
    assert np.isfinite(together[["joint", "joint_p", "joint_low_95"]]).all()
    assert together[["prediction", "loss", "loss_p", "loss_q"]].isna().all()
    assert table.drop((0, 1))["loss"].notna().all()


def test_p_of_labels_without_effect_is_uniform(make_study):
    rejected, n = 0, 0
    for seed in range(6):
        study = make_study(300, (90,) * 8, seed=seed)
        p = pairs_of(study)["loss_p"]
        rejected, n = rejected + (p < 0.05).sum(), n + len(p)
    assert n == 6 * 28
    assert rejected / n < 0.11


def test_without_pairs_the_table_is_empty(make_study):
    assert pairs_of(make_study(40, (2, 2, 2))).empty
