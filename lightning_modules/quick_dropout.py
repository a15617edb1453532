"""Dropout that draws a quarter of the random numbers: 64 bits for four units."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STEPS = 2**16  # shares that can be told apart


class QuickDropout(nn.Dropout):
    """`nn.Dropout`, which on a CPU takes longer than the layers around it; a share is rounded to 1 / 65,536."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the values, of any shape, in training with a share of them 0 and the others larger in turn."""
        dropped = round(self.p * STEPS)
        if not self.training or not dropped or input.device.type != "cpu":
            return F.dropout(input, self.p, self.training)
        drawn = torch.empty(-(-input.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        kept = drawn.view(torch.int16)[: input.numel()].view(input.shape) >= dropped - STEPS // 2
        return input * kept.to(input.dtype).mul_(STEPS / (STEPS - dropped))
