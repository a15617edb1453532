from math import sqrt

import pytest
import torch

from greenlight_films.lightning_modules.quick_dropout import QuickDropout


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_a_share_is_dropped_at_random_and_the_mean_stays(share):
    dropout, values = QuickDropout(share), torch.full((4, 501, 199), 2.0)
    torch.manual_seed(3)
    first, second = dropout(values), dropout(values)
    n = values.numel()
    for part in (first, second):
        kept = part != 0
        assert part[kept].unique().numpy() == pytest.approx([2 / (1 - share)], rel=1e-3)
        assert kept.double().mean().item() == pytest.approx(1 - share, abs=5 * sqrt(share * (1 - share) / n))
    both = ((first != 0) & (second != 0)).double().mean().item()
    assert both == pytest.approx((1 - share) ** 2, abs=5 / sqrt(n))
    kept = (first != 0).flatten()
    for distance in (1, 2, 3, 4, 199):  # four units share a draw
        together = (kept[distance:] & kept[:-distance]).double().mean().item()
        assert together == pytest.approx((1 - share) ** 2, abs=5 / sqrt(n))


def test_the_torch_stream_decides_which():
    dropout, values, drawn = QuickDropout(0.5), torch.ones(30, 7), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(dropout(values))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_gradients_are_those_of_the_units_that_are_left():
    values = torch.randn(9, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    dropped = QuickDropout(0.4)(values)
    dropped.sum().backward()
    torch.testing.assert_close(values.grad * values, dropped)
    assert 0 < (values.grad == 0).sum() < 45


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_nothing_is_dropped_in_evaluation_or_without_a_share(share):
    values = torch.randn(3, 4)
    assert torch.equal(QuickDropout(share).eval()(values), values)
    assert torch.equal(QuickDropout(0.0)(values), values)
    assert QuickDropout(0.5)(torch.zeros(0, 4)).shape == (0, 4)
