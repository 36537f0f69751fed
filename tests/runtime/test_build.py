"""Graphs written by hand compute what they say, in 32 bits and nearly so in eight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.runtime.build import BLOCK, Builder, Precision, quantized
from kouji.runtime.onnx import Graph

RNG = np.random.default_rng(0)
WEIGHT, BIAS = RNG.standard_normal((24, 200)).astype(np.float32), RNG.standard_normal(24).astype(np.float32)
ROWS = RNG.standard_normal((1, 7, 200)).astype(np.float32)


def mapped(folder: Path, weights: Precision, exact: bool = False) -> np.ndarray:
    b = Builder("map", weights)
    y = b.linear(b.input("x", [1, "T", 200]), WEIGHT, BIAS, exact=exact)
    b.output(y, "y", [1, "T", 24])
    b.save(folder)
    (found,) = Graph(str(folder / "map.onnx"))(x=ROWS)
    return found


@pytest.mark.parametrize(("weights", "error"), [("float32", 1e-6), ("blocks", 0.02), ("dynamic", 0.03)])
def test_a_linear_map_in_each_precision(tmp_path: Path, weights: Precision, error: float) -> None:
    expected = ROWS @ WEIGHT.T + BIAS
    found = mapped(tmp_path, weights)
    assert np.linalg.norm(found - expected) < error * np.linalg.norm(expected)


def test_what_must_be_exact_is_exact_in_any_precision(tmp_path: Path) -> None:
    np.testing.assert_array_equal(mapped(tmp_path, "blocks", exact=True), mapped(tmp_path, "float32"))


def test_every_weight_is_at_most_half_a_step_off() -> None:
    codes, scales = quantized(WEIGHT)
    assert codes.shape == (24, 2, BLOCK)
    steps = scales.reshape(24, 2)
    back = (codes.astype(np.float32) - 128) * steps[:, :, None]
    off = np.abs(back.reshape(24, -1)[:, :200] - WEIGHT)
    assert (off <= steps.max(1, keepdims=True) / 2 + 1e-6).all()


def test_small_constants_are_stored_once_and_large_ones_beside_the_graph(tmp_path: Path) -> None:
    b = Builder("twice")
    assert b.constant([1, 2]) == b.constant([1, 2]) != b.constant([1, 3])
    x = b.input("x", [1, "T", 200])
    b.output(b.linear(x, WEIGHT), "y", [1, "T", 24])
    assert b.save(tmp_path) == ["twice.onnx", "twice.bin"]
    assert (tmp_path / "twice.onnx").stat().st_size < 2000
