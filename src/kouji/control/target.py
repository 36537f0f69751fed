"""What is asked of the length: of a request, and by markup of a part of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kouji.errors import InvalidInput, UnknownName
from kouji.types import Utterance

SHORTEST, LONGEST = 0.5, 2.0  # times the natural length: accepted
NATURAL = (0.75, 1.25)  # times: promised to sound natural
KINDS = {"seconds": "duration", "ratio": "duration_ratio", "tokens": "n_tokens"}  # `duration_control` -> argument
CONTROLS = (*KINDS.values(), "duration_control", "mode")
MODES = ("free", "controlled")


@dataclass(frozen=True)
class Target:
    """A length that is asked for."""

    kind: str  # "seconds" | "ratio" | "tokens"
    value: float  # seconds, times the natural length, or a whole number of the engine's tokens


@dataclass(frozen=True)
class Scope:
    """Utterances that have one target of their own: a span of markup, cut into sentences."""

    first: int  # index of the first utterance
    end: int  # index behind the last
    target: Target


def asked(controls: Mapping[str, object]) -> Target | None:
    """The one target among the controls; None where the pace is free.

    Raises:
        UnknownName: no such mode or way of control.
        InvalidInput: two targets, none though one is called for, or a value that is none.
    """
    way = controls.get("duration_control")
    if way is not None and way not in (*KINDS, "free"):
        raise UnknownName("duration_control", str(way), (*KINDS, "free"))
    mode = controls.get("mode")
    if mode is not None and mode not in MODES:
        raise UnknownName("mode", str(mode), MODES)
    given = {kind: controls[name] for kind, name in KINDS.items() if controls.get(name) is not None}
    names = ", ".join(KINDS[kind] for kind in given)
    if "free" in (way, mode):
        if given or (mode == "controlled") or way not in (None, "free"):
            raise InvalidInput(
                f"A free pace contradicts {names or 'a controlled length'}.",
                'Leave out mode="free" and duration_control="free", or the target.',
            )
        return None
    if len(given) > 1:
        raise InvalidInput(f"{names} are given together.", "Give one of them.")
    if not given:
        if way is not None or mode == "controlled":
            wanted = KINDS.get(str(way), "duration, duration_ratio or n_tokens")
            raise InvalidInput("A controlled length is asked for, but none is given.", f"Give {wanted}.")
        return None
    ((kind, value),) = given.items()
    if way not in (None, kind):
        raise InvalidInput(f"duration_control={way!r} contradicts {names}.", f"Give {KINDS[str(way)]} instead.")
    return Target(kind, _checked(kind, value))


def scopes(utterances: Sequence[Utterance]) -> tuple[Scope, ...]:
    """The targets that stand in the markup; utterances that follow one another with the same group share one."""
    found: list[Scope] = []
    group: object = None
    for number, utterance in enumerate(utterances):
        target = asked({name: utterance.controls[name] for name in _own(utterance)})
        before, group = group, utterance.controls.get("duration_group")
        if target is None:
            group = None
        elif group is not None and group == before:
            found[-1] = Scope(found[-1].first, number + 1, target)
        else:
            found.append(Scope(number, number + 1, target))
    return tuple(found)


def without(controls: Mapping[str, object]) -> dict[str, object]:
    """The controls that do not belong to the length."""
    return {name: value for name, value in controls.items() if name not in CONTROLS}


def _own(utterance: Utterance) -> Iterable[str]:
    return [name for name in CONTROLS if name in utterance.controls]


def _checked(kind: str, value: object) -> float:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if kind == "ratio":
        if not SHORTEST <= number <= LONGEST:
            hint = f"Give {SHORTEST} to {LONGEST}; {NATURAL[0]} to {NATURAL[1]} sounds natural."
            raise InvalidInput(f"duration_ratio={value!r} is not possible.", hint)
    elif kind == "tokens":
        if not (number >= 1 and number == int(number) if math.isfinite(number) else False):
            raise InvalidInput(f"n_tokens={value!r} is not possible.", "Give a whole number from 1.")
    elif not 0 < number < math.inf:
        raise InvalidInput(f"duration={value!r} is not possible.", "Give seconds above 0.")
    return number
