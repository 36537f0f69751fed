"""A control as it is written in a cell of a table or on a command line -> its value.

    speed 1.2   n_tokens 80   emotion {"happy": 0.5}   refine [oral_2]   homophones true   sampling.manual_seed 42
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

from kouji.errors import InvalidInput

_WORDS = {
    "id", "voice", "language", "mode", "duration_control", "emotion_text", "emotion_mode", "emotion_matrix",
    "emotion_reference", "emotion_reference_text", "reference_audio", "reference_text", "speaker_reference",
    "speaker_id", "text_split_method", "normalize",
}  # fmt: skip
_MAYBE_WORDS = {"emotion", "refine"}  # or JSON, or true
_WHOLE = {"seed", "n_tokens", "max_pieces", "top_k", "n_beams", "manual_seed", "sample_steps"}


def value_of(name: str, written: str) -> object:
    """The value, in the type that the control has.

    Args:
        name: of the control, or of a part of one.
        written: not empty.

    Raises:
        InvalidInput: it is none of that type.
    """
    if name in _WORDS:
        return written
    is_tags = name == "refine" and written.startswith("[")  # which begin as a list of JSON does
    if not is_tags and (written[0] in "[{" or written in ("true", "false")):
        try:
            return from_json(written)
        except ValueError as error:
            raise InvalidInput(f"{name}={written!r} is no JSON.", 'Write such as {"happy": 0.5}.') from error
    if name in _MAYBE_WORDS:
        return written
    try:
        number = int(written) if name in _WHOLE else float(written)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{name}={written!r} is no number.")
    return number


def from_json(written: str) -> object:
    """What it says. Raises ValueError where it is no JSON: infinities and depths without end are none either."""

    def refuse(name: str) -> object:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(written, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError(str(error)) from error


def assigned(assignments: Iterable[str], known: Mapping[str, object]) -> dict[str, object]:
    """Controls that are written as NAME=VALUE, or NAME.PART=VALUE for a part of one.

    Args:
        assignments: such as "refine=true" and "sampling.manual_seed=42".
        known: controls that were given in another way; none may be given twice.

    Raises:
        InvalidInput: not written so, given twice, or a value that is none of its type.
    """
    found: dict[str, object] = {}
    for assignment in assignments:
        name, equals, written = (each.strip() for each in assignment.partition("="))
        control, dot, part = name.partition(".")
        if not control or not equals or not written or bool(dot) != bool(part):
            raise InvalidInput(f"{assignment!r} is no control.", "Write NAME=VALUE, such as refine=true.")
        held = found.setdefault(control, {}) if part else found
        if control in known or not isinstance(held, dict) or (part or control) in held:
            raise InvalidInput(f"{name} is given twice.", "Give it once.")
        held[part or control] = value_of(part or control, written)
    return found
