"""Speech tokens to samples: the flow and the vocoder for one piece, whole or as a chunk of a stream.

    codes, prompt → mu ─ flow ─→ mel [→ other tempo] → F0 → source → samples
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kouji.audio.fitting import resized

from . import cfm, source
from .config import n_frames
from .presets import Levers
from .stages import Stages


class Noise(Protocol):
    """Where the randomness of a piece comes from."""

    def flow(self, n_frames: int) -> np.ndarray:
        """(80, n_frames) standard normal."""
        ...

    def source(self, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Phase (9,) and standard normal (9, 256 n_frames), see source.harmonics."""
        ...


class Drawn:
    """Noise from a generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def flow(self, n_frames: int) -> np.ndarray:
        """See Noise."""
        return self._rng.standard_normal((80, n_frames), dtype=np.float32)

    def source(self, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """See Noise."""
        return source.random(self._rng, n_frames)


@dataclass(frozen=True)
class Prompt:
    """Whom the flow imitates."""

    embedding: np.ndarray  # (192,)
    codes: np.ndarray  # (T_prompt,) int64; none for a built-in speaker
    mel: np.ndarray  # (T1, 80)

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Prompt:
        """From a conditioning."""
        if "codes" not in arrays:
            return cls(arrays["embedding"], np.zeros(0, np.int64), np.zeros((0, 80), np.float32))
        return cls(arrays["embedding"], arrays["codes"], arrays["mel"])

    def last(self, seconds: float | None) -> Prompt:
        """The end of it: the flow costs as much for the prompt as for what is new."""
        if seconds is None or len(self.codes) == 0:
            return self
        n_codes = max(1, min(len(self.codes), round(seconds * 50)))
        n_mel = max(1, round(len(self.mel) * n_codes / len(self.codes)))
        return Prompt(self.embedding, self.codes[-n_codes:], self.mel[-n_mel:])


@dataclass(frozen=True)
class FlowCache:
    """Noise and mu of the prompt and of the overlap, with which the next chunk begins."""

    noise: np.ndarray  # (80, c)
    mu: np.ndarray  # (80, c)


class Renderer:
    """The flow and the vocoder of one utterance."""

    def __init__(self, stages: Stages, prompt: Prompt, levers: Levers, noise: Noise) -> None:
        self._stages, self._levers, self._noise = stages, levers, noise
        self._prompt = prompt.last(levers.prompt_seconds)
        self._speaker = stages.speaker(prompt.embedding)
        self._times = cfm.cosine_schedule(levers.n_steps)
        n_plain = 0 if levers.n_guided is None else levers.n_steps - levers.n_guided
        self._guided = np.arange(levers.n_steps) >= n_plain

    def mel(self, codes: np.ndarray, n_new: int | None = None) -> np.ndarray:
        """Codes (N,) -> mel (80, n_new); by default as many frames as the codes take by themselves."""
        return self.mel_chunk(codes, None, n_new)[0]

    def mel_chunk(
        self, codes: np.ndarray, cache: FlowCache | None, n_new: int | None = None
    ) -> tuple[np.ndarray, FlowCache]:
        """As `mel`, beginning with the noise of an earlier chunk; returns what the next one begins with."""
        prompt = self._prompt
        n_new = n_frames(len(codes)) if n_new is None else n_new
        rows = self._stages.encode_codes(np.concatenate([prompt.codes, codes]))
        n_prompt = len(prompt.mel)
        mu = self._stages.regulate(rows, len(prompt.codes), n_prompt, n_new)
        noise = self._noise.flow(mu.shape[1])
        if cache is not None:
            kept = min(cache.mu.shape[1], mu.shape[1])
            noise[:, :kept], mu[:, :kept] = cache.noise[:, :kept], cache.mu[:, :kept]
        cond = np.zeros_like(mu)
        cond[:, :n_prompt] = prompt.mel.T
        told = cfm.Conditions(mu, self._speaker, cond)
        mel = cfm.solve(self._stages.velocity, noise, told, self._times, self._guided)
        overlap = n_frames(20)  # 34 frames
        kept_next = FlowCache(
            np.concatenate([noise[:, :n_prompt], noise[:, -overlap:]], 1),
            np.concatenate([mu[:, :n_prompt], mu[:, -overlap:]], 1),
        )
        return mel[:, n_prompt:], kept_next

    def vocode(self, mel: np.ndarray, source_head: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """mel (80, T) -> samples (256 T,), and the source they came from, which may begin with an earlier chunk's."""
        f0 = self._stages.f0(mel)
        excited = self._stages.mix(source.harmonics(f0, *self._noise.source(mel.shape[1])))
        if source_head is not None:
            excited[: len(source_head)] = source_head
        return self._stages.decode(mel, excited), excited


def at_tempo(mel: np.ndarray, speed: float) -> np.ndarray:
    """mel (80, T) -> (80, int(T / speed)), as upstream does it."""
    return mel if speed == 1.0 else resized(mel, int(mel.shape[1] / speed))


def resized_rows(rows: np.ndarray, n: int) -> np.ndarray:
    """(N, dim) -> (n, dim), see `fitting.resized`."""
    return np.ascontiguousarray(resized(rows.T, n).T)
