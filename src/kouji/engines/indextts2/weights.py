"""The official files as networks: every tensor in them is used or known to be unused, none is made up.

Each part is read on its own, so that what only learns a voice is never in memory while one is spoken with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint
from kouji.layers.campplus import CAMPPlus, CAMPPlusConfig
from kouji.layers.checkpoint import Rename
from kouji.layers.linear import Linear

from .bigvgan import BigVGAN, BigVGANConfig, ConvTranspose1d
from .codec import SemanticCodec
from .config import ModelConfig, count, read_json
from .dit import DiT
from .encoders import Encoders
from .gpt import GPT
from .places import auxiliary
from .regulator import LengthRegulator, latent_projection
from .w2vbert import N_LAYERS, W2vBert, W2vBertConfig
from .wavenet import Conv1d

# Official names -> ours; None: not used when speaking. (`text_head` serves training, `attn.bias` and `pe` are
# tables that can be computed, `wte` is replaced by `mel_embedding`.)
_BOOKKEEPING = (r"^(epoch|step|iters?|optimizer|scheduler|lr|hyper_parameters|params)\b", None)
_GPT: Rename = (
    _BOOKKEEPING,
    (r"^model\.", ""),
    (r"^text_head\.|\.attn\.(masked_)?bias$|\.pos_enc\.pe$|^gpt\.wte\.", None),
)
_OF_ENCODERS = r"^(emo_)?(conditioning_encoder|perceiver_encoder)\.|^emovec_layer\.|^emo_layer\."
GPT_NAMES: Rename = (*_GPT, (_OF_ENCODERS, None))
ENCODER_NAMES: Rename = (*_GPT, (rf"^(?!{_OF_ENCODERS.replace('^', '')})", None))
_UPPER = "|".join(map(str, range(N_LAYERS, 24)))
W2VBERT_NAMES: Rename = ((rf"^masked_spec_embed$|^encoder\.layers\.({_UPPER})\.", None),)
CODEC_NAMES: Rename = ((r"^decoder\.", None), (r"\.quantizers\.0\.", "."))
BIGVGAN_NAMES: Rename = ((r"^(discriminator|mpd|mrd)\.", None), (r"^generator\.", ""), (r"\.filter$", None))
_CONV1D = re.compile(r"\.(c_attn|c_proj|c_fc)\.weight$")  # GPT-2 keeps these as (in, out)

Module = TypeVar("Module", bound=nn.Module)
Size = TypeVar("Size")


def s2mel_names(depth: int) -> Rename:
    """Of s2mel.pth, for an estimator of so many blocks: the lower half has skip connections that it never uses."""
    early = "|".join(map(str, range(depth // 2 + 1)))
    return (
        (r"^(?!(net\.)?(module\.)?(cfm|length_regulator|gpt_layer)\.)", None),
        (r"^net\.", ""),
        (r"(^|\.)module\.", r"\1"),
        (r"^cfm\.estimator\.(x_embedder|cond_embedder|content_mask_embedder)\.", None),
        (r"^cfm\.estimator\.(input_pos|t_embedder2?\.freqs)$", None),
        (rf"^cfm\.estimator\.transformer\.layers\.({early})\.skip_in_linear\.", None),
        (r"^cfm\.estimator\.transformer\.(freqs_cis|causal_mask)$|\.kv_cache\.", None),
        (r"^length_regulator\.(embedding\.|mask_token$)", None),
        (r"\.conv\.conv\.", "."),
    )


class S2Mel(nn.Module):
    """The three parts of s2mel.pth."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gpt_layer = latent_projection(config.gpt.dim, config.codec.in_dim)
        self.length_regulator = LengthRegulator(config.regulator)
        self.cfm = nn.ModuleDict({"estimator": DiT(config.dit)})

    @property
    def estimator(self) -> DiT:
        """The velocity of the flow."""
        found = self.cfm["estimator"]
        assert isinstance(found, DiT)
        return found


def filled(make: Callable[[], Module], state: Mapping[str, Tensor], source: str) -> Module:
    """A network with the tensors of a file, ready to run.

    Args:
        make: builds it.
        state: by our names; pairs of weight norm are folded here.
        source: for the error.

    Raises:
        BadCheckpoint: see `kouji.layers.checkpoint.load`.
    """
    with torch.device("meta"):
        module = make()
    folded = checkpoint.without_weight_norm(state)
    checkpoint.load(module, {name: _single(tensor) for name, tensor in folded.items()}, source)
    return module.eval().requires_grad_(False)


