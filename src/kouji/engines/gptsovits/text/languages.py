"""Which stretch of a text is in which language.

    text -> parts with a language (`neighbours`) -> kana and hangul taken out -> digits and the unknown to a neighbour

The rules are those of the release's LangSegmenter (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kouji.text.segment import regions

from .neighbours import Identify, Part, parts

_ENDS = ",.!?，。！？"
_IS_ENGLISH = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9\s\u0020-\u007E\u2000-\u206F\u3000-\u303F\uFF00-\uFFEF]+")
_MARKS_INSIDE = r"(?:[0-9、-〜。！？.!?… ]+"
_KANA = r"[\u3041-\u3096\u3099\u309A\u30A1-\u30FA\u30FC]"
_HANGUL = r"[\u1100-\u11FF\u3130-\u318F\uAC00-\uD7AF]"
_RUNS = {
    language: re.compile(f"{letter}+{_MARKS_INSIDE}{letter}*)*")
    for language, letter in (("ja", _KANA), ("ko", _HANGUL))
}
_CJK = re.compile(
    r"[0-9、-〜。！？.!?… /\u4E00-\u9FFF\u3400-\u4DB5\U00020000-\U0002A6DF\U0002A700-\U0002B81F\U0002B820-\U0002EE5D"
    r"\U00030000-\U000323AF]"
)


@dataclass(frozen=True)
class Stretch:
    """Part of a text in one language."""

    language: str  # zh | en | ja | ko | yue
    text: str
    places: tuple[int, ...]  # of each of its characters in the whole text


@lru_cache(maxsize=4096)
def by_script(words: str) -> Sequence[str]:
    """Kouji's own opinion."""
    language = regions(words, None, "zh")[0].language if words else "zh"
    return ("zh" if language == "yue" else language,)


def stretches(text: str, language: str, identify: Identify = by_script) -> list[Stretch]:
    """The text in stretches of one language, by one of the release's modes.

    Args:
        text: anything.
        language: see `front.LANGUAGES`.
        identify: asked about a few words where their characters do not tell.
    """
    if language == "en":
        return [Stretch("en", text, tuple(range(len(text))))] if text else []
    default = language.removeprefix("all_").replace("yue", "zh") if language.startswith("all_") else ""
    found = _texts(text, default, identify)
    if language in ("auto_yue", "all_yue"):
        found = [_Run("yue" if run.language == "zh" else run.language, run.places) for run in found]
    elif language in ("zh", "ja", "ko", "yue"):
        found = _joined(_Run("en" if run.language == "en" else language, run.places) for run in found)
    return [Stretch(run.language, "".join(text[at] for at in run.places), tuple(run.places)) for run in found]


@dataclass
class _Run:
    language: str
    places: list[int]


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    found: list[_Run] = []
    for run in runs:
        _append(found, run)
    return found


def _append(found: list[_Run], run: _Run) -> None:
    if found and found[-1].language == run.language:
        found[-1].places += run.places
    elif run.places:
        found.append(_Run(run.language, list(run.places)))


def _texts(text: str, default: str, identify: Identify) -> list[_Run]:
    bare = text.strip()
    place = len(text) - len(text.lstrip())
    found: list[_Run] = []
    for part in parts(bare, identify):
        places = list(range(place, place + len(part.text)))
        place += len(part.text)
        found += _runs(part, places, default)
    return _known(_numbers(_joined(found), text))


def _runs(part: Part, places: list[int], default: str) -> list[_Run]:
    if part.language == "digit":
        return [_Run(default or "digit", places)]
    if _IS_ENGLISH.fullmatch(part.text):
        return [_Run("en", places)]
    if default:
        return [_Run(default, places)]
    runs = [
        inner
        for outer in _taken_out("ja", _Run(part.language, places), part.text, places[0])
        for inner in _taken_out("ko", outer, part.text, places[0])
    ]
    return [_chinese(run, part.text, places[0]) for run in runs]


def _taken_out(language: str, run: _Run, text: str, start: int) -> Iterator[_Run]:
    """A run with the stretches in it that only one language writes."""
    if run.language == language or not run.places:
        yield run
        return
    first, last = run.places[0] - start, run.places[-1] - start + 1
    position = first
    for match in _RUNS[language].finditer(text, first, last):
        if match.start() > position:
            yield _Run(run.language, run.places[position - first : match.start() - first])
        yield _Run(language, run.places[match.start() - first : match.end() - first])
        position = match.end()
    if position < last:
        yield _Run(run.language, run.places[position - first :])


def _chinese(run: _Run, text: str, start: int) -> _Run:
    """What nobody knows is Chinese where it has such characters, and only those of it are kept."""
    if run.language != "x":
        return run
    kept = [place for place in run.places if _CJK.match(text[place - start])]
    return _Run("zh", kept) if kept else run


def _numbers(runs: list[_Run], text: str) -> list[_Run]:
    """Digits take the language of a neighbour."""
    found: list[_Run] = []
    for at, run in enumerate(runs):
        if run.language == "digit":
            after = runs[at + 1] if at + 1 < len(runs) else None
            run = _Run(_of_neighbours(found[-1] if found else None, run, after, text), run.places)
        _append(found, run)
    return found


def _of_neighbours(before: _Run | None, run: _Run, after: _Run | None, text: str) -> str:
    if before is None or after is None:
        near = before or after
        return near.language if near else "zh"
    if before.language == after.language or text[before.places[-1]] in _ENDS:
        return after.language
    if text[after.places[0]] in _ENDS or text[run.places[-1]] in "。." or len(before.places) >= len(after.places):
        return before.language
    return after.language


def _known(runs: list[_Run]) -> list[_Run]:
    """Every run in a language that has a front end."""
    found: list[_Run] = []
    for run in runs:
        language = run.language
        if language not in ("zh", "ja", "ko", "en"):
            near = found[-1] if found else runs[1] if len(runs) > 1 else None
            language = near.language if near and near.language in ("zh", "ja", "ko", "en") else "zh"
        _append(found, _Run(language, run.places))
    return found
