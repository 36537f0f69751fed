"""The bars: which figures are asked for, and whether they were reached.

A bar that could not be measured is open, not passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .results import Results

MEASURED_ELSEWHERE = (
    "base install of at most 350 MB without torch, scipy, numba, gradio; 1,000 fuzzed inputs: see the tests"
)


@dataclass(frozen=True)
class Verdict:
    """One bar, and how it went."""

    bar: str
    asked: str
    figure: str  # what was measured, "–" where it was not
    passed: bool | None  # None: not measured here


Check = Callable[[Results], tuple[str, bool] | None]  # the figure and whether it passes; None: not measured
_BARS: list[tuple[str, str, Check]] = []


def judge(results: Results) -> list[Verdict]:
    """All bars in order."""
    verdicts = []
    for what, asked, check in _BARS:
        answer = check(results)
        figure, passed = answer if answer is not None else ("–", None)
        verdicts.append(Verdict(what, asked, figure, passed))
    return verdicts


def _bar(what: str, asked: str) -> Callable[[Check], Check]:
    def add(check: Check) -> Check:
        _BARS.append((what, asked, check))
        return check

    return add


@_bar("real-time factor, 10 s of speech, one thread", "<= 0.05")
def _rtf(results: Results) -> tuple[str, bool] | None:
    cost = results.cost
    return None if cost is None else (f"{cost.rtf:.3f}", cost.rtf <= 0.05)


@_bar("process start to file written, second run", "<= 1.2 s")
def _start(results: Results) -> tuple[str, bool] | None:
    cost = results.cost
    if cost is None:
        return None
    return f"{cost.start:.2f} s ({cost.start_cpu:.2f} s of processor time)", cost.start <= 1.2


@_bar("peak memory", "<= 400 MB")
def _memory(results: Results) -> tuple[str, bool] | None:
    cost = results.cost
    return None if cost is None else (f"{cost.peak_memory:.0f} MB", cost.peak_memory <= 400)


@_bar("weights", "<= 40 MB")
def _weights(results: Results) -> tuple[str, bool] | None:
    cost = results.cost
    return None if cost is None or not cost.weights else (f"{cost.weights:.1f} MB", cost.weights <= 40)


@_bar("English word error, >= 100 sentences", "<= recordings")
def _words_human(results: Results) -> tuple[str, bool] | None:
    return _compare(results, "en-arctic", "word_error", "recordings", lambda ours, other: ours <= other, 100)


@_bar("English word error beside espeak-ng", "< espeak-ng")
def _words_espeak(results: Results) -> tuple[str, bool] | None:
    return _compare(results, "en-arctic", "word_error", "espeak-ng", lambda ours, other: ours < other, 100)


@_bar("the recogniser itself, on held-out human words", "<= 10 %")
def _recogniser(results: Results) -> tuple[str, bool] | None:
    error = results.figure("recordings", "zh-words", "syllable_error")
    return None if error is None else (f"{error:.1f} %", error <= 10)


@_bar("Mandarin toned syllable error, words", "<= recordings")
def _syllables_words(results: Results) -> tuple[str, bool] | None:
    return _compare(results, "zh-words", "syllable_error", "recordings", lambda ours, other: ours <= other, 100)


@_bar("Mandarin toned syllable error, >= 100 sentences", "<= 15 %")
def _syllables_sentences(results: Results) -> tuple[str, bool] | None:
    row = results.row(results.engine, "zh-sentences")
    error = None if row is None else row.get("syllable_error")
    if row is None or error is None:
        return None
    return f"{error:.1f} % of {row.n_clips} sentences", error <= 15 and row.n_clips >= 100


@_bar("Mandarin tones, >= 100 unseen words: F0 correlation, error", ">= 0.88, <= 1.3 semitones")
def _tones(results: Results) -> tuple[str, bool] | None:
    row = results.row(results.engine, "zh-words")
    if row is None or row.get("f0_correlation") is None:
        return None
    correlation, error = row.figures["f0_correlation"], row.figures["f0_error"]
    passed = correlation >= 0.88 and error <= 1.3 and row.n_clips >= 100
    return f"{correlation:.2f}, {error:.2f} of {row.n_clips} words", passed


def _mos_of_recordings(results: Results, ours: str, theirs: str) -> tuple[str, bool] | None:
    own, people = results.row(results.engine, ours), results.row("recordings", theirs)
    if own is None or people is None or not {"ovrl", "p808"} <= own.figures.keys() & people.figures.keys():
        return None
    ovrl, p808 = (own.figures[name] / people.figures[name] for name in ("ovrl", "p808"))
    passed = ovrl >= 0.95 and p808 >= 0.93 and own.n_clips >= 50
    return f"{ovrl:.1%}, {p808:.1%} ({own.n_clips} sentences)", passed


@_bar("DNSMOS English: OVRL, P.808 of the recordings, >= 50 sentences", ">= 95 %, >= 93 %")
def _mos_en(results: Results) -> tuple[str, bool] | None:
    return _mos_of_recordings(results, "en-arctic", "en-arctic")


# Nobody recorded sentences with this voice: her words, joined to clips as long, are the measure.
@_bar("DNSMOS Mandarin: OVRL, P.808 of the recordings (of words, joined)", ">= 95 %, >= 93 %")
def _mos_zh(results: Results) -> tuple[str, bool] | None:
    return _mos_of_recordings(results, "zh-sentences", "zh-words")


def _mos_beside_espeak(results: Results, texts: str) -> tuple[str, bool] | None:
    own, other = results.row(results.engine, texts), results.row("espeak-ng", texts)
    if own is None or other is None or not {"ovrl", "p808"} <= own.figures.keys() & other.figures.keys():
        return None
    a, b = own.figures, other.figures
    figure = f"{a['ovrl']:.2f} / {b['ovrl']:.2f}, {a['p808']:.2f} / {b['p808']:.2f}"
    return figure, a["ovrl"] > b["ovrl"] and a["p808"] >= b["p808"]


@_bar("DNSMOS English beside espeak-ng: OVRL, P.808", "above, not below")
def _mos_en_espeak(results: Results) -> tuple[str, bool] | None:
    return _mos_beside_espeak(results, "en-arctic")


@_bar("DNSMOS Mandarin beside espeak-ng: OVRL, P.808", "above, not below")
def _mos_zh_espeak(results: Results) -> tuple[str, bool] | None:
    return _mos_beside_espeak(results, "zh-sentences")


@_bar("similarity of every voice to its person, own language", ">= 0.92")
def _own_language(results: Results) -> tuple[str, bool] | None:
    own = [each for each in results.foreign if each.own_language]
    if not own:
        return None
    return ", ".join(f"{e.voice} {e.to_itself:.2f}" for e in own), all(e.to_itself >= 0.92 for e in own)


@_bar("the same, speaking another language (zh, en)", ">= 0.80 and nearest to itself")
def _other_language(results: Results) -> tuple[str, bool] | None:
    other = [each for each in results.foreign if not each.own_language and each.language in ("zh", "en")]
    if not other:
        return None
    figure = ", ".join(
        f"{e.voice} {e.language} {e.to_itself:.2f}{'' if e.nearest_is_itself else ' (another is nearer)'}"
        for e in other
    )
    return figure, all(e.to_itself >= 0.80 and e.nearest_is_itself for e in other)


@_bar("total duration beside the recordings, same texts", "0.95 - 1.05")
def _duration(results: Results) -> tuple[str, bool] | None:
    sets = [row for row in results.rows_of(results.engine) if row.set in ("en-arctic", "en-stories", "zh-words")]
    ratios = {row.set: row.figures["duration_ratio"] for row in sets if "duration_ratio" in row.figures}
    if not ratios:
        return None
    figure = ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items())
    return figure, all(0.95 <= ratio <= 1.05 for ratio in ratios.values())


@_bar("English F0 spread beside the recordings", ">= 0.75")
def _spread(results: Results) -> tuple[str, bool] | None:
    ratios = {}
    for name in ("en-arctic", "en-stories"):
        own, people = (results.figure(who, name, "f0_spread") for who in (results.engine, "recordings"))
        if own is not None and people:
            ratios[name] = own / people
    if not ratios:
        return None
    return ", ".join(f"{n} {r:.2f}" for n, r in ratios.items()), all(r >= 0.75 for r in ratios.values())


@_bar("same text, voice, seed: same bytes; batch of 8: same bytes", "always")
def _repeatable(results: Results) -> tuple[str, bool] | None:
    if not results.same_again:
        return None
    figure = ", ".join(f"{name}: {'same' if same else 'different'}" for name, same in results.same_again.items())
    return figure, all(results.same_again.values())


def _compare(
    results: Results, texts: str, figure: str, other: str, passes: Callable[[float, float], bool], at_least: int
) -> tuple[str, bool] | None:
    row, theirs = results.row(results.engine, texts), results.figure(other, texts, figure)
    ours = None if row is None else row.get(figure)
    if row is None or ours is None or theirs is None:
        return None
    return f"{ours:.1f} % / {theirs:.1f} % ({row.n_clips} texts)", passes(ours, theirs) and row.n_clips >= at_least
