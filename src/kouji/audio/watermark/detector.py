"""Finding the mark again, with nothing but the sound.

    samples ─→ loudness of tiles ─→ what sticks out of its neighbours ─→ correlation with the pilots, at every shift
                                                                      └→ best shift ─→ bits ─→ payload

What sticks out in unmarked speech knows nothing of the key: given that sound, the correlation is a sum of terms with
random signs, near a normal distribution whose variance is the sum of their squares. From it comes the threshold, and
`confidence`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kouji.audio.resample import resample

from .pattern import BAND, LOW, N_BANDS, N_SLOTS, PERIOD, SLOT, carried, pilots, signs
from .payload import N_CODED, Payload, decoded
from .strength import caps

_RATE = 16000  # Hz; all that carries the mark lies below 7 kHz
_STEP = SLOT / 4  # seconds between the shifts that are tried
_N_FRAME, _N_STEP, _N_PHASES = round(SLOT * _RATE), round(_STEP * _RATE), 4
_FLOOR = 1e-6  # of the loud tiles' power: a band that a codec left empty says nothing
_CLIP = 6.0  # dB; what sticks out further is the speech itself
_SPANS = (3, 6, 12, 24)  # periods: a mark is looked for in parts of that length too, and in the whole
_FALSE_ALARMS = 1e-4  # of a clip of any length, at most

# (slot, band): what a tile is beyond what its neighbours tell of it, from the covariance of log-power tiles in speech.
# Source: 60 recordings of our corpus, the middle row of the inverse of the covariance of 7 x 5 tiles.
_INNOVATION = np.array(
    [[0.07, 0.06, -0.31, 0.06, 0.07], [-0.08, -0.38, 1, -0.38, -0.08], [0.07, 0.06, -0.31, 0.06, 0.07]]
)


@dataclass(frozen=True)
class Watermark:
    """A mark of ours that was found in a sound."""

    confidence: float  # 0 to 1: 1 less the chance that a sound without a mark looks like this
    score: float  # standard deviations above sound without a mark
    start: float  # seconds: the part of the sound where it is clearest
    end: float
    id: str = ""  # of the request, as its metadata has it: 8 hexadecimal digits; "": too little was heard to read it
    engine: str = ""  # which spoke; "" too where it is none of ours
    version: int = 0  # of the payload


def detect(samples: np.ndarray, sample_rate: int) -> Watermark | None:
    """Look for the mark.

    Args:
        samples: (n_samples,) float in [-1, 1]; of whatever came of a sound of ours, or never was one.
        sample_rate: Hz.

    Returns:
        None where there is none, or less of it than chance brings once in ten thousand clips.
    """
    cells = _cells(resample(np.asarray(samples, np.float32), sample_rate, _RATE))
    if cells.shape[1] == 0:
        return None
    score, first, last, phase, shift, n_tried = _best(cells)
    chance = n_tried * 0.5 * math.erfc(score / math.sqrt(2))
    if chance > _FALSE_ALARMS:
        return None
    start, length = first * PERIOD, (last - first) * PERIOD
    end = min(start + length, len(samples) / sample_rate)
    payload = _payload(cells[phase, first * N_SLOTS : last * N_SLOTS], shift)
    if payload is None:
        return Watermark(1 - chance, score, start, end)
    return Watermark(1 - chance, score, start, end, payload.hex, payload.engine_name, payload.version)


def _cells(samples: np.ndarray) -> np.ndarray:
    """(n_samples,) at 16 kHz -> (N_PHASES, T, N_BANDS): what every tile has beyond its neighbours, weighed, in dB.

    The phases are tilings that begin `_STEP` after one another.
    """
    n_slots = (len(samples) - _N_FRAME) // _N_STEP + 1
    n_slots = max(0, (n_slots - _N_PHASES + 1) // _N_PHASES)
    if n_slots == 0 or not np.any(samples):
        return np.zeros((_N_PHASES, 0, N_BANDS), np.float32)
    loudness = _loudness(samples)
    weights = np.sqrt(caps())  # more where the mark is stronger; found by trying
    cells = np.empty((_N_PHASES, n_slots, N_BANDS), np.float32)
    for phase in range(_N_PHASES):
        frames = loudness[phase : phase + n_slots * _N_PHASES]
        cells[phase] = _innovation(frames.reshape(n_slots, _N_PHASES, N_BANDS).mean(axis=1)) * weights
    # What lasts would add up over the periods, and with it chance: 2 of 1,000 clean clips had a mark then.
    starts = np.arange(0, n_slots, N_SLOTS)
    lengths = np.diff(starts, append=n_slots)
    means = np.add.reduceat(cells, starts, axis=1) / lengths[:, None]
    return np.asarray(cells - np.repeat(means, lengths, axis=1), np.float32)


def _loudness(samples: np.ndarray) -> np.ndarray:
    """(n_frames, N_BANDS) dB, every `_STEP`."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _N_FRAME)[::_N_STEP]
    window = np.hanning(_N_FRAME + 2)[1:-1].astype(np.float32)
    first = np.round((LOW + BAND * np.arange(N_BANDS + 1)) * _N_FRAME / _RATE).astype(int)
    power = np.empty((len(frames), N_BANDS), np.float32)
    for start in range(0, len(frames), 4096):  # an hour at once would not fit
        spectra = np.fft.rfft(frames[start : start + 4096] * window)[:, : first[-1]]
        power[start : start + 4096] = np.add.reduceat(spectra.real**2 + spectra.imag**2, first[:-1], axis=1)
    noise = np.percentile(power, 10, axis=0)  # of a room or a codec; tiles that do not rise above it say little
    floor = noise + _FLOOR * np.percentile(power.mean(axis=1), 95) + 1e-12
    return np.asarray(10 * np.log10(power + floor))


