"""Importances of groups, held against the mean over all exchanges of a group's labels between two rows."""

import numpy as np
import pytest
import torch
from scipy import stats

from greenlight_films.importance.groups import group_importance

GROUPS = [np.array([1, 2, 3]), np.array([4, 5])]


def losses_with(study, group, pattern) -> np.ndarray:
    """Return the loss of each row with other labels of a group, (n_group,) bool, in place of its own."""
    own, matrix = study.matrix[:, group], study.matrix.copy()
    matrix[:, group] = 0
    names = (matrix != 0).sum(1, keepdims=True) + pattern.sum()
    weight = np.ones_like(names) if study.rows.entering is None else 1 / np.sqrt(np.maximum(names, 1))
    same = ((own != 0) == pattern).all(1, keepdims=True)
    matrix[:, group] = np.where(same, own, weight * pattern)
    return (study.predict(matrix) - study.rows.actual.numpy()) ** 2


def expected_importance(study, group) -> float:
    patterns, counts = np.unique(study.matrix[:, group] != 0, axis=0, return_counts=True)
    mixed = sum(n * losses_with(study, group, pattern).mean() for pattern, n in zip(patterns, counts, strict=True))
    own = (study.predict() - study.rows.actual.numpy()) ** 2
    return mixed / len(own) - own.mean()


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("rows_a_film", [1, 3])
def test_importance_is_the_mean_over_all_exchanges_of_the_groups_labels(make_study, weights, rows_a_film):
    study = make_study(61, (3, 9, 12, 14, 20, 30, 5), weights=weights, rows_a_film=rows_a_film)
    table = group_importance(study.reference(), study.entries, GROUPS, seed=0)
    expected = [expected_importance(study, group) for group in GROUPS]
    assert np.ptp(expected) > 0.01
    assert table["importance"].to_numpy() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    carried = [(study.matrix[::rows_a_film, group] != 0).any(1).sum() for group in GROUPS]
    assert table["n_films"].tolist() == carried
    assert (table["low_95"] < table["importance"]).all()
    assert (table["importance"] < table["high_95"]).all()


def test_the_loss_is_the_one_that_was_chosen(make_study):
    study = make_study(61, (3, 9, 12, 14, 20, 30, 5))
    mse, r2 = (group_importance(study.reference(loss), study.entries, GROUPS, seed=0) for loss in ("mse", "r2"))
    variance = float(study.rows.actual.var(correction=0))
    assert (r2["importance"] * variance).to_numpy() == pytest.approx(mse["importance"].to_numpy())


def test_p_is_that_of_random_films_with_the_same_patterns(make_study):
    study = make_study(80, (3, 6, 5, 4, 8, 9, 5), seed=4)
    table = group_importance(study.reference(), study.entries, GROUPS, seed=0)
    random = np.random.default_rng(0)
    for group, p in zip(GROUPS, table["p"], strict=True):
        has = study.matrix[:, group] != 0
        patterns, code = np.unique(has, axis=0, return_inverse=True)
        without = losses_with(study, group, np.zeros(len(group), bool))
        effects = np.stack([losses_with(study, group, pattern) - without for pattern in patterns])
        carriers = np.flatnonzero(has.any(1))
        observed = effects[code.ravel()[carriers], carriers].sum()
        drawn = random.random((20_000, 80)).argsort(1)[:, : len(carriers)]
        sums = effects[code.ravel()[carriers], drawn].sum(1)
        simulated = min(1, 2 * min((sums >= observed).mean(), (sums <= observed).mean()))
        assert p == pytest.approx(simulated, abs=0.04)


def test_a_group_that_all_films_have_alike_changes_nothing_and_is_not_tested(make_study):
    study = make_study(40, (40, 40, 5))
    table = group_importance(study.reference(), study.entries, [np.array([0, 1])], seed=0)
    assert table["importance"][0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(table["p"][0])
    assert len(group_importance(study.reference(), study.entries, [], seed=0)) == 0


def test_more_rows_than_are_looked_at_widen_the_interval_and_hit_the_importance(make_study):
    study = make_study(4000, (3, 60, 50, 40, 80, 90, 5), seed=1)
    table = group_importance(study.reference(), study.entries, GROUPS, seed=0)
    for group, line in zip(GROUPS, table.itertuples(), strict=True):
        assert line.low_95 < expected_importance(study, group) < line.high_95
    assert torch.isfinite(torch.from_numpy(table["q"].to_numpy(copy=True))).all()


@pytest.mark.slow
def test_p_of_labels_without_effect_is_uniform_where_few_of_many_films_are_looked_at(make_study):
    groups, p = [np.array([first, first + 1]) for first in range(0, 24, 2)], []
    for seed in range(15):
        study = make_study(4000, (350,) * 24, seed=seed, label_std=0.3)
        p.append(group_importance(study.reference(), study.entries, groups, seed)["p"].to_numpy())
    squares = stats.norm.isf(np.concatenate(p) / 2) ** 2
    assert squares.mean() == pytest.approx(1, abs=0.25)  # two standard errors
