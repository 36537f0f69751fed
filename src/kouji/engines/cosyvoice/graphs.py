"""The networks as ONNX graphs, from the tensors of the torch modules that define them.

All of the flow works on (B, T, channels): its convolutions are linear maps of three neighbouring frames, so that
everything heavy is a matrix product, and eight-bit weights serve convolutions too.
"""

from __future__ import annotations

import numpy as np

from kouji.runtime.build import INT32, Builder, Shape, Weights, part

from .config import N_MELS, EncoderConfig, FlowConfig, LMConfig
from .hift import N_BINS, N_FFT, RATE, STFT_HOP
from .unet import N_GROUPS

# ---- encoders with relative positions ------------------------------------------------------------


def encoder(name: str, w: Weights, config: EncoderConfig, causal: bool, last: str, int8: bool) -> Builder:
    """x (1, T, dim_in), sinusoids (2 T - 1, dim) of the distances T - 1 … 1 - T -> (1, T, size of the map `last`)."""
    b = Builder(name, "dynamic" if int8 else "float32")
    x = b.input("x", [1, "T", config.dim_in])
    sinusoids = b.input("sinusoids", ["D", config.dim])
    x = _embedded(b, x, part(w, "encoder.embed."), config)
    n = b.size(x, 1)
    for number in range(config.n_layers):
        layer = part(w, f"encoder.encoders.{number}.")
        table = _heads(b, b.linear(sinusoids, layer["self_attn.linear_pos.weight"]), config.n_heads, batched=False)
        x = _layer(b, x, layer, config, _attended(b, x, layer, config, table, n, causal))
    x = b.layer_norm(x, w["encoder.after_norm.weight"], w["encoder.after_norm.bias"], 1e-5)
    x = b.linear(x, w[f"{last}.weight"], w[f"{last}.bias"])
    b.output(x, "rows", [1, "T", len(w[f"{last}.bias"])])
    return b


def _embedded(b: Builder, x: str, w: Weights, config: EncoderConfig, relu: bool = False) -> str:
    x = b.layer_norm(b.linear(x, w["out.0.weight"], w["out.0.bias"]), w["out.1.weight"], w["out.1.bias"], 1e-5)
    return b.op("Mul", b.op("Relu", x) if relu else x, b.constant(float(np.sqrt(config.dim))))


