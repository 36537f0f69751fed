"""The networks as ONNX graphs, from the tensors of the torch modules that define them.

The convolutions work on (1, T, channels): those of the stacks are linear maps of neighbouring frames, so that all that
is heavy is a matrix product.
"""

from __future__ import annotations

import numpy as np

from kouji.runtime.build import INT32, Builder, Shape, Weights, part

from .config import N_MELS, DVAEConfig, GPTConfig, StackConfig, VocosConfig
from .convnext import DILATION, EPS, KERNEL
from .spectrum import N_BINS

N_POSITIONS = 4096  # of the published transformer


# ---- transformer ---------------------------------------------------------------------------------


def gpt(w: Weights, config: GPTConfig, int8: bool) -> Builder:
    """New rows x (1, s, dim) behind a cache that is written in place, to the hidden state (1, 1, dim) of the last.

    Inputs: `last` (1,), the row of the cache that the last new one takes; `total` (1,) rows afterwards; per layer keys
    and values (1, n_heads, capacity, head).
    """
    b = Builder("gpt", "blocks" if int8 else "float32")
    head = config.dim // config.n_heads
    cache: Shape = [1, config.n_heads, "capacity", head]
    x = b.input("x", [1, "s", config.dim])
    last, total = b.input("last", [1], INT32), b.input("total", [1], INT32)
    cosines, sines = (b.constant(table) for table in _rotary(config))
    for number in range(config.n_layers):
        layer = part(w, f"layers.{number}.")
        qkv = b.linear(_norm(b, x, layer["input_layernorm.weight"], config), layer["qkv.weight"])
        key, value = b.input(f"key{number}", cache), b.input(f"value{number}", cache)
        heard, keys, values = b.ops(
            "GroupQueryAttention", 3, qkv, "", "", key, value, last, total, cosines, sines, domain="com.microsoft",
            num_heads=config.n_heads, kv_num_heads=config.n_heads, do_rotary=1,
        )  # fmt: skip
        b.keep(keys, f"new_key{number}", f"new_key{number}", cache)
        b.keep(values, f"new_value{number}", f"new_value{number}", cache)
        x = b.op("Add", x, b.linear(heard, layer["o_proj.weight"]))
        wide = b.linear(_norm(b, x, layer["post_attention_layernorm.weight"], config), layer["gate_up.weight"])
        gate, up = b.ops("Split", 2, wide, axis=-1, num_outputs=2)
        gated = b.op("Mul", b.op("QuickGelu", gate, domain="com.microsoft", alpha=1.0), up)  # alpha 1: SiLU
        x = b.op("Add", x, b.linear(gated, layer["down_proj.weight"]))
    hidden = _norm(b, b.slice(x, -1, 2**31, 1), w["norm.weight"], config)
    b.output(hidden, "hidden", [1, 1, config.dim])
    return b


def head(name: str, weight: np.ndarray, int8: bool) -> Builder:
    """Hidden states (B, dim) -> logits (B, n)."""
    b = Builder(name, "blocks" if int8 else "float32")
    b.output(b.linear(b.input("hidden", ["B", weight.shape[1]]), weight), "logits", ["B", len(weight)])
    return b


def _norm(b: Builder, x: str, weight: np.ndarray, config: GPTConfig) -> str:
    return b.op("SimplifiedLayerNormalization", x, b.constant(weight), axis=-1, epsilon=config.eps)


