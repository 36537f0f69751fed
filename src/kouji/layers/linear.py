"""A linear layer that uses the fastest kernel a CPU has for its weights.

PyTorch multiplies float32 matrices with MKL, which on AMD processors reaches half of what oneDNN does (measured on
Zen 5, one thread, 1204 x 512 x 1536: 112 against 248 GFLOP/s); bfloat16 weights go through oneDNN by themselves
(490 GFLOP/s).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEW_ROWS = 8  # up to here memory, not arithmetic, sets the pace and both kernels are the same


class Linear(nn.Linear):
    """`nn.Linear` whose weights may be bfloat16; what comes out has the precision of what went in."""

    few_rows = FEW_ROWS

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) -> (..., out_features)."""
        if self.weight.dtype == torch.bfloat16:
            return F.linear(x.to(torch.bfloat16), self.weight, self.bias).to(x.dtype)
        few = x.numel() <= self.few_rows * self.in_features
        if few or torch.is_grad_enabled() or not _onednn(x, self.weight):
            return F.linear(x, self.weight, self.bias)
        rows = x.reshape(-1, self.in_features)
        out: Tensor = torch.ops.mkldnn._linear_pointwise(rows, self.weight, self.bias, "none", [], "")
        return out.view(*x.shape[:-1], self.out_features)


def _onednn(x: Tensor, weight: Tensor) -> bool:
    on_cpu = x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
    return on_cpu and torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