def _attended(
    b: Builder, x: str, w: Weights, config: EncoderConfig, table: str, n: str, causal: bool
) -> str:
    """What the attention of a layer hears, before its last linear map."""
    scale = float(1 / np.sqrt(config.dim // config.n_heads))
    query, key, value = b.ops("Split", 3, b.linear(_normed(b, x, w), *_packed(w)), axis=-1, num_outputs=3)
    by_distance = b.op("MatMul", _with_v(b, query, w, config), b.op("Transpose", table, perm=[0, 2, 1]))
    # Row t of the flattened scores begins one place later than row t - 1: see encoder.shifted.
    width = b.op("Sub", b.op("Add", n, n), b.constant([2]))  # 2 T - 2
    flat = b.reshape(by_distance, config.n_heads, -1)
    start = b.op("Sub", n, b.constant([1]))
    end = b.op("Add", start, b.op("Mul", n, width))
    # One row has one distance, and nothing to shift.
    flat = b.op("Pad", flat, b.op("Concat", b.constant([0, 0, 0]), b.constant([2]), axis=0))
    end = b.op("Max", end, n)
    width = b.op("Max", width, b.constant([1]))
    shifted = b.reshape(b.op("Slice", flat, start, end, b.constant([1])), 1, config.n_heads, n, width)
    shifted = b.op("Slice", shifted, b.constant([0]), n, b.constant([3]))
    bias = b.op("Mul", shifted, b.constant(scale))
    return b.op(
        "MultiHeadAttention", query, key, value, "", "", bias, domain="com.microsoft", num_heads=config.n_heads,
        scale=scale, unidirectional=int(causal),
    )  # fmt: skip


def _normed(b: Builder, x: str, w: Weights) -> str:
    return b.layer_norm(x, w["norm_mha.weight"], w["norm_mha.bias"], 1e-12)


def _packed(w: Weights) -> tuple[np.ndarray, np.ndarray]:
    """One linear map for query (with u), key and value."""
    names = ("linear_q", "linear_k", "linear_v")
    bias = [w[f"self_attn.{name}.bias"] for name in names]
    bias[0] = bias[0] + w["self_attn.pos_bias_u"].reshape(-1)
    return np.concatenate([w[f"self_attn.{name}.weight"] for name in names]), np.concatenate(bias)


def _with_v(b: Builder, query: str, w: Weights, config: EncoderConfig) -> str:
    """query + u -> query + v, (1, n_heads, T, dim_head)."""
    difference = (w["self_attn.pos_bias_v"] - w["self_attn.pos_bias_u"]).reshape(-1)
    return _heads(b, b.op("Add", query, b.constant(difference)), config.n_heads)


def _heads(b: Builder, x: str, n_heads: int, batched: bool = True) -> str:
    if batched:
        return b.op("Transpose", b.reshape(x, 0, 0, n_heads, -1), perm=[0, 2, 1, 3])
    return b.op("Transpose", b.reshape(x, 0, n_heads, -1), perm=[1, 0, 2])


def _layer(b: Builder, x: str, w: Weights, config: EncoderConfig, heard: str, relu: bool = False) -> str:
    x = b.op("Add", x, b.linear(heard, w["self_attn.linear_out.weight"], w["self_attn.linear_out.bias"]))
    h = b.layer_norm(x, w["norm_ff.weight"], w["norm_ff.bias"], 1e-12)
    h = b.linear(h, w["feed_forward.w_1.weight"], w["feed_forward.w_1.bias"])
    h = b.op("Relu", h) if relu else b.op("Mul", h, b.op("Sigmoid", h))
    return b.op("Add", x, b.linear(h, w["feed_forward.w_2.weight"], w["feed_forward.w_2.bias"]))


def lm_step(w: Weights, config: LMConfig, int8: bool) -> Builder:
    """New rows behind a cache that is written in place, to the logits of what follows.

    Inputs: x (1, s, dim_in); n_before (1,) and n_after (1,) rows; n_new (1,) = s; per layer the keys and values
    (1, n_heads, capacity, dim_head) and the table of p (n_heads, dim_head, capacity), distances from capacity - 1 down.
    """
    b, sizes = Builder("lm", "blocks" if int8 else "float32"), config.lm
    cache: Shape = [1, sizes.n_heads, "capacity", sizes.dim // sizes.n_heads]
    x = b.input("x", [1, "s", sizes.dim_in])
    last = b.input("last", [1], INT32)  # row of the cache that the last new row takes
    total = b.input("total", [1], INT32)  # rows in the cache afterwards
    x = _embedded(b, x, part(w, "llm.embed."), sizes, relu=True)
    n_new, n_keys = b.size(x, 1), b.op("Cast", total, to=7)
    for number in range(sizes.n_layers):
        layer = part(w, f"llm.encoders.{number}.")
        key, value = b.input(f"key{number}", cache), b.input(f"value{number}", cache)
        table = b.input(f"table{number}", [sizes.n_heads, sizes.dim // sizes.n_heads, "capacity"])
        qkv = b.linear(_normed(b, x, layer), *_packed(layer))
        bias = _causal_bias(b, b.slice(qkv, 0, sizes.dim, 2), layer, sizes, table, n_new, n_keys)
        heard, keys, values = b.ops(
            "GroupQueryAttention", 3, qkv, "", "", key, value, last, total, "", "", "", bias, domain="com.microsoft",
            num_heads=sizes.n_heads, kv_num_heads=sizes.n_heads, scale=float(1 / np.sqrt(sizes.dim // sizes.n_heads)),
        )  # fmt: skip
        b.keep(keys, f"new_key{number}", f"new_key{number}", cache)
        b.keep(values, f"new_value{number}", f"new_value{number}", cache)
        x = _layer(b, x, layer, sizes, heard, relu=True)
    x = b.layer_norm(b.slice(x, -1, 2**31, 1), w["llm.after_norm.weight"], w["llm.after_norm.bias"], 1e-5)
    b.output(b.linear(x, w["llm_decoder.weight"], w["llm_decoder.bias"]), "logits", [1, 1, config.n_codes + 1])
    return b


def _causal_bias(
    b: Builder, query: str, w: Weights, config: EncoderConfig, table: str, n_new: str, n_keys: str
) -> str:
    """(1, n_heads, s, n_keys); the table holds the scale. What lies in the future gets anything: it is not seen."""
    by_distance = b.op("MatMul", _with_v(b, query, w, config), table)
    start = b.op("Sub", b.size(table, 2), n_keys)
    by_distance = b.op("Slice", by_distance, start, b.constant([2**31]), b.constant([3]))
    pads = b.op("Concat", b.constant([0] * 7), n_new, axis=0)
    flat = b.reshape(b.op("Pad", by_distance, pads), config.n_heads, -1)
    width = b.op("Sub", b.op("Add", n_new, n_keys), b.constant([1]))
    first = b.op("Sub", n_new, b.constant([1]))
    flat = b.op("Slice", flat, first, b.op("Add", first, b.op("Mul", n_new, width)), b.constant([1]))
    shifted = b.reshape(flat, 1, config.n_heads, n_new, width)
    return b.op("Slice", shifted, b.constant([0]), n_keys, b.constant([3]))


# ---- flow ----------------------------------------------------------------------------------------


def regulator(w: Weights) -> Builder:
    """frames (1, T, 80), stretched -> mu (1, T, 80)."""
    b = Builder("regulator")
    x = b.input("frames", [1, "T", N_MELS])
    for number in range(4):
        x = _conv3(b, x, w[f"model.{3 * number}.weight"], w[f"model.{3 * number}.bias"])
        x = _group_norm(b, x, w[f"model.{3 * number + 1}.weight"], w[f"model.{3 * number + 1}.bias"], 1)
        x = _mish(b, x)
    b.output(b.linear(x, w["model.12.weight"][:, :, 0], w["model.12.bias"]), "mu", [1, "T", N_MELS])
    return b


def unet(w: Weights, config: FlowConfig, int8: bool) -> Builder:
    """x (B, T, 320) as [x, mu, speaker, cond], time sinusoids (B, 320) -> velocity (B, T, 80)."""
    b, sizes = Builder("unet", "dynamic" if int8 else "float32"), config.unet
    x = b.input("x", ["B", "T", 4 * N_MELS])
    first, second = (part(w, f"time_mlp.linear_{number}.") for number in (1, 2))
    time = b.linear(b.input("time", ["B", 4 * N_MELS]), first["weight"], first["bias"], exact=True)
    time = b.linear(b.op("Mul", time, b.op("Sigmoid", time)), second["weight"], second["bias"], exact=True)
    time = _mish(b, b.reshape(time, 0, 1, -1))
    skips = []
    for number in range(2):
        x = _stage(b, x, time, part(w, f"down.{number}."), sizes.n_heads, sizes.n_blocks)
        skips.append(x)
        x = _conv3(b, x, w[f"down.{number}.scale.weight"], w[f"down.{number}.scale.bias"], step=2 - number)
    for number in range(sizes.n_mid):
        x = _stage(b, x, time, part(w, f"mid.{number}."), sizes.n_heads, sizes.n_blocks)
    for number in range(2):
        skip = skips.pop()
        x = b.op("Slice", x, b.constant([0]), b.size(skip, 1), b.constant([1]))
        x = _stage(b, b.op("Concat", x, skip, axis=2), time, part(w, f"up.{number}."), sizes.n_heads, sizes.n_blocks)
        weight, bias = w[f"up.{number}.scale.weight"], w[f"up.{number}.scale.bias"]
        x = _conv3(b, x, weight, bias) if number else _doubled(b, x, weight, bias)
    x = _convolution(b, x, part(w, "final_block."))
    x = b.linear(x, w["final_proj.weight"][:, :, 0], w["final_proj.bias"], True)
    b.output(x, "velocity", ["B", "T", N_MELS])
    return b


def _stage(b: Builder, x: str, time: str, w: Weights, n_heads: int, n_blocks: int) -> str:
    h = _convolution(b, x, part(w, "resnet.block1."))
    h = b.op("Add", h, b.linear(time, w["resnet.time.weight"], w["resnet.time.bias"], True))
    h = _convolution(b, h, part(w, "resnet.block2."))
    x = b.op("Add", h, b.linear(x, w["resnet.res_conv.weight"][:, :, 0], w["resnet.res_conv.bias"]))
    for number in range(n_blocks):
        x = _block(b, x, part(w, f"blocks.{number}."), n_heads)
    return x


def _block(b: Builder, x: str, w: Weights, n_heads: int) -> str:
    normed = b.layer_norm(x, w["norm1.weight"], w["norm1.bias"], 1e-5)
    packed = np.concatenate([w["to_q.weight"], w["to_k.weight"], w["to_v.weight"]])
    query, key, value = b.ops("Split", 3, b.linear(normed, packed), axis=-1, num_outputs=3)
    heard = b.op("MultiHeadAttention", query, key, value, domain="com.microsoft", num_heads=n_heads)
    x = b.op("Add", x, b.linear(heard, w["to_out.weight"], w["to_out.bias"]))
    h = b.linear(b.layer_norm(x, w["norm3.weight"], w["norm3.bias"], 1e-5), w["ff_in.weight"], w["ff_in.bias"])
    h = b.op("Gelu", h, domain="com.microsoft")
    return b.op("Add", x, b.linear(h, w["ff_out.weight"], w["ff_out.bias"]))


def _convolution(b: Builder, x: str, w: Weights) -> str:
    h = _conv3(b, x, w["conv.weight"], w["conv.bias"])
    return _mish(b, _group_norm(b, h, w["norm.weight"], w["norm.bias"], N_GROUPS))


def _neighbours(b: Builder, x: str, step: int = 1) -> str:
    """(B, T, C) -> (B, ceil(T / step), 3 C): the frame before, the frame, the frame after; zeros beyond the ends."""
    padded = b.op("Pad", x, b.constant([0, 1, 0, 0, 1, 0]))
    ends = (-2, -1, 2**31)
    return b.op("Concat", *(b.slice(padded, start, end, 1, step) for start, end in enumerate(ends)), axis=2)


def _conv3(b: Builder, x: str, weight: np.ndarray, bias: np.ndarray, step: int = 1) -> str:
    """A convolution of width 3, weight (n_out, n_in, 3)."""
    return b.linear(_neighbours(b, x, step), weight.transpose(0, 2, 1).reshape(len(weight), -1), bias)


def _doubled(b: Builder, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
    """A transposed convolution of width 4, stride 2, padding 1; weight (n_in, n_out, 4)."""
    before_frame_after = np.zeros((2, weight.shape[1], 3, weight.shape[0]), np.float32)
    taps = weight.transpose(2, 1, 0)
    before_frame_after[0, :, 0], before_frame_after[0, :, 1] = taps[3], taps[1]  # even frames
    before_frame_after[1, :, 1], before_frame_after[1, :, 2] = taps[2], taps[0]  # odd frames
    matrix = before_frame_after.reshape(2 * weight.shape[1], -1)
    pairs = b.linear(_neighbours(b, x), matrix, np.tile(bias, 2))
    return b.reshape(pairs, b.size(x, 0), -1, weight.shape[1])


def _group_norm(b: Builder, x: str, weight: np.ndarray, bias: np.ndarray, n_groups: int) -> str:
    """(B, T, C), over all frames and the channels of a group."""
    n_channels = len(weight)
    centred = b.op("Sub", x, _group_mean(b, x, n_groups, n_channels))
    variance = _group_mean(b, b.op("Mul", centred, centred), n_groups, n_channels)
    spread = b.op("Sqrt", b.op("Add", variance, b.constant(1e-5)))
    return b.op("Add", b.op("Mul", centred, b.op("Div", b.constant(weight), spread)), b.constant(bias))


def _group_mean(b: Builder, x: str, n_groups: int, n_channels: int) -> str:
    """(B, T, C) -> (B, 1, C), each channel with the mean of its group."""
    by_channel = b.op("ReduceMean", x, b.constant([1]), keepdims=1)
    share = np.kron(np.eye(n_groups), np.full((n_channels // n_groups,) * 2, n_groups / n_channels))
    return b.linear(by_channel, share.astype(np.float32), exact=True)


def _mish(b: Builder, x: str) -> str:
    """x tanh(ln(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2): one fast exponential."""
    exponential = b.op("Exp", b.op("Min", x, b.constant(20.0)))
    n = b.op("Mul", exponential, b.op("Add", exponential, b.constant(2.0)))
    return b.op("Mul", x, b.op("Div", n, b.op("Add", n, b.constant(2.0))))


# ---- vocoder -------------------------------------------------------------------------------------


def f0(w: Weights) -> Builder:
    """mel (1, 80, T) -> Hz (1, T)."""
    b = Builder("f0")
    x = b.input("mel", [1, N_MELS, "T"])
    for number in range(5):
        x = b.op("Elu", _conv(b, x, w, f"condnet.{2 * number}", padding=1))
    x = b.op("Abs", b.linear(b.op("Transpose", x, perm=[0, 2, 1]), w["classifier.weight"], w["classifier.bias"]))
    b.output(b.reshape(x, 1, -1), "f0", [1, "T"])
    return b


def vocoder(w: Weights) -> Builder:
    """mel (1, 80, T), source (1, 1, 256 T) -> samples (1, 256 T)."""
    b = Builder("vocoder")
    x = _conv(b, b.input("mel", [1, N_MELS, "T"]), w, "conv_pre", padding=3)
    spectrum = _stft(b, b.input("source", [1, 1, "S"]))
    for stage in range(2):
        x = b.op("LeakyRelu", x, alpha=0.1)
        weight, bias = b.constant(w[f"ups.{stage}.weight"]), b.constant(w[f"ups.{stage}.bias"])
        x = b.op("ConvTranspose", x, weight, bias, strides=[RATE], pads=[RATE // 2] * 2)
        if stage == 1:
            x = b.op("Pad", x, b.constant([0, 0, 1, 0, 0, 0]), mode="reflect")
        lowered = _conv(b, spectrum, w, f"source_downs.{stage}", *((0, 1, 1) if stage else (RATE // 2, 1, RATE)))
        x = b.op("Add", x, _resblock(b, lowered, part(w, f"source_resblocks.{stage}.")))
        blocks = [_resblock(b, x, part(w, f"resblocks.{3 * stage + number}.")) for number in range(3)]
        x = b.op("Mul", b.op("Sum", *blocks), b.constant(1 / 3))
    x = _conv(b, b.op("LeakyRelu", x, alpha=0.01), w, "conv_post", padding=3)
    b.output(_istft(b, x), "samples", [1, "S"])
    return b


def _conv(b: Builder, x: str, w: Weights, name: str, padding: int, dilation: int = 1, stride: int = 1) -> str:
    weight, bias = b.constant(w[f"{name}.weight"]), b.constant(w[f"{name}.bias"])
    return b.op("Conv", x, weight, bias, pads=[padding] * 2, dilations=[dilation], strides=[stride])


def _resblock(b: Builder, x: str, w: Weights) -> str:
    kernel = w["convs1.0.weight"].shape[2]
    for number, dilation in enumerate((1, 3, 5)):
        h = _snake(b, x, w[f"activations1.{number}.alpha"])
        h = _conv(b, h, w, f"convs1.{number}", (kernel - 1) * dilation // 2, dilation)
        h = _snake(b, h, w[f"activations2.{number}.alpha"])
        x = b.op("Add", x, _conv(b, h, w, f"convs2.{number}", (kernel - 1) // 2))
    return x


def _snake(b: Builder, x: str, alpha: np.ndarray) -> str:
    """x + sin²(αx) / α."""
    sine = b.op("Sin", b.op("Mul", x, b.constant(alpha[:, None])))
    return b.op("Add", x, b.op("Mul", b.op("Mul", sine, sine), b.constant((1 / (alpha + 1e-9))[:, None])))


def _window() -> np.ndarray:
    return np.asarray(np.hanning(N_FFT + 1)[:-1])


def _stft(b: Builder, source: str) -> str:
    """(1, 1, S) -> (1, 18, S / 4 + 1): real parts, then imaginary ones; a convolution with cosines and sines."""
    angles = 2 * np.pi * np.outer(np.arange(N_BINS), np.arange(N_FFT)) / N_FFT
    kernels = (np.concatenate([np.cos(angles), -np.sin(angles)]) * _window()).astype(np.float32)[:, None]
    edge = N_FFT // 2
    padded = b.op("Pad", source, b.constant([0, 0, edge, 0, 0, edge]), mode="reflect")
    return b.op("Conv", padded, b.constant(kernels), strides=[STFT_HOP])


def _istft(b: Builder, x: str) -> str:
    """(1, 18, F) log-magnitudes and phases -> (1, 4 (F - 1))."""
    magnitude = b.op("Min", b.op("Exp", b.slice(x, 0, N_BINS, 1)), b.constant(100.0))
    phase = b.op("Sin", b.slice(x, N_BINS, 2 * N_BINS, 1))
    parts = [b.op("Mul", magnitude, b.op(function, phase)) for function in ("Cos", "Sin")]
    angles = 2 * np.pi * np.outer(np.arange(N_BINS), np.arange(N_FFT)) / N_FFT
    share = np.where((np.arange(N_BINS) % (N_FFT // 2)) == 0, 1, 2)[:, None] / N_FFT  # other bins stand for two
    kernels = np.concatenate([np.cos(angles) * share, -np.sin(angles) * share]) * _window()
    taps = b.constant(kernels.astype(np.float32)[:, None])
    sound = b.op("ConvTranspose", b.op("Concat", *parts, axis=1), taps, strides=[STFT_HOP])
    ones = b.op("Add", b.op("Mul", b.slice(x, 0, 1, 1), b.constant(0.0)), b.constant(1.0))
    squares = b.constant((_window() ** 2).astype(np.float32)[None, None])
    weight = b.op("ConvTranspose", ones, squares, strides=[STFT_HOP])
    edge = N_FFT // 2
    sound, weight = (b.slice(each, edge, -edge, 2) for each in (sound, weight))
    return b.reshape(b.op("Clip", b.op("Div", sound, weight), b.constant(-0.99), b.constant(0.99)), 1, -1)
