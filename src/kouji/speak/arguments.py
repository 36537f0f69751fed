"""The keywords of a Python call -> a request."""

from __future__ import annotations

from collections.abc import Mapping

from kouji.config import Config
from kouji.engines.contract import SPEAKERS
from kouji.errors import InvalidInput
from kouji.types import Request


def request_of(
    settings: Config, text: str, voice: str, language: str, seed: int, arguments: Mapping[str, object]
) -> Request:
    """What is asked for; what is not named comes from the settings.

    Raises:
        InvalidInput: an argument of every engine has no possible value. Those of one engine are checked later.
    """
    nested = arguments.get("config", {})
    if not isinstance(nested, Mapping):
        raise InvalidInput(f"config={nested!r} is no mapping.", 'Give config={"speed": 1.1}.')
    asked = {**nested, **{name: value for name, value in arguments.items() if name != "config"}}
    said, are_marked = asked.pop("label", ""), asked.pop("marks", True)
    if not isinstance(said, str) or not isinstance(are_marked, bool):
        raise InvalidInput("label is a word, marks is true or false.", 'Give label="start", or marks=False.')
    if not voice and not any(name in SPEAKERS for name in asked):
        voice = settings.voice
    marked = asked.pop("watermark", None)
    if not (marked is None or isinstance(marked, bool)):
        raise InvalidInput(f"watermark={marked!r} is not possible.", "Give True or False.")
    return Request(text, voice, language or settings.language, seed, asked, marked, said, are_marked)
