"""Networks side by side: what stands behind a first layer that all of them share the work of."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import torch
from torch import Tensor, nn


def member_seeds(seed: int, members: int) -> list[int]:
    """Return the seeds of the members' initial weights; the first member's is the network's own.

    >>> member_seeds(42, 1)
    [42]
    """
    # A spawn key, since SeedSequence((seed, m)) is what dropout draws from in epoch m.
    streams = (np.random.SeedSequence(seed, spawn_key=(member,)) for member in range(1, members))
    return [seed, *(int(stream.generate_state(1, np.uint64)[0]) >> 1 for stream in streams)]


def drawn_linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Return a linear layer as torch draws it, from a stream of one's own."""
    # `skip_init` draws nothing from the global stream.
    linear: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
    nn.init.kaiming_uniform_(linear.weight, a=sqrt(5), generator=generator)
    nn.init.uniform_(linear.bias, -1 / sqrt(n_in), 1 / sqrt(n_in), generator=generator)
    return linear


class MemberLinear(nn.Module):
    """A linear layer for each of k members, all in one product.

    Attributes:
        weight: (k, n_in, n_out).
        bias: (k, n_out).
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, values: Tensor) -> Tensor:
        """Return (k, n, n_out) of (k, n, n_in)."""
        # Measured: quicker than baddbmm and einsum.
        return torch.bmm(values, self.weight).add_(self.bias[:, None])


class MemberTail(nn.Sequential):
    """The tails of k members, of the same widths, as a network whose prediction is their mean."""

    def __init__(self, tails: Sequence[nn.Sequential]) -> None:
        layers = zip(*tails, strict=True)
        super().__init__(*(MemberLinear(same) if isinstance(same[0], nn.Linear) else same[0] for same in layers))
        self.members = len(tails)

    def each(self, sums: Tensor) -> Tensor:
        """Return the members' predictions, (n, k), of pre-activations, (n, k * width), member after member."""
        # A view: the product takes rows that stand apart.
        apart = torch.unflatten(sums, 1, (self.members, -1)).transpose(0, 1)
        predicted: Tensor = super().forward(apart)  # type: ignore[no-untyped-call]
        return predicted.squeeze(-1).T

    def forward(self, sums: Tensor) -> Tensor:
        """Return the mean of the members' predictions, (n, 1)."""
        return self.each(sums).mean(1, keepdim=True)
