"""The stages on ONNX Runtime: what runs on a plain CPU, without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from kouji.runtime.converted import checked, tables
from kouji.runtime.onnx import Cached, Graph

from .config import NOISE_SCALE
from .loading import Parts, reading
from .onnx_prior import OnnxPrior
from .stages import Decoder, DecoderV4
from .text import front
from .vocabulary import Vocabulary

ROOM = 256  # rows by which a cache grows
UNSEEN = np.float32(-1e9)


class OnnxSpeaking:
    """See stages.Speaking; sentences are gone on with one after the other."""

    def __init__(self, reader: OnnxReader, texts: Sequence[np.ndarray], prompt: np.ndarray) -> None:
        self._rows = [_Row(reader, text, prompt) for text in texts]
        self.logits = np.concatenate([row.logits for row in self._rows])

    def say(self, codes: np.ndarray) -> None:
        """Go on with these codes."""
        for row, code in zip(self._rows, codes, strict=True):
            row.say(int(code))
        self.logits = np.concatenate([row.logits for row in self._rows])

    def keep(self, rows: np.ndarray) -> None:
        """Go on with these of the sentences alone."""
        self._rows = [self._rows[row] for row in rows]
        self.logits = self.logits[rows]


class _Row:
    """One sentence."""

    def __init__(self, reader: OnnxReader, text: np.ndarray, prompt: np.ndarray) -> None:
        self._reader, self._position = reader, len(prompt)
        rows = np.concatenate([text, reader.audio(prompt, 0)])
        n_text, self._n = len(text), len(rows)
        bias = np.where(np.tri(self._n, dtype=bool), np.float32(0), UNSEEN)
        bias[:n_text, :n_text] = 0
        *cache, self.logits = reader.start(x=rows[None], bias=bias[None, None])
        self.logits = self.logits[:, 0]
        names = [f"{kind}{layer}" for layer in range(len(cache) // 2) for kind in ("key", "value")]
        shape = cache[0].shape
        self._cached = Cached(reader.step, names, (*shape[:2], 0, *shape[3:]))
        self._cached.grow(-(-(self._n + 1) // ROOM) * ROOM)
        self._cached.fill(dict(zip(names, cache, strict=True)))

    def say(self, code: int) -> None:
        self._n += 1
        self._cached.grow(-(-self._n // ROOM) * ROOM)
        row = self._reader.audio(np.array([code]), self._position)
        self._position += 1
        (logits,) = self._cached(
            x=row[None], last=np.array([self._n - 1], np.int32), total=np.array([self._n], np.int32)
        )
        self.logits = logits[:, 0].copy()


class OnnxReader:
    """See stages.Reader."""

    def __init__(self, folder: Path, n_threads: int, small: dict[str, np.ndarray]) -> None:
        self.start, self.step = (Graph(str(folder / f"{name}.onnx"), n_threads) for name in ("start", "step"))
        self._small = small
        self._waves = sinusoids(2048, small["audio_embedding"].shape[1])

    def begin(self, texts: Sequence[tuple[np.ndarray, np.ndarray]], prompt: np.ndarray) -> OnnxSpeaking:
        """See Reader."""
        return OnnxSpeaking(self, [self._text(*text) for text in texts], prompt)

    def audio(self, codes: np.ndarray, start: int) -> np.ndarray:
        """See t2s.T2S.audio."""
        waves = self._placed(start + len(codes))[start:]
        return np.asarray(self._small["audio_embedding"][codes] + self._small["audio_scale"] * waves, np.float32)

    def _text(self, phones: np.ndarray, features: np.ndarray) -> np.ndarray:
        small = self._small
        meaning = features.T @ small["bert_proj"].T + small["bert_proj_bias"]
        rows = small["text_embedding"][phones] + meaning + small["text_scale"] * self._placed(len(phones))
        return np.asarray(rows, np.float32)

    def _placed(self, n: int) -> np.ndarray:
        return self._waves[:n] if n <= len(self._waves) else sinusoids(n, self._waves.shape[1])


class OnnxDecoder:
    """See stages.Decoder."""

    noise_scale, noise_per_frame = NOISE_SCALE, 1

    def __init__(self, folder: Path, n_threads: int, small: dict[str, np.ndarray]) -> None:
        self._prior, self._sound = OnnxPrior(folder, n_threads, small), Graph(str(folder / "sound.onnx"), n_threads)
        self.dim_noise = int(small["dim_latent"])

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See Decoder, as for what follows."""
        return self._prior.frames(codes, phones, style)

    def render(self, frames: np.ndarray, noise: np.ndarray, style: np.ndarray) -> np.ndarray:
        rows, drawn = np.ascontiguousarray(frames)[None], np.ascontiguousarray(noise)[None]
        (samples,) = self._sound(frames=rows, noise=drawn, style=style[None, :, None])
        return np.asarray(samples[0, 0])


