"""Build the shipped Mandarin tables from the packages they come from (a maintainer's step, never at run time).

    python -m kouji.text.zh.compile JIEBA_DICT_TXT TS_CHARACTERS_TXT

needs pypinyin (MIT: phrases and single readings) and g2pM (Apache-2.0: a network) installed, jieba's `dict.txt` (MIT:
words, counts, parts of speech) and OpenCC's `TSCharacters.txt` (Apache-2.0: traditional to simplified). It writes
`zh_lexicon.txt.gz`, which `kouji.text.zh.lexicon` reads, and `zh_g2pm.npz`, which `kouji.text.zh.g2pm` reads.
"""

from __future__ import annotations

import gzip
import math
import sys
from pathlib import Path

from ..phonemes import split_pinyin

DATA = Path(__file__).parents[1] / "data"
MIN_COUNT = 5  # rarer words of jieba's list are mostly names and titles
MAX_WORD = 7  # characters
_MARKS = {mark: (base, str(tone)) for base, marked in {
    "a": "āáǎà", "e": "ēéěè", "i": "īíǐì", "o": "ōóǒò", "u": "ūúǔù", "v": "ǖǘǚǜ", "n": "\0ńňǹ", "m": "\0ḿ\0\0",
    "ê": "\0ế\0ề",
}.items() for tone, mark in enumerate(marked, 1) if mark != "\0"}  # fmt: skip

_LEXICAL = {"一": "yi1", "不": "bu4"}  # the phrases have them after sandhi, and not always


def numbered(pinyin: str) -> str:
    """lǜ -> lv4, de -> de5."""
    tone, letters = "5", ""
    for letter in pinyin.replace("m̀", "m").replace("ü", "v").replace("ê̌", "ê").replace("ê̄", "ê"):
        letter, tone = _MARKS.get(letter, (letter, tone))
        letters += letter
    return letters + tone


def main(jieba_dict: Path, traditional: Path) -> None:
    """Write the table. The format stands in `kouji.text.zh.lexicon`."""
    from pypinyin.phrases_dict import phrases_dict
    from pypinyin.pinyin_dict import pinyin_dict

    characters = _characters({chr(code): value.split(",") for code, value in pinyin_dict.items()})
    readings = {
        word: [_LEXICAL.get(c, numbered(syllable[0])) for c, syllable in zip(word, syllables, strict=True)]
        for word, syllables in phrases_dict.items()
        if 2 <= len(word) <= MAX_WORD and len(syllables) == len(word) and all(c in characters for c in word)
    }
    counts, tags = _jieba(jieba_dict, readings)
    words = sorted(counts.keys() | readings.keys())
    words = [w for w in words if len(w) == 1 or all(c in characters for c in w)]
    lines = [
        " ".join(f"{c}{','.join(r)}" for c, r in characters.items()),
        " ".join(words),
        "".join(chr(40 + min(80, round(4 * math.log2(1 + counts.get(w, 1))))) for w in words),
        "".join(tags.get(w, "x") for w in words),
        " ".join(f"{w}:{','.join(r)}" for w, r in sorted(readings.items()) if _needed(w, r, characters)),
        " ".join(_simplified(traditional)),
    ]
    with gzip.GzipFile(DATA / "zh_lexicon.txt.gz", "wb", mtime=0) as file:
        file.write("\n".join(lines).encode())


def _characters(table: dict[str, list[str]]) -> dict[str, list[str]]:
    kept = {}
    for character, marked in table.items():
        readings = [r for r in dict.fromkeys(map(numbered, marked)) if _is_syllable(r)]
        if readings:
            kept[character] = readings
    return kept


def _is_syllable(reading: str) -> bool:
    try:
        split_pinyin(reading)
    except ValueError:
        return False
    return True


def _simplified(path: Path) -> list[str]:
    pairs = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return [pair[0] + pair[1] for pair in pairs if len(pair[0]) == len(pair[1]) == 1 and pair[0] != pair[1]]


def _jieba(path: Path, readings: dict[str, list[str]]) -> tuple[dict[str, int], dict[str, str]]:
    counts, tags = {}, {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, count, *tag = line.split(" ")
        if (len(word) > MAX_WORD or int(count) < MIN_COUNT) and word not in readings and len(word) > 1:
            continue
        counts[word] = int(count)
        name = tag[0] if tag else "x"
        tags[word] = {"nr": "P", "ns": "L", "vn": "v"}.get(name, name[0])
    return counts, tags


def _needed(word: str, readings: list[str], characters: dict[str, list[str]]) -> bool:
    """Only words whose reading could be got wrong: with a character that has several."""
    return any(len(characters[c]) > 1 for c in word)


def convert_g2pm() -> None:
    """The pickles of the installed g2pM as one npz of float16 arrays and three strings."""
    import pickle
    from importlib.resources import files
    from typing import Any

    import numpy as np

    def read(name: str) -> Any:
        return pickle.loads(files("g2pM").joinpath(f"{name}.pkl").read_bytes())

    rows = read("class2idx")
    choices = {c: [r for r in readings if r in rows] for c, readings in read("digest_cedict").items()}
    weights: dict[str, Any] = {name: np.asarray(array, np.float16) for name, array in read("np_ckpt").items()}
    np.savez_compressed(
        DATA / "zh_g2pm.npz",
        vocabulary="\n".join(sorted(read("char2idx"), key=read("char2idx").__getitem__)),
        readings=" ".join(r.replace("u:", "v") for r in sorted(rows, key=rows.__getitem__)),
        choices=" ".join(f"{c}{','.join(r).replace('u:', 'v')}" for c, r in choices.items() if len(r) > 1),
        **weights,
    )


if __name__ == "__main__":
    convert_g2pm()
    main(Path(sys.argv[1]), Path(sys.argv[2]))
