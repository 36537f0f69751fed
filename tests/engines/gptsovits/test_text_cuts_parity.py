"""Texts are cut where upstream cuts them."""

from __future__ import annotations

from typing import Any

import pytest

from kouji.engines.gptsovits.text import cuts
from kouji.errors import EmptyText, UnknownName
from kouji_parity.gptsovits_text import rows


@pytest.mark.parametrize("case", rows("cut"))
def test_a_method_cuts_as_in_the_release(case: dict[str, Any]) -> None:
    assert cuts.cut(case["text"], case["method"]) == case["out"]


@pytest.mark.parametrize("case", rows("preseg"))
def test_pieces_are_those_of_the_release(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(EmptyText):
            cuts.pieces(case["text"], case["lang"], case["method"])
    else:
        assert cuts.pieces(case["text"], case["lang"], case["method"]) == case["out"]


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="cut5"):
        cuts.pieces("你好，世界。", "zh", "cut55")
