"""How good the emotion encoder is: emotions found, intensity, and whether the manner betrays the speaker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from kouji.types import EMOTIONS

from .emotion_encoder import Clips, EmotionEncoder, answers
from .features import Row


def evaluate(model: EmotionEncoder, copies: Path, seed: int = 0) -> dict[str, object]:
    """On copies of people it never heard: emotions found, intensity, and whether the manner betrays the speaker.

    The speaker is asked of a new linear classifier that sees the manner alone, on half of each speaker's pieces, and
    answers on the other half; chance is one over the number of speakers.
    """
    clips = Clips(copies)
    rows = clips.of("held_out")
    if not rows:
        return {"n_clips": 0}
    manner, logits, intensity = answers(model, clips, rows)
    emotions = np.array([row["emotion"] for row in rows])
    strengths = np.array([row["strength"] for row in rows])
    found = np.array(EMOTIONS)[logits.argmax(1)]
    acted, strong = emotions != "neutral", strengths >= 0.7
    return {
        "n_clips": len(rows),
        "n_speakers": len({row["speaker"] for row in rows}),
        "found": _share((found == emotions)[acted]),
        "found_strong": _share((found == emotions)[strong]),
        "found_of": {name: _share((found == emotions)[emotions == name]) for name in EMOTIONS},
        "taken_for": {name: _confused(found[emotions == name], name) for name in EMOTIONS},
        "intensity_correlation": round(float(np.corrcoef(intensity, strengths)[0, 1]), 3),
        "intensity_of_neutral": _share(intensity[~acted]),
        "intensity_of_strong": _share(intensity[strong]),
        "speaker_by_manner": speaker_guess(manner, rows, seed),
        "speaker_by_answer": speaker_guess(_softmax(logits), rows, seed),
    }


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares: np.ndarray = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True))


def _share(values: np.ndarray) -> float:
    """Mean, to three digits."""
    return round(float(values.mean()), 3) if len(values) else 0.0


def _confused(found: np.ndarray, name: str) -> str:
    """The emotion that an emotion is most often mistaken for."""
    others = [other for other in found if other != name]
    return max(sorted(set(others)), key=others.count) if others else ""


def speaker_guess(manner: np.ndarray, rows: Sequence[Row], seed: int) -> dict[str, float]:
    """How often a linear classifier of the manner (N, d) names the right speaker, and how often chance does."""
    pieces: dict[str, list[int]] = {}
    for row in rows:
        known = pieces.setdefault(row["speaker"], [])
        if row["piece"] not in known:
            known.append(row["piece"])
    speakers = [speaker for speaker, own in pieces.items() if len(own) >= 4]
    if len(speakers) < 2:
        return {}
    kept = np.array([row["speaker"] in speakers for row in rows])
    learnt = np.array([pieces[row["speaker"]].index(row["piece"]) % 2 == 0 for row in rows])
    x = torch.from_numpy((manner - manner[kept].mean(0)) / (manner[kept].std(0) + 1e-3))
    y = torch.tensor([speakers.index(row["speaker"]) if row["speaker"] in speakers else 0 for row in rows])
    torch.manual_seed(seed)
    probe = nn.Linear(manner.shape[1], len(speakers))
    optimiser = torch.optim.Adam(probe.parameters(), lr=0.02, weight_decay=1e-3)
    teaching, asking = torch.from_numpy(kept & learnt), torch.from_numpy(kept & ~learnt)
    for _ in range(300):
        loss = functional.cross_entropy(probe(x[teaching]), y[teaching])
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
    with torch.no_grad():
        right = float((probe(x[asking]).argmax(1) == y[asking]).float().mean())
    return {"n": len(speakers), "right": round(right, 3), "chance": round(1 / len(speakers), 3)}