def sinusoids(n: int, dim: int) -> np.ndarray:
    """(n, dim) position waves; see t2s.sinusoids."""
    angles = np.arange(n)[:, None] * np.exp(np.arange(0, dim, 2) * (-np.log(10000.0) / dim))
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(n, dim).astype(np.float32)


class OnnxEars:
    """See listening.Ears. The larger graphs are opened when they are first needed, and kept."""

    def __init__(self, folder: Path, n_threads: int, digest: str) -> None:
        self._folder, self._n_threads, self.digest = folder, n_threads, digest

    def codes(self, samples: np.ndarray) -> np.ndarray:
        """See Ears, as for what follows."""
        (codes,) = self._codes(samples=samples[None].astype(np.float32))
        return np.asarray(codes)

    def style(self, magnitudes: np.ndarray, bands: np.ndarray) -> np.ndarray:
        heard = {}
        if "speaker" in self._style.inputs:
            (heard["speaker"],) = self._speaker(bands=bands[None])
        (found,) = self._style(spectrogram=magnitudes[None], **heard)
        return np.asarray(found[0])

    @cached_property
    def _codes(self) -> Graph:
        return self._graph("codes")

    @cached_property
    def _style(self) -> Graph:
        return self._graph("style")

    @cached_property
    def _speaker(self) -> Graph:
        return self._graph("speaker")

    def _graph(self, name: str) -> Graph:
        return Graph(str(self._folder / f"{name}.onnx"), self._n_threads)


class OnnxMeaning:
    """See script.Meaning. BERT is opened when the first Chinese is read."""

    def __init__(self, folder: Path, n_threads: int, small: dict[str, np.ndarray]) -> None:
        self._folder, self._n_threads, self._places = folder, n_threads, small["word_places"]
        self._words = np.load(folder / "words.npy", mmap_mode="r")
        self._vocabulary = Vocabulary.of(json.loads((folder / "vocabulary.json").read_text("utf-8")))

    def features(self, text: str) -> np.ndarray:
        """See Meaning, as for what follows."""
        ids = self._vocabulary.ids(text)
        (found,) = self._bert(x=np.asarray(self._words[ids] + self._places[: len(ids)], np.float32)[None])
        return np.asarray(found[0, 1:-1])

    @cached_property
    def reading(self) -> front.Reading:
        return reading(self._folder.parent, self._vocabulary, self._n_threads)

    @cached_property
    def _bert(self) -> Graph:
        return Graph(str(self._folder / "bert.onnx"), self._n_threads)


def load(place: Path, version: str, n_threads: int) -> Parts:
    """Everything of a converted folder of that version.

    Raises:
        BadCheckpoint: its manifest cannot be read.
        MissingWeights: a file that it names is not there, or is cut off.
    """
    digest = str(checked(place, "digest")["digest"])
    small = tables(place)
    decoder: Decoder | DecoderV4
    if version == "v4":
        from .onnx_v4 import OnnxDecoderV4

        decoder = OnnxDecoderV4(place, n_threads, small)
    else:
        decoder = OnnxDecoder(place, n_threads, small)
    reader, ears = OnnxReader(place, n_threads, small), OnnxEars(place, n_threads, digest)
    return Parts(reader, decoder, ears, OnnxMeaning(place, n_threads, small))
