"""A wanted length is shared among sentences and pauses, and what cannot be is refused before any sound."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from kouji.control.duration import DurationPlan, planned
from kouji.control.target import Target
from kouji.errors import InvalidInput
from kouji.text import analyse
from kouji.types import Timing, Utterance

RATE, TOKEN_RATE = 16000, 50.0
TEXT = "第一句很短。第二句稍微长一点，还有一个逗号。第三句问什么呢？最后一句结束了！"


def elastic(utterance: Utterance) -> Timing:
    """0.2 s a character, 40 % of it consonants; knows how a length divides."""
    natural = 0.2 * len(utterance.units)
    total = utterance.delivery.duration or natural
    parts = {"edges": 0.1, "vowels": total - 0.1 - 0.4 * natural, "consonants": 0.4 * natural}
    return Timing(natural, 0.3 * natural, 3 * natural, parts, 0.1)


def opaque(utterance: Utterance) -> Timing:
    """The same, but it cannot tell vowels from consonants."""
    natural = 0.2 * len(utterance.units)
    return Timing(natural, 0.3 * natural, 3 * natural)


def rigid(utterance: Utterance) -> Timing:
    """Has one pace."""
    natural = 0.2 * len(utterance.units)
    return Timing(natural, natural, natural)


def plan(
    target: Target | None,
    timing: Callable[[Utterance], Timing] = elastic,
    controls: Mapping[int, Mapping[str, object]] | None = None,
    pause: float | None = None,
) -> DurationPlan:
    said = [
        replace(utterance, controls=(controls or {}).get(number, {}), pause=pause if number == 1 else None)
        for number, utterance in enumerate(analyse(TEXT).utterances)
    ]
    return planned(said, timing, target, RATE, TOKEN_RATE)


def total(found: DurationPlan) -> int:
    """Samples of the whole."""
    return sum((row.n_samples or 0) + (row.n_pause or 0) for row in found.utterances)


@pytest.mark.parametrize("timing", [elastic, opaque])
@pytest.mark.parametrize("ratio", [0.5, 0.6, 0.75, 0.9, 1.0, 1.3, 1.6, 2.0])
def test_sentences_and_pauses_add_up_to_the_sample(timing, ratio: float) -> None:  # type: ignore[no-untyped-def]
    natural = plan(None, timing).natural
    assert total(plan(Target("ratio", ratio), timing)) == pytest.approx(ratio * natural * RATE, abs=1)
    assert total(plan(Target("seconds", ratio * natural), timing)) == pytest.approx(ratio * natural * RATE, abs=1)


def test_pauses_give_more_than_sentences() -> None:
    found = plan(Target("ratio", 0.8))
    first = found.utterances[0]
    assert first.pause_target is not None
    assert first.target is not None
    assert first.pause_target / first.pause < first.target / first.natural < 1
    assert all(row.n_pause is None or row.n_pause >= 0 for row in plan(Target("ratio", 0.5)).utterances)


def test_what_is_taken_adds_up_to_the_change() -> None:
    for timing in (elastic, opaque, rigid):
        found = plan(Target("ratio", 0.95), timing)
        assert found.target is not None
        assert sum(found.taken.values()) == pytest.approx(found.target - found.natural)


def test_an_engine_of_one_pace_leaves_all_to_the_stretch() -> None:
    found = plan(Target("ratio", 1.05), rigid)
    assert found.utterances[0].native == pytest.approx(found.utterances[0].natural)
    assert found.utterances[0].taken["stretch"] > 0
    low, high = found.feasible
    assert sum(row.natural for row in found.utterances) * 1.08 < high  # the rest is in the pauses
    assert low > 0.5 * found.natural


def test_a_pause_that_was_asked_for_is_kept() -> None:
    found = plan(Target("ratio", 0.8), pause=1.0)
    assert found.utterances[1].pause_target == pytest.approx(1.0 - 0.1)  # of which the engine leaves 0.1
    assert total(found) == pytest.approx(0.8 * found.natural * RATE, abs=1)


def test_silence_before_and_after_the_whole_is_kept_and_counts() -> None:
    said = analyse(TEXT).utterances
    said = (*said[:-1], replace(said[-1], pause=1.0))
    found = planned(said, elastic, Target("ratio", 0.8), RATE, lead=2.0)
    assert found.natural == pytest.approx(plan(None).natural + (2.0 - 0.05) + (1.0 - 0.05))
    assert found.n_lead == pytest.approx(1.95 * RATE, abs=1)
    assert found.utterances[-1].n_pause == pytest.approx(0.95 * RATE, abs=1)
    assert found.n_lead + total(found) == pytest.approx(0.8 * found.natural * RATE, abs=1)


def test_a_group_of_sentences_gets_its_own_length_pauses_included() -> None:
    group = {"duration": 4.0, "duration_group": 7}
    found = plan(None, controls={1: group, 2: group})
    _, first, second, last = found.utterances
    assert (first.n_samples or 0) + (first.n_pause or 0) + (second.n_samples or 0) == 4 * RATE
    assert second.n_pause is None
    assert last.target is None


def test_a_group_within_a_whole_that_has_a_target_too() -> None:
    group = {"duration": 4.0, "duration_group": 7}
    found = plan(Target("seconds", 8.0), controls={1: group, 2: group})
    _, first, second, _ = found.utterances
    assert (first.n_samples or 0) + (first.n_pause or 0) + (second.n_samples or 0) == pytest.approx(4 * RATE, abs=1)
    assert total(found) == 8 * RATE


def test_tokens_are_whole_and_add_up() -> None:
    found = plan(Target("tokens", 333))
    assert sum(row.n_tokens or 0 for row in found.utterances) == 333
    assert all(row.n_pause is None for row in found.utterances)


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        (Target("seconds", 0.05), r"Give \d\.\d\d to \d+\.\d\d s\. A shorter text"),
        (Target("seconds", 600), r"Give \d\.\d\d to \d+\.\d\d s\. A longer text"),
        (Target("tokens", 3), r"Give \d+ to \d+ tokens"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(target: Target, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint):
        plan(target)


def test_an_infeasible_ratio_names_ratios() -> None:
    with pytest.raises(InvalidInput, match=r"Give a ratio of 0\.\d\d to 1\.\d\d"):
        plan(Target("ratio", 0.5), rigid)


def test_the_range_that_is_named_is_feasible() -> None:
    for limit in plan(None).feasible:
        plan(Target("seconds", limit))


@pytest.mark.parametrize(("ratio", "codes"), [(0.75, []), (1.25, []), (0.7, ["duration_unnatural"])])
def test_what_will_not_sound_natural_is_told(ratio: float, codes: list[str]) -> None:
    assert [notice.code for notice in plan(Target("ratio", ratio)).notices] == codes
