"""Sizes of GPT-SoVITS, and how they are read from a checkpoint's own `config`.

Source: GPT_SoVITS/configs of RVC-Boss/GPT-SoVITS (MIT), s1longer-v2.yaml and s2.json, s2v2Pro.json, s2v2ProPlus.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kouji.errors import BadCheckpoint

SAMPLE_RATE = 32000  # Hz, v2 to v2ProPlus
HEARING_RATE = 16000  # Hz, of HuBERT and of the speaker encoder
NOISE_SCALE = 0.5  # of what is added to the mean of each frame
TOKEN_RATE = 25  # semantic codes a second
HOP_LENGTH = 640  # samples of a frame: 50 a second
N_FFT = 2048  # samples
N_CODES = 1024
N_PLACES = 16  # sentences, of all requests, that the first network goes on with together
DIM_BERT = 1024  # of the features that come with each phone
DIM_STYLE = 512  # of the style within the text side; the generator may have a wider one
DIM_SPEAKER = 20480  # of ERes2NetV2 as it is used here: the map before its pooling, averaged over time

SAMPLE_RATE_V4 = 48000  # Hz
N_MELS_V4 = 100
DIM_FEATURES = 512  # of what the flow of v4 is told
N_BRIDGE_LAYERS = 8  # of the WaveNet, of kernel 5, before it
STEPS = (4, 8, 16, 32)  # of the flow, that the release's page offers
MOST_PROMPT, MOST = 500, 1000  # mel frames of the recording, and of a piece with it, that the flow has been trained on


@dataclass(frozen=True)
class S1Config:
    """Phones to semantic codes."""

    dim: int = 512
    n_heads: int = 16
    n_layers: int = 24
    n_phones: int = 732
    n_codes: int = 1025  # 1024 codes, and the end
    max_seconds: float = 54.0  # what it was trained on; the release stops after 50 times as many codes, thus never

    @property
    def end(self) -> int:
        """The code that ends a sequence: the last one."""
        return self.n_codes - 1

    @classmethod
    def of(cls, config: Mapping[str, Any], source: str) -> S1Config:
        """From the `config` of an s1 checkpoint.

        Raises:
            BadCheckpoint: a size is not there, or is no number.
        """
        model, data = _part(config, "model", source), config.get("data", {})
        found = cls(
            _count(model, "hidden_dim", source), _count(model, "head", source), _count(model, "n_layer", source),
            _count(model, "phoneme_vocab_size", source), _count(model, "vocab_size", source),
            float(data.get("max_sec", 54)) if isinstance(data, Mapping) else 54.0,
        )  # fmt: skip
        if model.get("embedding_dim", found.dim) != found.dim or model.get("EOS", found.end) != found.end:
            raise BadCheckpoint(f"{source} has sizes that do not belong together.", "Is it a file of GPT-SoVITS?")
        return found


@dataclass(frozen=True)
class GeneratorConfig:
    """Frames to samples: HiFi-GAN."""

    n_in: int = 192
    width: int = 512  # channels before the first upsampling; each halves them
    rates: tuple[int, ...] = (10, 8, 2, 2, 2)
    kernels: tuple[int, ...] = (16, 16, 8, 2, 2)
    block_kernels: tuple[int, ...] = (3, 7, 11)
    block_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5),) * 3
    dim_style: int = 512  # 0: the vocoder of v4, which is told nothing but its mel
    has_last_bias: bool = False

    @property
    def reach(self) -> int:
        """Frames on either side by which a sample can be changed."""
        n = 3  # samples at the end, then at the rates before it
        for rate, kernel in zip(reversed(self.rates), reversed(self.kernels), strict=True):
            n += max(
                sum((dilation + 1) * (width - 1) // 2 for dilation in dilations)
                for width, dilations in zip(self.block_kernels, self.block_dilations, strict=True)
            )
            n = -(-(n + (kernel + rate) // 2 - 1) // rate)
        return n + 3


VOCODER = GeneratorConfig(N_MELS_V4, 512, (10, 6, 2, 2, 2), (20, 12, 4, 4, 4), dim_style=0, has_last_bias=True)  # v4


@dataclass(frozen=True)
class SoVITSConfig:
    """Semantic codes to samples."""

    dim: int = 192
    dim_latent: int = 192
    dim_ff: int = 768
    n_heads: int = 2
    n_layers: int = 6  # of the text encoder; the other two have half as many
    kernel: int = 3
    dim_style: int = 512
    n_phones: int = 732
    is_pro: bool = False  # also hears ERes2NetV2
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)

    @classmethod
    def of(cls, config: Mapping[str, Any], n_phones: int, is_pro: bool, source: str) -> SoVITSConfig:
        """From the `config` of an s2 checkpoint.

        Raises:
            BadCheckpoint: a size is not there, or is no number.
        """
        model = _part(config, "model", source)

        def count(name: str) -> int:
            return _count(model, name, source)

        try:
            rates, kernels = _counts(model["upsample_rates"]), _counts(model["upsample_kernel_sizes"])
            block_kernels = _counts(model["resblock_kernel_sizes"])
            dilations = tuple(_counts(row) for row in model["resblock_dilation_sizes"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadCheckpoint(f"{source} does not say how its generator is built.", "Download it again.") from error
        latent, style = count("inter_channels"), count("gin_channels")
        generator = GeneratorConfig(
            latent, count("upsample_initial_channel"), rates, kernels, block_kernels, dilations, style
        )
        return cls(
            count("hidden_channels"), latent, count("filter_channels"), count("n_heads"), count("n_layers"),
            count("kernel_size"), style, n_phones, is_pro, generator,
        )  # fmt: skip


def _part(config: Mapping[str, Any], name: str, source: str) -> Mapping[str, Any]:
    part = config.get(name)
    if not isinstance(part, Mapping):
        raise BadCheckpoint(f"{source} has no sizes of its {name}.", "Give the file that the training saved to use.")
    return part


def _count(model: Mapping[str, Any], name: str, source: str) -> int:
    value = model.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 1 << 20:
        raise BadCheckpoint(f"{source} has {name}={value!r}.", "A positive whole number is expected.")
    return value


def _counts(values: Sequence[Any]) -> tuple[int, ...]:
    if not all(isinstance(value, int) and 0 < value <= 1 << 16 for value in values):
        raise ValueError("no sizes")
    return tuple(values)
