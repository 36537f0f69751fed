"""What a request may ask of an engine, by its card: refused before any sound is made, or told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from kouji import engines
from kouji.engines.contract import CONTROLS, INSTEAD, Card
from kouji.errors import InvalidInput, UnknownName, UnsupportedControl
from kouji.types import Notice, Request, Utterance


def check_seed(seed: object) -> None:
    """Raises InvalidInput where it is none."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidInput(f"seed={seed!r} is not possible.", "Give a whole number from 0.")


def check_controls(card: Card, controls: Mapping[str, object]) -> None:
    """Refuse what the engine would have to ignore.

    Raises:
        UnknownName: no engine has such an argument.
        UnsupportedControl: others have it, this one does not.
        InvalidInput: the value is outside the range on the card.
    """
    for name, value in controls.items():
        if name not in CONTROLS:
            known = [field.name for field in fields(Request) if field.name != "controls"]
            raise UnknownName("argument", name, [*known, *CONTROLS])
        wanted = CONTROLS[name]
        control = card.controls.get(wanted) or card.controls.get(INSTEAD.get(wanted, ""))
        if control is None:
            raise UnsupportedControl(card.id, name, engines.that_can(CONTROLS[name]))
        control.check(name, value)
        for part in value if isinstance(value, Mapping) and control.parts else ():
            if part not in control.parts:
                raise UnsupportedControl(card.id, f"{name}.{part}", _that_have(wanted, part))


def _that_have(control: str, part: object) -> list[str]:
    return [card.id for card in engines.cards() if control in card.controls and part in card.controls[control].parts]


def check_markup(card: Card, utterance: Utterance) -> None:
    """Refuse what the markup of a text asks for and the engine lacks, as if the request had asked for it.

    Raises:
        UnknownName: no such voice.
        UnsupportedControl: others have the control, this engine does not.
        InvalidInput: the value is outside the range on the card.
    """
    asked = dict(utterance.controls)
    asked.pop("voice", None)  # the casting knows who there is
    asked.pop("duration_group", None)  # which utterances share one duration
    check_controls(card, asked)


def tag_notices(card: Card, utterances: Sequence[Utterance]) -> tuple[Notice, ...]:
    """What is told of tags in square brackets that the engine does not have."""
    unknown = dict.fromkeys(tag for each in utterances for tag in card.unknown_tags(each.text))
    if not unknown:
        return ()
    shown = " ".join(f"[{tag}]" for tag in unknown)
    return (Notice("unknown_tags", f"{card.id} has no such tags, their words are spoken: {shown}."),)
