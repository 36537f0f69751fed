"""A second vote on polyphonic characters: the small network of g2pM, in numpy.

    characters (T,) -> embedding (T, 64) -> LSTM both ways (T, 64) -> two dense layers -> readings (876)

Weights: kakaobrain/g2pM (Apache-2.0), rounded to float16 by `kouji.text.zh.compile`; Park and Lee, "g2pM: A Neural
Grapheme-to-Phoneme Conversion Package for Mandarin Chinese", 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

_UNKNOWN, _START, _END = "<UNK>", "시", "끝"  # g2pM's own marks


@dataclass(frozen=True)
class _Network:
    vocabulary: dict[str, int]
    readings: list[str]
    choices: dict[str, list[int]]  # character -> rows of the readings it may have
    weights: dict[str, np.ndarray]


@cache
def _network() -> _Network:
    with files("kouji.text.data").joinpath("zh_g2pm.npz").open("rb") as file, np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    readings = str(arrays.pop("readings")).split(" ")
    rows = {reading: row for row, reading in enumerate(readings)}
    return _Network(
        vocabulary={token: row for row, token in enumerate(str(arrays.pop("vocabulary")).split("\n"))},
        readings=readings,
        choices={
            entry[0]: [rows[reading] for reading in entry[1:].split(",")]
            for entry in str(arrays.pop("choices")).split(" ")
        },
        weights={name: array.astype(np.float32) for name, array in arrays.items()},
    )


def knows(character: str) -> bool:
    """Whether the network was trained to choose between readings of this character."""
    return character in _network().choices


def vote(run: str, indices: list[int]) -> list[tuple[str, float]]:
    """The likeliest reading and its probability among the character's readings, for some characters of a run.

    Args:
        run: simplified characters, best a whole sentence.
        indices: characters that the network `knows`.
    """
    network = _network()
    weights, vocabulary = network.weights, network.vocabulary
    unknown = vocabulary[_UNKNOWN]
    tokens = [vocabulary[_START], *(vocabulary.get(c, unknown) for c in run), vocabulary[_END]]
    embedded = weights["embedding.weight"][tokens]
    forward = _lstm(embedded, weights, "")
    backward = _lstm(embedded[::-1], weights, "_reverse")[::-1]
    hidden = np.concatenate([forward, backward], axis=1)[[i + 1 for i in indices]]
    hidden = np.maximum(hidden @ weights["logit_layer.0.weight"].T + weights["logit_layer.0.bias"], 0)
    logits = hidden @ weights["logit_layer.2.weight"].T + weights["logit_layer.2.bias"]
    found = []
    for row, index in zip(logits, indices, strict=True):
        choices = network.choices[run[index]]
        scores = np.exp(row[choices] - row[choices].max())
        best = int(scores.argmax())
        found.append((network.readings[choices[best]], float(scores[best] / scores.sum())))
    return found


def _lstm(inputs: np.ndarray, weights: dict[str, np.ndarray], direction: str) -> np.ndarray:
    """Hidden states (T, 32) of one direction; gates stand in PyTorch's order i, f, g, o."""
    projected = inputs @ weights[f"lstm.weight_ih_l0{direction}"].T + weights[f"lstm.bias_ih_l0{direction}"]
    projected = projected + weights[f"lstm.bias_hh_l0{direction}"]
    recurrent = weights[f"lstm.weight_hh_l0{direction}"].T
    size = recurrent.shape[0]
    hidden, cell = np.zeros(size, np.float32), np.zeros(size, np.float32)
    states = np.empty((len(inputs), size), np.float32)
    for step, row in enumerate(projected):
        gates = row + hidden @ recurrent
        squashed = 1 / (1 + np.exp(-gates))
        cell = squashed[size : 2 * size] * cell + squashed[:size] * np.tanh(gates[2 * size : 3 * size])
        hidden = states[step] = squashed[3 * size :] * np.tanh(cell)
    return states
