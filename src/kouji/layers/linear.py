"""A linear layer that uses the fastest kernel a CPU has for its weights.

PyTorch multiplies float32 matrices with MKL, which on AMD processors reaches half of what others do (measured on
Zen 5, one thread): of many rows (1204 x 512 x 1536) oneDNN makes 248 GFLOP/s where MKL makes 112, of two or three rows
it reads the weights at 19 GB/s, MKL at 5 to 8; a single row is as fast as memory, which numpy's OpenBLAS reads at 25 to
35 GB/s, oneDNN at 22 to 27, MKL at 18. bfloat16 weights go through oneDNN by themselves (490 GFLOP/s).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from threadpoolctl import threadpool_limits
from torch import Tensor, nn


def use_threads(n: int) -> None:
    """So many threads for the products here; numpy's is taken with one only, as its threads wait by spinning."""
    torch.set_num_threads(n)
    if n == 1:
        threadpool_limits(1, user_api="blas")


class Linear(nn.Linear):
    """`nn.Linear` whose weights may be bfloat16; what comes out has the precision of what went in."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) -> (..., out_features)."""
        return product(x.to(self.weight.dtype), self.weight, self.bias).to(x.dtype)


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """(..., n) x (m, n) -> (..., m), as `F.linear`, by the fastest kernel."""
    if x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_grad_enabled():
        return F.linear(x, weight, bias)
    shape = (*x.shape[:-1], len(weight))
    if x.numel() == x.shape[-1] and torch.get_num_threads() == 1:
        row = torch.from_numpy(weight.numpy() @ x.reshape(-1).numpy())
        return (row if bias is None else row.add_(bias)).view(shape)
    if not _has_onednn():
        return F.linear(x, weight, bias)
    rows = x.reshape(-1, x.shape[-1])
    out: Tensor = torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")
    return out.view(shape)


def _has_onednn() -> bool:
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
