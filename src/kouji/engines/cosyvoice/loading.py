"""A folder of weights to stages: converted files on ONNX Runtime, or else the official ones on torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from kouji.engines.contract import Device
from kouji.errors import BadCheckpoint, needs
from kouji.runtime import converted

from .stages import Stages

SPEAKERS = "speakers.npz"


class Listener(Protocol):
    """What hears recordings, see listening.Ears."""

    @property
    def digest(self) -> str:
        """Of what it hears with."""
        ...

    def codes(self, samples: np.ndarray) -> np.ndarray:
        """(n_samples,) at 22.05 kHz -> (N,) int64."""
        ...

    def embedding(self, samples: np.ndarray) -> np.ndarray:
        """(n_samples,) at 22.05 kHz -> (192,)."""
        ...

    def rest(self) -> None:
        """Leave memory until it is needed again."""
        ...


def load(
    folder: Path, n_threads: int, int8: bool, device: Device | None = None, needs_speakers: bool = False
) -> tuple[Stages, Mapping[str, np.ndarray]]:
    """The stages, and the embeddings (192,) of the built-in speakers by their official names.

    Args:
        folder: of the model.
        n_threads: processor threads.
        int8: take eight-bit weights where they were made; otherwise they are not touched.
        device: where they run. Converted files run on cpu, cuda and tensorrt, in float32; for the rest, the official
            ones are taken.
        needs_speakers: a folder without any is of another variant.

    Raises:
        MissingExtra: official files need torch.
        MissingWeights: a converted file is gone.
        BadCheckpoint: a file is not what it should be.
        UnsupportedDevice: what is installed does not run there.
    """
    device = device or Device()
    needs_torch = device.precision if device.precision not in ("", "float32") else "mps" * (device.name == "mps")
    for place in [] if needs_torch else converted.choices(folder, int8):
        from .onnx_stages import OnnxStages

        with np.load(place / SPEAKERS) as table:
            speakers = _checked(dict(table), needs_speakers, place / SPEAKERS)
        return OnnxStages(place, n_threads, device.name or "cpu"), speakers
    converted.expect_official(folder, "llm.pt", needs_torch)
    with needs("torch", "The way to read the official files"):
        from .torch_stages import TorchStages

    speakers = _checked(speakers_of(folder), needs_speakers, folder / "spk2info.pt")
    return TorchStages.from_folder(folder, n_threads, device), speakers


def _checked(speakers: dict[str, np.ndarray], needs_speakers: bool, path: Path) -> dict[str, np.ndarray]:
    if needs_speakers and not speakers:
        raise BadCheckpoint(f"{path} has no speaker.", "It is of CosyVoice-300M; CosyVoice-300M-SFT has seven.")
    return speakers


def speakers_of(folder: Path) -> dict[str, np.ndarray]:
    """The table of speakers of an official folder; empty where it has none. Voices that users added are left out."""
    from kouji.layers import checkpoint

    path = folder / "spk2info.pt"
    if not path.is_file() or path.stat().st_size == 0:
        return {}
    state = checkpoint.read(path, ((r"^(?!.*\.embedding$)", None), (r"\.embedding$", "")))
    wrong = [name for name, tensor in state.items() if tensor.numel() != 192]
    if wrong:
        raise BadCheckpoint(f"{path} has no embedding of 192 numbers for {wrong[0]!r}.", "Is it of another model?")
    return {name: tensor.float().reshape(-1).numpy() for name, tensor in state.items()}
