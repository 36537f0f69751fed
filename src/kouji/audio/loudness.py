"""How loud a sound is to the ear, and bringing it to a wanted loudness without peaks that clip.

Source: ITU-R BS.1770-4, for one channel. Annex 1: the K-weighting (a head's shelf and a high-pass), blocks of 400 ms,
two gates. Annex 2: peaks between the samples, found at four times the rate. The recommendation gives the filters for
48 kHz alone; the analogue values behind its table (B. De Man, "Evaluation of implementations of the EBU R128 loudness
measurement", AES 145, 2018) give them for every rate.
"""

from __future__ import annotations

import numpy as np

from kouji.errors import InvalidInput

QUIETEST, LOUDEST = -40.0, -5.0  # LUFS, of what can be asked for
CEILING = -1.0  # dBTP; what lossy formats add to a peak has room above it (EBU R 128)

BLOCK, HOP = 0.4, 0.1  # seconds
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS, LU
_OFFSET = -0.691  # LUFS: makes a sine of 997 Hz at full scale -3.01
_PIECE = 1 << 18  # samples that are filtered at once
_TAIL = 0.25  # seconds; the filters' answer to a click is below 1e-12 by then
_LOOK_AHEAD = 0.005  # seconds, in which the limiter closes and opens
_ROUNDS = 4  # of gain and limiter until the loudness is met
_CLOSE = 0.05  # LU


