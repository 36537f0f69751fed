"""How tones change in Mandarin, and which words hold together for it: the rules of PaddleSpeech (Apache-2.0).

A syllable is pinyin with its tone, "ni3"; a mark stands for itself.
"""

from __future__ import annotations

from functools import cache

from .tables import table
from .zh_words import Word, alone, parts

_MARKS = "：，；。？！“”‘’':,;.?!"  # 一 before one of them keeps its tone
_PARTICLES = "吧呢哈啊呐噻嘛吖嗨呐哦哒额滴哩哟喽啰耶喔诶的地得"
_HELD = 3  # characters: longer words are not joined because of their third tones


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(table("zh")[name].split())


# ---- words that are said as one -------------------------------------------------------------------


def joined(words: list[Word]) -> list[Word]:
    """The words as the tones see them: 不 with what follows, 听一听, 好好, third tones side by side, 儿."""
    words = _with_bu(words)
    words = _with_yi(words)
    words = _doubled(words)
    words = _third_tones(words, whole=True)
    words = _third_tones(words, whole=False)
    return _with_er(words)


def _with_bu(words: list[Word]) -> list[Word]:
    found: list[Word] = []
    held = ""
    for word, tag in words:
        word = held + word
        held = "不" if word == "不" else ""
        if not held:
            found.append((word, tag))
    return [*found, ("不", "d")] if held else found


def _with_yi(words: list[Word]) -> list[Word]:
    verbs: list[Word] = []
    at = 0
    while at < len(words):
        word, tag = words[at]
        after = words[at + 1] if at + 1 < len(words) else ("", "")
        if word == "一" and verbs and verbs[-1] == after and after[1] == "v":
            verbs[-1] = (f"{after[0]}一{after[0]}", "v")
            at += 2
        else:
            verbs.append((word, tag))
            at += 1
    found: list[Word] = []
    for word, tag in verbs:
        if found and found[-1][0] == "一":
            found[-1] = ("一" + word, found[-1][1])
        else:
            found.append((word, tag))
    return found


def _doubled(words: list[Word]) -> list[Word]:
    found: list[Word] = []
    for word, tag in words:
        if found and found[-1][0] == word:
            found[-1] = (word * 2, found[-1][1])
        else:
            found.append((word, tag))
    return found


def _third_tones(words: list[Word], whole: bool) -> list[Word]:
    """Join two words of third tones only (`whole`), or such that a third tone meets another."""
    tones = [[syllable[-1] for syllable in alone(word)] for word, _ in words]
    found: list[Word] = []
    is_joined = False  # whether the word before was joined to the one before it
    for at, (word, tag) in enumerate(words):
        before = words[at - 1][0] if at else ""
        met = tones[at - 1] + tones[at] if whole else [tones[at - 1][-1], tones[at][0]]
        is_pair = len(before) == 2 and before[0] == before[1]
        if before and set(met) == {"3"} and not is_joined and not is_pair and len(before) + len(word) <= _HELD:
            found[-1] = (found[-1][0] + word, found[-1][1])
            is_joined = True
        else:
            found.append((word, tag))
            is_joined = False
    return found


def _with_er(words: list[Word]) -> list[Word]:
    found: list[Word] = []
    for at, (word, tag) in enumerate(words):
        if at and word == "儿":
            found[-1] = (found[-1][0] + word, found[-1][1])
        else:
            found.append((word, tag))
    return found


# ---- the tones within a word ----------------------------------------------------------------------


def said(word: str, tag: str, syllables: list[str]) -> list[str]:
    """The syllables of a word as they are said."""
    found = list(syllables)
    _bu(word, found)
    _yi(word, found)
    _neutral(word, tag, found)
    _third(word, found)
    _erhua(word, tag, found)
    return found


def _set(syllables: list[str], at: int, tone: str) -> None:
    syllables[at] = syllables[at][:-1] + tone


