"""The moments that markup names, in the sound of their utterance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kouji.types import Chunk, Mark, Utterance


def with_cues(chunks: Iterable[Chunk], utterance: Utterance, sample_rate: int, lead: float = 0.0) -> Iterator[Chunk]:
    """The same chunks, with a mark of kind "mark" for each cue of the utterance.

    A cue before a unit is where that unit begins, one behind the last where that ends. Where an engine does not tell
    when each unit is said, the cue stands at the share of phonemes that come before it.

    Args:
        chunks: of the utterance.
        utterance: with its cues.
        sample_rate: Hz.
        lead: seconds of silence that `join` will put before the first utterance.
    """
    if not utterance.cues:
        yield from chunks
        return
    words: list[Mark] = []
    told = 0
    n_samples = 0
    held: Chunk | None = None  # the last one so far: it takes what is known only at the end
    for chunk in chunks:
        if held is not None:
            yield held
        words += [mark for mark in chunk.marks if mark.kind == "word"]
        n_samples += len(chunk.samples)
        ready = []
        while told < len(utterance.cues) and utterance.cues[told].unit < len(words):
            unit = utterance.cues[told].unit
            ready.append((told, words[unit].start if unit >= 0 else -lead))
            told += 1
        held = _marked(chunk, utterance, ready)
    if held is None:
        return
    duration = n_samples / sample_rate
    left = [(number, _late(utterance, number, words, duration)) for number in range(told, len(utterance.cues))]
    yield _marked(held, utterance, left)


def _late(utterance: Utterance, number: int, words: list[Mark], duration: float) -> float:
    """When a cue is, once all is said."""
    unit, n_units = utterance.cues[number].unit, len(utterance.units)
    if unit > n_units:
        return duration + (utterance.pause or 0.0)
    if unit == n_units and words:
        return words[-1].end
    n_before = sum(len(each.phonemes) for each in utterance.units[:unit])
    return duration * n_before / max(1, sum(len(each.phonemes) for each in utterance.units))


def _marked(chunk: Chunk, utterance: Utterance, found: list[tuple[int, float]]) -> Chunk:
    marks = tuple(Mark("mark", utterance.cues[number].name, at, at) for number, at in found)
    return replace(chunk, marks=chunk.marks + marks) if marks else chunk
