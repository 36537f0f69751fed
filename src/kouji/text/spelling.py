"""A text in which the user's own pronunciations are written out, for engines that read letters.

    重庆 in a lexicon as chong2 qing4 ─→ 重庆{chong2 qing4};  C++ as =C加加 ─→ C加加
"""

from __future__ import annotations

from collections.abc import Iterable

from . import markup
from .lexicon import Lexicon
from .normalization.characters import clean


def written_out(raw: str, languages: Iterable[str], lexicon: Lexicon) -> str:
    """The text as written, with inline pronunciations behind the lexicon's words.

    Args:
        raw: as the user wrote it. What it fixes itself outweighs the lexicon.
        languages: of the text, the main one first.
        lexicon: own pronunciations.
    """
    languages = list(dict.fromkeys(languages))
    marked = markup.parse(raw, languages[0])
    cleaned = clean(marked.text)
    origins = [marked.origins[origin] for origin in cleaned.origins]
    taken = [(mark.start, mark.end) for mark in marked.fixed]
    changes = []
    for language in languages:
        for start, end, entry in lexicon.find(cleaned.text, language):
            first, last = cleaned.origins[start], cleaned.origins[end - 1] + 1
            if any(first < stop and begin < last for begin, stop in taken):
                continue
            taken.append((first, last))
            behind = origins[end - 1] + 1
            if entry.instead:
                changes.append((origins[start], behind, entry.instead))
            else:
                changes.append((behind, behind, "{" + " ".join(entry.readings) + "}"))
    for begin, stop, said in sorted(changes, reverse=True):
        raw = raw[:begin] + said + raw[stop:]
    return raw