def loudness(samples: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness of samples (n_samples,) in LUFS; -inf where there is nothing to hear.

    What is shorter than a block of 0.4 s is measured as one.
    """
    power = np.square(_weighted(samples, sample_rate))
    n_block, n_hop = round(BLOCK * sample_rate), round(HOP * sample_rate)
    if len(power) < n_block:
        means = np.array([power.mean()]) if len(power) else np.zeros(0)
    else:
        sums = np.concatenate([[0.0], np.cumsum(power)])
        starts = np.arange(0, len(power) - n_block + 1, n_hop)
        means = np.maximum(0.0, sums[starts + n_block] - sums[starts]) / n_block
    heard = means[_in_lufs(means) > ABSOLUTE_GATE]
    if not len(heard):
        return -np.inf
    gate = float(_in_lufs(heard.mean())) + RELATIVE_GATE
    return float(_in_lufs(heard[_in_lufs(heard) > gate].mean()))


def true_peak(samples: np.ndarray, sample_rate: int) -> float:
    """The highest point of the wave, between the samples too, in dBTP; -inf for silence."""
    peak = float(_envelope(samples, sample_rate).max(initial=0.0))
    return 20 * float(np.log10(peak)) if peak else -np.inf


def brought_to(samples: np.ndarray, sample_rate: int, target: float) -> np.ndarray:
    """Samples (n_samples,) as loud as is wanted; silence stays silence.

    Peaks that would pass the ceiling are turned down over some milliseconds, and the rest up so that the loudness is
    met. Where a sound is all peaks it stays softer than was wanted.

    Args:
        samples: (n_samples,) in [-1, 1].
        sample_rate: Hz.
        target: LUFS, QUIETEST to LOUDEST.

    Raises:
        InvalidInput: the target is outside the range.
    """
    target = checked(target)
    ceiling = 10 ** (CEILING / 20)
    gain, out = 0.0, samples
    for _ in range(_ROUNDS):
        missing = target - loudness(out, sample_rate)
        if not np.isfinite(missing) or abs(missing) < _CLOSE:
            break
        gain += missing
        louder = samples * 10 ** (gain / 20)
        out = _limited(louder, sample_rate, ceiling)
        if out is louder:
            break
    return out.astype(np.float32, copy=False)


def checked(target: object) -> float:
    """A wanted loudness. Raises InvalidInput where it is outside the range, or no number."""
    if isinstance(target, bool) or not isinstance(target, int | float) or not QUIETEST <= target <= LOUDEST:
        raise InvalidInput(f"loudness={target!r} is not possible.", f"Give {QUIETEST:g} to {LOUDEST:g} LUFS.")
    return float(target)


def _in_lufs(power: np.ndarray) -> np.ndarray:
    return np.asarray(_OFFSET + 10 * np.log10(np.maximum(power, 1e-30)))


def k_weighting(sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The two filters: numerators (2, 3) and denominators (2, 3), as in tables 1 and 2 of the recommendation."""
    shelf, pass_ = (np.tan(np.pi * hertz / sample_rate) for hertz in (1681.974450955533, 38.13547087602444))
    quality, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    norm = 1 + shelf / quality + shelf**2
    rise = [
        (high + middle * shelf / quality + shelf**2) / norm, 2 * (shelf**2 - high) / norm,
        (high - middle * shelf / quality + shelf**2) / norm,
    ]  # fmt: skip
    fall = [1, 2 * (shelf**2 - 1) / norm, (1 - shelf / quality + shelf**2) / norm]
    quality = 0.5003270373238773
    norm = 1 + pass_ / quality + pass_**2
    fall_2 = [1, 2 * (pass_**2 - 1) / norm, (1 - pass_ / quality + pass_**2) / norm]
    return np.array([rise, [1, -2, 1]]), np.array([fall, fall_2])


def _weighted(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """(n_samples,) -> (n_samples,) float64. By Fourier transform: numpy has no recursive filter, and loops are slow."""
    n_tail = round(_TAIL * sample_rate)
    out = np.zeros(len(samples) + n_tail)
    for start in range(0, len(samples), _PIECE):
        piece = samples[start : start + _PIECE].astype(np.float64)
        n_fft = 1 << (len(piece) + n_tail - 1).bit_length()
        delay = np.exp(-2j * np.pi * np.arange(n_fft // 2 + 1) / n_fft)
        above, below = (np.polynomial.polynomial.polyval(delay, rows.T) for rows in k_weighting(sample_rate))
        response = (above / below).prod(axis=0)
        filtered = np.fft.irfft(np.fft.rfft(piece, n_fft) * response, n_fft)[: len(piece) + n_tail]
        out[start : start + len(filtered)] += filtered
    return out[: len(samples)]


def _envelope(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """(n_samples,) -> the highest point near each sample (n_samples,), of the wave at four times the rate."""
    import soxr

    if not len(samples):
        return np.zeros(0)
    fine = np.abs(soxr.resample(samples.astype(np.float64), sample_rate, 4 * sample_rate, quality="HQ"))
    fine = np.pad(fine, (0, max(0, 4 * len(samples) - len(fine))))[: 4 * len(samples)].reshape(-1, 4)
    peaks = np.maximum(fine.max(axis=1), np.abs(samples))
    return np.asarray(np.maximum(peaks, np.concatenate([peaks[:1], fine[:-1].max(axis=1)])))


def _limited(samples: np.ndarray, sample_rate: int, ceiling: float) -> np.ndarray:
    """The same array where no peak passes the ceiling."""
    envelope = _envelope(samples, sample_rate)
    if envelope.max(initial=0.0) <= ceiling:
        return samples
    n_ahead = round(_LOOK_AHEAD * sample_rate)
    lowest = _lowest_around(np.minimum(1.0, ceiling / np.maximum(envelope, ceiling)), n_ahead)
    # The mean of the lowest gains around: smooth, and nowhere above the gain that a peak needs.
    sums = np.cumsum(np.pad(lowest, (n_ahead + 1, n_ahead), mode="edge"))
    out = samples * ((sums[2 * n_ahead + 1 :] - sums[: -2 * n_ahead - 1]) / (2 * n_ahead + 1))
    peak = _envelope(out, sample_rate).max()  # between the samples a moving gain may add a little
    return np.asarray(out * min(1.0, ceiling / peak))


def _lowest_around(values: np.ndarray, n_around: int) -> np.ndarray:
    """(n,) -> the minimum over `n_around` neighbours on either side (n,), by windows that double."""
    n_window, n_have = 2 * n_around + 1, 1
    lowest = np.pad(values, n_around, constant_values=1.0)
    while n_have < n_window:
        n_step = min(n_have, n_window - n_have)
        lowest = np.minimum(lowest[:-n_step], lowest[n_step:])
        n_have += n_step
    return lowest
