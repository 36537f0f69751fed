"""Texts of GPT-SoVITS with what the release made of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from . import ROOT


def rows(kind: str) -> list[Any]:
    """The cases of one kind, "zh", "cut" …, of whatever files lie there: for `pytest.mark.parametrize`."""
    folder = ROOT / "gptsovits" / "text"
    return [
        pytest.param(row, id=f"parity-gptsovits/text/{path.stem}/{number}")
        for path in sorted(folder.glob(f"{kind}*.json"))
        for number, row in enumerate(json.loads(path.read_text("utf-8")))
    ]
