"""Who speaks: ERes2NetV2 (arXiv 2406.02167) up to the map before its pooling, averaged over time. Official names.

Official file: sv/pretrained_eres2netv2w24s4ep4.ckpt (Alibaba, 3D-Speaker, Apache-2.0).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kouji.layers import checkpoint

WIDTH, SCALE, EXPANSION = 24, 4, 4  # "w24s4ep4"
CEILING = 20.0  # of the ReLUs within blocks
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # channels, blocks, stride

# What pools the map and projects it is not used.
RENAME: checkpoint.Rename = ((r"^(seg_1|seg_2|seg_bn_1|pool)\b", None),)


def _relu(x: Tensor) -> Tensor:
    return x.clamp(0, CEILING)


class _Fusion(nn.Module):
    """Two maps added, each by as much as both together say."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        inner = dim // 4
        self.local_att = nn.Sequential(
            nn.Conv2d(2 * dim, inner, 1), nn.BatchNorm2d(inner), nn.SiLU(),
            nn.Conv2d(inner, dim, 1), nn.BatchNorm2d(dim),
        )  # fmt: skip

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, dim, F, T) twice -> once."""
        share = torch.tanh(self.local_att(torch.cat([x, y], 1)))
        return x * (1 + share) + y * (1 - share)


class _Block(nn.Module):
    """A residual block whose middle is split into four parts that see one another in turn."""

    def __init__(self, n_in: int, channels: int, stride: int, fused: bool) -> None:
        super().__init__()
        width, n_out = channels * WIDTH // 64, channels * EXPANSION
        self.conv1 = nn.Conv2d(n_in, SCALE * width, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(SCALE * width)
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(SCALE))
        self.bns = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(SCALE))
        self.fuse_models = nn.ModuleList(_Fusion(width) for _ in range(SCALE - 1)) if fused else None
        self.conv3 = nn.Conv2d(SCALE * width, n_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Sequential()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, F, T) -> (B, n_out, F / stride, T / stride)."""
        parts = _relu(self.bn1(self.conv1(x))).chunk(SCALE, 1)
        done: list[Tensor] = []
        for number, part in enumerate(parts):
            if number and self.fuse_models is None:
                part = part + done[-1]
            elif number and self.fuse_models is not None:
                part = self.fuse_models[number - 1](done[-1], part)
            done.append(_relu(self.bns[number](self.convs[number](part))))
        return _relu(self.bn3(self.conv3(torch.cat(done, 1))) + self.shortcut(x))


class ERes2NetV2(nn.Module):
    """Four stages; the third is brought down to the fourth and fused with it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, STAGES[0][0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STAGES[0][0])
        n_in = STAGES[0][0]
        for number, (channels, n_blocks, stride) in enumerate(STAGES, 1):
            blocks = []
            for block in range(n_blocks):
                blocks.append(_Block(n_in, channels, stride if block == 0 else 1, number >= 3))
                n_in = channels * EXPANSION
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        third, fourth = (channels * EXPANSION for channels, _, _ in STAGES[2:])
        self.layer3_ds = nn.Conv2d(third, fourth, 3, 2, padding=1, bias=False)
        self.fuse34 = _Fusion(fourth)

    def forward(self, bands: Tensor) -> Tensor:
        """Kaldi's bands (B, T, 80), their mean left in -> (B, 20480)."""
        x = torch.relu(self.bn1(self.conv1(bands.transpose(1, 2)[:, None])))
        for number in (1, 2, 3):
            x = self.get_submodule(f"layer{number}")(x)
        fused = self.fuse34(self.get_submodule("layer4")(x), self.layer3_ds(x))
        mean: Tensor = fused.flatten(1, 2).mean(-1)
        return mean
