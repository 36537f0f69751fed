"""Directions in plain text: <happy 0.6>…</happy>, <break 500ms>, <voice male_1>…</voice>, <duration 2.4s>…</duration>.

And <|en|> as CosyVoice's users write it: the language from there on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from kouji.errors import InvalidInput
from kouji.types import EMOTIONS

from . import amounts
from .directions import Break, Builder, Directed, plain
from .phonemes import LANGUAGES

_NAMES = (*EMOTIONS, "voice", "duration", "break")
_LANGUAGES = {**{name: name for name in LANGUAGES}, "jp": "ja"}  # what older documents of CosyVoice call Japanese
_TAG = re.compile(
    rf"(\\?)<(?:(/?)({'|'.join(_NAMES)})(?=[\s/>])([^<>\n]{{0,200}})|\|(?P<language>{'|'.join(_LANGUAGES)})\|)>",
    re.IGNORECASE,
)
_VALUE = re.compile(r"""(?:([a-z]+)\s*=\s*)?(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))""", re.IGNORECASE)
_ARGUMENTS = {"break": ("time", "strength"), "voice": ("name",), "duration": ("time",)}
_HINT = (
    "Write <happy>…</happy>, <sad 0.6>…</sad>, <break 500ms>, <voice male_1>…</voice>, <duration 2.4s>…</duration>; "
    "a \\ before < asks for nothing."
)


@dataclass(frozen=True)
class _Open:
    name: str
    position: int  # in what the user wrote
    controls: dict[str, object]  # before the tag


def read(raw: str) -> Directed:
    """Take the directions out of a plain text. Other tags are left where they stand.

    Raises:
        InvalidInput: a tag that is not closed, or closed in the wrong order, or that asks for something impossible.
    """
    if "<" not in raw or _TAG.search(raw) is None:
        return plain(raw)
    builder = Builder()
    controls: dict[str, object] = {}
    language = ""
    opened: list[_Open] = []
    position = n_groups = 0
    for match in _TAG.finditer(raw):
        builder.say(raw[position : match.start()])
        position = match.end()
        name, where = (match[3] or "").lower(), f"at character {match.start() + 1}"
        if match[1]:
            builder.say(match[0][1:])
        elif match["language"]:
            language = _LANGUAGES[match["language"].lower()]
            builder.direct(controls, language)
        elif match[2]:
            controls = _close(opened, name, where)
            builder.direct(controls, language)
        elif name == "break":
            builder.points.append(Break(builder.position, _pause(match[4], where)))
        else:
            opened.append(_Open(name, match.start(), controls))
            controls = {**controls, **_asked(name, match[4], where)}
            if name == "duration":
                controls["duration_group"] = n_groups
                n_groups += 1
                if any(tag.name == name for tag in opened[:-1]):
                    raise InvalidInput(f"A duration within a duration {where}.", "Close the first before the second.")
            builder.direct(controls, language)
    if opened:
        tag = opened[-1]
        raise InvalidInput(f"<{tag.name}> at character {tag.position + 1} is not closed.", f"Write </{tag.name}>.")
    builder.say(raw[position:])
    return builder.build()


def _close(opened: list[_Open], name: str, where: str) -> dict[str, object]:
    """Close the innermost tag; what was asked for before it."""
    if not opened:
        raise InvalidInput(f"</{name}> {where} closes nothing.", f"Write <{name}> before it.")
    if opened[-1].name != name:
        raise InvalidInput(
            f"</{name}> {where} comes before </{opened[-1].name}>.", "Close first what was opened last."
        )
    return opened.pop().controls


def _pause(rest: str, where: str) -> float:
    given = _given("break", rest, where)
    return _here(lambda: amounts.pause(given.get("time"), given.get("strength")), where)


def _asked(name: str, rest: str, where: str) -> dict[str, object]:
    """Controls of an opening tag."""
    given = _given(name, rest, where)
    if name in EMOTIONS:
        return {"emotion": name, "intensity": _intensity(given.get("intensity", "1"), where)}
    value = given.get(_ARGUMENTS[name][0], "")
    if not value:
        raise InvalidInput(f"<{name}> {where} lacks its {_ARGUMENTS[name][0]}.", _HINT)
    if name == "voice":
        return {"voice": value}
    return {"duration": _here(lambda: amounts.duration(value), where)}


def _given(name: str, rest: str, where: str) -> dict[str, str]:
    """Arguments of a tag by name; one without a name is the first of its kind."""
    known = _ARGUMENTS.get(name, ("intensity",))
    given: dict[str, str] = {}
    rest = rest.rstrip().removesuffix("/").strip()
    position = 0
    while position < len(rest):
        match = _VALUE.match(rest, position)
        argument = (match[1] or known[0]).lower() if match else ""
        if match is None or argument not in known or argument in given:
            raise InvalidInput(f"<{name} {rest}> {where} cannot be understood.", _HINT)
        given[argument] = next(value for value in match.groups()[1:] if value is not None)
        position = match.end()
        while rest[position : position + 1].isspace():
            position += 1
    return given


def _intensity(written: str, where: str) -> float:
    if not re.fullmatch(r"\d(?:\.\d{0,9})?|\.\d{1,9}", written, re.ASCII) or not 0 <= float(written) <= 1:
        raise InvalidInput(f"An intensity of {written} {where} is not possible.", "Give 0 to 1.")
    return float(written)


def _here(value: Callable[[], float], where: str) -> float:
    """A value; its error names the place."""
    try:
        return value()
    except InvalidInput as wrong:
        raise InvalidInput(f"{wrong.message[:-1]} ({where}).", wrong.hint) from wrong
