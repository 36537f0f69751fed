"""A folder of weights to stages: converted files on ONNX Runtime, or else the official ones on torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kouji.errors import needs
from kouji.runtime import converted

from . import places
from .listening import Ears
from .script import Meaning
from .stages import Decoder, DecoderV4, Reader
from .text import front
from .text.g2pw import G2PW
from .vocabulary import Vocabulary

LEARNING = "1"  # counts how often what is learnt of a recording has changed


@dataclass(frozen=True)
class Parts:
    """All that speaks, reads and hears."""

    reader: Reader
    decoder: Decoder | DecoderV4
    ears: Ears
    meaning: Meaning


def load(folder: Path, version: str, n_threads: int, int8: bool) -> Parts:
    """The parts of a version.

    Args:
        folder: see `places`.
        version: v2 | v2Pro | v2ProPlus | v4.
        n_threads: processor threads.
        int8: take eight-bit weights where they were made; otherwise they are not touched.

    Raises:
        MissingExtra: official files need torch.
        MissingWeights: a file is not there.
        BadCheckpoint: a file is not what it should be. Nothing else has been loaded then.
    """
    for place in converted.choices(folder, int8):
        from . import onnx_stages

        return onnx_stages.load(place, version, n_threads)
    return official(folder, version, n_threads)


def official(folder: Path, version: str, n_threads: int) -> Parts:
    """From the official files, converted or not. (Raises as `load`.)"""
    s1, s2 = places.s1(folder, version), places.s2(folder, version)
    with needs("torch", "The way to read the official files"):
        import torch

    from . import torch_stages, v4, weights

    torch.set_num_threads(n_threads)
    t2s, sovits = weights.pair(s1, s2, version, folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    decoder: Decoder | DecoderV4
    if isinstance(sovits, v4.SoVITSV4):
        vocoder = v4.read_vocoder(places.found(folder, places.VOCODER_V4))
        decoder = torch_stages.TorchDecoderV4(sovits.to(device), vocoder.to(device))
    else:
        decoder = torch_stages.TorchDecoder(sovits.to(device))
    ears = torch_stages.TorchEars(sovits, folder, s2)
    reader = torch_stages.TorchReader(t2s.pack() if device == "cpu" else t2s.to(device))
    return Parts(reader, decoder, ears, torch_stages.TorchMeaning(folder, n_threads))


def reading(folder: Path, vocabulary: Vocabulary, n_threads: int) -> front.Reading:
    """What else decides how characters are read.

    Raises:
        BadCheckpoint, MissingWeights, MissingExtra: g2pW is there, but cannot be used.
    """
    place = places.g2pw(folder)
    return front.Reading(pinyin=G2PW(place, vocabulary.ids, n_threads) if place else None)


def digest(s2: Path, folder: Path) -> str:
    """Of what voices are learnt with: a voice that was learnt with others cannot be used."""
    with s2.open("rb") as file:
        sums = [hashlib.file_digest(file, "sha256").hexdigest()]
    for name in (f"{places.HUBERT}/pytorch_model.bin", places.SPEAKER):
        path = places.find(folder, name)
        sums.append(f"{name} {path.stat().st_size}" if path else "")
    return hashlib.sha256("\n".join([LEARNING, *sums]).encode()).hexdigest()
