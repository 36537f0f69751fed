"""The second network of v4 as ONNX graphs, behind graphs.prior, from the tensors of the torch modules that define it.

    features.onnx   frames, style → features          once for a piece
    told.onnx       prompt, features → rows           once for a piece: what is the same in every step of the flow
    field.onnx      sample, rows, moment → velocity   at every step
    vocoder.onnx    mel → samples
"""

from __future__ import annotations

import numpy as np

from kouji.runtime.build import INT64, Builder, Shape, Weights, part

from .config import DIM_FEATURES, N_MELS_V4, VOCODER, GeneratorConfig, SoVITSConfig
from .dit import EPS, N_TOLD, N_TOLD_LAST, POSITION_GROUPS, POSITION_KERNEL, DiTConfig
from .graphs import conv, generated, wavenet


def features(w: Weights, config: SoVITSConfig) -> Builder:
    """Frames (1, dim, T), style (1, dim_style, 1) -> (1, 512, 2 T). See v4.SoVITSV4.features."""
    b = Builder("features")
    frames, style = b.input("frames", [1, config.dim, "T"]), b.input("style", [1, config.dim_style, 1])
    narrow = b.op("Unsqueeze", b.op("LeakyRelu", conv(b, frames, w, "bridge.0"), alpha=0.01), b.constant([3]))
    wide = b.reshape(b.op("Concat", narrow, narrow, axis=3), 0, 0, -1)
    found = conv(b, wavenet(b, conv(b, wide, w, "wns1.pre"), style, part(w, "wns1.enc.")), w, "wns1.proj")
    b.output(found, "features", [1, DIM_FEATURES, "T2"])
    return b


def told(w: Weights, config: DiTConfig) -> Builder:
    """Features (1, dim_text, T), waves of their places (1, T, dim_text), prompt (1, T, 100) -> rows (1, T, dim).

    `w`: of dit.DiT. See DiT.told.
    """
    b = Builder("told")
    text, places = b.input("features", [1, config.dim_text, "T"]), b.input("places", [1, "T", config.dim_text])
    prompt = b.input("prompt", [1, "T", N_MELS_V4])
    x = b.op("Add", _rows(b, text), places)
    for number in range(config.n_text_layers):
        x = _text_block(b, x, part(w, f"text_embed.text_blocks.{number}."))
    weight, bias = w["input_embed.proj.weight"], w["input_embed.proj.bias"]
    rows = b.linear(b.op("Concat", prompt, x, axis=-1), weight[:, N_MELS_V4:], bias)
    b.output(rows, "rows", [1, "T", config.dim])
    return b


def _text_block(b: Builder, x: str, w: Weights) -> str:
    edge = w["dwconv.weight"].shape[2] // 2
    weight, bias = b.constant(w["dwconv.weight"]), b.constant(w["dwconv.bias"])
    near = _rows(b, b.op("Conv", _rows(b, x), weight, bias, pads=[edge] * 2, group=len(w["dwconv.weight"])))
    near = b.layer_norm(near, w["norm.weight"], w["norm.bias"], EPS)
    wide = b.op("Gelu", b.linear(near, w["pwconv1.weight"], w["pwconv1.bias"]))
    size = b.op("ReduceL2", wide, b.constant([1]), keepdims=1)
    mean = b.op("Add", b.op("ReduceMean", size, b.constant([-1]), keepdims=1), b.constant(1e-6))
    shown = b.op("Mul", b.op("Mul", wide, b.op("Div", size, mean)), b.constant(w["grn.gamma"]))
    wide = b.op("Add", b.op("Add", shown, b.constant(w["grn.beta"])), wide)
    return b.op("Add", x, b.linear(wide, w["pwconv2.weight"], w["pwconv2.bias"]))


def _rows(b: Builder, x: str) -> str:
    """(1, channels, T) -> (1, T, channels), and back."""
    return b.op("Transpose", x, perm=[0, 2, 1])


