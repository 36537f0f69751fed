"""A tone per phoneme, at the pitch of the voice, with a breath of seeded noise."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kouji.engines.contract import Conditioning
from kouji.types import Chunk, Mark, Timing, Utterance

from .card import CARD

SECONDS = 0.08  # per phoneme


class Parrot:
    card = CARD

    def __init__(self, n_threads: int = 1, folder: Path | None = None, preset: str = "") -> None:
        self.n_threads = n_threads
        self.octave = 2 if preset == "high" else 1

    def builtin(self, name: str) -> Conditioning:
        if self.card.makes_voice(name):
            hertz = float(name.removesuffix("Hz"))
        else:
            hertz = {"polly": 440.0, "ara": 220.0}[self.card.voice(name).id]
        return Conditioning(self.card.id, {"hertz": np.array(hertz)})

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        raise NotImplementedError

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        raise NotImplementedError

    def synthesize(
        self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator
    ) -> Iterator[Chunk]:
        seconds = SECONDS / utterance.delivery.speed
        breathes = dict(utterance.controls.get("sampling", {})).get("temperature", 1.0)  # type: ignore[call-overload]
        n_samples, start = round(seconds * self.card.sample_rate), 0.0
        for unit in utterance.units:
            n_unit = n_samples * len(unit.phonemes)
            time = np.arange(n_unit) / self.card.sample_rate
            tone = 0.3 * np.cos(2 * np.pi * self.octave * conditioning.arrays["hertz"] * time)
            breath = 0.01 * breathes * rng.standard_normal(n_unit)
            end = start + n_unit / self.card.sample_rate
            yield Chunk((tone + breath).astype(np.float32), (Mark("word", unit.text, start, end),))
            start = end

    def convert(self, samples: np.ndarray, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        loudness = np.sqrt(np.convolve(samples**2, np.full(400, 1 / 400), "same"))
        time = np.arange(len(samples)) / self.card.sample_rate
        yield Chunk((loudness * np.cos(2 * np.pi * conditioning.arrays["hertz"] * time)).astype(np.float32))
