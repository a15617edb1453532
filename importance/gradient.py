"""Gradients of a tail: of its outputs by the first layer's sums."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

Gradient = Callable[[Tensor], tuple[Tensor, Tensor]]


def gradient_of(tail: Callable[[Tensor], Tensor]) -> Gradient:
    """Return the function from sums, (n, width), to the tail's outputs, (n,), and their gradients, (n, width).

    The sums are kept as they are. It works inside `torch.inference_mode`, too.
    """
    with torch.inference_mode(mode=False):
        if isinstance(tail, nn.Module):  # whose own weights may come from inference mode, or ask for gradients
            tail = deepcopy(tail).requires_grad_(requires_grad=False)

    own = getattr(tail, "gradient", None)  # of a tail that knows a quicker way

    def gradient(sums: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode(mode=False), torch.enable_grad():
            sums = sums.clone()
            if own is not None:
                return own(sums)
            sums.requires_grad_()
            output = tail(sums * 1).squeeze(-1)  # a copy, since a tail may overwrite what it is given
            (slopes,) = torch.autograd.grad(output.sum(), sums)
        return output.detach(), slopes

    return gradient
