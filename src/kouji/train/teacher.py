"""Korean and Cantonese for a model that has no recordings of them: random syllables spoken by espeak-ng.

The teacher's speakers are speakers of the corpus like all others, so its timbre stays with its own embeddings, and
the phonemes, tones and timing are learnt from it. Its sound is used for training only and never shipped.
Korean and Cantonese of the result are at the teacher's level, no better: the model card says so.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from kouji.audio.corpus import read_rows, write_rows
from kouji.audio.mel import SAMPLE_RATE
from kouji.errors import SpeechError
from kouji.text.ko import to_units
from kouji.text.phonemes import YUE_FINALS, YUE_INITIALS, jyutping_to_phonemes

from .labels import Label, of_units, of_words

VARIANTS = ("f1", "f2", "f3", "f5", "Annie", "m1", "m3", "m7")
N_UTTERANCES = 320  # per language: about 16 minutes
LEVEL = 10 ** (-23 / 20)  # like the corpus
ACTIVE = 0.02  # samples above this count for the level

_KO_ONSETS, _KO_VOWELS, _KO_CODAS = range(19), (0, 1, 4, 5, 6, 8, 9, 12, 13, 17, 18, 20), (0, 1, 4, 8, 16, 17, 21)


def make(folder: Path, seed: int = 0) -> list[Label]:
    """Write a corpus (manifest and sound files) to `folder` and return its labels.

    Raises:
        SpeechError: espeak-ng is not installed.
    """
    if shutil.which("espeak-ng") is None:
        raise SpeechError("The teacher espeak-ng is not installed.", "Install it, or train with --no-teacher.")
    labels_path = folder / "labels.jsonl"
    if labels_path.exists():
        return list(read_rows(labels_path))
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 81])
    rows, labels = [], []
    for language in ("yue", "ko"):
        for number in range(N_UTTERANCES):
            variant = VARIANTS[number % len(VARIANTS)]
            name = f"teacher-{language}-{number:04d}"
            spoken, label = _yue(name, rng) if language == "yue" else _ko(name, rng)
            samples = _speak(spoken, "yue-latn-jyutping" if language == "yue" else "ko", variant, rng)
            soundfile.write(folder / f"{name}.flac", samples, SAMPLE_RATE)
            rows.append(_manifest_row(name, spoken, language, variant, len(samples)))
            labels.append(label)
    write_rows(folder / "manifest.jsonl", rows)
    write_rows(labels_path, labels)
    return labels


def _yue(name: str, rng: np.random.Generator) -> tuple[str, Label]:
    """Four to nine syllables, each possible on paper: all initials, finals and tones are heard equally often."""
    initials, rare = ["", *YUE_INITIALS], ("m", "ng", "eu", "em", "ep", "um", "up")
    finals = [final for final in YUE_FINALS if final not in rare]
    said: list[str] = []
    while len(said) < rng.integers(4, 10):
        final = finals[rng.integers(len(finals))]
        checked = final[-1] in "ptk"
        tone = int(rng.choice([1, 3, 6] if checked else [1, 2, 3, 4, 5, 6]))
        said.append(f"{initials[rng.integers(len(initials))]}{final}{tone}")
    words = [jyutping_to_phonemes(syllable) for syllable in said]
    return " ".join(said), of_words({"id": name}, list(words))


def _ko(name: str, rng: np.random.Generator) -> tuple[str, Label]:
    """Three to five words of two or three syllables; one syllable in three is closed."""
    words = []
    for _ in range(rng.integers(3, 6)):
        word = ""
        for _ in range(rng.integers(2, 4)):
            coda = int(rng.choice(_KO_CODAS)) if rng.random() < 0.35 else 0
            word += chr(0xAC00 + (int(rng.choice(_KO_ONSETS)) * 21 + int(rng.choice(_KO_VOWELS))) * 28 + coda)
        words.append(word)
    text = " ".join(words)
    return text, of_units({"id": name}, to_units(text))


def _speak(text: str, voice: str, variant: str, rng: np.random.Generator) -> np.ndarray:
    """(n_samples,) at 24 kHz and the corpus's level."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        pace = str(int(rng.integers(130, 180)))  # words a minute
        command = ["espeak-ng", "-v", f"{voice}+{variant}", "-s", pace, "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True)
        samples, sample_rate = soundfile.read(path, dtype="float32")
    samples = soxr.resample(samples, sample_rate, SAMPLE_RATE).astype(np.float32)
    active = samples[np.abs(samples) > ACTIVE]
    level = float(np.sqrt(np.mean(active**2))) if len(active) else 1.0
    levelled: np.ndarray = np.clip(samples * (LEVEL / level), -0.99, 0.99)
    return levelled


def _manifest_row(name: str, text: str, language: str, variant: str, n_samples: int) -> dict[str, object]:
    return {
        "id": name, "path": f"{name}.flac", "start": 0.0, "dur": n_samples / SAMPLE_RATE, "text": text,
        "language": language, "speaker": f"teacher_{variant}", "unit": "sentence", "emotion": "neutral",
        "licence": "none: not shipped", "source": "espeak-ng", "sr_orig": 22050,
    }  # fmt: skip
