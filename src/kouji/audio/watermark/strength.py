"""How strong the mark may be at each moment and pitch: as much as the speech itself covers.

The threshold of masking follows J. D. Johnston, "Transform coding of audio signals using perceptual noise criteria",
IEEE JSAC 6 (1988): the energies spread along the Bark scale (M. R. Schroeder, B. S. Atal and J. L. Hall, "Optimizing
digital speech coders by exploiting masking properties of the human ear", JASA 66, 1979), less an offset that is
larger where the sound is tonal. Above that we keep below a gain that grows with frequency: measured on DNSMOS, a
decibel below 1.5 kHz costs more than two and a half above 3.5 kHz.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .pattern import BAND, LOW, N_BANDS

_CAP_HZ, _CAP_DB = (1500.0, 3500.0), (0.7, 3.0)  # the most that a tile changes by, linear between
_TONAL = -60.0  # dB of spectral flatness at which a sound counts as wholly tonal (Johnston)


@cache
def caps() -> np.ndarray:
    """(N_BANDS,) dB: the most that a tile is changed by."""
    return np.asarray(np.interp(_centres(), _CAP_HZ, _CAP_DB))


def strengths(energies: np.ndarray) -> np.ndarray:
    """Energies of the tiles (T, N_BANDS), any unit -> how much louder or softer each may become (T, N_BANDS), dB."""
    energies = energies + 1e-12  # below 16 bits by far: only for the logarithms
    decibels = 10 * np.log10(energies)
    flatness = decibels.mean(axis=1) - 10 * np.log10(energies.mean(axis=1))
    tonal = np.clip(flatness / _TONAL, 0, 1)[:, None]
    offset = tonal * (14.5 + _bark(_centres())) + (1 - tonal) * 5.5
    masked = np.zeros_like(energies)
    # One masker after the other, because a matrix product may round a frame differently beside others than alone.
    for masker, shares in enumerate(_spreading()):
        masked += energies[:, masker, None] * shares
    return np.asarray(np.minimum(20 * np.log10(1 + np.sqrt(masked * 10 ** (-offset / 10) / energies)), caps()))


def _centres() -> np.ndarray:
    return LOW + (np.arange(N_BANDS) + 0.5) * BAND


def _bark(hz: np.ndarray) -> np.ndarray:
    """Critical bands. Source: E. Zwicker and E. Terhardt, JASA 68 (1980)."""
    return np.asarray(13 * np.arctan(0.00076 * hz) + 3.5 * np.arctan((hz / 7500) ** 2))


@cache
def _spreading() -> np.ndarray:
    """(masker, maskee): the share of each tile's energy that reaches each other; the shares of a maskee add to 1."""
    bark = _bark(_centres())
    distance = bark - bark[:, None] + 0.474
    shares = 10 ** ((15.81 + 7.5 * distance - 17.5 * np.sqrt(1 + distance**2)) / 10)
    return np.asarray(shares / shares.sum(axis=0))
