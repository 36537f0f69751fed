"""A text in parts that have a language: runs of one script, phrases, and how short ones join their neighbours.

The rules are those of split-lang 2.1 (MIT), which settle what the network saw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .phrases import phrases

Identify = Callable[[str], Sequence[str]]  # a few words -> the languages they may be in, the likeliest first

_MARKS = frozenset("""〜~,.;:!?，。！？；：、·([{<（【《〈「『“‘)]}>）】》〉」』”’"-_——#$%&……￥'*+<=>?@[\\]^_`{|}~""")
_MAPPED = {"zh": "zh", "yue": "zh", "wuu": "zh", "zh-cn": "zh", "ja": "ja"}  # all else is "x"
_MAPPED_OTHERS = _MAPPED | {"ko": "ko", "en": "en"}


@dataclass
class Part:
    """A phrase, and the language it is taken to be in; "x" where nobody knows."""

    language: str
    text: str


@dataclass
class _Section:
    kind: str  # "zh_ja" | "ko" | "digit" | "punctuation" | "others"
    parts: list[Part]


def _is_kana(text: str) -> bool:
    return re.search(r"[\u3040-\u30ff々]", text) is not None


def parts(text: str, identify: Identify) -> list[Part]:
    """The whole text, its outer space apart, in parts that have a language, "digit" or "punctuation"."""
    sections = [_Section(kind, _told(kind, words, identify)) for kind, words in _scripts(text)]
    for section in sections:
        if section.kind != "punctuation":
            section.parts = _settled(section.parts, identify)
    sections = _with_marks(sections)
    return [
        part
        for section in sections
        for part in (_balanced(section.parts) if section.kind == "zh_ja" else section.parts)
    ]


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    """Runs of one script; every mark is a run of its own, space belongs to what it follows."""
    kind, start = "others", 0
    for at in range(len(text)):
        new = _script(text, at)
        if new is None:
            continue
        if (new != kind or new == "punctuation") and at > start:
            yield kind, text[start:at]
            start = at
        kind = new
    if start < len(text):
        yield kind, text[start:]


def _script(text: str, at: int) -> str | None:
    character = text[at]
    if re.match(r"[\u4e00-\u9fff\u3040-\u30ff々]", character):
        return "zh_ja"
    if "\uac00" <= character <= "\ud7af":
        return "ko"
    if character.isdigit():
        return "digit"
    if character in _MARKS:
        return None if character == "'" and at and not text[at - 1].isspace() else "punctuation"
    return None if character.isspace() else "others"


def _told(kind: str, words: str, identify: Identify) -> list[Part]:
    if kind == "zh_ja":
        cut = _cut(words)
        return [Part("ja" if _is_kana(each) else _MAPPED.get(identify(each)[0], "x"), each) for each in cut]
    if kind == "others":
        cut = re.findall(r"\s*\S+\s*", words) or [words]
        return [Part(_MAPPED_OTHERS.get(identify(each)[0], "x"), each) for each in cut]
    return [Part(kind, words)]


def _cut(words: str) -> list[str]:
    """Phrases by both languages; kana joins kana, a single character joins characters."""
    cut = [each for phrase in phrases(words, "ja") for each in phrases(phrase, "zh")]
    joined: list[list[str]] = []
    is_kana = False
    for phrase in cut:
        now = _is_kana(phrase)
        if joined and now == is_kana and (now or len(phrase) == 1):
            joined[-1].append(phrase)
        else:
            joined.append([phrase])
        is_kana = now
    found = ["".join(each) for each in joined]
    if len(found) > 1 and len(found[0]) == 1:
        found[:2] = [found[0] + found[1]]
    return found


def _settled(parts: list[Part], identify: Identify) -> list[Part]:
    """The parts of a section after short and unknown ones have joined their neighbours."""
    parts = _merged(_between(_merged(parts), identify))
    parts = _merged(_between(parts, identify))
    _fill(parts)
    _outermost(parts, identify)
    return _merged(_between(_merged(parts), identify))


