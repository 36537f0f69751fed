"""Mel and F0 to samples, the first of them early.

    mel (T, 80), F0 (T,) ─→ windows of frames with their neighbours ─vocoder→ filters × sources ─→ samples, in pieces

The filters of a frame depend on `CONTEXT` frames on each side and on no others, so a window with that much context
gives the filters of the whole. Windows are cut by one rule, whoever listens: a stream and a file are the same samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from kouji.audio.mel import HOP_LENGTH

from . import source

CONTEXT = 27  # frames: the convolution at the entrance and those of eight blocks see 3 each
FIRST = 48  # frames, 0.48 s: long enough to play while the next window is made, short enough to come at once
NEXT = 400  # frames; the context costs 14 % of it

Vocoder = Callable[..., list[np.ndarray]]  # (mel=, pitch=) -> [curves (1, T, 4 * N_BINS)]


def vocode(vocoder: Vocoder, mel: np.ndarray, f0: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Speak.

    Args:
        vocoder: the graph.
        mel: (T, 80) natural log-mel.
        f0: (T,) Hz, 0 where unvoiced.
        rng: for the noise of the sources.

    Yields:
        (n_frames * HOP_LENGTH,) float32, T * HOP_LENGTH in all.
    """
    pitch = np.stack([np.log(source.fill(f0) / 200), f0 > 0], -1).astype(np.float32)
    n_frames, sources = len(f0), source.Excitation(f0, rng)
    for start, end in windows(n_frames):
        # A sample hears the filters of the frame before its own and of the two after it.
        low, high = max(0, start - 1), min(n_frames, end + 2)
        first, last = max(0, low - CONTEXT), min(n_frames, high + CONTEXT)
        (curves,) = vocoder(mel=mel[None, first:last], pitch=pitch[None, first:last])
        spectra = source.stft(sources.upto((high + 1) * HOP_LENGTH), low, high)
        samples = source.filtered(curves[0, low - first : high - first], spectra)
        yield samples[(start - low) * HOP_LENGTH : (end - low) * HOP_LENGTH]


def windows(n_frames: int) -> Iterator[tuple[int, int]]:
    """(start, end) of the pieces in which `n_frames` are made; what would be left over joins the last."""
    start = 0
    while start < n_frames:
        end = start + (NEXT if start else FIRST)
        if n_frames - end < FIRST:
            end = n_frames
        yield start, end
        start = end
