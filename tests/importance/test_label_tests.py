import numpy as np
import pytest
import torch

from greenlight_films.importance.streams import permutation
from greenlight_films.importance.tangent import stream_of_order
from tests.importance.conftest import Linear, Study, held_out
from tests.importance.test_randomisation import p_of


def straight(matrix, coef, residual, random, film=None) -> Study:
    """Return a linear model with given weights of labels, and a target that it misses by so much."""
    dense, n = random.normal(size=(len(matrix), 1)).astype(np.float32), len(matrix)
    model = Linear(np.array([1.0]), np.array(coef), 0.0).eval()
    predicted = Study(held_out(matrix, dense, np.zeros(n)), matrix, model).predict()
    return Study(held_out(matrix, dense, predicted - residual, film), matrix, model)


@pytest.mark.parametrize("weights", ["one", "root"])
def test_p_is_that_of_the_exact_effects_with_each_films_own_weight(make_study, weights):
    study = make_study(40, (1, 2, 5, 12), weights=weights, seed=4)
    result = study.values(off_rows="all")
    for label in range(1, 4):
        effects, carriers = study.effects(label), study.matrix[:, label] != 0
        k = int(carriers.sum())
        expected = p_of(effects, effects[carriers].sum(), k, ((40 - k) / 39) ** 0.5)
        assert float(result.p[label]) == pytest.approx(expected.item(), abs=0.002)
    effects, [own] = study.effects(0), np.flatnonzero(study.matrix[:, 0])
    tails = (effects <= effects[own] + 1e-9).sum(), (effects >= effects[own] - 1e-9).sum()
    assert float(result.p[0]) == pytest.approx(min(1, 2 * min(tails) / 40))


def test_below_three_films_there_is_a_p_but_no_interval_and_no_q(make_study):
    result = make_study(61, (1, 2, 3, 8, 61), seed=2).values()
    assert result.p.isnan().tolist() == [False, False, False, False, True]
    for numbers in (result.low, result.high, result.q()):
        assert numbers.isnan().tolist() == [True, True, False, False, True]


def test_without_tests_importances_and_their_errors_are_the_same(make_study):
    study = make_study(61, (1, 3, 8, 30), seed=2)
    for how in ({}, {"kind": "shuffle", "n_repeats": 3}):
        tested, untested = study.values(**how), study.values(tests=False, **how)
        for ours, theirs in zip(untested.fields()[:4], tested.fields()[:4], strict=True):
            assert torch.equal(ours, theirs)
        assert untested.p.isnan().all()


def test_the_interval_holds_the_doubt_of_the_sample_too(make_study):
    study = make_study(201, (4, 20, 60), seed=2)
    few, exact = study.values(), study.values(off_rows="all")
    assert (few.se_shuffle > 0).all()
    width, exact_width = (result.high - result.low for result in (few, exact))
    assert (width > exact_width * 0.9).all()
    assert (width.square() - (2 * 1.9 * few.se_shuffle).square() > 0).all()


def test_a_label_of_nearly_all_rows_is_tested_by_those_without_it(make_study):
    study = make_study(61, (59, 56, 60), seed=3)
    result = study.values(off_rows="all")
    for label, k in ((0, 59), (1, 56)):
        effects, others = study.effects(label), study.matrix[:, label] == 0
        expected = p_of(effects, effects[others].sum(), 61 - k, (k / 60) ** 0.5)
        assert float(result.p[label]) == pytest.approx(expected.item(), abs=0.01)
    assert 0 < float(result.p[2]) <= 1


def test_of_more_rows_than_stand_for_all_the_carriers_are_among_them(make_study, monkeypatch):
    study = make_study(301, (1, 2, 8, 120, 200), seed=3, label_std=0.15)
    exact = study.values(off_rows="all")
    monkeypatch.setattr("greenlight_films.importance.tangent.MOST_ROWS", 150)
    some = study.values(off_rows="all")
    assert torch.equal(some.mean, exact.mean)
    np.testing.assert_allclose(some.p, exact.p, atol=0.2)
    assert not torch.equal(some.p, exact.p)


def test_films_with_rows_that_are_copies_count_once(make_study):
    study, single = (make_study(101, (2, 6, 20), seed=4, rows_a_film=n, label_std=0.15) for n in (3, 1))
    result, expected = study.values(off_rows="all"), single.values(off_rows="all")
    np.testing.assert_allclose(result.p, expected.p, atol=0.15)
    np.testing.assert_allclose(result.low[1:], expected.low[1:], rtol=0.25, atol=0.002)
    row_wise = study.changed(film=torch.arange(303)).values(off_rows="all")
    assert (row_wise.high - row_wise.low < 0.8 * (result.high - result.low))[1:].all()


def test_films_of_a_cluster_are_one_draw(make_study):
    study = make_study(120, (4, 12, 40), seed=4, rows_a_film=1, label_std=0.15)
    cluster = torch.arange(120) // 4
    result, alone = study.changed(drawn_with=cluster).values(off_rows="all"), study.values(off_rows="all")
    assert torch.equal(result.mean, alone.mean)
    assert torch.equal(result.n_films, alone.n_films)
    as_films = study.changed(film=cluster).values(off_rows="all")
    assert torch.equal(result.p, as_films.p)
    assert torch.equal(result.low, as_films.low)
    assert not torch.equal(result.p, alone.p)


def test_a_label_of_one_row_of_every_film_is_rejected_as_often_as_it_should_be():
    p = []
    for seed in range(12):
        random, matrix = np.random.default_rng(seed), np.zeros((40, 5, 12))
        for label in range(12):
            matrix[np.arange(40), random.integers(5, size=40), label] = 1
        study = straight(
            matrix.reshape(200, 12), [0.003] * 12, random.normal(size=200), random, np.arange(40).repeat(5)
        )
        p.append(study.values().p)
    assert (torch.cat(p) < 0.05).double().mean() <= 0.08


def test_effects_that_differ_by_rounding_alone_are_alike():
    random = np.random.default_rng(0)
    matrix = np.zeros((200, 4))
    for label, k in enumerate((1, 3, 6, 120)):
        matrix[random.permutation(200)[:k], label] = 1
    study = straight(matrix, [0.3, 0.2, 0.7, 0.4], 100 + random.normal(size=200), random)
    assert study.values("mae").p.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_predictions_that_are_no_numbers_give_none(make_study, loss):
    study = make_study(40, (1, 3, 7))
    with torch.no_grad():
        study.model.tail[-1].bias[:] = torch.nan
    result = study.values(loss)
    assert all(numbers.isnan().all() for numbers in (result.mean, result.p, result.low, result.high, result.q()))


def test_an_outlier_among_many_carriers_is_in_the_null_distribution(monkeypatch):
    monkeypatch.setattr("greenlight_films.importance.tangent.MOST_ROWS", 150)
    random, order = np.random.default_rng(0), permutation(stream_of_order(0, torch.device("cpu")), 301)
    carriers = np.append(random.permutation(order[:-1])[:59], order[-1])  # the last stands for no other
    matrix, residual = np.zeros((301, 1)), random.normal(size=301)
    matrix[carriers], residual[order[-1]] = 1, 1000
    [p] = straight(matrix, [0.01], residual, random).values().p.tolist()
    assert 0.1 < p < 0.9
