"""What a mark says, as bits that survive errors.

version 4 | engine 8 | id 32 | CRC 16  = 60 bits ─→ convolutional code, rate 1/3 ─→ 180 bits
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from functools import cache

import numpy as np

VERSION = 1
# The number of an engine is its place here; 0 is every other. Names are added at the end, and never change place.
ENGINES = (
    "", "native", "cosyvoice-300m", "cosyvoice-300m-sft", "cosyvoice-300m-instruct", "indextts2", "chattts",
    "gptsovits-v2", "gptsovits-v2pro", "gptsovits-v2proplus", "gptsovits-v4",
)  # fmt: skip

_FIELDS = (4, 8, 32, 16)  # bits
_N_INFO = sum(_FIELDS)
N_CODED = 3 * _N_INFO
# Tail-biting, constraint length 7. Source: 3GPP TS 36.212, 5.1.3.1.
_GENERATORS = (0o133, 0o171, 0o165)
_N_STATES = 64


@dataclass(frozen=True)
class Payload:
    """What is written into a sound."""

    engine: int  # place in ENGINES
    id: int  # 32 bits of a hash of the request
    version: int = VERSION

    @property
    def hex(self) -> str:
        """The id, as metadata and logs have it: 8 hexadecimal digits."""
        return f"{self.id:08x}"

    @property
    def engine_name(self) -> str:
        """The engine's id; "" where it is none of ours, or of a later version of us."""
        return ENGINES[self.engine] if self.engine < len(ENGINES) else ""


def engine_number(name: str) -> int:
    """The number of an engine; 0 for one that has none."""
    return ENGINES.index(name) if name in ENGINES else 0


def coded(payload: Payload) -> np.ndarray:
    """The bits that go into the sound: (N_CODED,) of 0 and 1."""
    bits = _info_bits(payload)
    window = np.lib.stride_tricks.sliding_window_view(np.concatenate([bits[-6:], bits]), 7)[:, ::-1]  # newest first
    taps = np.array([[generator >> (6 - age) & 1 for age in range(7)] for generator in _GENERATORS])
    return np.asarray((window @ taps.T % 2).reshape(-1))


def decoded(soft: np.ndarray) -> Payload | None:
    """The payload that was most likely sent, if its checksum holds.

    Args:
        soft: (N_CODED,) float, above 0 where a bit is rather 1; its size says how surely.
    """
    bits = _viterbi(soft.reshape(_N_INFO, 3))
    version, engine, id, crc = _numbers(bits)
    payload = Payload(engine, id, version)
    return payload if crc == _checksum(payload) else None


def _info_bits(payload: Payload) -> np.ndarray:
    values = (payload.version, payload.engine, payload.id, _checksum(payload))
    text = "".join(f"{value:0{n_bits}b}" for value, n_bits in zip(values, _FIELDS, strict=True))
    assert len(text) == _N_INFO
    return np.array([int(bit) for bit in text])


def _numbers(bits: np.ndarray) -> list[int]:
    text = "".join(str(bit) for bit in bits)
    ends = np.cumsum(_FIELDS)
    return [int(text[end - n_bits : end], 2) for end, n_bits in zip(ends, _FIELDS, strict=True)]


def _checksum(payload: Payload) -> int:
    """CRC-16 (CCITT), started at a value that no mark of zeros fulfils."""
    data = bytes([payload.version, payload.engine]) + payload.id.to_bytes(4, "big")
    return binascii.crc_hqx(data, 0xFFFF)


@cache
def _outputs() -> tuple[np.ndarray, np.ndarray]:
    """Of every (state, newest bit): the three coded bits as -1 and 1 (64, 2, 3), and the next state (64, 2).

    A state is the last six bits, the newest highest.
    """
    out, following = np.zeros((_N_STATES, 2, 3)), np.zeros((_N_STATES, 2), int)
    for state in range(_N_STATES):
        for bit in (0, 1):
            register = bit << 6 | state
            out[state, bit] = [2 * ((register & generator).bit_count() % 2) - 1 for generator in _GENERATORS]
            following[state, bit] = register >> 1
    return out, following


def _viterbi(soft: np.ndarray) -> np.ndarray:
    """(n, 3) -> the n bits of the best path, whose end is its beginning.

    The circle is walked three times and the middle one is kept: by then the beginning no longer matters.
    """
    out, following = _outputs()
    n_info = len(soft)
    before = np.empty((_N_STATES, 2), int)  # the two states that lead to each, and the bit is the same: its highest
    for state in range(_N_STATES):
        before[state] = np.nonzero((following == state).any(axis=1))[0]
    newest = np.arange(_N_STATES) >> 5
    gains = np.einsum("tk,sbk->tsb", soft, out)  # of every step, from every state, with every bit
    score, choices = np.zeros(_N_STATES), []
    for step in range(3 * n_info):
        ways = score[before] + gains[step % n_info][before, newest[:, None]]
        choice = ways.argmax(axis=1)
        score = np.take_along_axis(ways, choice[:, None], axis=1)[:, 0]
        choices.append(before[np.arange(_N_STATES), choice])
    state, bits = int(score.argmax()), []
    for step in range(3 * n_info - 1, n_info - 1, -1):
        if step < 2 * n_info:
            bits.append(state >> 5)
        state = int(choices[step][state])
    return np.array(bits[::-1])