def _bu(word: str, syllables: list[str]) -> None:
    if len(word) == 3 and word[1] == "不":
        _set(syllables, 1, "5")
        return
    for at, character in enumerate(word[:-1]):
        if character == "不" and syllables[at + 1][-1] == "4":
            _set(syllables, at, "2")


def _yi(word: str, syllables: list[str]) -> None:
    if "一" not in word or all(c.isnumeric() for c in word):
        return
    if len(word) == 3 and word[1] == "一" and word[0] == word[2]:
        _set(syllables, 1, "5")
    elif word.startswith("第一"):
        _set(syllables, 1, "1")
    else:
        for at, character in enumerate(word[:-1]):
            if character == "一" and syllables[at + 1][-1] == "4":
                _set(syllables, at, "2")
            elif character == "一" and word[at + 1] not in _MARKS:
                _set(syllables, at, "4")


def _neutral(word: str, tag: str, syllables: list[str]) -> None:
    for at in range(1, len(word)):
        if word[at] == word[at - 1] and tag[0] in "nva" and word not in _words("not_neutral"):
            _set(syllables, at, "5")
    ge = word.find("个")
    if _ends_neutral(word, tag):
        _set(syllables, -1, "5")
    elif word == "个" or (ge > 0 and (word[ge - 1].isnumeric() or word[ge - 1] in "几有两半多各整每做是")):
        _set(syllables, ge, "5")
    elif _is_neutral(word):
        _set(syllables, -1, "5")
    first, second = parts(word)
    if _is_neutral(first):
        _set(syllables, len(first) - 1, "5")
    if _is_neutral(second):
        _set(syllables, -1, "5")


def _ends_neutral(word: str, tag: str) -> bool:
    last = word[-1]
    if last in _PARTICLES or (word in "了着过" and tag in ("ul", "uz", "ug")):
        return True
    if len(word) == 1:
        return False
    return (
        (last in "们子" and tag in ("r", "n") and word not in _words("not_neutral"))
        or (last in "上下里" and tag in ("s", "l", "f"))
        or (last in "来去" and word[-2] in "上下进出回过起开")
    )


def _is_neutral(word: str) -> bool:
    return word in _words("neutral") or word[-2:] in _words("neutral")


def _third(word: str, syllables: list[str]) -> None:
    if len(word) == 2 and _all_third(syllables):
        _set(syllables, 0, "2")
    elif len(word) == 3:
        _third_of_three(len(parts(word)[0]), syllables)
    elif len(word) == 4:
        for start in (0, 2):
            if _all_third(syllables[start : start + 2]):
                _set(syllables, start, "2")


def _third_of_three(n_first: int, syllables: list[str]) -> None:
    """蒙古包 and 纸老虎 differ by where their parts meet."""
    if _all_third(syllables):
        if n_first == 2:
            _set(syllables, 0, "2")
        if n_first in (1, 2):
            _set(syllables, 1, "2")
        return
    first, second = syllables[:n_first], syllables[n_first:]
    if len(first) == 2 and _all_third(first):
        _set(syllables, 0, "2")
    if len(second) == 2 and _all_third(second):
        _set(syllables, n_first, "2")
    elif second and not _all_third(second) and second[0][-1] == "3" and syllables[n_first - 1][-1] == "3":
        _set(syllables, n_first - 1, "2")


def _all_third(syllables: list[str]) -> bool:
    return all(syllable[-1] == "3" for syllable in syllables)


def _erhua(word: str, tag: str, syllables: list[str]) -> None:
    """儿 takes the tone of what it follows, unless it is a child."""
    if word[-1] != "儿":
        return
    if syllables[-1] == "er1":
        syllables[-1] = "er2"
    kept = word not in _words("must_erhua") and (word in _words("not_erhua") or tag in ("a", "j", "nr"))
    if kept or word[-2:] in _words("not_erhua") or len(word) == 1 or syllables[-1] not in ("er2", "er5"):
        return
    _set(syllables, -1, syllables[-2][-1])
