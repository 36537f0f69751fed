"""Pinyin in its sentence by g2pW, where the user has its folder: a BERT that chooses among the readings of a character.

Files of the folder (`G2PWModel`): g2pW.onnx or g2pw.onnx, POLYPHONIC_CHARS.txt, MONOPHONIC_CHARS.txt,
bopomofo_to_pinyin_wo_tune_dict.json, config.py. It knows traditional characters. Chen et al., "g2pW: A Conditional
Weighted Softmax BERT for Polyphone Disambiguation in Mandarin", 2022; code and model Apache-2.0.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kouji.errors import BadCheckpoint, MissingWeights, needs
from kouji.runtime.onnx import Graph

from . import zh

Encode = Callable[[str], Sequence[int]]  # text -> ids of [CLS], of each character, of [SEP]

# Characters that the release takes out of the two tables.
_NOT_ASKED = frozenset("一不和咋嗲剖差攢倒難奔勁拗肖瘙誒泊听噢")
_NOT_SINGLE = frozenset("似攢")
_CONTEXT = 16  # characters before the first and after the last that is asked about
_LONGEST = 510  # characters of one question; BERT has 512 places
_AT_ONCE = 16  # questions


@dataclass(frozen=True)
class _Tables:
    labels: list[str]  # zhuyin, or "character zhuyin"
    choices: dict[str, list[int]]  # character -> its labels
    single: dict[str, str]  # character -> zhuyin
    pinyin: dict[str, str]  # zhuyin without tone -> pinyin
    is_masked: bool  # whether the model may only choose among the character's own labels
    is_by_character: bool  # whether labels begin with their character


class G2PW:
    """A reader for `zh.phonemise` and `front.Reading`."""

    def __init__(
        self, folder: Path, encode: Encode, n_threads: int = 1, to_traditional: Callable[[str], str] | None = None
    ) -> None:
        """Read the folder.

        Args:
            folder: `G2PWModel`.
            encode: the tokenizer of chinese-roberta-wwm-ext-large, one id per character.
            n_threads: processor threads.
            to_traditional: simplified to Taiwan's characters, one for one; None: OpenCC's s2tw.

        Raises:
            BadCheckpoint: a file that is not what it should be.
            MissingExtra: OpenCC is not installed.
            MissingWeights: a file is not there.
        """
        self._tables = _read(folder)
        models = [folder / name for name in ("g2pW.onnx", "g2pw.onnx") if (folder / name).is_file()]
        if not models:
            raise MissingWeights(f"There is no g2pW.onnx in {folder}.", "Unpack G2PWModel_1.1.zip there.")
        self._graph = Graph(str(models[0]), n_threads)
        self._ids = {character: number for number, character in enumerate(sorted(self._tables.choices))}
        self._encode = encode
        self._to_traditional = to_traditional or _opencc()

    def __call__(self, parts: Sequence[str]) -> list[list[str]]:
        """Pinyin of each character; what the tables lack is read by Kouji's own front end."""
        return [self._part(part, own) for part, own in zip(parts, zh.by_kouji(parts), strict=True)]

    def _part(self, part: str, own: list[str]) -> list[str]:
        tables, found = self._tables, list(own)
        written = self._to_traditional(part)
        if len(written) != len(part):
            written = part
        asked = []
        for at, character in enumerate(written):
            if character in tables.choices and character not in _NOT_ASKED:
                asked.append(at)
            elif character in tables.single:
                found[at] = self._in_pinyin(tables.single[character]) or found[at]
        for at, zhuyin in zip(asked, self._answers(written, asked), strict=True):
            found[at] = self._in_pinyin(zhuyin) or found[at]
        return found

    def _in_pinyin(self, zhuyin: str) -> str | None:
        letters = self._tables.pinyin.get(zhuyin[:-1])
        return letters.replace("u:", "v").replace("ü", "v") + zhuyin[-1] if letters else None

    def _answers(self, written: str, asked: Sequence[int]) -> list[str]:
        if not asked:
            return []
        start = max(0, asked[0] - _CONTEXT)
        text = written[start : asked[-1] + _CONTEXT + 1].lower()
        places = [at - start for at in asked]
        labels: list[str] = []
        for first in range(0, len(places), _AT_ONCE):
            labels += self._ask(text, places[first : first + _AT_ONCE])
        return [label.split(" ")[1] if self._tables.is_by_character else label for label in labels]

    def _ask(self, text: str, places: Sequence[int]) -> list[str]:
        """The likeliest label of some characters of a text."""
        windows = [_window(len(text), place) for place in places]
        rows = [list(self._encode(text[start:end])) for start, end in windows]
        width = max(map(len, rows))
        ids = np.array([row + [0] * (width - len(row)) for row in rows], np.int64)
        seen = np.array([[1] * len(row) + [0] * (width - len(row)) for row in rows], np.int64)
        allowed = np.zeros((len(places), len(self._tables.labels)), np.float32)
        for row, place in enumerate(places):
            allowed[row, self._tables.choices[text[place]] if self._tables.is_masked else slice(None)] = 1
        scores = self._graph(
            input_ids=ids,
            token_type_ids=np.zeros_like(ids),
            attention_mask=seen,
            phoneme_mask=allowed,
            char_ids=np.array([self._ids[text[place]] for place in places], np.int64),
            position_ids=np.array(
                [place - start + 1 for place, (start, _) in zip(places, windows, strict=True)], np.int64
            ),
        )[0]
        return [self._tables.labels[int(row.argmax())] for row in scores]


