"""Where the mark lies: tiles of 20 ms by 200 Hz, each a little louder or softer by a key.

Tiles are laid out in seconds and Hz, so that a mark put in at one sample rate is found at any other. The pattern
repeats every 1.28 s: any few seconds hold it whole. Half of the tiles are pilots, the same in every mark, by
which it is found; the others carry the payload.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

SLOT = 0.020  # seconds of a tile
N_SLOTS = 64  # in a period
LOW, BAND, N_BANDS = 300.0, 200.0, 33  # Hz; up to 6.9 kHz: what survives 16 kHz and codecs at low rates
PERIOD = N_SLOTS * SLOT  # seconds

_KEY = b"kouji watermark 1"  # another layout gets another number: old marks are then found beside it
_PILOTS = 0.5  # share of the tiles


@cache
def signs() -> np.ndarray:
    """(N_SLOTS, N_BANDS) of -1 and 1: which tiles are softer and which louder, where the bit they carry is 1."""
    bits = np.unpackbits(_random(b"signs", N_SLOTS * N_BANDS // 8))
    return (2.0 * bits - 1.0).reshape(N_SLOTS, N_BANDS)


@cache
def carried(n_bits: int) -> np.ndarray:
    """(N_SLOTS, N_BANDS) int: the bit that a tile carries, -1 in pilots.

    The tiles of one bit lie far from one another, in time and in frequency: a codec that drops the upper bands or a
    pause takes a little from every bit, and no bit whole.
    """
    order = np.frombuffer(_random(b"order", 4 * N_SLOTS * N_BANDS), "<u4").reshape(N_BANDS, N_SLOTS).argsort(axis=1)
    n_pilots = round(_PILOTS * N_SLOTS)
    bits = np.full((N_SLOTS, N_BANDS), -1)
    n_carried = 0
    for band in range(N_BANDS):
        slots = order[band, n_pilots:]
        bits[slots, band] = np.arange(n_carried, n_carried + len(slots)) % n_bits
        n_carried += len(slots)
    return bits


def pilots(n_bits: int) -> np.ndarray:
    """(N_SLOTS, N_BANDS): the signs of the pilots, 0 elsewhere."""
    return np.where(carried(n_bits) < 0, signs(), 0.0)


def pattern(bits: np.ndarray) -> np.ndarray:
    """(n_bits,) of 0 and 1 -> (N_SLOTS, N_BANDS) of -1 and 1: every tile as a mark with these bits has it."""
    where = carried(len(bits))
    return np.asarray(np.where(where < 0, 1.0, 2.0 * bits[where] - 1.0) * signs())


def _random(purpose: bytes, n_bytes: int) -> np.ndarray:
    """Bytes (n_bytes,) that depend on the key and the purpose alone, on every machine and with every numpy."""
    return np.frombuffer(hashlib.shake_256(_KEY + b"/" + purpose).digest(n_bytes), np.uint8)
