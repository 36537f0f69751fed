"""The stages in torch: the reference, and what runs on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kouji.engines.contract import Device
from kouji.errors import UnsupportedDevice

from .encoder import KVCache
from .flow import Flow
from .hift import HiFT
from .lm import TokenLM

NARROW = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def place_of(device: str) -> str:
    """The name of a device in torch; "" is a GPU of CUDA where there is one, else the processor.

    Raises:
        UnsupportedDevice: this torch, or this machine, has no such device.
    """
    if device == "tensorrt":
        raise UnsupportedDevice("TensorRT runs converted files only.", "Convert them: kouji models convert.")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not device:
        return "cuda" if there["cuda"] else "cpu"
    if not there[device]:
        raise UnsupportedDevice(
            f"PyTorch {torch.__version__} finds no {device} here.",
            "Install a build of torch for it, or set device = cpu.",
        )
    return device


class TorchSpeaking:
    """See stages.Speaking."""

    def __init__(
        self, lm: TokenLM, rows: Tensor, narrowed: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        self._lm, self._narrowed = lm, narrowed
        self._cache = KVCache(lm.config.lm.n_layers)
        self.log_probs = self._next(rows)

    def say(self, token: int) -> None:
        """Go on with this token."""
        with torch.inference_mode():
            self.log_probs = self._next(self._lm.speech_embedding.weight[token : token + 1])

    def _next(self, rows: Tensor) -> np.ndarray:
        with self._narrowed():
            log_probs: np.ndarray = self._lm(rows, self._cache).float().cpu().numpy()
        return log_probs


class TorchStages:
    """See stages.Stages."""

    def __init__(self, lm: TokenLM, flow: Flow, hift: HiFT, narrow: torch.dtype | None = None) -> None:
        """`narrow`: in which precision the large matrices of language model and flow are multiplied; None: their own.

        The vocoder stays in float32: half precision is heard in its phases.
        """
        self._lm, self._flow, self._hift, self._narrow = lm, flow, hift, narrow
        self._device = next(flow.parameters()).device

    @classmethod
    def from_folder(cls, folder: Path, n_threads: int, device: Device | None = None) -> TorchStages:
        """Read the official files; on a GPU where there is one and nothing else is asked for.

        Raises:
            UnsupportedDevice: this torch, or this machine, has no such device.
        """
        asked = device or Device()
        place = place_of(asked.name)
        torch.set_num_threads(n_threads)
        # The smallest first: what is wrong with it is told before the large ones are read.
        hift = HiFT.from_checkpoint(folder / "hift.pt").to(place)
        flow = Flow.from_checkpoint(folder / "flow.pt").to(place)
        lm = TokenLM.from_checkpoint(folder / "llm.pt").to(place)
        return cls(lm, flow, hift, NARROW.get(asked.precision))

    @torch.inference_mode()
    def encode_text(self, ids: np.ndarray) -> np.ndarray:
        """See Stages, as for all that follow."""
        with self._narrowed():
            return _array(self._lm.encode_text(self._tensor(ids)))

    @torch.inference_mode()
    def begin(self, text: np.ndarray, speaker: np.ndarray | None, prompt: np.ndarray) -> TorchSpeaking:
        who = None if speaker is None else self._tensor(speaker)
        rows = self._lm.rows(self._tensor(text), who, self._tensor(prompt))
        return TorchSpeaking(self._lm, rows, self._narrowed)

    @torch.inference_mode()
    def speaker(self, embedding: np.ndarray) -> np.ndarray:
        return _array(self._flow.speaker(self._tensor(embedding)))

    @torch.inference_mode()
    def encode_codes(self, codes: np.ndarray) -> np.ndarray:
        with self._narrowed():
            return _array(self._flow.encode(self._tensor(codes)))

    @torch.inference_mode()
    def regulate(self, rows: np.ndarray, n_prompt: int, n_prompt_frames: int, n_new_frames: int) -> np.ndarray:
        return _array(self._flow.regulate(self._tensor(rows), n_prompt, n_prompt_frames, n_new_frames))

    @torch.inference_mode()
    def velocity(
        self, x: np.ndarray, mu: np.ndarray, time: np.ndarray, speaker: np.ndarray, cond: np.ndarray
    ) -> np.ndarray:
        position, *rest = map(self._tensor, (x, mu, time, speaker, cond))
        told = torch.ones_like(position[:, :1]), *rest
        if self._narrow is not None:
            with self._narrowed():
                field = self._flow.unet(position, *told)
            # Half precision ends at 65504: a step that goes beyond is taken again in full.
            if bool(field.isfinite().all()):
                return _array(field)
        return _array(self._flow.unet(position, *told))

    @torch.inference_mode()
    def f0(self, mel: np.ndarray) -> np.ndarray:
        return _array(self._hift.f0_predictor(self._tensor(mel)[None])[0])

    @torch.inference_mode()
    def mix(self, waves: np.ndarray) -> np.ndarray:
        return _array(self._hift.m_source(self._tensor(waves)))

    @torch.inference_mode()
    def decode(self, mel: np.ndarray, source: np.ndarray) -> np.ndarray:
        return _array(self._hift.decode(self._tensor(mel), self._tensor(source)))

    def _narrowed(self) -> AbstractContextManager[object]:
        """Within it large matrices are multiplied in the narrow precision."""
        if self._narrow is None:
            return nullcontext()
        return torch.autocast(self._device.type, self._narrow)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(array)).to(self._device)


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.float().cpu().numpy()
    return array
