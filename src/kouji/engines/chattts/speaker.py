"""Who speaks: an embedding of 768 half-precision numbers, or a sample of speech in codes; both travel as text.

    embedding   float16 bytes → raw LZMA2 → base16384: begins with 蘁淰
    sample      how many streams and steps, then uint16 codes as raw LZMA2 → base16384
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kouji.errors import BadCheckpoint, InvalidInput

from . import base16384
from .config import N_Q

_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
LARGEST = 1 << 20  # bytes that a text may unpack to
_HINT = "Copy it whole, from 蘁淰 to its end."


def unit(embedding: np.ndarray) -> np.ndarray:
    """An embedding (dim,) at length 1, in the precision that it has; sums are made in single."""
    length = np.sqrt((embedding.astype(np.float32) ** 2).sum(dtype=np.float32)).astype(embedding.dtype)
    return np.asarray(embedding / np.maximum(length, embedding.dtype.type(1e-12)))


def embedding_text(embedding: np.ndarray) -> str:
    """An embedding (dim,) as text."""
    return base16384.encode(_packed(embedding.astype("<f2").tobytes()))


def embedding_of(text: str, dim: int = 768) -> np.ndarray:
    """The embedding (dim,) float16 of a text.

    Raises:
        InvalidInput: it is none.
    """
    data = _unpacked(base16384.decode(text.strip()))
    if len(data) != 2 * dim:
        raise InvalidInput(f"A speaker's text holds {len(data) // 2} numbers instead of {dim}.", _HINT)
    found = np.frombuffer(data, "<f2").astype(np.float16)
    if not np.isfinite(found).all() or not found.any():
        raise InvalidInput("A speaker's text holds numbers that no voice has.", _HINT)
    return found


def sample_text(codes: np.ndarray) -> str:
    """Codes (4, P) of a recording as text."""
    header = np.array(codes.shape, "<u2").tobytes()
    return base16384.encode(header + _packed(codes.astype("<u2").tobytes()))


def sample_of(text: str, n_codes: int = 625) -> np.ndarray:
    """The codes (4, P) int64 of a text.

    Raises:
        InvalidInput: it is none.
    """
    data = base16384.decode(text.strip())
    n_q, n_steps = np.frombuffer(data[:4].ljust(4, b"\0"), "<u2").tolist()
    packed = _unpacked(data[4:])
    if n_q != N_Q or n_steps == 0 or len(packed) != 2 * n_q * n_steps:
        raise InvalidInput("A sample's text does not hold what it says.", _HINT)
    codes = np.frombuffer(packed, "<u2").reshape(n_q, n_steps).astype(np.int64)
    if codes.max() >= n_codes:
        raise InvalidInput("A sample's text holds codes that there are not.", _HINT)
    return codes


@dataclass(frozen=True)
class Statistics:
    """Mean and spread of the embeddings of all speakers: what a random voice is drawn from."""

    spread: np.ndarray  # (dim,) float16
    mean: np.ndarray  # (dim,) float16

    @classmethod
    def of_text(cls, text: str) -> Statistics:
        """From the text that the official code has: spread, then mean.

        Raises:
            InvalidInput: it is none.
        """
        values = np.frombuffer(base16384.decode(text.strip()), "<f2").astype(np.float16)
        if len(values) % 2 or not len(values) or not np.isfinite(values).all():
            raise InvalidInput("The statistics of speakers cannot be read.", "Give the file as it was published.")
        return cls(*np.split(values, 2))

    @classmethod
    def read(cls, path: Path) -> Statistics:
        """From a file: the text, or the tensor of older releases (`spk_stat.pt`), read as data.

        Raises:
            BadCheckpoint: it is neither.
        """
        try:
            if path.suffix == ".txt":
                return cls.of_text(path.read_text("utf-8"))
            from kouji.layers import checkpoint

            (tensor,) = checkpoint.read(path).values()
            values = tensor.detach().half().reshape(-1).cpu().numpy()
        except (OSError, ValueError, InvalidInput) as error:
            raise BadCheckpoint(f"{path} holds no statistics of speakers: {error}", "Download it again.") from error
        return cls(*np.split(values, 2))

    def drawn(self, noise: np.ndarray) -> np.ndarray:
        """Standard normal float16 (dim,) -> an embedding (dim,), all of it in half precision."""
        return np.asarray(noise.astype(np.float16) * self.spread + self.mean)


def _packed(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_RAW, filters=_FILTERS)


def _unpacked(data: bytes) -> bytes:
    reader = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS)
    try:
        found = reader.decompress(data, LARGEST)
    except lzma.LZMAError as error:
        raise InvalidInput(f"A speaker's text cannot be unpacked: {error}.", _HINT) from error
    if not reader.eof:
        raise InvalidInput("A speaker's text is cut off, or none.", _HINT)
    return found


def of_seed(seed: int, statistics: Statistics) -> np.ndarray:
    """The voice (dim,) float16 that the official code draws with PyTorch on a CPU for a seed.

    Without PyTorch the last bit of one number in some forty thousand comes out otherwise, which nobody hears.
    """
    n = len(statistics.mean)
    try:
        import torch
    except ModuleNotFoundError:
        return statistics.drawn(_normals(seed, n))
    generator = torch.Generator().manual_seed(seed)
    return statistics.drawn(torch.randn(n, generator=generator, dtype=torch.float16).numpy())


def _normals(seed: int, n: int) -> np.ndarray:
    """Normals (n,) rounded to half precision, as PyTorch's CPU generator draws them; n a multiple of 16.

    24 bits of each word of a Mersenne twister are a uniform; in blocks of sixteen the first eight give the radius and
    the others the angle of Box and Muller.
    """
    twister = np.random.MT19937()
    twister._legacy_seeding(seed)  # one word as the seed, as the algorithm was published
    uniforms = ((twister.random_raw(n) & 0xFFFFFF) / np.float32(1 << 24)).astype(np.float32).reshape(-1, 2, 8)
    radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - uniforms[:, 0]))
    angle = np.float32(2 * np.pi) * uniforms[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float16).reshape(-1)
