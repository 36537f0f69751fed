"""Recognisers of other people that write down what they hear.

    Sphinx          English, offline, the model is in the wheel (BSD)
    FasterWhisper   many languages, if installed and its model is already on this machine
    FunASR          Chinese, if installed and its model is already on this machine

None of these downloads anything: give a model folder, or have it in the library's own cache.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import soxr

from kouji.errors import MissingExtra, UnsupportedControl

from .parallel import ask_each

if TYPE_CHECKING:
    from pocketsphinx import Decoder

RATE = 16000  # Hz: what all of them were trained on


class Listener(Protocol):
    """Somebody who writes down speech."""

    name: str

    def transcribe(self, samples: np.ndarray, sample_rate: int, language: str) -> str:
        """(n_samples,) float in [-1, 1] -> text, "" where nothing was understood."""


def available() -> list[str]:
    """Names of the listeners whose packages are installed."""
    packages = {
        "pocketsphinx": "pocketsphinx",
        "faster-whisper": "faster_whisper",
        "funasr": "funasr",
    }
    return [name for name, module in packages.items() if importlib.util.find_spec(module)]


class Sphinx:
    """pocketsphinx with its stock US English model."""

    name = "pocketsphinx"

    def transcribe(self, samples: np.ndarray, sample_rate: int, language: str = "en") -> str:
        """Write down English; each clip is heard afresh, whatever came before it."""
        if language != "en":
            raise UnsupportedControl(self.name, f"language {language}", ["faster-whisper", "funasr"])
        pcm = np.clip(_at_16_khz(samples, sample_rate) * 32767, -32768, 32767).astype("<i2")
        decoder = _sphinx_decoder()
        decoder.start_utt()
        decoder.process_raw(pcm.tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return hypothesis.hypstr.strip() if hypothesis else ""


class FasterWhisper:
    """Whisper by CTranslate2, in one thread; `model` is a folder or a name in the local cache."""

    name = "faster-whisper"

    def __init__(self, model: str = "small") -> None:
        if importlib.util.find_spec("faster_whisper") is None:
            raise MissingExtra("faster-whisper", "eval")
        self._model: Any = import_module("faster_whisper").WhisperModel(
            model, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )

    def transcribe(self, samples: np.ndarray, sample_rate: int, language: str) -> str:
        """Write down one clip."""
        audio = _at_16_khz(samples, sample_rate)
        segments, _ = self._model.transcribe(audio, language=language, beam_size=5)
        return " ".join(segment.text.strip() for segment in segments)


class FunASR:
    """Paraformer and its relatives; `model` is a folder with an official model."""

    name = "funasr"

    def __init__(self, model: str) -> None:
        if importlib.util.find_spec("funasr") is None:
            raise MissingExtra("FunASR", "eval")
        self._model: Any = import_module("funasr").AutoModel(model=model, disable_update=True, disable_pbar=True)

    def transcribe(self, samples: np.ndarray, sample_rate: int, language: str) -> str:
        """Write down one clip; the model decides which languages it knows."""
        result = self._model.generate(_at_16_khz(samples, sample_rate), language=language)
        return str(result[0]["text"])


def transcribe_with_sphinx(clips: Sequence[np.ndarray], sample_rate: int, n_workers: int = 1) -> list[str]:
    """Write down many clips; more processes give the same words sooner."""
    _require_sphinx()
    return ask_each(_transcribe, clips, sample_rate, n_workers)


def _transcribe(samples: np.ndarray, sample_rate: int) -> str:
    return Sphinx().transcribe(samples, sample_rate)


def _require_sphinx() -> None:
    if importlib.util.find_spec("pocketsphinx") is None:
        raise MissingExtra("pocketsphinx", "eval")


@cache
def _sphinx_decoder() -> Decoder:
    """One a process: loading takes a second."""
    _require_sphinx()
    from pocketsphinx import Decoder

    return Decoder(samprate=RATE, loglevel="FATAL")


def _at_16_khz(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    samples = np.asarray(samples, np.float32)
    return samples if sample_rate == RATE else soxr.resample(samples, sample_rate, RATE)
