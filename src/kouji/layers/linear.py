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

PACKED_FOR = 8  # rows that packed weights are laid out for; made for 1, they are slower with more


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


class Packed(nn.Linear):
    """`nn.Linear` for a few rows at a time, whose weights may be laid out once as oneDNN reads them fastest.

    Of 1 to 3 rows one thread then multiplies by 302 MB of weights in 11 to 13 ms, of 16 rows in 21; without, oneDNN
    needs 14 to 21 and 29, MKL 17 to 23 and 41 (AMD Zen 5).
    """

    def pack(self) -> bool:
        """Lay the weights out for this CPU; False where it has no such way, and nothing is done."""
        if not _has_onednn() or self.weight.device.type != "cpu" or self.weight.dtype != torch.float32:
            return False
        packed = torch.ops.mkldnn._reorder_linear_weight(self.weight.detach(), PACKED_FOR)
        self.weight = nn.Parameter(packed, requires_grad=False)
        return True

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_features) -> (B, out_features)."""
        if not self.weight.is_mkldnn:
            return F.linear(x, self.weight, self.bias)
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x.contiguous(), self.weight, self.bias, "none", [], "")
        return out


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
    names = ("_linear_pointwise", "_reorder_linear_weight")
    return torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in names)
