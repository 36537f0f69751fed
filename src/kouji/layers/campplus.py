"""CAM++: who speaks, as one vector.

    Kaldi bands (B, T, 80), 100 per second, without their mean ─→ 2-D residual blocks ─→ dense, gated time-delay layers
    ─→ mean and spread over time ─→ (B, 192)

Source: Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking" (2023);
official file: campplus_cn_common.bin (3D-Speaker, Apache-2.0).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SEGMENT = 100  # frames whose mean tells a layer what is said around a frame


@dataclass(frozen=True)
class CAMPPlusConfig:
    """The published size."""

    n_bands: int = 80
    dim: int = 192  # of the embedding
    growth: int = 32  # channels that a dense layer adds
    bottleneck: int = 4  # times the growth
    width: int = 128  # channels before the dense blocks
    planes: int = 32  # of the two-dimensional part
    blocks: tuple[tuple[int, int], ...] = ((12, 1), (24, 2), (16, 2))  # dense layers, dilation


class Residual(nn.Module):
    """Two 3 x 3 convolutions around which the input goes."""

    def __init__(self, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(planes, planes, 3, (stride, 1), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(planes, planes, 1, (stride, 1), bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, planes, n_bands, T) -> (B, planes, n_bands / stride, T)."""
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(h + self.shortcut(x))


class Head(nn.Module):
    """The two-dimensional part: bands become an eighth."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, planes, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.layer1 = nn.Sequential(Residual(planes, 2), Residual(planes, 1))
        self.layer2 = nn.Sequential(Residual(planes, 2), Residual(planes, 1))
        self.conv2 = nn.Conv2d(planes, planes, 3, (2, 1), 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_bands, T) -> (B, planes * n_bands / 8, T)."""
        h = F.relu(self.bn1(self.conv1(x[:, None])))
        h = F.relu(self.bn2(self.conv2(self.layer2(self.layer1(h)))))
        return h.flatten(1, 2)


class Activation(nn.Module):
    """Batch norm, then ReLU."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.batchnorm = nn.BatchNorm1d(n_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        return F.relu(self.batchnorm(x))


class ContextMask(nn.Module):
    """A convolution whose channels the context switches on and off."""

    def __init__(self, n_in: int, n_out: int, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(n_in, n_out, 3, padding=dilation, dilation=dilation, bias=False)
        self.linear1 = nn.Conv1d(n_in, n_in // 2, 1)
        self.linear2 = nn.Conv1d(n_in // 2, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, T) -> (B, n_out, T)."""
        nearby = F.avg_pool1d(x, SEGMENT, SEGMENT, ceil_mode=True)
        nearby = nearby.repeat_interleave(SEGMENT, 2)[..., : x.shape[2]]
        context = x.mean(2, keepdim=True) + nearby
        mask = self.linear2(F.relu(self.linear1(context))).sigmoid()
        out: Tensor = self.linear_local(x) * mask
        return out


class DenseLayer(nn.Module):
    """Adds its channels to those it got."""

    def __init__(self, n_in: int, config: CAMPPlusConfig, dilation: int) -> None:
        super().__init__()
        inner = config.bottleneck * config.growth
        self.nonlinear1 = Activation(n_in)
        self.linear1 = nn.Conv1d(n_in, inner, 1, bias=False)
        self.nonlinear2 = Activation(inner)
        self.cam_layer = ContextMask(inner, config.growth, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, T) -> (B, n_in + growth, T)."""
        h = self.nonlinear2(self.linear1(self.nonlinear1(x)))
        return torch.cat([x, self.cam_layer(h)], 1)


class Transit(nn.Module):
    """Half the channels."""

    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.nonlinear = Activation(n_in)
        self.linear = nn.Conv1d(n_in, n_in // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, T) -> (B, n_in / 2, T)."""
        out: Tensor = self.linear(self.nonlinear(x))
        return out


class Delay(nn.Module):
    """Every second frame of a convolution over five."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(n_in, n_out, 5, 2, 2, bias=False)
        self.nonlinear = Activation(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, T) -> (B, n_out, T / 2)."""
        out: Tensor = self.nonlinear(self.linear(x))
        return out


class Embedding(nn.Module):
    """A map, and a norm that scales without learning."""

    def __init__(self, n_in: int, dim: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(n_in, dim, 1, bias=False)
        self.nonlinear = nn.Sequential(OrderedDict(batchnorm=nn.BatchNorm1d(dim, affine=False)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in) -> (B, dim)."""
        out: Tensor = self.nonlinear(self.linear(x[..., None])[..., 0])
        return out


class CAMPPlus(nn.Module):
    """The speaker encoder."""

    def __init__(self, config: CAMPPlusConfig) -> None:
        super().__init__()
        self.head = Head(config.planes)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["tdnn"] = Delay(config.planes * config.n_bands // 8, config.width)
        width = config.width
        for number, (n_layers, dilation) in enumerate(config.blocks, 1):
            dense = OrderedDict[str, nn.Module]()
            for i in range(n_layers):
                dense[f"tdnnd{i + 1}"] = DenseLayer(width, config, dilation)
                width += config.growth
            layers[f"block{number}"] = nn.Sequential(dense)
            layers[f"transit{number}"] = Transit(width)
            width //= 2
        layers["out_nonlinear"] = Activation(width)
        layers["dense"] = Embedding(2 * width, config.dim)
        self.xvector = nn.ModuleDict(layers)

    def forward(self, bands: Tensor) -> Tensor:
        """(B, T, n_bands), the mean over time taken away -> (B, dim)."""
        x = self.head(bands.transpose(1, 2))
        for name, layer in self.xvector.items():
            if name == "dense":
                x = torch.cat([x.mean(2), x.std(2, unbiased=True)], 1)
            x = layer(x)
        out: Tensor = x
        return out