def field(w: Weights, config: DiTConfig, int8: bool) -> Builder:
    """Velocity of what is not prompt. See dit.DiT, of whose tensors `w` is.

    x (1, T, 100), zeros where the prompt is; rows (1, T, dim) of `told`; moment (n, dim), a row of DiT.moments; cos and
    sin (T, head_dim / 2) of how far the first head turns; n_prompt (1,) -> (1, T - n_prompt, 100).
    """
    b = Builder("field", "dynamic" if int8 else "float32")
    n_told = N_TOLD * config.n_layers + N_TOLD_LAST
    x, rows = b.input("x", [1, "T", N_MELS_V4]), b.input("rows", [1, "T", config.dim])
    moment = b.reshape(b.input("moment", [n_told, config.dim]), -1)
    half: Shape = ["T", config.dim_head // 2]
    turns = b.input("cos", half), b.input("sin", half)
    n_prompt = b.input("n_prompt", [1], INT64)
    moments = b.ops("Split", n_told, moment, axis=0, num_outputs=n_told)
    x = b.op("Add", b.linear(x, w["input_embed.proj.weight"][:, :N_MELS_V4], exact=True), rows)
    x = b.op("Add", x, _rows(b, _positions(b, _rows(b, x), part(w, "input_embed.conv_pos_embed."))))
    for number in range(config.n_layers):
        block, of_block = part(w, f"transformer_blocks.{number}."), moments[N_TOLD * number : N_TOLD * (number + 1)]
        # Nobody asks the last block for the prompt's rows.
        x = _block(b, x, block, of_block, turns, config, n_prompt if number == config.n_layers - 1 else "")
    scale, shift = moments[-N_TOLD_LAST:]
    velocity = b.linear(_normed(b, x, scale, shift), w["proj_out.weight"], w["proj_out.bias"], exact=True)
    b.output(velocity, "velocity", [1, "N", N_MELS_V4])
    return b


def _positions(b: Builder, x: str, w: Weights) -> str:
    for name in ("conv1d.0", "conv1d.2"):
        weight, bias = b.constant(w[f"{name}.weight"]), b.constant(w[f"{name}.bias"])
        x = b.op("Mish", b.op("Conv", x, weight, bias, pads=[POSITION_KERNEL // 2] * 2, group=POSITION_GROUPS))
    return x


def _block(
    b: Builder, x: str, w: Weights, told: list[str], turns: tuple[str, str], config: DiTConfig, start: str
) -> str:
    """`start`: the first row that is wanted; "": all are."""
    shift, scale, gate, shift_ff, scale_ff, gate_ff = told
    query, key, value = _turned(b, _normed(b, x, scale, shift), part(w, "attn."), turns, config)
    if start:
        query, x = (b.op("Slice", each, start, b.constant([2**31]), b.constant([1])) for each in (query, x))
    seen = b.op("MultiHeadAttention", query, key, value, domain="com.microsoft", num_heads=config.n_heads)
    heard = b.linear(seen, w["attn.to_out.0.weight"], w["attn.to_out.0.bias"])
    x = b.op("Add", x, b.op("Mul", heard, gate))
    wide = b.linear(_normed(b, x, scale_ff, shift_ff), w["ff.ff.0.0.weight"], w["ff.ff.0.0.bias"])
    fed = b.linear(b.op("FastGelu", wide, domain="com.microsoft"), w["ff.ff.2.weight"], w["ff.ff.2.bias"])
    return b.op("Add", x, b.op("Mul", fed, gate_ff))


def _turned(b: Builder, x: str, w: Weights, turns: tuple[str, str], config: DiTConfig) -> tuple[str, str, str]:
    """Queries, keys, values (1, T, dim), the first head of the former two turned.

    Its channels are the first of all pairs, then the second of all: the same change in both leaves their products as
    they were.
    """
    head, half = config.dim_head, config.dim_head // 2
    order = np.concatenate([np.arange(0, head, 2), np.arange(1, head, 2), np.arange(head, config.dim)])
    orders = (order, order, np.arange(config.dim))
    weight, bias = (
        np.concatenate([w[f"to_{name}.{kind}"][each] for name, each in zip("qkv", orders, strict=True)])
        for kind in ("weight", "bias")
    )
    sizes = b.constant([half, half, config.dim - head] * 2 + [config.dim])
    first, second, *others, value = b.ops("Split", 7, b.linear(x, weight, bias), sizes, axis=-1)
    query = _turn(b, first, second, others[0], turns)
    return query, _turn(b, others[1], others[2], others[3], turns), value


def _turn(b: Builder, first: str, second: str, others: str, turns: tuple[str, str]) -> str:
    cos, sin = turns
    across = b.op("Sub", b.op("Mul", first, cos), b.op("Mul", second, sin))
    along = b.op("Add", b.op("Mul", second, cos), b.op("Mul", first, sin))
    return b.op("Concat", across, along, others, axis=-1)


def _normed(b: Builder, x: str, scale: str, shift: str) -> str:
    return b.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=EPS)


def vocoder(w: Weights, width: int) -> Builder:
    """Logarithms of mel (1, 100, T) -> samples (1, 1, 480 T)."""
    b = Builder("vocoder")
    config = GeneratorConfig(**{**vars(VOCODER), "width": width})
    b.output(generated(b, b.input("mel", [1, N_MELS_V4, "T"]), "", w, config), "samples", [1, 1, "S"])
    return b
