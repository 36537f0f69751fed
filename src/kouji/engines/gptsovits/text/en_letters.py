"""English words that no dictionary has: letters to phonemes by the network of g2p_en (Apache-2.0), in numpy.

    letters (T,) -> embedding (T, 256) -> GRU -> state (256,) -> GRU, one phoneme at a time, at most 20

Its weights are rounded to float16.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

_LETTERS = {letter: row for row, letter in enumerate("abcdefghijklmnopqrstuvwxyz", 3)}
_UNKNOWN_LETTER, _END_OF_WORD = 1, 2
_PHONEMES = (
    "<pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH "
    "EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S "
    "SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH"
).split()
_START, _END = 2, 3
_LONGEST = 20  # phonemes


@cache
def _weights() -> dict[str, np.ndarray]:
    with files(__package__).joinpath("data", "en_letters.npz").open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


@lru_cache(maxsize=2048)
def spoken(word: str) -> tuple[str, ...]:
    """Phonemes of a lower-case word; what the network writes besides phonemes is among them, such as "<unk>"."""
    weights = _weights()
    state = np.zeros(weights["enc_w_hh"].shape[1], np.float32)
    for row in [*(_LETTERS.get(letter, _UNKNOWN_LETTER) for letter in word), _END_OF_WORD]:
        state = _step(weights["enc_emb"][row], state, "enc")
    found: list[int] = []
    last = _START
    while len(found) < _LONGEST:
        state = _step(weights["dec_emb"][last], state, "dec")
        last = int((weights["fc_w"] @ state + weights["fc_b"]).argmax())
        if last == _END:
            break
        found.append(last)
    return tuple(_PHONEMES[row] for row in found)


def _step(inputs: np.ndarray, state: np.ndarray, side: str) -> np.ndarray:
    """One step of a GRU; its gates stand in PyTorch's order r, z, n."""
    weights = _weights()
    size = len(state)
    seen = weights[f"{side}_w_ih"] @ inputs + weights[f"{side}_b_ih"]
    kept = weights[f"{side}_w_hh"] @ state + weights[f"{side}_b_hh"]
    gates = 1 / (1 + np.exp(-(seen[: 2 * size] + kept[: 2 * size])))
    new: np.ndarray = np.tanh(seen[2 * size :] + gates[:size] * kept[2 * size :])
    rest: np.ndarray = gates[size:]
    state = new + rest * (state - new)
    return state
