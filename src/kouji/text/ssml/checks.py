"""What an element must have and may not have, and how it names languages and degrees."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kouji.errors import InvalidInput, UnknownName

from ..phonemes import LANGUAGES
from . import styles
from .tree import Element


def needed(element: Element, attribute: str) -> str:
    if attribute not in element.attributes:
        raise element.wrong(f"<{element.tag}> lacks its {attribute}", f'Write <{element.tag} {attribute}="…">.')
    return element.attributes[attribute]


def refuse_elements(element: Element) -> None:
    inside = next(element.elements(), None)
    if inside is not None:
        raise inside.wrong(f"<{inside.tag}> within <{element.tag}>", f"<{element.tag}> holds text alone.")


def refuse_content(element: Element) -> None:
    if element.text().strip() or next(element.elements(), None):
        raise element.wrong(f"<{element.tag}> is not empty", f"Write <{element.tag} …/>.")


def refuse_second(is_second: bool) -> None:
    if is_second:
        raise InvalidInput("A duration within a duration.", "Ask for the whole or for its parts.")


def language_of(tag: str) -> str:
    """ "zh-CN", "cmn" -> zh; "zh-HK", "yue" -> yue; "en-GB" -> en."""
    first, *rest = tag.lower().replace("_", "-").split("-")
    if first == "zh" and {"hk", "mo", "yue"} & set(rest):
        return "yue"
    found = {"cmn": "zh"}.get(first, first)
    if found not in LANGUAGES:
        raise UnknownName("language", tag[:40], LANGUAGES)
    return found


def number(controls: Mapping[str, object], name: str, default: float) -> float:
    value = controls.get(name, default)
    assert isinstance(value, float)
    return value


def degree(written: str) -> float:
    hint = f"Give {styles.LOWEST} to {styles.HIGHEST:g}."
    if not re.fullmatch(r"\d{1,3}(?:\.\d{0,6})?|\.\d{1,6}", written.strip(), re.ASCII):
        raise InvalidInput(f"{written!r} is not a styledegree.", hint)
    if not styles.LOWEST <= float(written) <= styles.HIGHEST:
        raise InvalidInput(f"A styledegree of {written} is not possible.", hint)
    return float(written)
