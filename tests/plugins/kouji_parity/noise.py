"""The noise that the cases of CosyVoice were made with."""

from __future__ import annotations

import numpy as np

from . import Case


class ByRule:
    """The noise of a case: piece k is named NAME/k/…, or NAME/… where there is one piece."""

    def __init__(self, case: Case, numbered: bool) -> None:
        self.case, self.numbered, self.n_flow, self.n_source = case, numbered, 0, 0

    def flow(self, n_frames: int) -> np.ndarray:
        self.n_flow += 1
        return self.case.noise(self._name(self.n_flow - 1, "z"), (1, 80, n_frames))[0]

    def source(self, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        self.n_source += 1
        piece = self.n_source - 1
        uniform = self.case.noise(self._name(piece, "phase"), (1, 9, 1)).reshape(-1)
        phase = (-np.pi + 2 * np.pi * uniform).astype(np.float32)
        phase[0] = 0
        return phase, self.case.noise(self._name(piece, "sine"), (1, 9, 256 * n_frames))[0]

    def _name(self, piece: int, kind: str) -> str:
        return f"{self.case.name}/{piece}/{kind}" if self.numbered else f"{self.case.name}/{kind}"
