"""The reference doctor: can a voice be learnt from this clip, and what should be done about it?

Each item gets a verdict, the measured value, and, where it is not simply good, what to do. The limits were set on
readers of LibriSpeech and AISHELL-3 (each reader alone must pass) and on mixtures made of them: two people, music or
noise of a known level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kouji.audio import f0 as f0_tracker
from kouji.audio.mel import SAMPLE_RATE
from kouji.audio.resample import resample
from kouji.audio.speaker import unit_length, window_embeddings
from kouji.errors import InvalidInput

from .clips import Clip
from .frames import HOP_LENGTH, RATE, Frames, frames_of

OK, MENDED, WARNING, REFUSED = "ok", "mended", "warning", "refused"
VERDICTS = (OK, MENDED, WARNING, REFUSED)  # from good to bad

LENGTHS = (1.0, 3.0, 30.0)  # seconds of speech: refused below, warned below, cut above
LEVELS = (-60.0, -35.0)  # dB of full scale of the speech: silent below, raised below
CLIPPED = (0.0005, 0.01)  # share of the samples: warned from, refused from
OFFSET = 0.003  # of full scale: a mean beyond it is taken away
SILENCE = 0.5  # share of the clip that is cut when it is more
SNRS = (6.0, 15.0, 25.0)  # dB: refused below, warned below, denoised below
BANDWIDTHS = (2500.0, 6500.0)  # Hz: refused below, warned below
VOICED = 0.08  # share of the speech that must have a pitch
STEADY = 0.01  # natural log, a sixth of a semitone: no person holds their pitch so still
TWO_VOICES = (
    0.72,
    0.80,
)  # cosine between the halves that a clip falls into: refused below (of 3 windows), warned below
TONES = (0.04, 0.5)  # share of moments with held tones; alone readers have 0.01 at most, music 0.86


@dataclass(frozen=True)
class Finding:
    """What one item of the examination found."""

    item: str  # "length" | "level" | "clipping" | …
    verdict: str  # one of VERDICTS
    value: float
    unit: str
    message: str
    advice: str = ""


@dataclass(frozen=True)
class Report:
    """All findings on a clip, and what was measured on the way."""

    findings: tuple[Finding, ...]
    windows: np.ndarray  # (n_windows, 256) embeddings, see kouji.audio.speaker; (0, 256) where nothing is to be heard

    @property
    def verdict(self) -> str:
        """The worst of all."""
        return max((finding.verdict for finding in self.findings), key=VERDICTS.index)

    def refuse(self, name: str) -> None:
        """Raise InvalidInput where the clip cannot be used, with every reason."""
        bad = [finding for finding in self.findings if finding.verdict == REFUSED]
        if bad:
            reasons = " ".join(finding.message for finding in bad)
            raise InvalidInput(f"{name} cannot be used: {reasons}", " ".join(finding.advice for finding in bad))


def examine(clip: Clip) -> Report:
    """Look at a clip as it came in; nothing is changed."""
    frames = frames_of(clip.samples, clip.sample_rate)
    findings = [_level(frames)]
    if findings[0].verdict == REFUSED:
        return Report(tuple(findings), np.zeros((0, 256), np.float32))
    excerpt = clip.samples[: round(2 * LENGTHS[2] * clip.sample_rate)]  # a minute tells who speaks
    windows = window_embeddings(excerpt, clip.sample_rate)
    findings += [look(clip, frames) for look in _LOOKS]
    findings += [_speakers(windows), _voice(excerpt, clip.sample_rate, frames), _music(frames)]
    return Report(tuple(findings), windows)


def _level(frames: Frames) -> Finding:
    value = float(np.quantile(frames.level, 0.95))
    if value < LEVELS[0]:
        return Finding("level", REFUSED, value, "dB", "It is silent.", "Check the microphone and record again.")
    if value < LEVELS[1]:
        return Finding("level", MENDED, value, "dB", "It is quiet, and was raised.", "Go closer to the microphone.")
    return Finding("level", OK, value, "dB", "Loud enough.")


def _length(clip: Clip, frames: Frames) -> Finding:
    value = frames.seconds_of_speech
    more = f"Give {LENGTHS[1]:.0f} to {LENGTHS[2]:.0f} seconds of one person speaking."
    if value < LENGTHS[0]:
        return Finding("length", REFUSED, value, "s", f"It has {value:.1f} s of speech.", more)
    if value < LENGTHS[1]:
        return Finding("length", WARNING, value, "s", f"It has only {value:.1f} s of speech.", more)
    if value > LENGTHS[2]:
        message = f"Of {value:.0f} s of speech the best {LENGTHS[2]:.0f} s are used."
        return Finding("length", MENDED, value, "s", message)
    return Finding("length", OK, value, "s", "Long enough.")


def _clipping(clip: Clip, frames: Frames) -> Finding:
    value = clipped_share(clip.samples)
    advice = "Record again with less gain."
    if value >= CLIPPED[1]:
        return Finding("clipping", REFUSED, value, "share", f"{value:.1%} of it is cut off at full level.", advice)
    if value >= CLIPPED[0]:
        return Finding("clipping", WARNING, value, "share", f"{value:.2%} of it is cut off at full level.", advice)
    return Finding("clipping", OK, value, "share", "Not cut off.")


def clipped_share(samples: np.ndarray) -> float:
    """Share of samples in runs of three or more that stand at the clip's own highest or lowest value."""
    top = float(np.abs(samples).max(initial=0.0))
    if top < 0.05:
        return 0.0
    stands = np.where(np.abs(samples) >= 0.999 * top, np.sign(samples), 0)
    three = (stands[2:] != 0) & (stands[2:] == stands[1:-1]) & (stands[1:-1] == stands[:-2])
    return float(three.sum()) / len(samples)


