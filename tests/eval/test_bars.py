"""The bars, from made-up figures."""

from __future__ import annotations

from kouji.eval.bars import judge
from kouji.eval.cost import Cost
from kouji.eval.figures import Row
from kouji.eval.foreign import Foreign
from kouji.eval.results import Results

RECORDINGS = {"word_error": 29.0, "syllable_error": 8.0, "ovrl": 3.0, "p808": 3.8, "f0_spread": 3.2}
ESPEAK = {"word_error": 77.0, "ovrl": 2.7, "p808": 3.4}
GOOD = {
    "word_error": 20.0, "syllable_error": 5.0, "ovrl": 2.9, "p808": 3.6, "f0_spread": 2.8,
    "duration_ratio": 1.01, "f0_correlation": 0.9, "f0_error": 1.2,
}  # fmt: skip


def results(changes: dict[str, float] | None = None, n: int = 142, foreign: tuple[Foreign, ...] = ()) -> Results:
    ours = GOOD | (changes or {})
    sets = ("en-arctic", "zh-words", "zh-sentences")
    rows = [Row("native", each, "", n, ours) for each in sets]
    rows += [Row("espeak-ng", each, "", n, ESPEAK) for each in sets]
    rows += [Row("recordings", each, "", n, RECORDINGS) for each in sets[:2]]
    cost = Cost(rtf=0.03, rtf_wall=0.05, duration=10, start=1.0, start_cpu=0.9, peak_memory=300, weights=30)
    return Results("native", tuple(rows), cost, foreign, {"again": True, "batch": True})


def failed(found: Results) -> set[str]:
    return {verdict.bar for verdict in judge(found) if verdict.passed is False}


def test_good_figures_pass_and_stand_beside_the_bar() -> None:
    verdicts = judge(results())
    assert failed(results()) == set()
    word_error = next(v for v in verdicts if v.bar.startswith("English word error, "))
    assert word_error.figure == "20.0 % / 29.0 % (142 texts)"
    assert word_error.passed is True


def test_each_bad_figure_fails_its_bar() -> None:
    assert "English word error, >= 100 sentences" in failed(results({"word_error": 29.1}))
    assert "Mandarin toned syllable error, >= 100 sentences" in failed(results({"syllable_error": 15.1}))
    assert len(failed(results({"ovrl": 2.69}))) == 4  # of recordings and beside espeak-ng, in both languages
    assert "total duration beside the recordings, same texts" in failed(results({"duration_ratio": 0.94}))
    assert "English F0 spread beside the recordings" in failed(results({"f0_spread": 2.3}))
    assert any("F0 correlation" in bar for bar in failed(results({"f0_error": 1.31})))


def test_too_few_sentences_do_not_pass() -> None:
    assert "English word error, >= 100 sentences" in failed(results(n=99))


def test_what_was_not_measured_is_open_not_passed() -> None:
    nothing = judge(Results("native", ()))
    assert {verdict.passed for verdict in nothing} == {None}
    assert {verdict.figure for verdict in nothing} == {"–"}


def test_a_voice_that_sounds_like_somebody_else_in_another_language_fails() -> None:
    def speaks(mine: float, other: float) -> Foreign:
        return Foreign("english_1", "zh", "en_kathleen_f", {"en_kathleen_f": mine, "cmn_yue_tan_f": other})

    bar = "the same, speaking another language (zh, en)"
    assert bar not in failed(results(foreign=(speaks(0.85, 0.7),)))
    assert bar in failed(results(foreign=(speaks(0.85, 0.86),)))
    assert bar in failed(results(foreign=(speaks(0.79, 0.7),)))
    own = Foreign("english_1", "en", "en_kathleen_f", {"en_kathleen_f": 0.93})
    assert failed(results(foreign=(own,))) == set()
