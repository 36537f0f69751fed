"""The built-in voices: whose timbre each has, and what the model's prosody needs to be true to the recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from kouji.audio.mel import HOP_LENGTH
from kouji.engines.native import inputs, reference
from kouji.engines.native.engine import Native
from kouji.text import analyse

from .acoustic import Acoustic
from .acoustic_batches import collate
from .acoustic_training import speak
from .examples import Example, Examples


@dataclass(frozen=True)
class Source:
    """A voice as a mixture of speakers of the corpus; one that is mixed is nobody's."""

    speakers: tuple[tuple[str, float], ...]  # (speaker, weight)
    shift: float = 0.0  # semitones above the mixture's mean F0


VOICES = {
    "female_1": Source((("cmn_yue_tan_f", 1.0),)),
    # No man of the corpus speaks Mandarin for more than a sentence, and this voice is no single person's.
    "male_1": Source((("en_darshan_soni_m", 0.5), ("ja_tofugu_m", 0.5)), shift=1.0),
    "english_1": Source((("en_kathleen_f", 1.0),)),
    "english_2": Source((("en_darshan_soni_m", 1.0),)),
    "japanese_1": Source((("ja_tofugu_f", 1.0),)),
    "japanese_2": Source((("ja_tofugu_m", 1.0),)),
    # Nobody Korean or Cantonese is in the corpus: mixed women.
    "korean_1": Source((("ja_tofugu_f", 0.5), ("cmn_yue_tan_f", 0.5))),
    "cantonese_1": Source((("cmn_yue_tan_f", 0.5), ("cmn_chen_wang", 0.5)), shift=-1.0),
}
READ_BY = {  # style -> voice, speaker and language of texts that were recorded in it
    "zh_word": ("female_1", "cmn_yue_tan_f", "zh"),
    "en_read": ("english_1", "en_kathleen_f", "en"),
}
N_HEARD = 150  # recordings of each
N_REFERENCES = 40
N_MEASURED = 300  # recordings per style: a reader's pace changes from day to day


def embeddings(model: Acoustic, examples: Examples, seed: int) -> dict[str, tuple[np.ndarray, float, np.ndarray]]:
    """Voice -> (speaker embedding (d_speaker,), mean log F0, noise of the recordings (80,)), of many references."""
    rng = np.random.default_rng([seed, 71])
    cache: dict[str, np.ndarray] = {}

    def of_speaker(speaker: str) -> np.ndarray:
        if speaker not in cache:
            clips = [examples.reference_of(speaker, rng, 200) for _ in range(N_REFERENCES)]
            with torch.no_grad():
                cache[speaker] = model.speaker(torch.from_numpy(np.stack(clips))).mean(0).numpy()
        return cache[speaker]

    found = {}
    for name, voice in VOICES.items():
        known = [(speaker, weight) for speaker, weight in voice.speakers if speaker in examples.by_speaker]
        if not known:
            continue
        total = sum(weight for _, weight in known)
        embedding = sum(weight / total * of_speaker(speaker) for speaker, weight in known)
        mean = sum(weight / total * examples.means[speaker] for speaker, weight in known)
        noise = sum(weight / total * _noise(examples, speaker) for speaker, weight in known)
        shifted = float(mean) + voice.shift * float(np.log(2)) / 12
        found[name] = (np.asarray(embedding, np.float32), shifted, np.asarray(noise))
    return found


def _noise(examples: Examples, speaker: str) -> np.ndarray:
    rows = examples.by_speaker[speaker][:300]
    return reference.noise_floor(np.concatenate([examples.store.mel(row) for row in rows]))


def prosody(model: Acoustic, examples: Examples, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Per style: recordings' spread of F0 over the model's, and recordings' duration over the model's.

    A regression answers with the middle of what it has seen, so its melody is flatter than any reading. Widened by
    this ratio around the voice's mean it has the spread of the recordings.
    """
    rng = np.random.default_rng([seed, 72])
    spread, pace = {}, {}
    for style in inputs.STYLES:
        chosen = _some(examples, style, rng)
        if not chosen:
            continue
        said, meant, lengths, true_lengths = [], [], 0.0, 0.0
        for example in chosen:
            batch = collate([example], [examples.reference(example, rng, 160)])
            with torch.no_grad():
                spoken = speak(model, batch, None)
            voiced = batch.voiced[0] > 0
            said.append(spoken.ratio[0][voiced].numpy())
            meant.append(batch.ratio[0][voiced].numpy())
            # Nobody is told at run time where a reader paused without a mark: that time is spread over the words.
            known = torch.tensor([token != "_" for token in example.tokens[1:-1]], dtype=torch.bool)
            lengths += float(spoken.log_duration[0, 1:-1].exp()[known].sum())
            true_lengths += float(batch.durations[0, 1:-1].sum())
        spread[style] = float(np.clip(_range(meant) / max(_range(said), 1e-3), 0.9, 1.7))
        pace[style] = float(np.clip(true_lengths / max(lengths, 1.0), 0.8, 1.25))
    return spread, pace


def heard_pace(folder: Path, examples: Examples, seed: int) -> dict[str, float]:
    """Per style that the engine reads in: sound of the recordings over sound of the pack in `folder`, texts alike.

    Tokens are as long as the recordings' by `prosody`; the first and the last of an utterance fade, and how soon is
    only heard.
    """
    engine, rng = Native(folder=folder), np.random.default_rng([seed, 73])
    found = {}
    for style, (voice, speaker, language) in READ_BY.items():
        rows = [row for row in examples.rows.get(style, []) if row["speaker"] == speaker and row["text"]]
        ours = theirs = 0
        for index in rng.permutation(len(rows))[:N_HEARD]:
            said = np.concatenate([
                chunk.samples
                for utterance in analyse(rows[index]["text"], language=language).utterances
                for chunk in engine.synthesize(utterance, engine.builtin(voice), np.random.default_rng(0))
            ])  # fmt: skip
            ours += _n_heard(said)
            theirs += _n_heard(examples.store.samples(rows[index]))
        if ours:
            found[style] = theirs / ours
    return found


def _n_heard(samples: np.ndarray) -> int:
    """Frames of 10 ms from the first to the last that is within 30 dB of the loud ones."""
    frames = samples[: len(samples) // HOP_LENGTH * HOP_LENGTH].reshape(-1, HOP_LENGTH)
    power = np.square(frames).mean(1)
    loud = np.flatnonzero(power > np.quantile(power, 0.95) / 1000)
    return int(loud[-1] - loud[0]) + 1


def _range(pieces: list[np.ndarray]) -> float:
    """Between the twentieth parts at either end: what remains of octave errors is no melody."""
    low, high = np.quantile(np.concatenate(pieces), [0.05, 0.95])
    return float(high - low)


def _some(examples: Examples, style: str, rng: np.random.Generator) -> list[Example]:
    if style == "zh_sentence":
        return [examples.joined(5, rng) for _ in range(N_MEASURED // 2)] if examples.rows.get("zh_word") else []
    rows = examples.rows.get(style, [])
    chosen = rng.permutation(len(rows))[:N_MEASURED]
    return [examples.example(rows[i]) for i in chosen]
