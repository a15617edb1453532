"""Heads: several predictions from the same sums, by hidden layers that they share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from greenlight_films.lightning_modules.members import MemberLinear, drawn_linear
from greenlight_films.lightning_modules.quick_dropout import QuickDropout


class SiLU(nn.Module):
    """x · sigmoid(x), in place where no gradient is wanted."""

    def forward(self, values: Tensor) -> Tensor:
        return F.silu(values, inplace=not torch.is_grad_enabled())


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"relu": lambda: nn.ReLU(inplace=True), "silu": SiLU}


class HeadTail(nn.Module):
    """The tails of k members with h heads each, as a network whose prediction is the mean of all.

    Head j of a member takes `sums * scale[j] + bias[j]` through the member's hidden layers to an output of its own
    (Gorishniy, Kotelnikov and Babenko 2025, doi 10.48550/arXiv.2410.24210, with the scales behind the first layer).

    Args:
        hidden: widths of the hidden layers, that of the sums first.
        generators: of the initial weights of each member.

    Attributes:
        scale: (k, h, hidden[0]), drawn from -1 and 1.
        bias: (k, h, hidden[0]).
        out_weight: (k, h, hidden[-1]).
        out_bias: (k, h).
    """

    def __init__(
        self,
        hidden: Sequence[int],
        heads: int,
        dropout: float,
        activation: str,
        generators: Sequence[torch.Generator],
    ) -> None:
        super().__init__()
        self.members, self.heads = len(generators), heads

        def stacked(draw: Callable[[torch.Generator], Tensor]) -> nn.Parameter:
            return nn.Parameter(torch.stack([draw(generator) for generator in generators]))

        first, last = (heads, hidden[0]), (heads, hidden[-1])
        self.scale = stacked(lambda own: torch.randint(0, 2, first, generator=own) * 2.0 - 1)
        self.bias = stacked(lambda own: torch.randn(first, generator=own) * 0.02)
        layers: list[nn.Module] = [ACTIVATIONS[activation](), QuickDropout(dropout)]
        for n_in, n_out in pairwise(hidden):
            linear = MemberLinear([drawn_linear(n_in, n_out, own) for own in generators])
            layers += [linear, ACTIVATIONS[activation](), QuickDropout(dropout)]
        self.shared = nn.Sequential(*layers)
        self.out_weight = stacked(lambda own: torch.randn(last, generator=own) / sqrt(hidden[-1]))
        self.out_bias = nn.Parameter(torch.zeros(self.members, heads))

    def each(self, sums: Tensor) -> Tensor:
        """Return all heads' predictions, (n, k * h), of pre-activations, (n, k * width), member after member."""
        hidden = self._hidden(self._spread(sums))
        predicted = (hidden @ self.out_weight[..., None]).squeeze(-1) + self.out_bias[..., None]
        return predicted.flatten(0, 1).T

    def forward(self, sums: Tensor) -> Tensor:
        """Return the mean of all heads' predictions, (n, 1)."""
        return self._mean(self._hidden(self._spread(sums)))[:, None]

    def gradient(self, sums: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean predictions, (n,), and their derivatives by the sums, (n, k * width), with grad enabled.

        All of it by autograd takes twice as long: it adds up the heads' derivatives slowly.
        """
        spread = self._spread(sums).detach().requires_grad_()
        hidden = self._hidden(spread * 1)  # a copy, which activations may overwrite
        of_hidden = (self.out_weight / self.out_bias.numel())[:, :, None].expand_as(hidden)
        (slopes,) = torch.autograd.grad(hidden, spread, of_hidden)
        total = slopes[:, 0] * self.scale[:, 0, None]
        for head in range(1, self.heads):
            total.addcmul_(slopes[:, head], self.scale[:, head, None])
        return self._mean(hidden.detach()), total.transpose(0, 1).flatten(1)

    def _spread(self, sums: Tensor) -> Tensor:
        """Return what each head takes, (k, h, n, width)."""
        apart = torch.unflatten(sums, 1, (self.members, 1, -1)).permute(1, 2, 0, 3)  # (k, 1, n, width)
        return torch.addcmul(self.bias[:, :, None], apart, self.scale[:, :, None])

    def _hidden(self, spread: Tensor) -> Tensor:
        """Return what the hidden layers make of it, (k, h, n, hidden[-1])."""
        return self.shared(spread.flatten(1, 2)).view(*spread.shape[:3], self.out_weight.shape[-1])

    def _mean(self, hidden: Tensor) -> Tensor:
        """Return the mean of all heads' predictions, (n,)."""
        # With the weights in front a product takes an eighth of the time, and other roundings than in `each`.
        predicted = (self.out_weight[:, :, None] @ hidden.mT).squeeze(2) + self.out_bias[..., None]
        return predicted.flatten(0, 1).mean(0)


@dataclass(frozen=True)
class TailWeights:
    """The weights of k members with h heads each, whatever the tail: what `HeadTail` computes from.

    Attributes:
        scale: (k, h, width), as `bias`.
        layers: weight, (k, n_in, n_out), and bias, (k, n_out), of each hidden layer.
        out_weight: (k, h, n_last).
        out_bias: (k, h).
    """

    scale: Tensor
    bias: Tensor
    layers: list[tuple[Tensor, Tensor]]
    out_weight: Tensor
    out_bias: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, tail: HeadTail | nn.Sequential) -> "TailWeights":
        """Take the weights of a tail; one without heads has a head a member, which takes the sums as they are."""
        modules = tail.shared if isinstance(tail, HeadTail) else tail
        layers = [
            (layer.weight, layer.bias) if isinstance(layer, MemberLinear) else (layer.weight.T[None], layer.bias[None])
            for layer in modules
            if isinstance(layer, MemberLinear | nn.Linear)
        ]
        if isinstance(tail, HeadTail):
            return cls(tail.scale, tail.bias, layers, tail.out_weight, tail.out_bias)
        weight, bias = layers.pop()
        width = (layers[0][0] if layers else weight).shape[1]
        ones = torch.ones(len(weight), 1, width)
        return cls(ones, torch.zeros_like(ones), layers, weight.transpose(1, 2), bias)
