"""What may be asked of the length, and what contradicts itself."""

from dataclasses import replace

import pytest

from kouji.control.target import Scope, Target, asked, scopes
from kouji.errors import InvalidInput, UnknownName
from kouji.text import analyse


@pytest.mark.parametrize(
    ("controls", "target"),
    [
        ({}, None),
        ({"mode": "free"}, None),
        ({"duration_control": "free"}, None),
        ({"duration": 3}, Target("seconds", 3.0)),
        ({"duration_ratio": 1.1}, Target("ratio", 1.1)),
        ({"n_tokens": 250}, Target("tokens", 250.0)),
        ({"duration_control": "ratio", "duration_ratio": 1.1, "mode": "controlled"}, Target("ratio", 1.1)),
        ({"duration_control": "seconds", "duration": 2.5}, Target("seconds", 2.5)),
        ({"duration": None, "duration_ratio": 0.5}, Target("ratio", 0.5)),
    ],
)
def test_one_target_is_found(controls: dict[str, object], target: Target | None) -> None:
    assert asked(controls) == target


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({"mode": "free", "duration": 3}, "free pace contradicts duration"),
        ({"duration_control": "free", "duration_ratio": 1.0}, "free pace contradicts duration_ratio"),
        ({"mode": "controlled", "duration_control": "free"}, "free pace contradicts"),
        ({"mode": "free", "duration_control": "ratio"}, "free pace contradicts"),
        ({"mode": "controlled"}, "Give duration, duration_ratio or n_tokens"),
        ({"duration_control": "ratio"}, "Give duration_ratio"),
        ({"duration_control": "ratio", "duration": 3}, "contradicts duration"),
        ({"duration": 3, "duration_ratio": 1.0}, "given together"),
        ({"duration_ratio": 2.5}, r"0\.5 to 2\.0"),
        ({"duration_ratio": float("nan")}, r"0\.5 to 2\.0"),
        ({"duration": 0}, "seconds above 0"),
        ({"duration": float("inf")}, "seconds above 0"),
        ({"duration": "3"}, "seconds above 0"),
        ({"duration": True}, "seconds above 0"),
        ({"n_tokens": 2.5}, "whole number"),
        ({"n_tokens": float("inf")}, "whole number"),
        ({"n_tokens": 0}, "whole number"),
    ],
)
def test_a_contradiction_is_refused(controls: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        asked(controls)


def test_unknown_ways_tell_the_nearest() -> None:
    with pytest.raises(UnknownName, match="'ratio'"):
        asked({"duration_control": "ration"})
    with pytest.raises(UnknownName, match="'controlled'"):
        asked({"mode": "control"})


def test_sentences_of_one_group_share_a_target() -> None:
    said = analyse("第一句。第二句。第三句。第四句。第五句。").utterances
    controls: list[dict[str, object]] = [
        {}, {"duration": 4.0, "duration_group": 1}, {"duration": 4.0, "duration_group": 1},
        {"duration": 4.0, "duration_group": 2}, {"duration_ratio": 1.2},
    ]  # fmt: skip
    marked = [replace(utterance, controls=c) for utterance, c in zip(said, controls, strict=True)]
    seconds = Target("seconds", 4.0)
    assert scopes(marked) == (Scope(1, 3, seconds), Scope(3, 4, seconds), Scope(4, 5, Target("ratio", 1.2)))