def _single(tensor: Tensor) -> Tensor:
    """In float32; counters (of batch norms) as they are."""
    return tensor.float() if tensor.is_floating_point() else tensor


def gpt(config: ModelConfig, state: Mapping[str, Tensor], source: str) -> GPT:
    """From the tensors of gpt.pth under `GPT_NAMES`."""
    turned = {name: tensor.T.contiguous() if _CONV1D.search(name) else tensor for name, tensor in state.items()}
    return filled(lambda: GPT(config.gpt), turned, source)


def read_gpt(config: ModelConfig, folder: Path) -> GPT:
    """The GPT of a folder."""
    path = folder / config.files["gpt_checkpoint"]
    return gpt(config, checkpoint.read(path, GPT_NAMES), str(path))


def read_encoders(config: ModelConfig, folder: Path) -> Encoders:
    """Encoders of speaker and emotion."""
    path = folder / config.files["gpt_checkpoint"]
    return filled(lambda: Encoders(config.encoders), checkpoint.read(path, ENCODER_NAMES), str(path))


def read_s2mel(config: ModelConfig, folder: Path) -> S2Mel:
    """Length regulator and flow."""
    path = folder / config.files["s2mel_checkpoint"]
    return filled(lambda: S2Mel(config), checkpoint.read(path, s2mel_names(config.dit.depth)), str(path))


def read_codec(config: ModelConfig, folder: Path) -> SemanticCodec:
    """The semantic codec."""
    path = auxiliary(folder, "codec")
    return filled(lambda: SemanticCodec(config.codec), checkpoint.read(path, CODEC_NAMES), str(path))


def read_w2vbert(config: ModelConfig, folder: Path) -> W2vBert:
    """The lower layers of w2v-BERT."""
    path = auxiliary(folder, "w2vbert")
    size = _sized(path, lambda values: W2vBertConfig(
        count(values, "feature_projection_input_dim", 160), count(values, "hidden_size", config.codec.in_dim),
        count(values, "intermediate_size", 4096), count(values, "num_attention_heads", 16),
    ))  # fmt: skip
    return filled(lambda: W2vBert(size), checkpoint.read(path, W2VBERT_NAMES), str(path))


def read_bigvgan(folder: Path) -> BigVGAN:
    """The vocoder."""
    path = auxiliary(folder, "bigvgan")
    size = _sized(path, lambda values: BigVGANConfig(width=count(values, "upsample_initial_channel", 1536)))
    return filled(lambda: BigVGAN(size), checkpoint.read(path, BIGVGAN_NAMES), str(path))


def read_campplus(config: ModelConfig, folder: Path) -> CAMPPlus:
    """The speaker encoder."""
    path = auxiliary(folder, "campplus")
    size = CAMPPlusConfig(dim=config.dit.speaker_dim)
    return filled(lambda: CAMPPlus(size), checkpoint.read(path), str(path))


def read_matrix(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """The one tensor of a file.

    Raises:
        BadCheckpoint: it holds something else.
    """
    state = checkpoint.read(path)
    if [tuple(tensor.shape) for tensor in state.values()] != [shape]:
        raise BadCheckpoint(f"{path} does not hold one table of {shape[0]} x {shape[1]}.", "Download it again.")
    (tensor,) = state.values()
    return tensor.float().numpy()


def _sized(path: Path, make: Callable[[Mapping[str, Any]], Size]) -> Size:
    """A configuration from the config.json beside a file; what that does not say has the published value."""
    place = path.parent / "config.json"
    values = read_json(place)
    try:
        return make(values)
    except ValueError as error:
        raise BadCheckpoint(f"{place} has a value that cannot be: {error}.", "Download it again.") from error


def as_bfloat16(module: nn.Module) -> None:
    """Keep what multiplies large matrices in bfloat16: half the memory, and twice the pace where a CPU has it.

    Norms, activations and what flows between layers stay float32.
    """
    for part in module.modules():
        if isinstance(part, (Linear, Conv1d, ConvTranspose1d)):
            part.to(torch.bfloat16)
