"""The stages on ONNX Runtime: what runs on a plain CPU, without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from kouji.errors import BadCheckpoint
from kouji.runtime.converted import checked, tables
from kouji.runtime.onnx import Graph
from kouji.runtime.places import Places
from kouji.runtime.together import alike

from .config import N_PLACES, NOISE_SCALE
from .loading import Parts, reading
from .onnx_prior import OnnxPrior
from .stages import Decoder, DecoderV4, Text
from .text import front
from .vocabulary import Vocabulary

UNSEEN = np.float32(-1e9)


class OnnxBegun:
    """See stages.Begun."""

    def __init__(self, logits: np.ndarray, rows: Mapping[str, np.ndarray], n_audio: int) -> None:
        self.logits, self.rows, self.n_audio = logits, rows, n_audio


class OnnxReader:
    """See stages.Reader."""

    def __init__(self, folder: Path, n_threads: int, small: dict[str, np.ndarray]) -> None:
        self.start, self.step = (Graph(str(folder / f"{name}.onnx"), n_threads) for name in ("start", "step"))
        if self.step.shapes["x"][0] == 1:
            raise BadCheckpoint(f"{folder} was converted by an earlier version of Kouji.", "Convert again.")
        self._small = small
        self._waves = sinusoids(2048, small["audio_embedding"].shape[1])
        self._names = [name for name in self.step.inputs if name.startswith(("key", "value"))]
        self._tile = 1
        self._tile = alike(self._tried, N_PLACES)
        self.n_places = N_PLACES if self._tile else 1

    def begin(self, text: Text, prompt: np.ndarray) -> OnnxBegun:
        """See Reader, as for what follows."""
        read = self._text(*text)
        rows = np.concatenate([read, self.audio(prompt, np.arange(len(prompt)))])
        bias = np.where(np.tri(len(rows), dtype=bool), np.float32(0), UNSEEN)
        bias[: len(read), : len(read)] = 0
        *cache, logits = self.start(x=rows[None], bias=bias[None, None])
        return OnnxBegun(logits[0, 0], dict(zip(self._names, cache, strict=True)), len(prompt))

    def side(self) -> OnnxSide:
        _, n_heads, _, head_dim = self.step.shapes[self._names[0]]
        return OnnxSide(self, Places(self.step, self._names, int(n_heads), int(head_dim), max(1, self._tile)))

    def _tried(self, numbers: np.ndarray) -> np.ndarray:
        """Logits of codes by number, each the first of its sentence."""
        side = self.side()
        for _ in numbers:
            side.join(OnnxBegun(np.zeros(0), {}, 0), 1)
        return side.step(numbers)

    def audio(self, codes: np.ndarray, places: np.ndarray) -> np.ndarray:
        """See t2s.T2S.audio."""
        waves = self._placed(int(places.max(initial=-1)) + 1)[places]
        return np.asarray(self._small["audio_embedding"][codes] + self._small["audio_scale"] * waves, np.float32)

    def _text(self, phones: np.ndarray, features: np.ndarray) -> np.ndarray:
        small = self._small
        meaning = features.T @ small["bert_proj"].T + small["bert_proj_bias"]
        rows = small["text_embedding"][phones] + meaning + small["text_scale"] * self._placed(len(phones))
        return np.asarray(rows, np.float32)

    def _placed(self, n: int) -> np.ndarray:
        return self._waves[:n] if n <= len(self._waves) else sinusoids(n, self._waves.shape[1])


class OnnxSide:
    """See kouji.runtime.together.Side."""

    def __init__(self, reader: OnnxReader, places: Places) -> None:
        self._reader, self._places = reader, places
        self._n_audio: list[int] = []  # codes so far, of each

    def join(self, begun: OnnxBegun, n_rows: int) -> None:
        """See Side, as for what follows."""
        self._places.join(begun.rows, n_rows)
        self._n_audio.append(begun.n_audio)

    def leave(self, place: int) -> None:
        self._places.leave(place)
        self._n_audio[place] = self._n_audio[-1]
        self._n_audio.pop()

    def step(self, codes: np.ndarray) -> np.ndarray:
        last, rows = self._places.filled, self._reader.audio(codes, np.array(self._n_audio))
        rows = np.pad(rows, ((0, len(last) - len(rows)), (0, 0)))
        (logits,) = self._places(x=rows[:, None], last=last, total=last.max(keepdims=True) + 1)
        self._n_audio = [n + 1 for n in self._n_audio]
        return np.array(logits[: len(codes), 0])


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
        BadCheckpoint: its manifest cannot be read, or it is of an earlier version.
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
