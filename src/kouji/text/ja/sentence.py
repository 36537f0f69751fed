"""Japanese text -> units by OpenJTalk: its words, their kana, and the pitch of every mora."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from kouji.errors import InvalidInput, needs
from kouji.text.phonemes import JA_PHONEMES
from kouji.text.punctuation import pause_for, stronger
from kouji.types import Unit

from .kana import devoiced, moras, to_katakana

Node = dict[str, Any]  # one word as OpenJTalk's NJD stage describes it
_LABEL = re.compile(
    r"-(?P<name>[^+]+)\+.*?/A:(?P<to_accent>[^+]+)\+(?P<mora>[^+]+)\+.*?/F:(?P<n_moras>[^_]+)_(?P<accent>[^#]+)#"
)
_BEATS = frozenset("a i u e o A I U E O N cl".split())  # phonemes that end a mora
_LONGEST = 400  # characters handed to OpenJTalk at once: its time grows faster than the text


@cache
def openjtalk() -> ModuleType:
    """The package pyopenjtalk. Raises MissingExtra."""
    with needs("ja", "Japanese"):
        import pyopenjtalk
    return pyopenjtalk


def to_units(text: str, given: Mapping[int, str] | None = None) -> list[Unit]:
    """One unit per word as OpenJTalk cuts them.

    Args:
        text: normalised Japanese, with its punctuation.
        given: index of a word's first character -> its reading in kana, which wins. An accent may be given by ' after
            the last high mora ("ハ'シ"), or as a number at the end, 0 for a flat word ("ハシ2"). An empty reading says
            where the word before it ends; without one a word is what OpenJTalk reads like that, or else all
            characters of its script (kanji, or kana) that follow.

    Raises:
        InvalidInput: characters that have no Japanese reading; a given reading that is not kana.
        MissingExtra: OpenJTalk is not installed.
    """
    openjtalk()
    units: list[Unit] = []
    for words in _pieces(_cut(text, given or {})):
        units += _piece(text, words)
    return units


@dataclass(frozen=True)
class _Stretch:
    """Part of the text, with the reading that the user gave for it."""

    start: int
    end: int
    reading: str = ""


def _cut(text: str, given: Mapping[int, str]) -> list[_Stretch]:
    """The text in stretches: those with a given reading, and what lies between."""
    stretches, position = [], 0
    edges = sorted(i for i in given if 0 <= i < len(text))
    for i, start in enumerate(edges):
        if not given[start] or start < position:
            continue
        limit = edges[i + 1] if i + 1 < len(edges) else len(text)
        closed = limit < len(text) and not given[limit]
        end = limit if closed else _end_of_word(text, start, limit, given[start])
        stretches += [_Stretch(position, start), _Stretch(start, end, given[start])]
        position = end
    return [s for s in [*stretches, _Stretch(position, len(text))] if s.start < s.end]


def _end_of_word(text: str, start: int, limit: int, reading: str) -> int:
    """Where a word ends of which only the beginning is known."""
    kana = re.compile(r"[ぁ-ゖァ-ヺー]")
    end = start + 1
    while end < limit and text[end].isalnum() and bool(kana.match(text[end])) == bool(kana.match(text[start])):
        end += 1
    wanted = re.sub(r"['’\d]", "", to_katakana(reading))
    for cut in range(start + 1, min(limit, start + 12) + 1):
        if not text[cut - 1].isalnum():
            break
        if "".join(node["read"] for node in openjtalk().run_frontend(text[start:cut])) == wanted:
            return cut
    return end


def _pieces(stretches: list[_Stretch]) -> list[list[_Stretch]]:
    """The stretches in lots of about _LONGEST characters."""
    lots: list[list[_Stretch]] = [[]]
    for stretch in stretches:
        lots[-1].append(stretch)
        if sum(s.end - s.start for s in lots[-1]) > _LONGEST:
            lots.append([])
    return [lot for lot in lots if lot]


def _piece(text: str, stretches: list[_Stretch]) -> list[Unit]:
    units: list[Unit] = []
    nodes: list[Node] = []
    spans: list[tuple[int, int]] = []
    for stretch in stretches:
        if stretch.reading:
            nodes.append(_given_word(text[stretch.start : stretch.end], stretch.reading))
            spans.append((stretch.start, stretch.end))
            continue
        for start, end in _breaths(text, stretch):
            plain = _plain(text[start:end])
            found = openjtalk().run_frontend(plain) if re.search(r"\w", plain) else []
            _refuse_silent(found)
            nodes += found
            spans += [(start + first, start + last) for first, last in _places(found, plain)]
            if end - stretches[0].start > _LONGEST:
                units += _units(text, nodes, spans, end)
                nodes, spans = [], []
    return units + _units(text, nodes, spans, stretches[-1].end)


def _breaths(text: str, stretch: _Stretch) -> list[tuple[int, int]]:
    """Spans of at most _LONGEST characters, cut after a mark where there is one."""
    spans, start = [], stretch.start
    while start < stretch.end:
        end = min(start + _LONGEST, stretch.end)
        if end < stretch.end:
            marks = [m.end() for m in re.finditer(r"[。！？!?\n、,，]", text[start:end])]
            end = start + (marks[-1] if marks else _LONGEST)
        spans.append((start, end))
        start = end
    return spans


def _plain(text: str) -> str:
    """Marks that OpenJTalk stumbles over as commas: ？ and ！ without a word, ー that lengthens nothing."""
    return re.sub(r"(?<!\w)[ー〜～]+|[？！?!]", lambda match: "、" * len(match[0]), text)


def _units(text: str, nodes: list[Node], spans: list[tuple[int, int]], end: int) -> list[Unit]:
    words = [(node, span) for node, span in zip(nodes, spans, strict=True) if node["mora_size"] > 0]
    beats = _beats(nodes)
    if sum(node["mora_size"] for node, _ in words) != len(
        beats
    ):  # a word that OpenJTalk counts otherwise: ask one by one
        lots = [_alone(node) for node, _ in words]
    else:
        counts = itertools.accumulate((node["mora_size"] for node, _ in words), initial=0)
        lots = [beats[i : i + node["mora_size"]] for i, (node, _) in zip(counts, words, strict=False)]
    units = []
    for k, ((node, (first, last)), mine) in enumerate(zip(words, lots, strict=True)):
        following = words[k + 1][1][0] if k + 1 < len(words) else end
        phonemes = tuple(phoneme for beat in mine for phoneme in beat)
        if phonemes:
            said = node["pron"].replace("’", "")
            units.append(Unit(text[first:last], "ja", node["read"], said, phonemes, True, _pause(text[last:following])))
    return units


def _places(nodes: Sequence[Node], text: str) -> list[tuple[int, int]]:
    """Where each word stands in the text: OpenJTalk writes full width, leaves spaces out, and numbers in kanji."""
    places, position, end = [], 0, len(text)
    for node in nodes:
        first = next((i for i in range(position, min(position + 20, end)) if _same(text[i], node["string"][:1])), None)
        if first is None:
            spoken = (i for i in range(position, end) if text[i].isalnum()) if node["mora_size"] else ()
            first = next(iter(spoken), position)
            places.append((first, min(first + (node["mora_size"] > 0), end)))
            position = places[-1][1]
            continue
        position = first
        for character in node["string"]:
            if position < end and (_same(text[position], character) or position > first):
                position += 1
        places.append((first, position))
    return places


def _same(first: str, second: str) -> bool:
    return unicodedata.normalize("NFKC", first) == unicodedata.normalize("NFKC", second)


def _refuse_silent(nodes: Sequence[Node]) -> None:
    unread = sorted({c for node in nodes if node["mora_size"] == 0 for c in node["string"] if c.isalnum()})
    if unread:
        raise InvalidInput(
            f"These characters have no Japanese reading: {' '.join(unread[:20])}.",
            "Give their reading in kana, or the language they belong to.",
        )


def _given_word(written: str, given: str) -> Node:
    """A word with the reading and perhaps the accent that the user gave, as an accent phrase that begins here."""
    match = re.fullmatch(r"([^'’\d]+)(['’]?)([^'’\d]*)(\d*)", to_katakana(given.strip()))
    n_moras = len(moras(match[1] + match[3])) if match else 0
    if match is None or not n_moras:
        raise InvalidInput(f"{given!r} is not a reading in kana.", "Write it like ハシ, ハ'シ or ハシ1.")
    found = [node for node in openjtalk().run_frontend(written) if node["mora_size"]]
    template: Node = found[0] if found else openjtalk().run_frontend("名")[0]
    usual = template["acc"] if len(found) == 1 and template["mora_size"] == n_moras else 0
    accent = int(match[4]) if match[4] else len(moras(match[1])) if match[2] else usual
    if accent > n_moras:
        raise InvalidInput(f"The accent of {given!r} is beyond its {n_moras} moras.", "Use 0 for a flat word.")
    kana = match[1] + match[3]
    changed = {"string": written, "read": kana, "pron": _pronounced(kana, written), "acc": accent, "mora_size": n_moras}
    return template | changed | {"chain_flag": 0, "pos": "名詞" if template["pos"] == "記号" else template["pos"]}


def _pronounced(kana: str, written: str) -> str:
    """Long vowels as ー, the way OpenJTalk writes them: トウキョウ -> トーキョー, but オモウ (思う) stays."""
    beats = moras(kana, written)
    return "".join(
        "ー" if i and not beat.consonant and beat.vowel == beats[i - 1].vowel and beat.kana in "ウイー" else beat.kana
        for i, beat in enumerate(beats)
    )


def _alone(node: Node) -> list[list[str]]:
    """The moras of one word from its kana, with its own accent."""
    beats = devoiced(moras(re.sub(r"^ー+", "", node["pron"].replace("’", ""))))
    pitches = [_pitch(i + 1, len(beats), node["acc"] or len(beats)) for i in range(len(beats))]
    return [
        [
            *(JA_PHONEMES[name] for name in beat.names[:-1]),
            JA_PHONEMES[beat.vowel] + ("" if beat.vowel == "cl" else str(pitch)),
        ]
        for beat, pitch in zip(beats, pitches, strict=True)
    ]


def _beats(nodes: list[Node]) -> list[list[str]]:
    """The phonemes of each mora, with the pitch of its accent phrase: "a2" high, "a1" low."""
    beats: list[list[str]] = []
    current: list[str] = []
    for label in openjtalk().make_label(nodes) if nodes else []:
        match = _LABEL.search(label)
        if match is None or match["name"] in ("sil", "pau"):
            continue
        name = match["name"]
        phoneme = JA_PHONEMES[name]
        if name not in _BEATS:
            current.append(phoneme)
            continue
        pitch = "" if name == "cl" else str(_pitch(int(match["mora"]), int(match["n_moras"]), int(match["accent"])))
        beats.append([*current, phoneme + pitch])
        current = []
    return beats


def _pitch(mora: int, n_moras: int, accent: int) -> int:
    """Tokyo accent: low-high-high…, down after the accented mora; high at once if the first is accented.

    OpenJTalk numbers a flat phrase as if its last mora were accented: within the phrase it sounds the same.
    """
    if accent == 1 and n_moras > 1:
        return 2 if mora == 1 else 1
    return 1 if mora == 1 or mora > accent > 0 else 2


def _pause(between: str) -> str:
    pause = ""
    for mark in between:
        pause = stronger(pause, pause_for(mark))
    return "…" if "..." in between else pause
