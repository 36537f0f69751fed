"""The stages in torch: the reference, and what runs on a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .encoder import KVCache
from .flow import Flow
from .hift import HiFT
from .lm import TokenLM


class TorchSpeaking:
    """See stages.Speaking."""

    def __init__(self, lm: TokenLM, rows: Tensor) -> None:
        self._lm = lm
        self._cache = KVCache(lm.config.lm.n_layers)
        self.log_probs = self._next(rows)

    def say(self, token: int) -> None:
        """Go on with this token."""
        with torch.inference_mode():
            self.log_probs = self._next(self._lm.speech_embedding.weight[token : token + 1])

    def _next(self, rows: Tensor) -> np.ndarray:
        log_probs: np.ndarray = self._lm(rows, self._cache).float().cpu().numpy()
        return log_probs


class TorchStages:
    """See stages.Stages."""

    def __init__(self, lm: TokenLM, flow: Flow, hift: HiFT) -> None:
        self._lm, self._flow, self._hift = lm, flow, hift
        self._device = next(flow.parameters()).device

    @classmethod
    def from_folder(cls, folder: Path, n_threads: int) -> TorchStages:
        """Read the official files; on a GPU where there is one."""
        torch.set_num_threads(n_threads)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        lm = TokenLM.from_checkpoint(folder / "llm.pt").to(device)
        flow = Flow.from_checkpoint(folder / "flow.pt").to(device)
        return cls(lm, flow, HiFT.from_checkpoint(folder / "hift.pt").to(device))

    @torch.inference_mode()
    def encode_text(self, ids: np.ndarray) -> np.ndarray:
        """See Stages, as for all that follow."""
        return _array(self._lm.encode_text(self._tensor(ids)))

    @torch.inference_mode()
    def begin(self, text: np.ndarray, speaker: np.ndarray | None, prompt: np.ndarray) -> TorchSpeaking:
        who = None if speaker is None else self._tensor(speaker)
        return TorchSpeaking(self._lm, self._lm.rows(self._tensor(text), who, self._tensor(prompt)))

    @torch.inference_mode()
    def speaker(self, embedding: np.ndarray) -> np.ndarray:
        return _array(self._flow.speaker(self._tensor(embedding)))

    @torch.inference_mode()
    def encode_codes(self, codes: np.ndarray) -> np.ndarray:
        return _array(self._flow.encode(self._tensor(codes)))

    @torch.inference_mode()
    def regulate(self, rows: np.ndarray, n_prompt: int, n_prompt_frames: int, n_new_frames: int) -> np.ndarray:
        return _array(self._flow.regulate(self._tensor(rows), n_prompt, n_prompt_frames, n_new_frames))

    @torch.inference_mode()
    def velocity(
        self, x: np.ndarray, mu: np.ndarray, time: np.ndarray, speaker: np.ndarray, cond: np.ndarray
    ) -> np.ndarray:
        position, *rest = map(self._tensor, (x, mu, time, speaker, cond))
        return _array(self._flow.unet(position, torch.ones_like(position[:, :1]), *rest))

    @torch.inference_mode()
    def f0(self, mel: np.ndarray) -> np.ndarray:
        return _array(self._hift.f0_predictor(self._tensor(mel)[None])[0])

    @torch.inference_mode()
    def mix(self, waves: np.ndarray) -> np.ndarray:
        return _array(self._hift.m_source(self._tensor(waves)))

    @torch.inference_mode()
    def decode(self, mel: np.ndarray, source: np.ndarray) -> np.ndarray:
        return _array(self._hift.decode(self._tensor(mel), self._tensor(source)))

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(array)).to(self._device)


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.float().cpu().numpy()
    return array
