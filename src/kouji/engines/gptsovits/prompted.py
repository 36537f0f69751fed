"""The second network of v4 for one voice: a flow that goes on from the recording, and then from what it has made.

recording: its codes, phones, style ─→ its features; its mel ─┐
frames ─→ features of a piece; noise ──────────────────────────┴─ flow ─→ mel of the piece ─→ samples
                                └─── features and mel that the next piece goes on from ───┘
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import spectrogram
from .config import MOST, N_BRIDGE_LAYERS, N_MELS_V4, VOCODER
from .stages import DecoderV4
from .voice import Voice

FRAMES, MELS = 2, 2  # frames of a code; mel frames of a frame
# Frames on either side that a feature hears: two mel frames for each layer of kernel 5.
REACH = 2 * N_BRIDGE_LAYERS // MELS

Noise = Callable[[int, int], np.ndarray]  # the n-th frame, how many -> (100, twice as many)


@dataclass(frozen=True)
class Start:
    """What a sentence goes on from."""

    features: np.ndarray  # (512, P)
    mel: np.ndarray  # (100, P) normalised

    @classmethod
    def of(cls, networks: DecoderV4, voice: Voice, most: int) -> Start:
        """The last so many mel frames of the recording."""
        frames = networks.frames(voice.prompt.codes, voice.prompt.phones, voice.style)
        features = networks.bridge(frames, voice.style)
        # Both begin together; what one has more at its end has no counterpart.
        n = min(voice.mel.shape[1], features.shape[1])
        return cls(features[:, max(0, n - most) : n], voice.mel[:, max(0, n - most) : n])


class Prompted:
    """See stages.Decoder."""

    noise_scale, dim_noise, noise_per_frame = 1.0, N_MELS_V4, MELS

    def __init__(self, networks: DecoderV4, start: Start, n_timesteps: int) -> None:
        self._networks, self._start, self._n_timesteps = networks, start, n_timesteps

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See Decoder, as for what follows."""
        return self._networks.frames(codes, phones, style)

    def render(self, frames: np.ndarray, noise: np.ndarray, style: np.ndarray) -> np.ndarray:
        mel = self.going()(self._networks.bridge(frames, style), noise)
        return self._networks.sound(spectrogram.denormalized(mel))

    def going(self) -> GoingOn:
        """A sentence begins."""
        return GoingOn(self._networks, self._start, self._n_timesteps)

    def stream(self, phones: np.ndarray, style: np.ndarray, noise: Noise) -> Stream:
        """A sentence begins whose codes are still being drawn."""
        return Stream(self._networks, self.going(), phones, style, noise)


class GoingOn:
    """Features to mel, piece by piece, each going on from the one before."""

    def __init__(self, networks: DecoderV4, start: Start, n_timesteps: int) -> None:
        self._networks, self._n_timesteps = networks, n_timesteps
        self._features, self._mel = start.features, start.mel

    def __call__(self, features: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Features (512, T) and noise (100, T) -> normalised mel (100, T), whatever T is."""
        n_prompt = self._mel.shape[1]
        room = MOST - n_prompt
        made = []
        for first in range(0, features.shape[1], room):
            told = np.concatenate([self._features, features[:, first : first + room]], 1)
            made.append(self._networks.flow(noise[:, first : first + room], told, self._mel, self._n_timesteps))
            self._mel = np.concatenate([self._mel, made[-1]], 1)[:, -n_prompt:]
            self._features = told[:, -n_prompt:]
        return np.concatenate(made, 1)


class Stream:
    """Codes to samples while more of them are being drawn; see streaming.flowing."""

    def __init__(
        self, networks: DecoderV4, going: GoingOn, phones: np.ndarray, style: np.ndarray, noise: Noise
    ) -> None:
        self._networks, self._going = networks, going
        self._phones, self._style, self._noise = phones, style, noise
        self._sound = Sounding(networks)

    def __call__(self, codes: np.ndarray, start: int, end: int) -> np.ndarray:
        """Of all codes so far those from start to end, which is only behind the last one at the end of the sentence."""
        first = max(0, FRAMES * start - REACH)
        frames = self._networks.frames(codes, self._phones, self._style)[:, first:]
        features = self._networks.bridge(np.ascontiguousarray(frames), self._style)
        some = features[:, MELS * (FRAMES * start - first) : MELS * (FRAMES * end - first)]
        mel = self._going(some, self._noise(FRAMES * start, FRAMES * (end - start)))
        return self._sound(mel, end == len(codes))


class Sounding:
    """Normalised mel to samples as it comes: together the same as of the whole mel at once.

    A sample waits for the mel frames that can change it; those before it are kept.
    """

    def __init__(self, networks: DecoderV4) -> None:
        self._networks = networks
        self._mel = np.zeros((N_MELS_V4, 0), np.float32)
        self._n_known = 0  # frames at the beginning of it whose samples are out

    def __call__(self, mel: np.ndarray, last: bool) -> np.ndarray:
        """(100, T) -> samples of what can no longer change; of all that is left for `last`."""
        self._mel = np.concatenate([self._mel, mel], 1)
        n = self._mel.shape[1]
        n_ready = n if last else max(self._n_known, n - VOCODER.reach)
        if n_ready == self._n_known:
            return np.zeros(0, np.float32)
        samples = self._networks.sound(spectrogram.denormalized(self._mel))
        per_frame = len(samples) // n
        ready = samples[self._n_known * per_frame : n_ready * per_frame]
        n_gone = max(0, n_ready - VOCODER.reach)
        self._mel, self._n_known = self._mel[:, n_gone:], n_ready - n_gone
        return ready