def _rotary(config: GPTConfig) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines (N_POSITIONS, head / 2), see gpt.GPT."""
    head = config.dim // config.n_heads
    speeds = (1.0 / config.rope_theta ** (np.arange(0, head, 2, dtype=np.float32) / head)).astype(np.float32)
    angles = np.arange(N_POSITIONS, dtype=np.float32)[:, None] * speeds
    return np.cos(angles), np.sin(angles)


# ---- mel -----------------------------------------------------------------------------------------


def to_mel(name: str, w: Weights, config: StackConfig, int8: bool) -> Builder:
    """Steps (1, N, 2 dim_in) -> log-mel (1, 2 N, n_mels): hidden states, or what codes stand for."""
    b = Builder(name, "dynamic" if int8 else "float32")
    x = b.reshape(b.input("steps", [1, "N", 2 * config.dim_in]), 1, -1, config.dim_in)
    x = _neighbourhood(b, _stack(b, x, part(w, "decoder."), config), 3)
    mel = b.linear(x, _flat(w["out_conv.weight"]))
    b.output(b.op("Mul", mel, b.constant(w["coef"].reshape(-1))), "mel", [1, "T", N_MELS])
    return b


def encoder(w: Weights, config: DVAEConfig) -> Builder:
    """Log-mel (1, T, n_mels) -> what is to be quantised (1, T // 2, dim_codes)."""
    b = Builder("encoder")
    x = b.op("Div", b.input("mel", [1, "T", N_MELS]), b.constant(w["coef"].reshape(-1)))
    for number, stride in ((0, 1), (2, 2)):
        weight, bias = w[f"downsample_conv.{number}.weight"], w[f"downsample_conv.{number}.bias"]
        taps = b.op("Transpose", x, perm=[0, 2, 1])
        taps = b.op("Conv", taps, b.constant(weight), b.constant(bias), pads=[1, 1], strides=[stride])
        x = b.op("Gelu", b.op("Transpose", taps, perm=[0, 2, 1]))
    x = _stack(b, x, part(w, "encoder."), config.encoder)
    b.output(x, "features", [1, "S", config.encoder.dim_out])
    return b


def _stack(b: Builder, x: str, w: Weights, config: StackConfig) -> str:
    """See convnext.Stack, on (1, T, channels)."""
    x = b.linear(_neighbourhood(b, x, 3), _flat(w["conv_in.0.weight"]), w["conv_in.0.bias"])
    x = b.linear(_neighbourhood(b, b.op("Gelu", x), 3), _flat(w["conv_in.2.weight"]), w["conv_in.2.bias"])
    for number in range(config.n_layers):
        x = _block(b, x, part(w, f"decoder_block.{number}."), DILATION)
    return b.linear(x, w["conv_out.weight"][:, :, 0])


def _block(b: Builder, x: str, w: Weights, dilation: int) -> str:
    """See convnext.Block."""
    h = b.op("Transpose", x, perm=[0, 2, 1])
    h = b.op(
        "Conv", h, b.constant(w["dwconv.weight"]), b.constant(w["dwconv.bias"]), group=len(w["dwconv.bias"]),
        pads=[dilation * (KERNEL // 2)] * 2, dilations=[dilation],
    )  # fmt: skip
    h = b.layer_norm(b.op("Transpose", h, perm=[0, 2, 1]), w["norm.weight"], w["norm.bias"], EPS)
    h = b.op("Gelu", b.linear(h, w["pwconv1.weight"], w["pwconv1.bias"]))
    scale = w["scale"]  # of each channel, put into the last linear map
    return b.op("Add", x, b.linear(h, w["pwconv2.weight"] * scale[:, None], w["pwconv2.bias"] * scale))


def _neighbourhood(b: Builder, x: str, width: int) -> str:
    """(1, T, C) -> (1, T, width * C): each frame with those around it; zeros beyond the ends."""
    edge = width // 2
    padded = b.op("Pad", x, b.constant([0, edge, 0, 0, edge, 0]))
    ends = [place - width + 1 or 2**31 for place in range(width)]
    return b.op("Concat", *(b.slice(padded, start, end, 1) for start, end in enumerate(ends)), axis=2)


def _flat(weight: np.ndarray) -> np.ndarray:
    """A convolution (n_out, n_in, width) as a linear map of a neighbourhood."""
    return np.ascontiguousarray(weight.transpose(0, 2, 1).reshape(len(weight), -1))


# ---- sound ---------------------------------------------------------------------------------------


def vocoder(w: Weights, config: VocosConfig, int8: bool) -> Builder:
    """Log-mel (1, T, n_mels) -> log-magnitudes and phases (1, T, 2 * N_BINS)."""
    b = Builder("vocoder", "dynamic" if int8 else "float32")
    x = _neighbourhood(b, b.input("mel", [1, "T", N_MELS]), KERNEL)
    x = b.linear(x, _flat(w["embed.weight"]), w["embed.bias"], exact=True)
    x = b.layer_norm(x, w["norm.weight"], w["norm.bias"], EPS)
    for number in range(config.n_layers):
        x = _block(b, x, part(w, f"convnext.{number}."), 1)
    x = b.layer_norm(x, w["final_layer_norm.weight"], w["final_layer_norm.bias"], EPS)
    b.output(b.linear(x, w["head.weight"], w["head.bias"], exact=True), "drawn", [1, "T", 2 * N_BINS])
    return b