def _offset(clip: Clip, frames: Frames) -> Finding:
    value = float(clip.samples.mean(dtype=np.float64))
    if abs(value) > OFFSET:
        return Finding("offset", MENDED, value, "of full scale", "It is not centred on zero, and was moved there.")
    return Finding("offset", OK, value, "of full scale", "Centred on zero.")


def _silence(clip: Clip, frames: Frames) -> Finding:
    value = 1 - float(frames.speech.mean())
    if value > SILENCE:
        return Finding("silence", MENDED, value, "share", f"{value:.0%} of it is silence, which was cut.")
    return Finding("silence", OK, value, "share", "Mostly speech.")


def _snr(clip: Clip, frames: Frames) -> Finding:
    value = frames.snr
    advice = "Record in a quiet room, closer to the microphone."
    if value < SNRS[0]:
        return Finding("noise", REFUSED, value, "dB", f"Speech is only {value:.0f} dB above the noise.", advice)
    if value < SNRS[1]:
        return Finding("noise", WARNING, value, "dB", f"Speech is only {value:.0f} dB above the noise.", advice)
    if value < SNRS[2]:
        return Finding("noise", MENDED, value, "dB", "There is some noise, which was lowered.")
    return Finding("noise", OK, value, "dB", "Quiet room.")


def _bandwidth(clip: Clip, frames: Frames) -> Finding:
    value = bandwidth(clip.samples, clip.sample_rate)
    advice = "Use the original recording, not a telephone's or a heavily compressed copy."
    if value < BANDWIDTHS[0]:
        return Finding("bandwidth", REFUSED, value, "Hz", f"Nothing is to be heard above {value:.0f} Hz.", advice)
    if value < BANDWIDTHS[1]:
        return Finding("bandwidth", WARNING, value, "Hz", f"Nothing is to be heard above {value:.0f} Hz.", advice)
    return Finding("bandwidth", OK, value, "Hz", "Bright enough.")


