import numpy as np
import pytest
import torch
from scipy import stats

from greenlight_films.importance.film_sample import MOST_ROWS, FilmSample, carrier_effects


def test_few_rows_all_stand_for_all(make_study):
    study = make_study(50, (3, 10))
    sample = FilmSample.of(study.rows, seed=1)
    assert sample.rows.tolist() == list(range(50))
    assert sample.uniform.all()
    assert sample.most_carriers() == 25


def test_of_many_rows_some_are_drawn_the_same_for_a_seed(make_study):
    study = make_study(3000, (3, 10))
    first, again, other = (FilmSample.of(study.rows, seed) for seed in (1, 1, 2))
    assert len(first.rows) == MOST_ROWS
    assert torch.equal(first.rows, again.rows)
    assert not torch.equal(first.rows, other.rows)
    assert torch.equal(first.rows, torch.nonzero(first.rank < MOST_ROWS).squeeze(1))


def test_where_films_have_several_rows_blocks_are_drawn_besides(make_study):
    study = make_study(600, (3, 10), rows_a_film=3)
    sample = FilmSample.of(study.rows, 1, [1, 3])
    assert sample.uniform.sum() == MOST_ROWS
    rows = sample.rows[sample.draws.draws[3]]
    assert (study.rows.film[rows] == study.rows.film[rows][:, :1]).all()


def test_the_mean_on_carriers_is_compared_with_that_of_random_films(make_study):
    study, random = make_study(200, (3, 10)), np.random.default_rng(0)
    sample, effects = FilmSample.of(study.rows, seed=1), torch.from_numpy(random.normal(size=(2, 200)))
    row = torch.arange(12)
    effects[1, :12] += 2
    index = torch.arange(2).repeat_interleave(12)
    own = effects[:, :12].flatten()
    tested = carrier_effects(study.rows, sample, index, row.repeat(2), own, effects, seed=0)
    assert tested.mean.tolist() == pytest.approx(effects[:, :12].mean(1).tolist())
    assert tested.p[0] > 0.05
    assert tested.p[1] < 1e-4
    drawn = effects[0, torch.from_numpy(random.random((20_000, 200)).argsort(1)[:, :12].copy())].mean(1)
    tails = (drawn >= tested.mean[0]).double().mean(), (drawn <= tested.mean[0]).double().mean()
    assert tested.p[0] == pytest.approx(2 * float(min(tails)), abs=0.03)


def test_fewer_than_three_carriers_and_all_films_are_not_tested(make_study):
    study = make_study(30, (3, 10))
    sample, effects = FilmSample.of(study.rows, seed=1), torch.randn(2, 30, dtype=torch.float64)
    row, index = torch.cat([torch.arange(2), torch.arange(30)]), torch.tensor([0] * 2 + [1] * 30)
    tested = carrier_effects(study.rows, sample, index, row, effects[index, row], effects, seed=0)
    assert tested.p.isnan().all()
    assert tested.below[0].isnan()


@pytest.mark.parametrize(("rows_a_film", "k"), [(1, 300), (1, 30), (2, 150)])
def test_p_of_random_carriers_is_uniform_where_few_of_many_films_are_drawn(make_study, rows_a_film, k):
    study, random, n = make_study(4000, (3,), rows_a_film=rows_a_film), np.random.default_rng(0), 300
    sample = FilmSample.of(study.rows, 1, [rows_a_film])
    effects = torch.from_numpy(random.normal(size=(n, study.rows.n_rows)))
    film = np.sort(random.random((n, 4000)).argsort(1)[:, :k])
    row = torch.from_numpy((film[..., None] * rows_a_film + np.arange(rows_a_film)).reshape(-1))
    index = torch.arange(n).repeat_interleave(k * rows_a_film)
    tested = carrier_effects(study.rows, sample, index, row, effects[index, row], effects[:, sample.rows], seed=0)
    squares = stats.norm.isf(tested.p.numpy() / 2) ** 2
    assert squares.mean() == pytest.approx(1, abs=0.25)  # three standard errors
    assert ((tested.mean - tested.below <= 0) & (tested.mean + tested.above >= 0)).double().mean() > 0.9
