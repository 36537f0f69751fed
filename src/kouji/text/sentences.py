"""Text -> sentences: quotes, brackets, decimals, abbreviations, addresses and tags stay whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .normalization.characters import script

MAX_CHARACTERS = 200  # of one sentence, before it is cut at the best clause
_OPEN = dict(zip("“「『（(【《〈[‘", "”」』）)】》〉]’", strict=True))
_SPEECH = tuple('“「『"')
_CLOSERS = frozenset(_OPEN.values())
_FULL = frozenset("。！？!?")  # always ends a sentence
_CLAUSE = (frozenset("；;：:—…。！？!?."), frozenset("，,、)）”」』》】"), frozenset(" "))
# After these a full stop never ends a sentence; after the second list it does before a capital letter.
_NEVER = frozenset(
    "mr mrs ms dr prof st mt rev gen col capt lt sgt hon pres gov sen rep nos vol vols pp figs eq ch vs cf "
    "e.g i.e eg ie approx dept est jan feb apr jun jul aug sep sept oct nov dec mon tue wed thu fri".split()
)
_SOMETIMES = frozenset(
    "etc no fig mar sat sun sec inc ltd co corp jr sr ph.d b.a m.a m.d a.m p.m al u.s u.k u.n e.u d.c ave blvd rd".split()
)
_WORD_BEFORE = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*$")
_WHOLE = re.compile(
    r"<[^<>\n]{1,80}>|(?:https?|ftp)://\S+|www\.\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII
)


def split(text: str, max_characters: int = MAX_CHARACTERS) -> list[tuple[int, int]]:
    """Sentences as (start, end) in order, without the spaces around them; lines are always apart."""
    spans: list[tuple[int, int]] = []
    for start, end in _lines(text):
        for a, b in _sentences(text, start, end, max_characters):
            spans.extend(_pieces(text, a, b, max_characters))
    return [span for span in (trimmed(text, *s) for s in spans) if span[0] < span[1]]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\n]+", text):
        yield match.span()


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span of a text without the spaces at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _sentences(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Sentences of one line, whatever their length."""
    closes = _quotes(text, start, end, limit)
    whole = {m.start(): m.end() for m in _WHOLE.finditer(text, start, end)}
    begin = position = start
    while position < end:
        if position in whole:
            position = max(position + 1, _without_stop(text, position, whole[position]))
            continue
        if position in closes:
            stop = closes[position]
            inner = text[position + 1 : stop].rstrip()
            position = stop + 1
            if (
                inner
                and inner[-1] in "。！？!?.…"
                and text[stop] not in ")）]】》〉"
                and _speech_ends(text, begin, stop, end)
            ):
                yield begin, position
                begin = position
            continue
        if _ends_sentence(text, position, begin, end):
            position = _after_marks(text, position, end)
            yield begin, position
            begin = position
            continue
        position += 1
    if begin < end:
        yield begin, end


def _without_stop(text: str, start: int, end: int) -> int:
    """The end of an address without the sentence mark that touches it."""
    while end > start and text[end - 1] in ".,!?;:，。！？；：、）)”」":
        end -= 1
    cut = re.search(r"[，。！？；：、）”」\u4e00-\u9fff]", text[start:end])
    return start + cut.start() if cut else end


def _quotes(text: str, start: int, end: int, limit: int) -> dict[int, int]:
    """Opening mark -> its closing mark, for the outermost pairs that are no longer than `limit`."""
    pairs: dict[int, int] = {}
    stack: list[tuple[int, str]] = []
    straight = -1
    for i in range(start, end):
        character = text[i]
        if character in _OPEN:
            stack.append((i, _OPEN[character]))
        elif stack and any(character == close for _, close in stack[-3:]):
            while stack[-1][1] != character:
                stack.pop()
            opened, _ = stack.pop()
            if i - opened <= limit:
                pairs[opened] = i
        elif character == '"':
            if straight >= 0 and i - straight <= limit:
                pairs[straight] = i
                straight = -1
            else:
                straight = i
    return pairs


def _speech_ends(text: str, begin: int, stop: int, end: int) -> bool:
    """他说：“走吧。”她… ends at the quotation mark; “走吧。”他说 goes on."""
    following = text[stop + 1 : min(end, stop + 41)].lstrip()[:1]
    if not following or following in "，,、；;：:。.！!？?…—-)）":
        return False
    opens = text[begin : begin + 8].lstrip()[:1]
    if opens in _SPEECH and following not in _SPEECH:
        return following.isupper()
    return not following.islower()


def _ends_sentence(text: str, position: int, begin: int, end: int) -> bool:
    character = text[position]
    if character in "。！？":
        return True
    if character not in "!?.…":
        return False
    after = _after_marks(text, position, end)
    following = text[after : after + 1]
    if not following or after >= end:
        return True
    if following in "，,、；;：:":
        return False
    is_ellipsis = character == "…" or text.startswith("..", position)
    spaced = following.isspace()
    rest = text[after : after + 40].lstrip()[:1]
    if is_ellipsis:
        return spaced and rest.isupper()
    if character in "!?":
        return spaced or script(following) in ("han", "kana", "hangul") or following.isupper() or following in _SPEECH
    return _stop_ends(text, position, begin, spaced, following, rest)


def _stop_ends(text: str, position: int, begin: int, spaced: bool, following: str, rest: str) -> bool:
    """Whether the full stop at `position` ends a sentence and is not part of a number or an abbreviation."""
    if not spaced:
        before = text[position - 1] if position > begin else ""
        if script(following) in ("han", "kana", "hangul"):
            return (before != "" and script(before) in ("han", "kana", "hangul")) or len(
                _word(text, position, begin)
            ) > 3
        return following in _SPEECH
    word = _word(text, position, begin).lower()
    if word in _NEVER:
        return False
    if word in _SOMETIMES:
        return rest.isupper()
    if len(word) == 1 and word.isalpha() and position - 1 > begin and rest.isupper():
        return False  # an initial: J. K. Rowling
    return not rest.islower()


def _word(text: str, position: int, begin: int) -> str:
    match = _WORD_BEFORE.search(text[max(begin, position - 20) : position])
    return match[0] if match else ""


def _after_marks(text: str, position: int, end: int) -> int:
    """Behind all the marks that end together: ？！」"""
    while position < end and (text[position] in _FULL or text[position] in ".…~～"):
        position += 1
    while position < end and text[position] in _CLOSERS:
        position += 1
    return position


# ---- sentences that are too long -----------------------------------------------------------------


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Cut at the best clause, comma or space; where there is none, anywhere but inside a word or number."""
    while end - start > limit:
        cut = _best_cut(text, start, start + limit)
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _best_cut(text: str, start: int, stop: int) -> int:
    earliest = start + max(1, (stop - start) // 3)
    for marks in _CLAUSE:
        for i in range(stop - 1, earliest, -1):
            if text[i] in marks and not (
                text[i] in ".,:" and text[i - 1 : i].isdigit() and text[i + 1 : i + 2].isdigit()
            ):
                return i + 1
    for i in range(stop, earliest, -1):
        if not (_sticks(text[i - 1]) and _sticks(text[i])):
            return i
    return stop


def _sticks(character: str) -> bool:
    return script(character) in ("latin", "digit") or character in ".,'-"
