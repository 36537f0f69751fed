"""A corpus of three recordings, and an engine that hums."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from kouji.engines.contract import BuiltinVoice, Card, Licence
from kouji.types import Speech

DATA = Path(__file__).parent.parent / "data"
CARD = Card(
    id="hum",
    summary="hums as long as the text is",
    factory="nowhere:Nothing",
    sample_rate=16000,
    languages=("en", "zh"),
    licences=(Licence("code", "Apache-2.0"),),
    voices=(BuiltinVoice("english_1", "Hum", "en", "female", "CC0-1.0"),),
)


class Humming:
    """A session, as far as the evaluation asks: each seed and text its own melody."""

    card = CARD

    def __init__(self, forgetful: bool = False) -> None:
        self.n_calls = 0
        self.forgetful = forgetful  # says it differently each time

    def synthesize(self, text: str, voice: str = "", language: str = "", seed: int = 0) -> Speech:
        self.n_calls += 1
        rng = np.random.default_rng([seed, len(text), self.n_calls if self.forgetful else 0])
        time = np.arange(round(0.05 * len(text) * 16000)) / 16000
        f0 = 160 + 20 * np.sin(2 * np.pi * time + rng.uniform(0, 6))
        phase = 2 * np.pi * np.cumsum(f0) / 16000
        samples = sum(0.1 / k * np.sin(k * phase) for k in range(1, 8))
        return Speech(np.asarray(samples, np.float32), 16000)

    def synthesize_batch(self, texts: list[str], voice: str = "", language: str = "", seed: int = 0) -> list[Speech]:
        return [self.synthesize(text, voice, language, seed) for text in texts]


@pytest.fixture
def humming() -> Humming:
    return Humming()


@pytest.fixture
def forgetful() -> Humming:
    return Humming(forgetful=True)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two held-out readings of one prompt, one that is for training, and a page of the male voice."""
    folder = tmp_path_factory.mktemp("corpus")
    sounds = []
    for name in ("english_female.flac", "english_male.flac"):
        samples, rate = soundfile.read(DATA / name, dtype="float32")
        sounds.append(soxr.resample(samples, rate, 24000))
    soundfile.write(folder / "all.flac", np.concatenate(sounds), 24000)
    her, him = (len(sound) / 24000 for sound in sounds)
    question = "How could I answer the question on the spur of the moment."
    rows = [
        ("en-kathleen-arctic_b0400_1", 0.0, her, question, "en_kathleen_f"),
        ("en-kathleen-arctic_b0400_2", 0.0, her, question, "en_kathleen_f"),
        ("en-kathleen-arctic_a0001_1", 0.0, her, "Not for judging.", "en_kathleen_f"),
        ("en-asp-0201-01", her, him, "Donkey child, and he also ate.", "en_darshan_soni_m"),
    ]
    lines = [
        {
            "id": id, "path": "all.flac", "start": start, "dur": dur, "text": text, "language": "en",
            "speaker": speaker, "unit": "sentence", "emotion": "neutral", "licence": "CC0-1.0",
            "source": "tests", "sr_orig": 16000,
        }
        for id, start, dur, text, speaker in rows
    ]  # fmt: skip
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder
