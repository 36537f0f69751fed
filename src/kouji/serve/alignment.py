"""When each character is said: those of the words as they are spoken, evenly within each word."""

from __future__ import annotations

from collections.abc import Iterable

from kouji.types import Mark

Timed = tuple[str, float, float]  # a character, its start and end in seconds


def characters(marks: Iterable[Mark]) -> list[Timed]:
    """The characters of words, with a space where English words meet; other marks are passed over."""
    found: list[Timed] = []
    for mark in marks:
        if mark.kind != "word":
            continue
        if found and found[-1][0].isascii() and mark.text[:1].isascii():
            found.append((" ", found[-1][2], mark.start))
        step = (mark.end - mark.start) / max(len(mark.text), 1)
        found += [
            (character, mark.start + k * step, mark.start + (k + 1) * step) for k, character in enumerate(mark.text)
        ]
    return found


def in_milliseconds(marks: Iterable[Mark], start: float, end: float) -> dict[str, list[int] | list[str]] | None:
    """Alignment of a stretch of sound as ElevenLabs' WebSockets tell it; None where there are no words in it.

    Each character lasts until the next one begins, and the last one to the end of the stretch: clients add up what
    they are told, and would else lose the silence.

    Args:
        marks: with times from the start of the whole.
        start: of the stretch, in seconds; what is told counts from there.
        end: of the stretch.
    """
    found = characters(marks)
    if not found:
        return None
    starts = [round(1000 * max(0.0, begin - start)) for _, begin, _ in found]
    ends = [*starts[1:], max(starts[-1], round(1000 * (end - start)))]
    return {
        "chars": [character for character, _, _ in found],
        "charStartTimesMs": starts,
        "charDurationsMs": [stop - begin for begin, stop in zip(starts, ends, strict=True)],
    }
