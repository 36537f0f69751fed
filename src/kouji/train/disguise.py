"""Other voices, made of recordings in passing: resonances and pitch moved, another tone colour, another room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kouji.audio import mel as mel_scale

LOWEST = -9.0  # natural log: digital silence is no timbre, and nobody's room is quieter


@dataclass(frozen=True)
class Disguise:
    """A change of voice: all frequencies times `ratio`, another tone colour, another room."""

    ratio: float = 1.0
    colour: np.ndarray | float = 0.0  # (80,) natural log
    floor: float = -20.0  # natural log of the noise beneath

    def __call__(self, mel: np.ndarray) -> np.ndarray:
        """(T, 80) -> (T, 80)."""
        if self.ratio != 1.0:
            mel = _warped(mel, self.ratio)
        changed = np.maximum(mel + self.colour, LOWEST)
        return np.logaddexp(changed, self.floor).astype(np.float32) if self.floor > -15 else changed.astype(np.float32)


def draw_disguise(rng: np.random.Generator, share: float) -> Disguise:
    """Nothing, or with the probability `share` a new voice."""
    if rng.random() >= share:
        return Disguise()
    ratio = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    basis = np.cos(np.pi * np.outer(np.arange(5), (np.arange(mel_scale.N_MELS) + 0.5) / mel_scale.N_MELS))
    colour = (rng.normal(size=5) * [0.3, 0.4, 0.3, 0.25, 0.2]) @ basis
    floor = float(rng.uniform(-10, -7)) if rng.random() < 0.2 else -20.0
    return Disguise(ratio, colour.astype(np.float32), floor)


def _warped(mel: np.ndarray, ratio: float) -> np.ndarray:
    """Mel spectra whose content at f is moved to f * ratio; beyond the old top the last band goes on."""
    edges = np.linspace(0, mel_scale.hz_to_mel(mel_scale.F_MAX), mel_scale.N_MELS + 2)
    hertz = mel_scale.mel_to_hz(edges[1:-1])
    at = np.interp(mel_scale.hz_to_mel(hertz / ratio), edges[1:-1], np.arange(mel_scale.N_MELS))
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, mel_scale.N_MELS - 1)
    part = (at - low).astype(np.float32)
    warped: np.ndarray = mel[:, low] * (1 - part) + mel[:, high] * part
    return warped
