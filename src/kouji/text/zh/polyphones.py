"""Which reading a character has here."""

from __future__ import annotations

from .lexicon import lexicon

_USUAL = {  # where the dictionary's first reading is not the one of running text
    "的": "de5", "地": "de5", "得": "de5", "着": "zhe5", "了": "le5", "么": "me5", "吗": "ma5", "呢": "ne5", "吧": "ba5", "子": "zi3",
    "都": "dou1", "还": "hai2", "们": "men5", "啊": "a5", "和": "he2", "上": "shang4", "儿": "er2", "谁": "shei2", "哪": "na3",
}  # fmt: skip


def read(words: list[str], characters: str) -> list[str]:
    """Lexical readings of a run.

    Args:
        words: the run in simplified characters, cut into words.
        characters: the same run as written, simplified or traditional.
    """
    table = lexicon()
    found: list[str] = []
    for word in words:
        found += table.phrase(word) or [_USUAL.get(c) or table.readings(c)[0] for c in word]
    return [_allowed(character, reading) for character, reading in zip(characters, found, strict=True)]


def _allowed(character: str, reading: str) -> str:
    """A traditional character may have fewer readings than the simplified one that stands for it: 髮 is fa4 only."""
    own = lexicon().readings(character)
    return reading if not own or reading in own or reading[-1] == "5" else own[0]