def bandwidth(samples: np.ndarray, sample_rate: int) -> float:
    """Highest frequency in Hz that the loudest moments hold, down to 65 dB below their strongest."""
    n_fft = max(256, 1 << round(np.log2(sample_rate * 0.03)))
    if len(samples) < n_fft:
        return sample_rate / 2.0
    blocks = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[:: n_fft // 2]
    blocks = blocks[:: max(1, len(blocks) // 2000)]
    power = np.abs(np.fft.rfft(blocks * np.hanning(n_fft), axis=1)) ** 2
    peak = np.quantile(power, 0.99, axis=0)
    heard = np.flatnonzero(peak > peak.max() * 10**-6.5)
    return float(heard[-1] * sample_rate / n_fft)


def _channels(clip: Clip, frames: Frames) -> Finding:
    if clip.n_channels > 1:
        return Finding("channels", MENDED, clip.n_channels, "", f"{clip.n_channels} channels were mixed to one.")
    return Finding("channels", OK, 1, "", "One channel.")


_LOOKS: tuple[Callable[[Clip, Frames], Finding], ...] = (
    _length, _clipping, _offset, _silence, _snr, _bandwidth, _channels,
)  # fmt: skip


def _speakers(windows: np.ndarray) -> Finding:
    cosine, n_smaller = two_halves(windows)
    advice = "Give a clip in which one person speaks alone, in one place."
    if cosine < TWO_VOICES[0] and n_smaller >= 3:
        return Finding("speakers", REFUSED, cosine, "cosine", "Two people speak, or the recording changes.", advice)
    if cosine < TWO_VOICES[1] and n_smaller >= 2:
        return Finding("speakers", WARNING, cosine, "cosine", "The voice changes; perhaps two people speak.", advice)
    return Finding("speakers", OK, cosine, "cosine", "One person.")


def two_halves(windows: np.ndarray) -> tuple[float, int]:
    """Part windows (n, 256) into the two groups that are least alike.

    Returns:
        Cosine between the groups' means, 1 where there is one group; windows in the smaller group.
    """
    alike = windows @ windows.T
    centres = windows[list(np.unravel_index(alike.argmin(), alike.shape))]
    for _ in range(10):
        group = (windows @ centres.T).argmax(1)
        if group.min() == group.max():
            return 1.0, 0
        centres = np.stack([unit_length(windows[group == k].mean(0)) for k in (0, 1)])
    return float(centres[0] @ centres[1]), int(min((group == 0).sum(), (group == 1).sum()))


def _voice(samples: np.ndarray, sample_rate: int, frames: Frames) -> Finding:
    f0 = f0_tracker.track(resample(samples, sample_rate, SAMPLE_RATE))
    speech = frames.speech[: len(f0)]  # 10 ms a frame, as of f0; of the silence around nobody expects a pitch
    value = float((f0[: len(speech)] > 0).sum()) / max(1, int(speech.sum()))
    advice = "Give a clip of somebody speaking, not whispering, singing or playing."
    if value < VOICED:
        return Finding("voice", REFUSED, value, "share", "There is no voice in it.", advice)
    if float(np.log(f0[f0 > 0]).std()) < STEADY:
        return Finding("voice", REFUSED, value, "share", "It is a tone, not a voice.", advice)
    return Finding("voice", OK, value, "share", "Somebody speaks.")


def _music(frames: Frames) -> Finding:
    value = held_tones(frames.samples)
    advice = "Give a clip without music."
    if value >= TONES[1]:
        return Finding("music", REFUSED, value, "share", "There is music in it.", advice)
    if value >= TONES[0]:
        return Finding("music", WARNING, value, "share", "There seem to be tones or music behind the voice.", advice)
    return Finding("music", OK, value, "share", "No music.")


def held_tones(samples: np.ndarray) -> float:
    """Share of the moments in which two tones or more stand still for 0.3 s, as in music and never in speech.

    Args:
        samples: (n_samples,) at 16 kHz.
    """
    n_fft, hop_length, held = 2048, 2 * HOP_LENGTH, 15  # frames of 20 ms
    low, high = (round(hertz * n_fft / RATE) for hertz in (200, 4000))
    padded = np.pad(samples[: 60 * RATE], n_fft // 2)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    window = np.hanning(n_fft).astype(np.float32)
    level = 20 * np.log10(np.abs(np.fft.rfft(blocks * window, axis=1))[:, low - 1 : high + 1] + 1e-6)
    around = np.median(
        np.lib.stride_tricks.sliding_window_view(np.pad(level, ((0, 0), (10, 10)), mode="edge"), 21, axis=1), axis=-1
    )
    inner, top = level[:, 1:-1], level.max(1)
    peak = (inner > level[:, :-2]) & (inner >= level[:, 2:]) & (inner > around[:, 1:-1] + 12)
    peak &= inner > top[:, None] - 35
    count = np.cumsum(np.pad(peak, ((held, 0), (0, 0))), axis=0, dtype=np.int32)
    stands = (count[held:] - count[:-held]) >= held - 1
    loud = top > np.quantile(top, 0.95) - 40
    return float((stands.sum(1) >= 2)[loud].mean())
