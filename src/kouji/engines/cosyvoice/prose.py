"""What an utterance reads like to CosyVoice: text ids with tags, segment by segment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce

import numpy as np

from kouji.errors import EmptyText, InvalidInput
from kouji.text import analyse, normalize, respelled
from kouji.text.frontend import join
from kouji.types import EMOTIONS, Utterance

from . import text as rules
from . import tokenizer

END_MARK = "<endofprompt>"
_END_MARKS = re.compile(r"<\|endofprompt\|>|<endofprompt>")
_DIRECTIONS = "|".join((*EMOTIONS, "voice", "duration", "break"))
_DIRECTION = re.compile(rf"</?(?:{_DIRECTIONS})(?=[\s/>])[^<>\n]*>", re.IGNORECASE)
_TAG = re.compile(r"(\[(?:laughter|breath)\]|</?(?:laughter|strong)>)")


@dataclass(frozen=True)
class Segment:
    """One run of the language model."""

    ids: np.ndarray  # (T_text,) int64

    @property
    def n_text(self) -> int:
        """Text tokens, by which the length of the speech is bounded."""
        return len(self.ids)


def segments(utterance: Utterance, with_language: bool, with_tags: bool, engine: str) -> list[Segment]:
    """Cut and encode.

    Args:
        utterance: its text still has the tags that the front end takes out of the normalised one.
        with_language: put the tag of its language before every segment, as cross-lingual cloning needs it.
        with_tags: whether the variant knows [laughter] and the like.
        engine: for the error.

    Raises:
        InvalidInput: tags in the text of a variant that would read them aloud; a reading that no spelling can force.
    """
    found = _TAG.findall(utterance.text)
    if found and not with_tags:
        raise InvalidInput(
            f"{engine} does not know {found[0]}.", "Leave it out, or use cosyvoice-300m-instruct, which does."
        )
    if found:
        said = _with_tags(utterance, engine)
    else:
        said = respelled.written(utterance, engine)
    head = f"<|{utterance.language}|>" if with_language else ""
    return [Segment(np.array(tokenizer.encode(head + piece), np.int64)) for piece in rules.segments(said, _count)]


def prompt_ids(transcript: str, engine: str) -> np.ndarray:
    """The transcript of a prompt, (T,) int64: spelled as the texts are that it stands before."""
    return np.array(tokenizer.encode(rules.normalized(_in_words(transcript, engine))), np.int64)


def instruction_ids(description: str, end_mark: bool, engine: str) -> np.ndarray:
    """A style in words, (T,) int64, with the mark that the published weights were trained with."""
    bare = _END_MARKS.sub("", description) if end_mark else description
    return np.array(tokenizer.encode(rules.normalized(_in_words(bare, engine)) + END_MARK * end_mark), np.int64)


def _with_tags(utterance: Utterance, engine: str) -> str:
    """Say what is between the tags, keep the tags; directions to the hall have done their work."""
    parts = _TAG.split(_DIRECTION.sub("", utterance.spelled or utterance.text))
    said = (_as_said(part, utterance.language, engine, utterance.as_written) for part in parts[::2])
    return "".join(part if number % 2 else next(said) for number, part in enumerate(parts))


def _in_words(written: str, engine: str) -> str:
    """Numbers in words and Japanese in kana, where there are any; all else is left as it stands."""
    if re.search(r"\d|[ぁ-ゖァ-ヺ]", written) and not ("<|" in written and "|>" in written):
        return _as_said(written, None, engine)
    return written


def _as_said(part: str, language: str | None, engine: str, as_written: bool = False) -> str:
    """A stretch of text, spelled as it is said; a comma between two tags, say, stays as it is."""
    if not any(character.isalnum() for character in part):
        return part
    try:
        found = analyse(part, language, as_written=as_written).utterances
    except EmptyText:  # marks alone, or letters that nobody can say
        return normalize(part, language)
    said = reduce(join, (respelled.written(each, engine) for each in found))
    return part[: len(part) - len(part.lstrip())] + said + part[len(part.rstrip()) :]


def _count(piece: str) -> int:
    return len(tokenizer.encode(piece))
