"""The stages in torch: the reference, and what runs on a GPU."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kouji.runtime.together import alike

from . import loading, networks
from .bert import Bert
from .config import N_PLACES, NOISE_SCALE
from .eres2net import ERes2NetV2
from .generator import Generator
from .hubert import Hubert
from .sovits import Hearing, SoVITS
from .stages import Text
from .t2s import T2S, KVCache
from .text import front
from .v4 import SoVITSV4
from .vocabulary import Vocabulary


class TorchBegun:
    """See stages.Begun."""

    def __init__(self, logits: Tensor, cache: KVCache) -> None:
        self.logits, self.cache = _array(logits), cache


class TorchReader:
    """See stages.Reader."""

    def __init__(self, t2s: T2S) -> None:
        self._t2s, self._tile = t2s, 1
        self._tile = alike(self._tried, N_PLACES)
        self.n_places = N_PLACES if self._tile else 1

    @torch.inference_mode()
    def begin(self, text: Text, prompt: np.ndarray) -> TorchBegun:
        """See Reader, as for what follows."""
        device = self._t2s.text_scale.device
        read = self._t2s.text(*(_on(device, each) for each in text))
        return TorchBegun(*self._t2s.begin(read, _on(device, prompt)))

    def side(self) -> TorchSide:
        return TorchSide(self._t2s, max(1, self._tile))

    def _tried(self, numbers: np.ndarray) -> np.ndarray:
        """Logits of codes by number, each the first of its sentence."""
        side = self.side()
        for _ in numbers:
            side.join(TorchBegun(torch.zeros(0), self._t2s.begun()), 1)
        return side.step(numbers)


class TorchSide:
    """See kouji.runtime.together.Side."""

    def __init__(self, t2s: T2S, tile: int) -> None:
        self._t2s, self._tile = t2s, tile
        self._caches: list[KVCache] = []

    @torch.inference_mode()
    def join(self, begun: TorchBegun, n_rows: int) -> None:
        """See Side, as for what follows."""
        begun.cache.grow(n_rows)
        self._caches.append(begun.cache)

    def leave(self, place: int) -> None:
        self._caches[place] = self._caches[-1]
        self._caches.pop()

    @torch.inference_mode()
    def step(self, codes: np.ndarray) -> np.ndarray:
        return _array(self._t2s.step(_on(self._t2s.text_scale.device, codes), self._caches, self._tile))


class TorchDecoder:
    """See stages.Decoder."""

    noise_scale, noise_per_frame = NOISE_SCALE, 1

    def __init__(self, sovits: SoVITS) -> None:
        self._sovits, self.dim_noise = sovits, sovits.config.dim_latent

    @torch.inference_mode()
    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See Decoder, as for what follows."""
        device = self._sovits.codes.weight.device
        told = _on(device, style)[None, :, None]
        frames = self._sovits.frames(_on(device, codes)[None], _on(device, phones)[None], told)
        return _array(frames[0])

    @torch.inference_mode()
    def render(self, frames: np.ndarray, noise: np.ndarray, style: np.ndarray) -> np.ndarray:
        device = self._sovits.codes.weight.device
        told = _on(device, style)[None, :, None]
        samples = self._sovits.render(_on(device, frames)[None], _on(device, noise)[None], told)
        return _array(samples[0, 0])


def _on(device: torch.device, array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array)).to(device)


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.float().cpu().numpy()
    return array


class TorchDecoderV4:
    """See stages.DecoderV4."""

    def __init__(self, sovits: SoVITSV4, vocoder: Generator) -> None:
        self._sovits, self._vocoder = sovits, vocoder
        self._device = sovits.codes.weight.device
        self._moments: dict[int, Tensor] = {}  # by how many steps there are

    @torch.inference_mode()
    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See DecoderV4, as for what follows."""
        given = _on(self._device, codes)[None], _on(self._device, phones)[None]
        return _array(self._sovits.frames(*given, self._told(style))[0])

    @torch.inference_mode()
    def bridge(self, frames: np.ndarray, style: np.ndarray) -> np.ndarray:
        return _array(self._sovits.features(_on(self._device, frames)[None], self._told(style))[0])

    @torch.inference_mode()
    def flow(self, noise: np.ndarray, features: np.ndarray, prompt: np.ndarray, n_timesteps: int) -> np.ndarray:
        if n_timesteps not in self._moments:
            self._moments[n_timesteps] = self._sovits.moments(n_timesteps)
        known = _on(self._device, prompt)[None]
        start = torch.cat([torch.zeros_like(known), _on(self._device, noise)[None]], 2)
        mel = self._sovits.solve(start, _on(self._device, features)[None], known, self._moments[n_timesteps])
        return _array(mel[0, :, known.shape[2] :])

    @torch.inference_mode()
    def sound(self, mel: np.ndarray) -> np.ndarray:
        return _array(self._vocoder(_on(self._device, mel)[None])[0, 0])

    def _told(self, style: np.ndarray) -> Tensor:
        return _on(self._device, style)[None, :, None]


class TorchEars:
    """See listening.Ears. The larger networks are opened when they are first needed, and kept."""

    def __init__(self, hearing: Hearing, folder: Path, s2: Path) -> None:
        self._hearing, self._folder, self._s2 = hearing, folder, s2

    @cached_property
    def digest(self) -> str:
        """Of the files that it hears with."""
        return loading.digest(self._s2, self._folder)

    @torch.inference_mode()
    def codes(self, samples: np.ndarray) -> np.ndarray:
        """See Ears, as for what follows."""
        device = self._hearing.codes.weight.device
        heard = self._hubert(_on(torch.device("cpu"), samples)[None]).transpose(1, 2).to(device)
        found: np.ndarray = self._hearing.encode(heard).cpu().numpy()
        return found

    @torch.inference_mode()
    def style(self, magnitudes: np.ndarray, bands: np.ndarray) -> np.ndarray:
        device = self._hearing.codes.weight.device
        who = None
        if self._hearing.config.is_pro:
            who = self._speaker(_on(torch.device("cpu"), bands)[None]).to(device)
        return _array(self._hearing.style(_on(device, magnitudes)[None], who)[0, :, 0])

    @cached_property
    def _hubert(self) -> Hubert:
        return networks.hubert(self._folder)

    @cached_property
    def _speaker(self) -> ERes2NetV2:
        return networks.speaker(self._folder)


class TorchMeaning:
    """See script.Meaning. BERT is opened when the first Chinese is read."""

    def __init__(self, folder: Path, n_threads: int) -> None:
        self._folder, self._n_threads = folder, n_threads

    @cached_property
    def reading(self) -> front.Reading:
        """See Meaning, as for what follows."""
        return loading.reading(self._folder, self._vocabulary, self._n_threads)

    @torch.inference_mode()
    def features(self, text: str) -> np.ndarray:
        ids = _on(torch.device("cpu"), np.array(self._vocabulary.ids(text)))[None]
        return _array(self._bert(ids)[0, 1:-1])

    @cached_property
    def _bert(self) -> Bert:
        return networks.bert(self._folder)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return networks.vocabulary(self._folder)
