"""Which fields of the page an engine obeys. The others are grey, and say why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.engines import that_can
from kouji.engines.contract import CONTROLS, INSTEAD, Control

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .words import Words


def control_of(card: Card, argument: str) -> Control | None:
    """What the card says of an argument of the hall; None where the engine has nothing for it."""
    wanted = CONTROLS[argument]
    return card.controls.get(wanted) or card.controls.get(INSTEAD.get(wanted, ""))


def reason(card: Card, argument: str, words: Words) -> str:
    """Why a field is grey; "" where it is not."""
    if control_of(card, argument) is not None:
        return ""
    others = words["comma"].join(that_can(CONTROLS[argument]))
    instead = words["those_can"].format(others) if others else ""
    return f"{words['lacking']}{words['colon']}{card.id}{instead}"


def field(card: Card, argument: str, words: Words, hint: str | None = None, **more: Any) -> Any:
    """An update of a component: open and with the hint, or grey and with the reason."""
    why = reason(card, argument, words)
    return gr.update(interactive=not why, info=why or hint or "", **more)  # None would leave what stood there


def slider(card: Card, argument: str, words: Words, usual: float, low: float, high: float) -> Any:
    """The same for a slider, within the range of the card; it goes back to what is usual."""
    found = control_of(card, argument)
    if found is not None and found.low is not None and found.high is not None:
        low, high = found.low, found.high
    return field(card, argument, words, minimum=low, maximum=high, value=usual)


def presets(card: Card, words: Words) -> Any:
    """An update of the choice of presets."""
    choices = [(f"{each.name} · {words.told(each.summary)}", each.name) for each in card.presets]
    usual = words["usual"] if choices else words["none"]
    return gr.update(choices=[(usual, ""), *choices], value="", interactive=bool(choices))


def apply(component: Any, change: Mapping[str, Any]) -> None:
    """Make an update of a component before the page is sent at all."""
    for name, value in change.items():
        if name != "__type__":
            setattr(component, name, [tuple(each) for each in value] if name == "choices" else value)
