"""Letter to sound for words that nothing else knows: a small recurrent network, in numpy.

Every letter says a chunk of zero to three ARPABET symbols ("x" -> K S). A GRU reads the word from both sides; a second
one goes through the letters and chooses the chunks, each with the ones before it in mind. A beam of four keeps the
stress sensible. Trained on CMUdict by `kouji.train.g2p_en`; the weights lie in `data/en_letters.npz` as int8 with one
scale per row.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).parents[1] / "data" / "en_letters.npz"
ALPHABET = "'abcdefghijklmnopqrstuvwxyz"
BEAM = 4
LONGEST = 40  # letters; the model has seen words of up to 34


def quantize(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Matrices as int8 with a float32 scale per row (`name` and `name.scale`); vectors as float32."""
    packed = {}
    for name, weight in weights.items():
        if weight.ndim == 1:
            packed[name] = weight.astype(np.float32)
            continue
        scale = np.abs(weight).max(axis=1, keepdims=True) / 127 + 1e-12
        packed[name] = np.round(weight / scale).astype(np.int8)
        packed[name + ".scale"] = scale.astype(np.float32)
    return packed


def dequantize(packed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inverse of `quantize`, float32."""
    return {
        name: value * packed[name + ".scale"] if value.dtype == np.int8 else value
        for name, value in packed.items()
        if not name.endswith(".scale")
    }


class LetterModel:
    """The network; `weights` are named as in torch.nn.GRU, `chunks` are the classes it chooses from."""

    def __init__(self, weights: dict[str, np.ndarray], chunks: list[str]) -> None:
        self.weights = weights
        self.chunks = chunks

    def decode(self, word: str, beam: int = BEAM) -> str:
        """ARPABET of a word in letters of ALPHABET; "" for none."""
        letters = [ALPHABET.index(c) + 1 for c in word]
        if not letters:
            return ""
        encoded = self._encode(np.array(letters))
        weights, start = self.weights, len(self.chunks)
        states = np.zeros((1, weights["decoder.weight_hh_l0"].shape[1]), np.float32)
        scores, paths = np.zeros(1, np.float32), [[start]]
        for step in encoded:
            previous = weights["chunk.weight"][[path[-1] for path in paths]]
            inputs = np.concatenate([np.repeat(step[None], len(paths), 0), previous], axis=1)
            states = self._gru("decoder", "_l0", inputs, states)
            logits = states @ weights["output.weight"].T + weights["output.bias"]
            total = scores[:, None] + _log_softmax(logits)
            best = np.argsort(-total, axis=None, kind="stable")[:beam]
            rows, columns = np.unravel_index(best, total.shape)
            scores, states = total[rows, columns], states[rows]
            paths = [[*paths[row], int(column)] for row, column in zip(rows, columns, strict=True)]
        for path in paths:
            said = " ".join(self.chunks[i] for i in path[1:] if self.chunks[i])
            if any(c.isdigit() for c in said):
                return said
        return " ".join(self.chunks[i] for i in paths[0][1:] if self.chunks[i])

    def _encode(self, letters: np.ndarray) -> np.ndarray:
        """(n_letters,) -> (n_letters, 2 x hidden), read forwards and backwards."""
        embedded = self.weights["letter.weight"][letters]
        sides = []
        for suffix, order in (("_l0", embedded), ("_l0_reverse", embedded[::-1])):
            state = np.zeros((1, self.weights["encoder.weight_hh_l0"].shape[1]), np.float32)
            states = []
            for step in order:
                state = self._gru("encoder", suffix, step[None], state)
                states.append(state[0])
            sides.append(np.array(states if suffix == "_l0" else states[::-1]))
        return np.concatenate(sides, axis=1)

    def _gru(self, name: str, suffix: str, inputs: np.ndarray, state: np.ndarray) -> np.ndarray:
        """One step of torch.nn.GRU: (B, n_in), (B, hidden) -> (B, hidden)."""
        weights = self.weights
        from_input = inputs @ weights[f"{name}.weight_ih{suffix}"].T + weights[f"{name}.bias_ih{suffix}"]
        from_state = state @ weights[f"{name}.weight_hh{suffix}"].T + weights[f"{name}.bias_hh{suffix}"]
        reset_in, update_in, new_in = np.split(from_input, 3, axis=1)
        reset_state, update_state, new_state = np.split(from_state, 3, axis=1)
        reset, update = _sigmoid(reset_in + reset_state), _sigmoid(update_in + update_state)
        new: np.ndarray = (1 - update) * np.tanh(new_in + reset * new_state) + update * state
        return new


def _sigmoid(x: np.ndarray) -> np.ndarray:
    squashed: np.ndarray = 1 / (1 + np.exp(-x))
    return squashed


def _log_softmax(x: np.ndarray) -> np.ndarray:
    shifted: np.ndarray = x - x.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted


@cache
def model() -> LetterModel:
    """The model that ships with the package."""
    with np.load(FILE) as archive:
        packed = {name: archive[name] for name in archive.files}
    chunks = bytes(packed.pop("chunks")).decode("ascii").split("\n")
    return LetterModel(dequantize(packed), chunks)


@lru_cache(maxsize=5_000)
def by_letters(word: str) -> str:
    """ARPABET of a lower-case word; very long ones are read in pieces."""
    word = "".join(c for c in word if c in ALPHABET)
    pieces = [word[i : i + LONGEST] for i in range(0, len(word), LONGEST)]
    return " ".join(said for piece in pieces if (said := model().decode(piece)))
