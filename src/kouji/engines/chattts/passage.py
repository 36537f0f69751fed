"""A whole text in the official way: cut into pieces, up to four said at once, all in the voice of the first.

The first piece is said alone; its sound, as codes, and its words then stand before and behind every piece, the first
included, so that they sound like one speaker even where nobody was named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from . import gfsq
from .generation import Bounds, Draw, Step, speaking_rows, spoken
from .mel import log_mel
from .render import Renderer
from .sampling import CODES, Sampling
from .stages import Stages

AT_ONCE = 4  # pieces, padded on the left to the longest

Written = Callable[[str, str], Sequence[int]]  # (piece, words of the sample) -> ids


@dataclass(frozen=True)
class Reader:
    """Says pieces of one text."""

    stages: Stages
    renderer: Renderer
    written: Written
    embedding: np.ndarray | None = None  # (dim,) of length 1; None: nobody was named
    how: Sampling = CODES
    bounds: Bounds = field(default_factory=Bounds)

    def read(self, pieces: Sequence[str], draw: Callable[[Sequence[int]], Draw]) -> list[np.ndarray]:
        """The sound of each piece, cut to its own length.

        Args:
            pieces: of the text, in order.
            draw: numbers of the pieces that are said at once, -1 for the first one alone -> their randomness.
        """
        sample, words = None, ""
        if len(pieces) > 1:
            (first,) = self._said(pieces[:1], None, "", draw([-1]))
            words = pieces[0]
            sample = gfsq.encode(self.stages.encode(log_mel(first)), self.stages.groups)
        sounds: list[np.ndarray] = []
        for start in range(0, len(pieces), AT_ONCE):
            numbers = range(start, min(len(pieces), start + AT_ONCE))
            sounds += self._said([pieces[number] for number in numbers], sample, words, draw(numbers))
        return sounds

    def _said(
        self, pieces: Sequence[str], sample: np.ndarray | None, words: str, draw: Draw
    ) -> Iterator[np.ndarray]:
        ids = [self.written(piece, words) for piece in pieces]
        begun = self.stages.begin(*speaking_rows(self.stages, ids, self.embedding, sample))
        steps = list(spoken(self.stages, begun, self.how, draw, self.bounds))
        for number in range(len(pieces)):
            rows = [self.renderer.row(_of(step, number)) for step in steps if not step.ended[number]]
            yield self.renderer.sound(self.renderer.mel(np.stack(rows)))


def _of(step: Step, number: int) -> Step:
    """A step of one text among several."""
    part = slice(number, number + 1)
    return Step(step.tokens[part], step.hidden[part], step.ended[part])