def _merged(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        if found and found[-1].language == part.language:
            found[-1].text += part.text
        else:
            found.append(part)
    return found


def _possible(words: str, identify: Identify) -> Sequence[str]:
    return identify(words.replace("\n", "").strip())


def _between(parts: list[Part], identify: Identify) -> list[Part]:
    """A part between two of one language joins them if it can, if it is unknown, or if it is short."""
    for left, middle, right in zip(parts, parts[1:], parts[2:], strict=False):
        if left.language != right.language or left.language == "x":
            continue
        is_plain = not _is_kana(middle.text)
        is_short = len(middle.text) <= 4 and len(left.text) + len(right.text) >= 6
        if middle.language == "x" or (is_plain and (is_short or left.language in _possible(middle.text, identify))):
            middle.language = left.language
    return parts


def _fill(parts: list[Part]) -> None:
    for at, part in enumerate(parts):
        if part.language == "x":
            last = len(parts) - 1
            to_left = at == last or (at > 0 and len(parts[at - 1].text) >= len(parts[at + 1].text))
            part.language = _nearest(parts, at, -1 if to_left and at else 1)


def _nearest(parts: Sequence[Part], at: int, step: int) -> str:
    place = at + step
    while 0 <= place < len(parts):
        if parts[place].language not in ("x", "digit"):
            return parts[place].language
        place += step
    return parts[at].language


def _outermost(parts: list[Part], identify: Identify) -> None:
    """The first and the last part join a neighbour that they may belong to."""
    for at, near, step in ((0, 1, 1), (len(parts) - 1, len(parts) - 2, -1)):
        if parts[at].language == "x" or (len(parts) > 1 and _belongs(parts[at], parts[near], identify)):
            parts[at].language = _nearest(parts, at, step)


def _belongs(part: Part, near: Part, identify: Identify) -> bool:
    are_plain = not _is_kana(part.text) and not _is_kana(near.text)
    is_long = len(near.text) > len(part.text) and len(near.text) >= 6 and near.language == "zh"
    if are_plain and is_long:
        return True
    return (are_plain or len(near.text) <= 5) and near.language in _possible(part.text, identify)


def _with_marks(sections: list[_Section]) -> list[_Section]:
    """Marks go with what they follow, at the beginning with what follows; then sections of a kind are one."""
    found: list[_Section] = []
    for section in sections:
        if found and found[-1].kind == "punctuation":
            marks = found.pop().parts
            first = section.parts[0]
            section.parts[0] = Part(first.language, marks[-1].text + first.text)
            section.parts[:0] = marks[:-1]
            found.append(section)
        elif found and section.kind == "punctuation":
            found[-1].parts[-1].text += section.parts[0].text
        else:
            found.append(section)
    merged: list[_Section] = []
    for section in found:
        if merged and merged[-1].kind == section.kind:
            merged[-1].parts += section.parts
        else:
            merged.append(section)
    return [_Section(section.kind, _merged(section.parts)) for section in merged]


def _balanced(parts: list[Part]) -> list[Part]:
    """A part that is a tenth of its neighbours joins them; so does Chinese that is a tenth of the Japanese."""
    if len(parts) < 2:
        return parts
    found: list[Part] = []
    sizes = {"zh": 0, "ja": 0, "x": 0}
    at = 0
    while at < len(parts):
        part, after = parts[at], parts[at + 1] if at + 1 < len(parts) else None
        sizes[part.language] = sizes.get(part.language, 0) + len(part.text)
        left = found[-1] if found else None
        if left is None and after and len(part.text) * 10 < len(after.text):
            found.append(Part(after.language, part.text + after.text))
            at += 1
        elif left and after is None and len(part.text) * 10 < len(left.text):
            left.text += part.text
        elif left and after and left.language == after.language and len(part.text) * 10 < len(left.text + after.text):
            left.text += part.text + after.text
            at += 1
        else:
            found.append(part)
        at += 1
    if sizes["x"]:
        most = max(sizes, key=sizes.__getitem__)
        found = [Part(most if part.language == "x" else part.language, part.text) for part in found]
    if sizes["ja"] >= sizes["zh"] * 10:
        found = [Part("ja" if part.language == "zh" else part.language, part.text) for part in found]
    return _merged(found)