def _window(length: int, place: int) -> tuple[int, int]:
    """At most `_LONGEST` characters around a place."""
    start = min(max(0, place - _LONGEST // 2), max(0, length - _LONGEST))
    return start, min(length, start + _LONGEST)


@cache
def _opencc() -> Callable[[str], str]:
    with needs("gptsovits", "g2pW"):
        from opencc import OpenCC
    convert: Callable[[str], str] = OpenCC("s2tw").convert
    return convert


def _read(folder: Path) -> _Tables:
    options = _options(folder / "config.py")
    is_by_character = options.get("use_char_phoneme", False) is True
    choices: dict[str, list[str]] = {}
    for character, zhuyin in _pairs(folder / "POLYPHONIC_CHARS.txt"):
        choices.setdefault(character, []).append(f"{character} {zhuyin}" if is_by_character else zhuyin)
    labels = sorted({label for each in choices.values() for label in each})
    rows = {label: row for row, label in enumerate(labels)}
    single = dict(_pairs(folder / "MONOPHONIC_CHARS.txt"))
    pinyin = json.loads(_text(folder / "bopomofo_to_pinyin_wo_tune_dict.json"))
    return _Tables(
        labels,
        {character: [rows[label] for label in each] for character, each in choices.items()},
        {character: zhuyin for character, zhuyin in single.items() if character not in _NOT_SINGLE},
        pinyin,
        options.get("use_mask", True) is True,
        is_by_character,
    )


def _text(path: Path) -> str:
    if not path.is_file():
        raise MissingWeights(f"There is no {path.name} in {path.parent}.", "Unpack G2PWModel_1.1.zip there.")
    return path.read_text("utf-8")


def _pairs(path: Path) -> list[tuple[str, str]]:
    found = [line.split("\t") for line in _text(path).strip().split("\n")]
    if any(len(pair) != 2 or len(pair[0]) != 1 or pair[1][-1:] not in tuple("12345") for pair in found):
        raise BadCheckpoint(f"{path.name} is no table of characters and their zhuyin.", "Is it g2pW's?")
    return [(character, zhuyin) for character, zhuyin in found]


def _options(path: Path) -> dict[str, Any]:
    """The constants that a settings file gives names to; it is read, not run."""
    if not path.is_file():
        return {}
    found: dict[str, Any] = {}
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            found |= {target.id: statement.value.value for target in statement.targets if isinstance(target, ast.Name)}
    return found
