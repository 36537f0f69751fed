"""Linear layers that are laid out for the processor multiply as they did."""

from __future__ import annotations

import pytest
import torch

from kouji.layers.linear import Packed


@pytest.mark.parametrize("n_rows", [1, 2, 7, 300])
@pytest.mark.parametrize("has_bias", [True, False])
def test_packed_weights_are_the_same_weights(n_rows: int, has_bias: bool) -> None:
    generator = torch.Generator().manual_seed(n_rows)
    layer = Packed(48, 80, bias=has_bias).requires_grad_(False)
    x = torch.randn(n_rows, 48, generator=generator)
    expected = layer(x)
    with torch.inference_mode():
        layer.pack()
        found = layer(x)
    # Sums of 48 products of about 1, in another order.
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
