"""Token by token: the two passes of the GPT, for one or several texts at once.

    refine   text → text with pauses, laughter and fillers written in
    speak    text, a speaker, a sample of speech → codes, and the hidden states that sound is made of
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from . import prompts, sampling
from .config import LONGEST, N_Q
from .sampling import Sampling
from .stages import Speaking, Stages
from .tokenizer import batch

LONGEST_TEXT = 384  # ids of a refined text


class Draw(Protocol):
    """Where the randomness comes from."""

    def __call__(self, probs: np.ndarray) -> np.ndarray:
        """Probabilities (B, n_heads, n) -> tokens (B, n_heads)."""
        ...


class FromGenerators:
    """A generator for each text, so that no text changes another."""

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self._generators = generators

    def __call__(self, probs: np.ndarray) -> np.ndarray:
        """See Draw."""
        return np.stack(
            [sampling.drawn(each, rng.random(len(each))) for each, rng in zip(probs, self._generators, strict=True)]
        )


class FromManualSeed:
    """As the official code draws with a manual seed: all steps share one noise. Needs torch."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, probs: np.ndarray) -> np.ndarray:
        """See Draw."""
        import torch

        rows = torch.from_numpy(probs.reshape(-1, probs.shape[-1]))
        generator = torch.Generator().manual_seed(self._seed)
        tokens: np.ndarray = torch.multinomial(rows, 1, generator=generator).numpy()
        return tokens.reshape(probs.shape[:-1])


@dataclass(frozen=True)
class Bounds:
    """When a text may end."""

    least: int = 1  # tokens; with none there would be nothing
    most: int = LONGEST
    end: int = 625  # the token that ends it


@dataclass(frozen=True)
class Step:
    """One token of each text."""

    tokens: np.ndarray  # (B, n_heads) int64
    hidden: np.ndarray  # (B, dim) float32
    ended: np.ndarray  # (B,) True where the text has ended with this token or before: it is not part of it


def speaking_rows(
    stages: Stages, ids: Sequence[Sequence[int]], embedding: np.ndarray | None = None, sample: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What the GPT reads first.

    Args:
        stages: the networks.
        ids: of each text.
        embedding: (dim,) of length 1, put in the place of [spk_emb].
        sample: codes (n_q, P) behind every text.

    Returns:
        (B, T, dim) float32 and (B, T) True where there is no padding.
    """
    numbers, mask = batch(ids)
    rows = stages.text_rows(numbers)
    if embedding is not None:
        rows[(numbers == prompts.SPEAKER) & mask] = embedding.astype(np.float32)
    if sample is not None:
        heard = stages.code_rows(sample.T)
        rows = np.concatenate([rows, np.broadcast_to(heard, (len(rows), *heard.shape))], 1)
        mask = np.concatenate([mask, np.ones((len(rows), len(heard)), bool)], 1)
    return rows, mask


def spoken(
    stages: Stages, speaking: Speaking, how: Sampling, draw: Draw, bounds: Bounds
) -> Iterator[Step]:
    """Codes and hidden states, until all texts have ended."""
    said = np.zeros((len(speaking.hidden), N_Q, 0), np.int64)
    ended = np.zeros(len(said), bool)
    while said.shape[2] < bounds.most:
        hidden = speaking.hidden
        logits = stages.code_logits(hidden)
        tokens = _drawn(logits, said, how, draw, bounds)
        ended = ended | (tokens == bounds.end).any(1)
        yield Step(tokens, hidden, ended)
        said = np.concatenate([said, tokens[..., None]], 2)
        if ended.all() or said.shape[2] == bounds.most:
            return
        speaking.say(stages.code_rows(tokens))


def refined(
    stages: Stages, speaking: Speaking, how: Sampling, draw: Draw, bounds: Bounds
) -> list[list[int]]:
    """Ids of each text, styles included."""
    said = np.zeros((len(speaking.hidden), 1, 0), np.int64)
    texts: list[list[int]] = [[] for _ in said]
    ended = np.zeros(len(said), bool)
    while said.shape[2] < bounds.most:
        logits = stages.text_logits(speaking.hidden)[:, None]
        tokens = _drawn(logits, said, how, draw, bounds)
        ended = ended | (tokens[:, 0] == bounds.end)
        for text, token, is_over in zip(texts, tokens[:, 0], ended, strict=True):
            if not is_over:
                text.append(int(token))
        said = np.concatenate([said, tokens[..., None]], 2)
        if ended.all() or said.shape[2] == bounds.most:
            break
        speaking.say(stages.text_rows(tokens[:, 0]))
    return texts


def _drawn(logits: np.ndarray, said: np.ndarray, how: Sampling, draw: Draw, bounds: Bounds) -> np.ndarray:
    """Logits (B, n_heads, n), tokens so far (B, n_heads, n_said) -> tokens (B, n_heads)."""
    end = bounds.end if said.shape[2] < bounds.least else None
    flat = logits.reshape(-1, logits.shape[-1])
    probs = sampling.probabilities(flat, said.reshape(len(flat), -1), how, end)
    return draw(probs.reshape(logits.shape))
