import json

import numpy as np
import pytest
import torch
from scipy import stats

from greenlight_films.importance.intervals import _end, interval_ends, t_quantile
from greenlight_films.importance.null import Blocks, NullPart
from tests.importance.test_randomisation import NONE, REFERENCE


def interval(values: np.ndarray, carriers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the mean effect on each label's carriers less its estimate, (n,), from (n, k) effects."""
    n, k = carriers.shape
    blocks = Blocks(torch.arange(n).repeat_interleave(k), torch.ones(n * k).long(), torch.from_numpy(carriers.ravel()))
    repeated = torch.from_numpy(np.tile(values, (n, 1)))
    part = NullPart(torch.arange(n), repeated, torch.full((n,), k), NONE, NONE.double(), 1)
    below, above = interval_ends([part], blocks, torch.full((n,), k), torch.ones(n).bool(), 0)
    return -below.numpy(), above.numpy()


@pytest.mark.skipif(not REFERENCE.is_file(), reason="needs the shared reference")
@pytest.mark.parametrize("label", [2, 3])
def test_of_three_and_four_films_it_is_the_moderated_t_of_the_reference(label):
    answers = json.loads(REFERENCE.read_text())
    answer, has = answers["labels"][label], np.array(answers["has"])[:, label] == 1
    values, share = np.array(answer["d"]), has.mean()
    low, high = (end.item() * share * (1 - share) ** 0.5 for end in interval(values, values[has][None]))
    assert [answer["importance"] + low, answer["importance"] + high] == pytest.approx(
        answer["moderated_t_interval_of_importance"], abs=1e-9
    )


@pytest.mark.slow
@pytest.mark.parametrize("k", [3, 5, 10, 100, 600])
@pytest.mark.parametrize("kind", ["normal", "lognormal"])
def test_it_covers_the_true_mean_of_skewed_effects_too(kind, k):
    random = np.random.default_rng(k)
    values = random.normal(size=3000) if kind == "normal" else random.lognormal(sigma=1.5, size=3000)
    carriers = random.choice(values, (600, k))
    low, high = interval(values, carriers)
    error = values.mean() - carriers.mean(1)  # the importance is less by what the mean of carriers is more
    covered = (low <= -error) & (-error <= high)
    assert 0.91 <= covered.mean() <= 1


@pytest.mark.parametrize("k", [1, 2])
def test_one_or_two_films_are_too_few_to_tell(k):
    values = np.random.default_rng(0).normal(size=50)
    assert np.isnan(interval(values, values[None, :k])).all()


def test_films_with_several_rows_are_one_draw_each():
    random = np.random.default_rng(0)
    values = random.normal(size=(1, 512))
    parts = [
        NullPart(torch.tensor([0]), torch.from_numpy(values * size), torch.tensor([4]), NONE, NONE.double(), size)
        for size in (1, 3)
    ]
    sizes = torch.tensor([1, 1, 1, 1, 3, 3, 3, 3])
    means = random.normal(size=8)
    blocks = Blocks(torch.zeros(8).long(), sizes, torch.from_numpy(means * sizes.numpy()))
    below, above = interval_ends(parts, blocks, torch.tensor([16]), torch.tensor([True]), 0)
    residual = sizes.numpy() * (means - (means * sizes.numpy()).sum() / 16)
    error = ((residual**2).sum() * 8 / 7) ** 0.5 / 16
    assert 1.9 * error < float(below) < 3.2 * error
    assert 1.9 * error < float(above) < 3.2 * error


def test_where_most_effects_are_the_same_it_is_moderated():
    values = np.where(np.arange(200) % 10 == 0, np.random.default_rng(0).normal(size=200), 0.0)
    low, high = interval(values, np.stack([values[:5], np.zeros(5)]))
    assert (np.abs([low, high]) < 3 * values.std()).all()
    assert (high > 0.1 * values.std()).all()


@pytest.mark.parametrize("n_draws", [300, 401, 2000])
def test_the_lower_end_of_draws_is_numpys_quantile(n_draws):
    drawn = np.random.default_rng(0).normal(size=(5, n_draws))
    np.testing.assert_allclose(_end(torch.from_numpy(drawn)), np.quantile(drawn, 0.025, axis=1), rtol=1e-12)


def test_the_quantile_of_t_is_scipys():
    degrees = torch.tensor([5.0, 1, torch.inf, 5, 0.2, 40], dtype=torch.float64)
    expected = stats.t.ppf(0.975, [5, 1, np.inf, 5, 1, 40])
    np.testing.assert_allclose(t_quantile(degrees), expected, rtol=1e-12)
