"""The timbre that the speaker encoder leaves out: what the decoder says is moved to where the clip's spectra lie.

The mels of a voice, frame by frame, are a cloud. Its centre is the colour of mouth and microphone; its shape says which
sounds are bright and which are dark, the formants' own places. Both clouds, the clip's and that of what the decoder
says with the same voice, are taken as Gaussian, and the map that carries one onto the other with the least movement
is applied to every frame that sounds:

    y = to + A (x - from),   A = S^-1/2 (S^1/2 C S^1/2)^1/2 S^-1/2      S, C: covariances of ours and of the clip

Source of the map: M. Gelbrich, "On a formula for the L2 Wasserstein metric …" (1990). In the first `N_CEPSTRA` cosines
of the bands, with the covariances drawn towards their diagonals: five seconds do not fill 40 dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from kouji.audio.mel import FLOOR, N_MELS

from .reference import loudness

N_CEPSTRA = 40
SHRINKAGE = 0.4  # 0: the clip's covariance as it is; 1: the spread of each cepstrum alone
STRENGTH = 0.85  # of the change of shape: all of it costs 0.12 in quality (DNSMOS) more than it gains in likeness
LOUD = 4.0  # natural log below the loud frames: softer ones are no vowel
QUIET = 6.0  # natural log below the loud frames: from there down the shape is left as it is
MIN_FRAMES = 60  # voiced frames of the clip; with fewer only the centre is moved
SPREADS = (0.7, 1.4)  # how much livelier or calmer a melody may become


def match(clip: np.ndarray, clip_f0: np.ndarray, ours: np.ndarray, our_f0: np.ndarray) -> dict[str, np.ndarray]:
    """Learn the map.

    Args:
        clip: (T, 80) log-mel of somebody speaking.
        clip_f0: (T,) Hz, 0 where unvoiced.
        ours: (T', 80) log-mel of what the decoder says with the voice as the encoder heard it.
        our_f0: (T',).

    Returns:
        Arrays for `shaped` and `spread`.
    """
    theirs, ours = _vowels(clip, clip_f0), _vowels(ours, our_f0)
    basis = _cosines()
    a, b = ours @ basis.T, theirs @ basis.T
    change = np.eye(N_CEPSTRA) if len(b) < MIN_FRAMES else _transport(_covariance(a), _covariance(b))
    moved = ours.mean(0) + basis.T @ (b.mean(0) - a.mean(0))
    ratio = _range(clip_f0) / max(_range(our_f0), 1e-3)
    return {
        "timbre_from": ours.mean(0).astype(np.float32),
        "timbre_to": moved.astype(np.float32),
        "timbre": (STRENGTH * basis.T @ (change - np.eye(N_CEPSTRA)) @ basis + np.eye(N_MELS)).astype(np.float32),
        "spread": np.float32(np.clip(ratio, *SPREADS)),
    }


def shaped(mel: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The log-mel (T, 80) in the timbre of a cloned voice; as it is for a voice that has no such map."""
    if "timbre" not in arrays:
        return mel
    centred = mel - arrays["timbre_from"]
    level = loudness(mel)
    # Soft frames are moved with the rest, but keep their shape: the map was learnt from vowels.
    share = np.clip((level - np.quantile(level, 0.95) + QUIET) / 2, 0, 1)[:, None].astype(np.float32)
    moved = arrays["timbre_to"] + share * (centred @ arrays["timbre"].T) + (1 - share) * centred
    return np.asarray(np.maximum(moved, np.log(FLOOR)), np.float32)


def spread(arrays: Mapping[str, np.ndarray]) -> float:
    """How much livelier the voice's melody is than the model's."""
    return float(arrays.get("spread", np.float32(1)))


def _vowels(mel: np.ndarray, f0: np.ndarray) -> np.ndarray:
    n = min(len(mel), len(f0))
    level = loudness(mel[:n])
    kept = mel[:n][(level > np.quantile(level, 0.95) - LOUD) & (f0[:n] > 0)]
    return kept.astype(np.float64) if len(kept) else mel.astype(np.float64)


@cache
def _cosines() -> np.ndarray:
    """(N_CEPSTRA, N_MELS), orthonormal."""
    band, number = np.arange(N_MELS), np.arange(N_CEPSTRA)[:, None]
    rows = np.sqrt(2 / N_MELS) * np.cos(np.pi * (band + 0.5) * number / N_MELS)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows)


def _covariance(x: np.ndarray) -> np.ndarray:
    full = np.cov(x, rowvar=False, bias=True)
    return np.asarray((1 - SHRINKAGE) * full + SHRINKAGE * np.diag(np.diag(full)) + 1e-6 * np.eye(x.shape[1]))


def _transport(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(ours)
    root, inverse = (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T
    between, directions = np.linalg.eigh(root @ theirs @ root)
    return np.asarray(inverse @ (directions * np.sqrt(np.maximum(between, 0))) @ directions.T @ inverse)


def _range(f0: np.ndarray) -> float:
    """Natural log between the tenth parts at either end."""
    voiced = np.log(f0[f0 > 0])
    return float(np.subtract(*np.quantile(voiced, [0.9, 0.1]))) if len(voiced) else 0.0
