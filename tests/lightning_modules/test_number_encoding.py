from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from greenlight_films.lightning_modules.number_encoding import WAVES, NumberEncoding

ENCODINGS = [{}, {"edges": [-1.0, 0.5, 2.0]}, {"sigma": 0.3}, {"edges": [0.0, 0.25, 1.0, 4.0]}, {"sigma": 3.0}]


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(4)


def test_numbers_come_first_and_each_column_is_its_formula_of_one_number():
    encoding = NumberEncoding(5, ENCODINGS, seeded())
    dense = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32) * 2
    expanded = encoding(torch.from_numpy(dense)).detach().numpy()
    np.testing.assert_array_equal(expanded[:, :5], dense)
    expected = []
    for index, edges in ((1, [-1, 0.5, 2]), (3, [0, 0.25, 1, 4])):
        for low, high in pairwise(edges):
            expected.append((index, np.clip((dense[:, index] - low) / (high - low), 0, 1)))
    frequencies = encoding.frequencies.detach().numpy()
    for function in (np.sin, np.cos):
        for position, index in enumerate((2, 4)):
            angles = 2 * np.pi * dense[:, [index]].astype(np.float64) * frequencies[position]
            expected += [(index, values) for values in function(angles).T]
    assert expanded.shape == (50, 5 + 2 + 3 + 2 * 2 * WAVES)
    assert encoding.source.tolist() == [*range(5), *(index for index, _ in expected)]
    np.testing.assert_allclose(expanded[:, 5:].T, [values for _, values in expected], atol=1e-5)
    assert expanded[:, 5:10].min() == 0
    assert expanded[:, 5:10].max() == 1


def test_frequencies_have_the_deviation_that_is_asked_for_and_learn():
    encoding = NumberEncoding(400, [{"sigma": 0.3}] * 200 + [{"sigma": 3.0}] * 200, seeded())
    drawn = encoding.frequencies.detach()
    assert drawn[:200].std().item() == pytest.approx(0.3, rel=0.05)
    assert drawn[200:].std().item() == pytest.approx(3, rel=0.05)
    encoding(torch.ones(3, 400)).sum().backward()
    assert encoding.frequencies.grad.abs().min() > 0


def test_plain_numbers_stay_what_they_are_and_draw_nothing():
    generator = seeded()
    for encodings in ([], [{}, {}, {}]):
        encoding, dense = NumberEncoding(3, encodings, generator), torch.ones(2, 3)
        assert encoding(dense) is dense
        assert encoding.state_dict() == {}
    assert torch.equal(generator.get_state(), seeded().get_state())


def test_the_columns_of_numbers_are_these_and_all_that_is_made_of_them():
    encoding = NumberEncoding(5, ENCODINGS, seeded())
    assert encoding.columns_of(torch.tensor([1])).tolist() == [1, 5, 6]
    assert encoding.columns_of(torch.tensor([0, 3])).tolist() == [0, 3, 7, 8, 9]
    assert len(encoding.columns_of(torch.tensor([2]))) == 1 + 2 * WAVES
    assert encoding.columns_of(torch.tensor([], dtype=torch.int64)).tolist() == []


def test_averages_over_steps_encode_alike():
    encoding, dense = NumberEncoding(5, ENCODINGS, seeded()), torch.randn(9, 5, generator=seeded())
    averaged = AveragedModel(encoding, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    for _ in range(20):
        averaged.update_parameters(encoding)
    torch.testing.assert_close(averaged(dense), encoding(dense))
