"""Controls as people write them."""

from __future__ import annotations

import pytest

from kouji.control.written import assigned, value_of
from kouji.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("speed", "1.5", 1.5), ("n_tokens", "80", 80), ("emotion", "happy", "happy"),
        ("emotion", '{"sad": 0.5}', {"sad": 0.5}), ("homophones", "true", True), ("refine", "true", True),
        ("refine", "[oral_2][laugh_0]", "[oral_2][laugh_0]"), ("text_split_method", "cut2", "cut2"),
        ("interval_silence", "0.3", 0.3), ("emotion_reference_text", "Go on!", "Go on!"),
        ("sampling", '{"top_k": 5}', {"top_k": 5}), ("manual_seed", "9007199254740993", 9007199254740993),
    ],
)  # fmt: skip
def test_a_control_has_the_type_that_it_has_in_python(name: str, written: str, value: object) -> None:
    found = value_of(name, written)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "written"), [("speed", "fast"), ("speed", "inf"), ("n_tokens", "1.5"), ("emotion", "{"), ("x", "[" * 9999)]
)
def test_what_is_of_no_type_is_told(name: str, written: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        value_of(name, written)


def test_parts_of_a_control_come_together() -> None:
    asked = ["refine = true", "sampling.top_k=5", "sampling.manual_seed=42", "emotion_text=as if a=b"]
    found = assigned(asked, {"speed": 2.0})
    assert found == {"refine": True, "sampling": {"top_k": 5, "manual_seed": 42}, "emotion_text": "as if a=b"}


@pytest.mark.parametrize(
    "asked",
    [["refine"], ["=1"], ["refine="], [".a=1"], ["sampling.=1"], ["speed=1"], ["a=1", "a=2"], ["a=1", "a.b=2"],
     ["a.b=1", "a=2"], ["a.b=1", "a.b=2"]],
)  # fmt: skip
def test_what_is_no_control_or_given_twice_is_refused(asked: list[str]) -> None:
    with pytest.raises(InvalidInput):
        assigned(asked, {"speed": 2.0})
