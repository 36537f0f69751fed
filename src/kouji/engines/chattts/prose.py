"""What an utterance reads like to ChatTTS: letters, four marks, and tags.

    written text → tags apart → numbers in words → official normaliser → text with tags
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kouji.errors import EmptyText, InvalidInput
from kouji.text import analyse, respelled
from kouji.types import Utterance

from . import prompts
from .normalize import language_of, normalized

TAGS = (*prompts.WITHIN, *(f"{kind}_{number}" for kind, most in prompts.STYLES.items() for number in range(most + 1)))
_TAG = re.compile(rf"\[(?:{'|'.join(TAGS)})\]")
_UNKNOWN = re.compile(r"\[([\w ]+)\]")
_WITHIN_WORD = re.compile(r"(?<=[A-Za-z])[-–](?=[A-Za-z])")
_DASHES = re.compile(r"[…—]+(?=.)")  # within a sentence they are a pause
_NAME = "ChatTTS"


@dataclass(frozen=True)
class Prose:
    """A text that the model can read."""

    text: str  # with the tags that stand at their places
    styles: Mapping[str, int]  # of the whole: oral, laugh, break, speed

    @property
    def is_said(self) -> bool:
        """Whether there is anything but tags."""
        return any(character.isalpha() for character in _TAG.sub("", self.text))

    @property
    def speed(self) -> str:
        """The tag of the pace."""
        return f"[speed_{self.styles['speed']}]" if "speed" in self.styles else prompts.SPEED

    @property
    def refinement(self) -> str:
        """The tags that ask for the text to be refined; "" where none does."""
        return prompts.written({kind: n for kind, n in self.styles.items() if kind != "speed"})


def prose(utterance: Utterance, homophones: Mapping[str, str] | None = None) -> Prose:
    """Of one utterance.

    Args:
        utterance: as the hall gives it.
        homophones: see normalize.normalized.

    Raises:
        EmptyText: nothing in it can be said, and it has no tag either.
        InvalidInput: characters that the model has no sound for, or a pronunciation that no spelling can force.
    """
    if not _TAG.search(utterance.text):
        found = Prose(_official(respelled.written(utterance, _NAME), homophones), {})
    else:
        text, styles = prompts.without_styles(utterance.spelled or utterance.text)
        language = language_of(_TAG.sub("", text))
        parts = _parts(text)
        said = "".join(part if is_tag else _said(part, language, utterance.as_written) for is_tag, part in parts)
        found = Prose(_official(said, homophones), styles)
    if not found.is_said and not _TAG.search(found.text):
        raise EmptyText(utterance.text)
    return found


def of_text(text: str) -> str:
    """Any text, with the tags that stand at their places; styles are taken out. (Raises as `prose`.)"""
    return " ".join(prose(utterance).text for utterance in analyse(text).utterances)


def plain(text: str) -> str:
    """A transcript, as the model reads it."""
    return _official("".join(respelled.written(each, _NAME) for each in analyse(text).utterances))


def _parts(text: str) -> list[tuple[bool, str]]:
    """(is it a tag, piece), in order."""
    parts, start = [], 0
    for tag in _TAG.finditer(text):
        parts += [(False, text[start : tag.start()]), (True, tag[0])]
        start = tag.end()
    return [*parts, (False, text[start:])]


def _said(part: str, language: str, as_written: bool) -> str:
    """Numbers in words, unless it is said as it is written.

    A piece that holds nothing to say, such as a comma between tags, stays as it is.
    """
    if not any(character.isalnum() for character in part):
        return part
    alone = not any(character.isalpha() for character in part)  # a number is read as its sentence is
    found = analyse(part, language if alone else None, as_written=as_written).utterances
    said = " ".join(respelled.written(each, _NAME) for each in found)
    around = ("" if part[:1].strip() else " ", "" if part[-1:].strip() else " ")
    return around[0] + said + around[1]


def _official(text: str, homophones: Mapping[str, str] | None = None) -> str:
    """Through the official normaliser, after what it would lose has been saved."""
    text = _UNKNOWN.sub(lambda tag: tag[0] if _TAG.fullmatch(tag[0]) else tag[1].replace("_", " "), text)
    text = _without_accents(_WITHIN_WORD.sub(" ", text))
    text = _DASHES.sub("，" if language_of(text) == "zh" else ",", text)
    kept = set(normalized(text))
    lost = [each for each in dict.fromkeys(text) if each.isalnum() and each not in kept]
    if lost:
        raise InvalidInput(
            f"ChatTTS has no sound for {''.join(lost)!r}.", "It speaks Chinese and English; write it in their letters."
        )
    return normalized(text, homophones=homophones)


def _without_accents(text: str) -> str:
    """é -> e; marks of other scripts stay, so that they are refused and not changed."""
    return "".join(
        base if (base := unicodedata.normalize("NFD", character)[0]).isascii() else character for character in text
    )
