"""The network: a first layer that is additive over features, and a tail that isn't."""

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from greenlight_films.lightning_modules.members import MemberTail, member_seeds


class AdditiveLayer(nn.Module):
    """Sum of one weight row a feature: `dense @ dense_weight + sum of label_weight[labels] * weights + bias`.

    This is a one-hot linear layer that never sees a one-hot matrix. Every feature adds its own row, which is what
    permutation importance builds on.

    Attributes:
        dense_weight: (n_dense, width).
        label_weight: (n_labels, width).
        bias: (width,).
    """

    def __init__(
        self, n_dense: int, n_labels: int, width: int, label_dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.label_dropout = label_dropout
        self.dense_weight = nn.Parameter(torch.empty(n_dense, width))
        # A row more than there are labels, so that a table without any still has a matrix.
        self.label_weight = nn.Parameter(torch.empty(max(n_labels, 1), width))
        self.bias = nn.Parameter(torch.zeros(width))
        nn.init.normal_(self.dense_weight, std=1 / sqrt(width), generator=generator)
        # Small, so that a label seen in a few films says little until it has learnt something.
        nn.init.normal_(self.label_weight, std=0.02, generator=generator)

    @classmethod
    def side_by_side(cls, layers: Sequence["AdditiveLayer"]) -> "AdditiveLayer":
        """Return one layer as wide as all of these, with their columns in turn; it is the first of them, changed."""
        wide = layers[0]
        for name in ("dense_weight", "label_weight", "bias"):
            columns = torch.cat([getattr(layer, name).detach() for layer in layers], dim=-1)
            setattr(wide, name, nn.Parameter(columns))
        return wide

    def forward(self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return the pre-activations, (n, width)."""
        if self.training and self.label_dropout:
            kept = torch.rand_like(weights) >= self.label_dropout
            weights = weights * kept / (1 - self.label_dropout)
        summed = F.embedding_bag(
            labels,
            self.label_weight,
            offsets,
            mode="sum",
            per_sample_weights=weights.to(self.label_weight.dtype),
            include_last_offset=True,
        )
        return summed.add_(dense @ self.dense_weight).add_(self.bias)


class AdditiveMLP(nn.Module):
    """An MLP over numbers and labels with one output, or several of them side by side with their mean as output.

    Member m's first layer is columns m * hidden[0] to (m + 1) * hidden[0] of `first`. With one member the parameters
    are those of plain linear layers.

    Args:
        hidden: widths of the hidden layers; the first one's is the additive layer's.
        dropout: share of hidden units dropped in training.
        label_dropout: share of a film's labels dropped in training, the same ones for all members.
        seed: of the initial weights; see `member_seeds`.
        members: networks side by side.
    """

    def __init__(
        self,
        n_dense: int,
        n_labels: int,
        hidden: Sequence[int] = (128, 64),
        dropout: float = 0.0,
        label_dropout: float = 0.0,
        seed: int = 0,
        members: int = 1,
    ) -> None:
        super().__init__()
        self.sizes = {"n_dense": n_dense, "n_labels": n_labels, "hidden": list(hidden), "members": members}
        firsts, tails = [], []
        for member_seed in member_seeds(seed, members):
            generator = torch.Generator().manual_seed(member_seed)
            firsts.append(AdditiveLayer(n_dense, n_labels, hidden[0], label_dropout, generator))
            tails.append(_tail(hidden, dropout, generator))
        self.first = AdditiveLayer.side_by_side(firsts)
        self.tail = MemberTail(tails) if members > 1 else tails[0]

    def forward(self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return one scaled prediction a film, (n,)."""
        return self.tail(self.first(dense, labels, offsets, weights)).squeeze(-1)

    def each(self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return the scaled predictions of each member, (n, members)."""
        sums = self.first(dense, labels, offsets, weights)
        return self.tail.each(sums) if isinstance(self.tail, MemberTail) else self.tail(sums)


def _tail(hidden: Sequence[int], dropout: float, generator: torch.Generator) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(hidden, (*hidden[1:], 1), strict=True):
        # `skip_init` draws nothing from the global stream.
        linear: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
        nn.init.kaiming_uniform_(linear.weight, a=sqrt(5), generator=generator)
        nn.init.uniform_(linear.bias, -1 / sqrt(n_in), 1 / sqrt(n_in), generator=generator)
        layers += [nn.ReLU(inplace=True), nn.Dropout(dropout), linear]
    return nn.Sequential(*layers)
