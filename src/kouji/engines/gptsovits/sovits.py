"""Semantic codes, phones and a style to samples: the second half of GPT-SoVITS.

    codes (T,) ─table─→ ┐                                ┌ noise
    phones (L,) ────────┼─ prior.py → frames (192, 2T) ──┴─ flow ─→ z ─ generator.py ─→ samples, 1280 per code
    style (512,) ───────┘                                   style ─┴──────┘

Official file: s2G*.pth, or what a training left in SoVITS_weights* (RVC-Boss/GPT-SoVITS, MIT).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import DIM_SPEAKER, DIM_STYLE, N_CODES, SoVITSConfig
from .container import Container
from .generator import Generator
from .prior import DIM_CODE, Prior
from .style import StyleEncoder
from .wavenet import Flow

# Official names -> ours; None: only training needs them.
RENAME: checkpoint.Rename = (
    (r"^enc_q\.", None),
    (r"^quantizer\.vq\.layers\.0\._codebook\.(inited|cluster_size|embed_avg)$", None),
    (r"^quantizer\.vq\.layers\.0\._codebook\.embed$", "codes.weight"),
)


class Hearing(nn.Module):
    """What is learnt of a recording: its codes, and its style. Shared by all versions."""

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__()
        self.config = config
        self.ssl_proj = nn.Conv1d(DIM_CODE, DIM_CODE, 2, stride=2)
        self.codes = nn.Embedding(N_CODES, DIM_CODE)
        self.ref_enc = StyleEncoder(config.dim_style)
        if config.is_pro:
            self.sv_emb = nn.Linear(DIM_SPEAKER, config.dim_style)
            self.ge_to512 = nn.Linear(config.dim_style, DIM_STYLE)
            self.prelu = nn.PReLU(config.dim_style)

    def encode(self, heard: Tensor) -> Tensor:
        """HuBERT's (1, 768, F) -> codes (F // 2,): the nearest row of the table."""
        x = self.ssl_proj(heard)[0].T
        table = self.codes.weight
        distances = x.square().sum(1, keepdim=True) - 2 * x @ table.T + table.square().sum(1)
        nearest: Tensor = distances.argmin(1)
        return nearest

    def style(self, spectrogram: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Spectrogram (1, 1025, T), and for the Pro family the speaker (1, 20480) -> (1, dim_style, 1)."""
        found: Tensor = self.ref_enc(spectrogram)
        if self.config.is_pro:
            assert speaker is not None
            found = self.prelu(found + self.sv_emb(speaker)[..., None])
        return found

    def style_of_text(self, style: Tensor) -> Tensor:
        """(1, dim_style, 1) -> (1, 512, 1) as the text side takes it."""
        if not self.config.is_pro:
            return style
        narrow: Tensor = self.ge_to512(style.transpose(1, 2))
        return narrow.transpose(1, 2)


class SoVITS(Hearing):
    """v2, v2Pro, v2ProPlus."""

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__(config)
        self.enc_p = Prior(config)
        self.flow = Flow(config.dim_latent, config.dim, config.dim_style)
        self.dec = Generator(config.generator)

    @classmethod
    def from_container(cls, found: Container) -> SoVITS:
        """From a file that is read: every tensor in it is used, or is for training; none is made up.

        Raises:
            BadCheckpoint: tensors are missing, left over, or of another size.
        """
        source = str(found.path)
        state = renamed(found)
        rows = state["enc_p.text_embedding.weight"].shape[0]
        config = SoVITSConfig.of(found.config, rows, found.version in ("v2Pro", "v2ProPlus"), source)
        return filled(cls, config, state, source)

    def frames(self, codes: Tensor, phones: Tensor, style: Tensor) -> Tensor:
        """Codes (1, T), phones (1, L), style (1, dim_style, 1) -> (1, 192, 2 T): what is said, before its length is
        settled."""
        quantized = self.codes(codes).transpose(1, 2)
        found: Tensor = self.enc_p(quantized, phones, self.style_of_text(style))
        return found

    def render(self, frames: Tensor, noise: Tensor, style: Tensor) -> Tensor:
        """Frames (1, 192, T), noise (1, dim_latent, T) with its scale, style (1, dim_style, 1) -> (1, 1, 640 T)."""
        mean, log_deviation = self.enc_p.latent(frames)
        z = self.flow.inverse(mean + noise * log_deviation.exp(), style)
        samples: Tensor = self.dec(z, style)
        return samples


def renamed(found: Container, rename: checkpoint.Rename = RENAME) -> dict[str, Tensor]:
    """The tensors of a file under our names, in float32, with weight norm folded."""
    named = ((checkpoint.renamed(name, rename), tensor) for name, tensor in found.weights.items())
    state = {name: tensor.float() for name, tensor in named if name is not None}
    return checkpoint.without_weight_norm(state)


def filled(make: type[SoVITS], config: SoVITSConfig, state: dict[str, Tensor], source: str) -> SoVITS:
    """A network with these tensors, ready to run."""
    with torch.device("meta"):
        network = make(config)
    checkpoint.load(network, state, source)
    return network.eval().requires_grad_(False)
