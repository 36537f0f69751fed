"""The stages in torch: the reference, and what runs on a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kouji.layers.linear import use_threads

from . import networks
from .config import Config
from .dvae import DVAE, Decoder
from .embed import Embed
from .gfsq import GROUPS, Projections
from .gpt import GPT, KVCache
from .vocos import Vocos


class TorchSpeaking:
    """See stages.Speaking."""

    def __init__(self, gpt: GPT, rows: Tensor, mask: Tensor) -> None:
        self._gpt, self._cache = gpt, KVCache(gpt.config, mask)
        self.hidden = self._next(rows)

    def say(self, rows: np.ndarray) -> None:
        """Go on with one row each, (B, dim)."""
        with torch.inference_mode():
            weight = self._gpt.norm.weight
            self.hidden = self._next(torch.from_numpy(rows).to(weight.device, weight.dtype)[:, None])

    def _next(self, rows: Tensor) -> np.ndarray:
        return _array(self._gpt(rows, self._cache)[:, -1])


class TorchStages:
    """See stages.Stages."""

    def __init__(self, embed: Embed, gpt: GPT, dvae: DVAE, decoder: Decoder, vocos: Vocos) -> None:
        self._embed, self._gpt, self._dvae, self._decoder, self._vocos = embed, gpt, dvae, decoder, vocos
        self._device = next(gpt.parameters()).device
        self.groups = projections(dvae)

    @classmethod
    def from_folder(cls, folder: Path, n_threads: int) -> TorchStages:
        """Read the official files; on a GPU where there is one."""
        use_threads(n_threads)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        names = ("embed", "gpt", "dvae", "decoder", "vocos")
        return cls(*(networks.read(folder, name, Config()).to(device) for name in names))

    @torch.inference_mode()
    def text_rows(self, ids: np.ndarray) -> np.ndarray:
        """See Stages, as for all that follow."""
        return _array(self._embed.text(self._tensor(ids)))

    @torch.inference_mode()
    def code_rows(self, codes: np.ndarray) -> np.ndarray:
        return _array(self._embed.codes(self._tensor(codes)))

    @torch.inference_mode()
    def begin(self, rows: np.ndarray, mask: np.ndarray) -> TorchSpeaking:
        return TorchSpeaking(self._gpt, self._tensor(rows), self._tensor(mask))

    @torch.inference_mode()
    def text_logits(self, hidden: np.ndarray) -> np.ndarray:
        return _array(self._embed.text_logits(self._tensor(hidden)))

    @torch.inference_mode()
    def code_logits(self, hidden: np.ndarray) -> np.ndarray:
        return _array(self._embed.code_logits(self._tensor(hidden)))

    @torch.inference_mode()
    def hidden_to_mel(self, hidden: np.ndarray) -> np.ndarray:
        return _array(self._decoder.to_mel(self._tensor(hidden.T)[None])[0])

    @torch.inference_mode()
    def features_to_mel(self, features: np.ndarray) -> np.ndarray:
        return _array(self._dvae.to_mel(self._tensor(features)[None])[0])

    @torch.inference_mode()
    def draw(self, mel: np.ndarray) -> np.ndarray:
        return _array(self._vocos(self._tensor(mel)[None])[0])

    @torch.inference_mode()
    def encode(self, mel: np.ndarray) -> np.ndarray:
        return _array(self._dvae.encode(self._tensor(mel)[None])[0])

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)


def projections(dvae: DVAE) -> list[Projections]:
    """The linear maps of the quantiser."""
    state = {name: _array(tensor) for name, tensor in dvae.groups.state_dict().items()}
    parts = ("project_in.weight", "project_in.bias", "project_out.weight", "project_out.bias")
    return [Projections(*(state[f"{number}.{part}"] for part in parts)) for number in range(GROUPS)]


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().float().cpu().numpy()
    return array
