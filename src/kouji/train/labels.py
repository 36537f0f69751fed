"""What is said in each recording, as phonemes: from its reading where the source has one, else from its text.

A recording whose text cannot be read with certainty (patterns such as 一…就…, digits) gets no label and is left
to the trainings that need none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kouji.audio.corpus import read_rows, write_rows
from kouji.errors import InvalidInput
from kouji.text import en, zh
from kouji.text.ja import kana
from kouji.text.phonemes import pinyin_to_phonemes
from kouji.types import Unit

from .features import Row

Label = Mapping[str, Any]  # {"id", "phonemes", "word_start", "pause"}: three lists of one length


def make(rows: list[Row], transcripts: Mapping[str, str], path: Path) -> list[Label]:
    """Labels of all rows that have one, written to `path` as JSON lines; read back where they are there already.

    Args:
        rows: of a feature store.
        transcripts: id -> words, for recordings without text.
        path: labels.jsonl.
    """
    if path.exists():
        return list(read_rows(path))
    labels = [found for row in rows if (found := _label(row, transcripts)) is not None]
    write_rows(path, labels)
    return labels


def _label(row: Row, transcripts: Mapping[str, str]) -> Label | None:
    text = row["text"] or _heard(transcripts.get(row["id"], ""))
    try:
        if row["reading"] and row["language"] == "zh":
            return _from_pinyin(row)
        if row["reading"] and row["language"] == "ja":
            return of_words(row, [kana.kana_to_phonemes(row["reading"])])
        if row["language"] == "zh" and re.fullmatch(r"[\u4e00-\u9fff]+", text):
            return of_units(row, zh.to_units(text))
        if row["language"] == "en" and text and not re.search(r"\d", text):
            return of_units(row, en.to_units(text))
    except (ValueError, InvalidInput):
        return None
    return None


def _heard(hypothesis: str) -> str:
    """pocketsphinx's words without its marks for noise and variants: "read(2) [NOISE]" -> "read"."""
    return re.sub(r"\(\d+\)|<[^>]*>|\[[^\]]*\]", "", hypothesis).strip()


def _from_pinyin(row: Row) -> Label:
    """Numbered pinyin with prosodic breaks: % between words of a phrase, $ at the end."""
    words: list[list[str]] = [[]]
    for syllable in row["reading"].split():
        if syllable in "%$":
            words.append([])
        else:
            words[-1] += pinyin_to_phonemes(syllable)
    return of_words(row, [word for word in words if word])


def of_words(row: Row, words: list[tuple[str, ...]] | list[list[str]]) -> Label:
    phonemes = [p for word in words for p in word]
    starts = [k == 0 for word in words for k in range(len(word))]
    return {"id": row["id"], "phonemes": phonemes, "word_start": starts, "pause": [""] * len(phonemes)}


def of_units(row: Row, units: list[Unit]) -> Label:
    phonemes: list[str] = []
    starts: list[bool] = []
    pauses: list[str] = []
    for unit in units:
        phonemes += unit.phonemes
        starts += [unit.word_start and k == 0 for k in range(len(unit.phonemes))]
        pauses += [""] * len(unit.phonemes)
        if pauses and unit.pause:
            pauses[-1] = unit.pause
    if pauses:
        pauses[-1] = ""  # the end of a recording is silence anyway; the mark is kept by the row's text
    return {"id": row["id"], "phonemes": phonemes, "word_start": starts, "pause": pauses}
