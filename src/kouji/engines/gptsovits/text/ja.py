"""Japanese: a text to phonemes with marks of pitch, by OpenJTalk.

    text -> runs between marks -> full-context labels -> phonemes with [ where the pitch rises, ] where it falls

Between accent phrases stands "#", which is no symbol of the networks and becomes UNK, as in the release.
Source: GPT_SoVITS/text/japanese.py of RVC-Boss/GPT-SoVITS (MIT), whose marks are ESPnet's (Apache-2.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kouji.errors import InvalidInput
from kouji.text.ja.kana import moras, to_katakana
from kouji.text.ja.sentence import openjtalk

from . import ja_accent
from .segment import Segment
from .symbols import PUNCTUATION, UNKNOWN, symbols
from .zh_normal import GIVEN, is_content

_RUN = re.compile(r"[\ue000A-Za-z0-9々\u3040-\u30ff\u4e00-\u9fff１-９Ａ-Ｚａ-ｚ\uff66-\uff9d]+")
_MARKS = {"：": ",", "；": ",", "，": ",", "。": ".", "！": "!", "？": "?", "\n": ".", "·": ",", "、": ","}
_LABEL = re.compile(
    r"-(?P<phoneme>.*?)\+.*?/A:(?P<fall>[0-9\-]+)\+(?P<mora>\d+)\+(?P<left>\d+)/.*?/F:(?P<n_moras>\d+)_"
)
_NEXT_MORA = re.compile(r"\+(\d+)\+")
_BEATS = frozenset("a e i o u A I U E O N cl".split())
_LONGEST = 200  # characters handed to OpenJTalk at once: its time grows faster than the text


def phonemise(text: str, given: Sequence[str] = ()) -> Segment:
    """The phonemes of a Japanese text; what is neither Japanese nor a mark is UNK, and listed as lost.

    Args:
        text: anything.
        given: readings in kana for each mark of `zh_normal.GIVEN` that stands in the text in place of a word, in order;
            the accent may be written as in "ハ'シ" or "ハシ1".

    Raises:
        InvalidInput: a given reading that is not kana.
        MissingExtra: OpenJTalk is not installed.
    """
    normalised = re.sub(rf"([{re.escape(PUNCTUATION)}])[{re.escape(PUNCTUATION)}]+", r"\1", text)
    known, own = symbols(), iter(given)
    phones: list[str] = []
    lost = ""
    spelled = normalised.replace("％", "パーセント").lower()
    position = 0
    for match in [*_RUN.finditer(spelled), None]:
        between = spelled[position : match.start() if match else len(spelled)]
        marks = [_MARKS.get(mark, mark) for mark in between if mark != " "]
        phones += [mark if mark in known else UNKNOWN for mark in marks]
        lost += "".join(mark for mark in marks if mark not in known and is_content(mark))
        if match:
            for words, is_inner in _words(match[0], own):
                lost += "".join(word["string"] for word in words if not word["mora_size"])
                phones += [phone if phone in known else UNKNOWN for phone in _said(words, is_inner)]
            position = match.end()
    return Segment("ja", normalised, tuple(phones), (), lost)


def _words(run: str, own: Iterator[str]) -> Iterator[tuple[list[ja_accent.Word], list[bool]]]:
    """The words of a run, and which of them are the rest of a reading that the user gave; of a long run in lots."""
    found: list[ja_accent.Word] = []
    is_inner: list[bool] = []
    for part in re.findall(rf"{GIVEN}|[^{GIVEN}]{{1,{_LONGEST}}}", run):
        if len(part) == _LONGEST and found:
            yield found, is_inner
            found, is_inner = [], []
        words = _given(next(own, "")) if part == GIVEN else ja_accent.words(openjtalk(), part)
        found += words
        is_inner += [part == GIVEN and number > 0 for number in range(len(words))]
    yield found, is_inner


def _given(reading: str) -> list[ja_accent.Word]:
    """A reading as words of one accent phrase."""
    match = re.fullmatch(r"([ぁ-ゖァ-ヺー]+)(['’]?)([ぁ-ゖァ-ヺー]*)(\d{0,2})", reading.strip())
    words = ja_accent.words(openjtalk(), match[1] + match[3]) if match else []
    if match is None or not words:
        raise InvalidInput(f"{reading!r} is not a reading in kana.", "Write it like ハシ, ハ'シ or ハシ1.")
    if match[2] or match[4]:
        words[0]["acc"] = len(moras(to_katakana(match[1]))) if match[2] else int(match[4])
    return words


def _said(words: Sequence[ja_accent.Word], is_inner: Sequence[bool]) -> Iterator[str]:
    """Phonemes and marks of pitch of a run without punctuation."""
    if not any(word["pron"].strip("ー、’") for word in words):
        yield UNKNOWN
        return
    labels = openjtalk().make_label(ja_accent.phrases(words, is_inner))
    for label, following in zip(labels, [*labels[1:], ""], strict=True):
        phoneme = _phoneme(label)
        if phoneme == "sil":
            continue
        if phoneme == "pau":
            yield "_"
            continue
        yield phoneme.lower() if phoneme in "AEIOU" else phoneme
        yield from _pitch(label, following, phoneme)


def _phoneme(label: str) -> str:
    match = re.search(r"-(.*?)\+", label)
    return match[1] if match else "sil"


def _pitch(label: str, following: str, phoneme: str) -> Iterator[str]:
    """What the pitch does after a phoneme: "#" a new accent phrase, "]" down, "[" up."""
    place = _LABEL.search(label)
    after = _NEXT_MORA.search(following)
    if place is None:
        return
    mora, next_mora = int(place["mora"]), int(after[1]) if after else -1
    if place["left"] == "1" and next_mora == 1 and phoneme in _BEATS:
        yield "#"
    elif place["fall"] == "0" and next_mora == mora + 1 and mora != int(place["n_moras"]):
        yield "]"
    elif mora == 1 and next_mora == 2:
        yield "["