def _innovation(tiles: np.ndarray) -> np.ndarray:
    """Loudness of tiles (T, N_BANDS) -> what their neighbours do not tell of it, clipped (T, N_BANDS)."""
    n_around, b_around = (size // 2 for size in _INNOVATION.shape)
    padded = np.pad(tiles, ((n_around, n_around), (b_around, b_around)), mode="edge")
    out = np.zeros_like(tiles)
    for (row, column), weight in np.ndenumerate(_INNOVATION):
        out += weight * padded[row : row + len(tiles), column : column + N_BANDS]
    return np.asarray(np.clip(out, -_CLIP, _CLIP))


def _best(cells: np.ndarray) -> tuple[float, int, int, int, int, int]:
    """The highest score; the periods from and to which it holds, its phase and shift; and how many were tried."""
    sums, squares = _correlations(cells)
    n_periods = sums.shape[1]
    best, n_tried = (-math.inf, 0, 0, 0, 0), 0
    add = [np.cumsum(np.pad(each, ((0, 0), (1, 0), (0, 0))), axis=1) for each in (sums, squares)]
    for span in (*(span for span in _SPANS if span < n_periods), n_periods):
        sum_, square = (each[:, span:] - each[:, :-span] for each in add)
        scores = sum_ / np.sqrt(square + 1e-3)
        phase, first, shift = np.unravel_index(scores.argmax(), scores.shape)
        best = max(best, (float(scores.max()), int(first), int(first) + span, int(phase), int(shift)))
        n_tried += scores.size
    return (*best, n_tried)


def _correlations(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every phase, period and shift: the cells times the pilots, and the squares of the cells under pilots.

    Returns:
        Twice (N_PHASES, n_periods, N_SLOTS).
    """
    n_periods = -(-cells.shape[1] // N_SLOTS)
    padded = np.pad(cells, ((0, 0), (0, n_periods * N_SLOTS - cells.shape[1]), (0, 0)))
    folded = padded.reshape(_N_PHASES, n_periods, N_SLOTS, N_BANDS)
    pattern = pilots(N_CODED)
    pairs = [(_circular(each, pattern), _circular(each**2, pattern**2)) for each in folded]  # an hour too
    return np.stack([sums for sums, _ in pairs]), np.stack([squares for _, squares in pairs])


def _circular(folded: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """(T, N_SLOTS, N_BANDS) and (N_SLOTS, N_BANDS) -> (T, N_SLOTS): their product when the pattern starts later."""
    product = np.fft.rfft(folded, axis=-2).conj() * np.fft.rfft(pattern, axis=0)
    return np.asarray(np.fft.irfft(product.sum(axis=-1), N_SLOTS, axis=-1))


def _payload(cells: np.ndarray, shift: int) -> Payload | None:
    """Read the bits of cells (T, N_BANDS), the first of which is that of slot `shift`."""
    slots = (np.arange(len(cells)) + shift) % N_SLOTS
    where = carried(N_CODED)[slots]
    votes = (cells * signs()[slots])[where >= 0]
    return decoded(np.bincount(where[where >= 0], weights=votes, minlength=N_CODED))
