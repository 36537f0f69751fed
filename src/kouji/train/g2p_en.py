"""How the English lexicon is packed, and how the model for unknown words is trained on it.

    python -m kouji.train.g2p_en lexicon cmudict.dict     # writes src/kouji/text/data/en_lexicon.z

CMUdict (github.com/cmusphinx/cmudict, `cmudict.dict`) is the only source; `data/en_extra.txt` holds our own additions
and corrections, which win.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from kouji.text.en import lexicon

EXTRA = lexicon.FILE.with_name("en_extra.txt")
_WORD = re.compile(r"[a-z0-9'.\-]+")


def read_dictionary(path: Path) -> dict[str, list[str]]:
    """word -> pronunciations, in the order of the file; `word(2)` is a second pronunciation, # begins a comment."""
    entries: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        head, _, said = line.split("#")[0].strip().partition(" ")
        word = re.sub(r"\(\d+\)$", "", head)
        if said and _WORD.fullmatch(word):
            spoken = entries.setdefault(word, [])
            if said.strip() not in spoken:
                spoken.append(" ".join(said.split()))
    return entries


def merge(dictionary: dict[str, list[str]], extra: dict[str, list[str]]) -> dict[str, list[str]]:
    """The dictionary with our pronunciations in front of its own."""
    merged = {word: list(said) for word, said in dictionary.items()}
    for word, said in extra.items():
        merged[word] = said + [other for other in merged.get(word, []) if other not in said]
    return merged


def build_lexicon(dictionary: Path) -> None:
    """Write the packed lexicon."""
    lexicon.FILE.write_bytes(lexicon.pack(merge(read_dictionary(dictionary), read_dictionary(EXTRA))))


def main() -> None:
    """The commands of the module's first lines."""
    parser = argparse.ArgumentParser(description="English lexicon and letter-to-sound model")
    parser.add_argument("what", choices=["lexicon"])
    parser.add_argument("dictionary", type=Path, help="cmudict.dict")
    arguments = parser.parse_args()
    build_lexicon(arguments.dictionary)


if __name__ == "__main__":
    main()
