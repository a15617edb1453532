"""Numbers as the first layer takes them: each as it is, and beside it as bins or as waves of learnt lengths."""

from collections.abc import Sequence
from itertools import pairwise
from math import pi
from typing import Any

import torch
from torch import Tensor, nn

WAVES = 16  # frequencies a number


class NumberEncoding(nn.Module):
    """Expands numbers, (n, n_dense) to (n, n_expanded), by functions of one number each; those that they were first.

    A bin from a to b is clip((v - a) / (b - a), 0, 1), a wave sin and cos of 2 pi f v (Gorishniy, Rubachev and Babenko
    2022, doi 10.48550/arXiv.2203.05556).

    Args:
        encodings: of each number, as of `FeatureSpace.encodings`; numbers beyond are taken as they are.
        generator: draws the frequencies.

    Attributes:
        source: (n_expanded,) int64, the number that each column is made of.
        frequencies: (n_numbers_in_waves, 16).
    """

    edges: Tensor

    def __init__(self, n_dense: int, encodings: Sequence[dict[str, Any]], generator: torch.Generator) -> None:
        super().__init__()
        bins = [(index, *pair) for index, how in enumerate(encodings) for pair in pairwise(how.get("edges", ()))]
        sigmas = {index: float(how["sigma"]) for index, how in enumerate(encodings) if "sigma" in how}
        binned = torch.tensor([index for index, *_ in bins], dtype=torch.int64)
        waved = torch.tensor(list(sigmas), dtype=torch.int64).repeat_interleave(WAVES)
        # Plain attributes: callbacks that average weights would average integers among the buffers, and cut them off.
        self.source = torch.cat([torch.arange(n_dense), binned, waved, waved])
        self.n_dense, self.n_bins, self.n_waves = n_dense, len(binned), len(waved)
        if bins:
            self.register_buffer("edges", torch.tensor([pair for _, *pair in bins]).T, persistent=False)
        if sigmas:
            drawn = torch.randn(len(sigmas), WAVES, generator=generator)
            self.frequencies = nn.Parameter(drawn * torch.tensor(list(sigmas.values()))[:, None])

    def columns_of(self, dense: Tensor) -> Tensor:
        """Return the columns made of some numbers, int64; `dense` are their indices, (n,) int64."""
        return torch.isin(self.source.cpu(), dense).nonzero().flatten()

    def forward(self, dense: Tensor) -> Tensor:
        """Return the expanded numbers."""
        if len(self.source) == self.n_dense:
            return dense
        if self.source.device != dense.device:
            self.source = self.source.to(dense.device)
        parts = [dense]
        if self.n_bins:
            low, high = self.edges
            values = dense[:, self.source[self.n_dense : self.n_dense + self.n_bins]]
            parts.append(((values - low) / (high - low)).clamp(0, 1))
        if self.n_waves:
            angles = 2 * pi * dense[:, self.source[-self.n_waves :]] * self.frequencies.flatten()
            parts += [angles.sin(), angles.cos()]
        return torch.cat(parts, dim=1)
