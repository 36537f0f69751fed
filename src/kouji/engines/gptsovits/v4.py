"""v4: codes, phones, a style and a recording's mel to mel, by a flow that goes on from the recording; then to samples.

    codes, phones, style ─ prior.py → frames, 50 a second ─ bridge, WaveNet → features, 100 a second ─┐
    recording: its codes, phones, style ─→ its features; its mel ─────────────────────────────────────┤
    noise ────────────────────────────────────────────────────────────────────────────────────────────┤
                                                    samples ← generator.py ─ mel ← dit.py, step by step ┘

Official files: gsv-v4-pretrained/s2Gv4.pth and vocoder.pth (RVC-Boss/GPT-SoVITS, MIT), and LoRA files of trainings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import DIM_FEATURES, N_BRIDGE_LAYERS, VOCODER, GeneratorConfig, SoVITSConfig
from .container import Container
from .dit import DiT, DiTConfig
from .generator import Generator
from .prior import Prior
from .sovits import RENAME as RENAME_V2
from .sovits import Hearing, renamed
from .wavenet import WaveNet

RENAME: checkpoint.Rename = (
    *RENAME_V2,
    (r"^enc_p\.proj\.|^linear_mel\.", None),
    (r"^cfm\.estimator\.rotary_embed\.inv_freq$", "estimator.rates"),
    (r"^cfm\.estimator\.", "estimator."),
)


class _Bridge(nn.Module):
    """The WaveNet between frames and features."""

    def __init__(self, dim_style: int) -> None:
        super().__init__()
        self.pre = nn.Conv1d(DIM_FEATURES, DIM_FEATURES, 1)
        self.enc = WaveNet(DIM_FEATURES, N_BRIDGE_LAYERS, dim_style)
        self.proj = nn.Conv1d(DIM_FEATURES, DIM_FEATURES, 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, 512, T), (B, dim_style, 1) -> (B, 512, T)."""
        out: Tensor = self.proj(self.enc(self.pre(x), style))
        return out


class SoVITSV4(Hearing):
    """Codes to mel."""

    def __init__(self, config: SoVITSConfig, dit: DiTConfig) -> None:
        super().__init__(config)
        self.enc_p = Prior(config, has_latent=False)
        self.bridge = nn.Sequential(nn.Conv1d(config.dim, DIM_FEATURES, 1), nn.LeakyReLU(0.01))
        self.wns1 = _Bridge(config.dim_style)
        self.estimator = DiT(dit)

    @classmethod
    def from_container(cls, found: Container) -> SoVITSV4:
        """From a file that is read and, where it was a LoRA, merged. (Raises as sovits.SoVITS.from_container.)"""
        source, state = str(found.path), renamed(found, RENAME)
        config = SoVITSConfig.of(found.config, state["enc_p.text_embedding.weight"].shape[0], False, source)
        with torch.device("meta"):
            network = cls(config, dit_config(state))
        checkpoint.load(network, state, source)
        return network.eval().requires_grad_(False)

    def frames(self, codes: Tensor, phones: Tensor, style: Tensor) -> Tensor:
        """See sovits.SoVITS.frames."""
        found: Tensor = self.enc_p(self.codes(codes).transpose(1, 2), phones, style)
        return found

    def features(self, frames: Tensor, style: Tensor) -> Tensor:
        """Frames (1, 192, T) -> what the flow is told, (1, 512, 2 T)."""
        wide = F.interpolate(self.bridge(frames), scale_factor=2, mode="nearest")
        found: Tensor = self.wns1(wide, style)
        return found

    def moments(self, n_timesteps: int) -> Tensor:
        """What the flow is told at each of so many steps from 0 to 1, see dit.DiT.moments."""
        times = torch.arange(n_timesteps, device=self.codes.weight.device) / n_timesteps
        return self.estimator.moments(times, torch.full_like(times, 1 / n_timesteps))

    def solve(self, noise: Tensor, features: Tensor, prompt: Tensor, moments: Tensor, cfg_rate: float = 0.0) -> Tensor:
        """Follow the flow.

        Args:
            noise: (1, 100, T) standard normal; where the prompt is it does not count.
            features: (1, 512, T), the prompt's first.
            prompt: (1, 100, P) normalised mel.
            moments: of all steps, see `moments`.
            cfg_rate: how much further to go than without prompt and text; 0: no guidance, as in the release.

        Returns:
            (1, 100, T), zeros where the prompt is.
        """
        n_prompt = prompt.shape[2]
        known = F.pad(prompt, (0, noise.shape[2] - n_prompt))
        x = noise.clone()
        x[..., :n_prompt] = 0
        told = self.estimator.told(known, features)
        if cfg_rate:
            told = torch.cat([told, self.estimator.told(torch.zeros_like(known), torch.zeros_like(features))])
        for moment in moments:
            velocity = self.estimator(x.expand(len(told), -1, -1), told, moment)
            if cfg_rate:
                velocity = velocity[:1] + cfg_rate * (velocity[:1] - velocity[1:])
            x = x + velocity / len(moments)
            x[..., :n_prompt] = 0
        return x


def dit_config(state: Mapping[str, Tensor]) -> DiTConfig:
    """Sizes from the tensors: a file's own `config` does not say them."""
    dim = state["estimator.proj_out.weight"].shape[1]
    dim_head = 2 * len(state["estimator.rates"])

    def count(pattern: str) -> int:
        return len({found[1] for name in state if (found := re.match(pattern, name))})

    return DiTConfig(
        dim, count(r"estimator\.transformer_blocks\.(\d+)\."), dim // dim_head,
        state["estimator.transformer_blocks.0.ff.ff.2.weight"].shape[1] // dim,
        state["estimator.text_embed.text_blocks.0.dwconv.weight"].shape[0],
        count(r"estimator\.text_embed\.text_blocks\.(\d+)\."),
    )  # fmt: skip


def vocoder(state: Mapping[str, Tensor], source: str) -> Generator:
    """From the tensors of vocoder.pth, of any width."""
    width = state["conv_pre.weight"].shape[0] if "conv_pre.weight" in state else VOCODER.width
    config = GeneratorConfig(**{**vars(VOCODER), "width": width})
    with torch.device("meta"):
        network = Generator(config)
    checkpoint.load(network, {name: tensor.float() for name, tensor in state.items()}, source)
    return network.eval().requires_grad_(False)


def read_vocoder(path: Path) -> Generator:
    """The vocoder of a folder."""
    state = checkpoint.read(path, ((r"^generator\.", ""),))
    return vocoder(checkpoint.without_weight_norm(state), str(path))
