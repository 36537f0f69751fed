"""Steps of the GPT to samples: in one piece, in another length, or while they are still being made.

    hidden states (N, 768), or codes (N, 4) → log-mel (100, 2 N) [→ other length] → samples (256 (2 N - 1),)

What a stream needs of the steps around a piece is convolutional and ends after 52 of them, so that each piece is
decoded once, with that much on either side, and nothing is decoded again from the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from . import gfsq
from .config import HOP_LENGTH
from .generation import Step
from .presets import Levers
from .spectrum import overlapped
from .stages import Stages

GROWTH = 1.5  # from hop to hop: no sound may run out before the next is made
FADE = 120  # samples: 5 ms


class Renderer:
    """The decoders and the vocoder, as a preset wants them."""

    def __init__(self, stages: Stages, levers: Levers) -> None:
        self._stages, self._levers = stages, levers

    def row(self, step: Step) -> np.ndarray:
        """What the sound of a step is made of, of the first text."""
        return np.asarray(step.tokens[0] if self._levers.through_codes else step.hidden[0])

    def mel(self, rows: np.ndarray) -> np.ndarray:
        """Rows of N steps -> log-mel (n_mels, 2 N)."""
        if self._levers.through_codes:
            return self._stages.features_to_mel(gfsq.decode(rows.T, self._stages.groups, self._levers.rule))
        return self._stages.hidden_to_mel(rows)

    def sound(self, mel: np.ndarray) -> np.ndarray:
        """Log-mel (n_mels, T) -> samples (256 (T - 1),)."""
        return overlapped(self._stages.draw(mel))

    def stream(self, steps: Iterable[Step]) -> Iterator[np.ndarray]:
        """Samples as soon as there are steps enough for them; together they are those of all steps at once."""
        settings = self._levers.streaming
        rows: list[np.ndarray] = []
        done, hop = 0, float(settings.first_hop)
        for step in steps:
            rows.append(self.row(step))
            if len(rows) >= done + int(hop) + settings.around:
                yield self._piece(rows, done, done + int(hop))
                done, hop = done + int(hop), min(settings.hop, hop * GROWTH)
        if done < len(rows):
            yield self._piece(rows, done, len(rows))

    def _piece(self, rows: list[np.ndarray], start: int, end: int) -> np.ndarray:
        """Samples of the steps from `start` to `end`; each but the last of all ends where the next begins."""
        around = self._levers.streaming.around
        first, last = max(0, start - around), min(len(rows), end + around)
        samples = self.sound(self.mel(np.stack(rows[first:last])))
        cut = 2 * HOP_LENGTH * (end - first) if end < len(rows) else len(samples)
        return samples[2 * HOP_LENGTH * (start - first) : cut]


def frames_for(n_samples: int) -> int:
    """Mel frames of which at least so many samples are made."""
    return max(2, -(-n_samples // HOP_LENGTH) + 1)
