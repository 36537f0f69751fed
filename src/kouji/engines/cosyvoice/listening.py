"""What the model hears of a recording: speech tokens, the speaker, the mel.

Two of the official files are ONNX graphs and are run as they are.
"""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from kouji.audio import fbank, sinc, vocoder_mel, whisper_mel
from kouji.errors import BadCheckpoint, InvalidInput
from kouji.runtime.onnx import Graph

from .config import SAMPLE_RATE

LEARNING = "2"  # counts how often what `condition` learns has changed
HEARD_RATE = 16000  # Hz
SHORTEST, LONGEST = 0.5, 30.0  # seconds; upstream refuses more, too
LOUDEST = 0.8  # peak of a prompt
SILENCE = 0.2  # seconds behind a prompt: one cut off within a word can leak into what is said
QUIET = 60.0  # dB below the loudest frame: trimmed at either end
FRAME, HOP = 440, 220  # samples of the trimming's frames


class Ears:
    """The two graphs, opened when they are first needed."""

    def __init__(self, folder: Path, n_threads: int) -> None:
        self._folder, self._n_threads = folder, n_threads

    def rest(self) -> None:
        """Let go of both graphs, which take half a gigabyte, until they are needed again."""
        for name in ("_tokenizer", "_speaker"):
            vars(self).pop(name, None)

    def codes(self, samples: np.ndarray) -> np.ndarray:
        """(n_samples,) at 22.05 kHz -> (N,) int64 speech tokens, 50 per second.

        Raises:
            InvalidInput: shorter or longer than the tokenizer takes.
        """
        _check_length(samples, LONGEST)
        mel = whisper_mel.log_mel(sinc.resample(samples, SAMPLE_RATE, HEARD_RATE))[None]
        (first, second) = self._tokenizer.inputs
        (codes, *_) = self._tokenizer(**{first: mel, second: np.array([mel.shape[2]], np.int32)})
        return codes.reshape(-1).astype(np.int64)

    def embedding(self, samples: np.ndarray) -> np.ndarray:
        """(n_samples,) at 22.05 kHz -> (192,) who speaks: CAM++.

        Raises:
            InvalidInput: shorter than half a second.
        """
        _check_length(samples, np.inf)
        features = fbank.without_mean(fbank.fbank(sinc.resample(samples, SAMPLE_RATE, HEARD_RATE)))
        (name,) = self._speaker.inputs
        (embedding, *_) = self._speaker(**{name: features[None]})
        return embedding.reshape(-1).astype(np.float32)

    @cached_property
    def digest(self) -> str:
        """Of both graphs, and of what is learnt with them: a voice that others learnt cannot be used."""
        names = ("speech_tokenizer_v1.onnx", "campplus.onnx")
        sums = [sha256((self._folder / name).read_bytes()).hexdigest() for name in names]
        return sha256("".join([LEARNING, *sums]).encode()).hexdigest()

    @cached_property
    def _tokenizer(self) -> Graph:
        return self._graph("speech_tokenizer_v1.onnx")

    @cached_property
    def _speaker(self) -> Graph:
        return self._graph("campplus.onnx")

    def _graph(self, name: str) -> Graph:
        path = self._folder / name
        try:
            return Graph(str(path), self._n_threads)
        except Exception as error:  # ONNX Runtime has one class of its own for each way a file can be wrong
            raise BadCheckpoint(f"{path} cannot be read: {error}", "Download it again.") from error


def _check_length(samples: np.ndarray, longest: float) -> None:
    duration = len(samples) / SAMPLE_RATE
    if not SHORTEST <= duration <= longest:
        hint = f"Give {SHORTEST} to {LONGEST:.0f} seconds; 3 to 10 are best."
        raise InvalidInput(f"A recording of {duration:.1f} seconds cannot be used.", hint)


def prepared(samples: np.ndarray) -> np.ndarray:
    """A prompt as upstream's own page makes it: silence cut off, not too loud, a moment of silence behind it.

    The silence stays away where it would make the prompt longer than the tokenizer takes.
    """
    trimmed = trim(samples)
    peak = float(np.abs(trimmed).max(initial=0))
    if peak > LOUDEST:
        trimmed = trimmed * np.float32(LOUDEST / peak)
    room = int(LONGEST * SAMPLE_RATE) - len(trimmed)
    return np.concatenate([trimmed, np.zeros(max(0, min(int(SILENCE * SAMPLE_RATE), room)), np.float32)])


def trim(samples: np.ndarray) -> np.ndarray:
    """Without what is `QUIET` at either end."""
    if len(samples) < FRAME:
        return samples
    padded = np.pad(samples, FRAME // 2)
    power = (np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP] ** 2).mean(1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-QUIET / 10))
    if len(loud) == 0:
        return samples
    return samples[loud[0] * HOP : min(len(samples), (loud[-1] + 1) * HOP)]


def mels(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mel (T, 80) of a prompt, and the one that the newest upstream code makes of it.

    That code resamples to 24 kHz and then uses the bands of 22.05 kHz, so that all is 8.8 % too slow and too low.
    """
    wrong = vocoder_mel.log_mel(sinc.resample(samples, SAMPLE_RATE, 24000))
    return vocoder_mel.log_mel(samples).T.copy(), wrong.T.copy()


def at_pauses(samples: np.ndarray, longest: float = 25.0, shortest: float = 10.0) -> list[np.ndarray]:
    """A recording in pieces of at most `longest` seconds, cut where it is quietest, none of them below `shortest`."""
    pieces = []
    window = SAMPLE_RATE // 10
    while len(samples) > longest * SAMPLE_RATE:
        start = int(shortest * SAMPLE_RATE)
        end = min(int(longest * SAMPLE_RATE), len(samples) - start)
        energy = np.cumsum(np.concatenate([[0.0], samples[start:end].astype(np.float64) ** 2]))
        cut = start + int((energy[window:] - energy[:-window]).argmin()) + window // 2
        pieces.append(samples[:cut])
        samples = samples[cut:]
    return [*pieces, samples]
