"""Another length, the same voice: pitch and formants stay, only the number of periods changes.

Pieces of the sound are laid over one another at another distance than they were cut, each cut where it continues the
one before best. Source: W. Verhelst, M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA)",
ICASSP 1993.
"""

from __future__ import annotations

import numpy as np

WINDOW = 0.030  # seconds of a piece: two periods of a low voice
REACH = 0.010  # seconds to either side in which a piece is looked for: a period of the lowest voice from end to end


def stretched(samples: np.ndarray, n_samples: int, sample_rate: int) -> np.ndarray:
    """The same sound in another number of samples. The first and the last piece stay where they are.

    Args:
        samples: (n,) float32.
        n_samples: wanted; good speech within 8 % of n, usable within a factor of 2.
        sample_rate: Hz.

    Returns:
        (n_samples,) float32; the same arguments give the same samples.
    """
    hop = round(WINDOW * sample_rate / 2)
    if n_samples == len(samples):
        return np.array(samples, np.float32)
    if min(len(samples), n_samples) < 4 * hop:  # too short to hold pieces: there is no melody to keep either
        places = np.linspace(0, len(samples) - 1, n_samples)
        return np.asarray(np.interp(places, np.arange(len(samples)), samples), np.float32)
    reach = round(REACH * sample_rate)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2 * hop) / (2 * hop))  # with the next one at `hop`: 1
    source = np.pad(np.asarray(samples, np.float64), (hop, 2 * hop + reach))
    target = np.zeros(n_samples + 3 * hop)
    weight = np.zeros_like(target)
    starts = np.minimum(np.arange(0, n_samples + hop, hop), n_samples)  # the last piece ends the sound
    ideal = np.round(starts * (len(samples) / n_samples)).astype(int).tolist()
    position = 0
    for number, start in enumerate(starts.tolist()):
        if number == len(starts) - 1:
            position = len(samples)
        elif number:
            follows = position + start - int(starts[number - 1])  # what came next in the original
            position = _most_alike(source, follows, ideal[number], 2 * hop, reach)
        target[start : start + 2 * hop] += window * source[position : position + 2 * hop]
        weight[start : start + 2 * hop] += window
    middle = slice(hop, hop + n_samples)
    return np.asarray(target[middle] / np.maximum(weight[middle], 1e-3), np.float32)


def _most_alike(source: np.ndarray, follows: int, ideal: int, length: int, reach: int) -> int:
    """The place near `ideal` where the sound is most like that at `follows`."""
    low = max(0, ideal - reach)
    high = min(len(source) - length, ideal + reach)
    if low <= follows <= high and abs(follows - ideal) <= reach // 8:
        return follows  # the original itself, while it is where it should be: nothing is better
    wanted = source[follows : follows + length]
    wanted = wanted if len(wanted) == length else np.pad(wanted, (0, length - len(wanted)))
    area = source[low : high + length]
    energy = np.cumsum(np.concatenate([[0.0], area**2]))
    likeness = np.correlate(area, wanted, "valid") / np.sqrt(energy[length:] - energy[:-length] + 1e-9)
    # Of equals (silence, noise) the nearest to the ideal place.
    distance = np.abs(np.arange(low, high + 1) - ideal) / (reach + 1)
    return low + int(np.argmax(likeness - 1e-3 * distance * np.abs(likeness).max()))
