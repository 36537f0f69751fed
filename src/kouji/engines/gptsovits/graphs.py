"""The networks that speak as ONNX graphs, from the tensors of the torch modules that define them."""

from __future__ import annotations

from kouji.runtime.build import INT32, INT64, Builder, Precision, Shape, Weights, part

from .attention import WINDOW
from .config import GeneratorConfig, S1Config, SoVITSConfig
from .generator import LAST_SLOPE, SLOPE
from .prior import DIM_CODE, DIM_MIX, N_MIX_HEADS

# ---- phones to codes ---------------------------------------------------------------------------------


def t2s_start(w: Weights, config: S1Config, int8: bool) -> Builder:
    """Rows x (1, T, dim), who sees whom (1, 1, T, T) as 0 or very negative -> logits; keys and values per layer."""
    b = Builder("start", "dynamic" if int8 else "float32")
    x, bias = b.input("x", [1, "T", config.dim]), b.input("bias", [1, 1, "T", "T"])
    cache: Shape = [1, config.n_heads, "T", config.dim // config.n_heads]
    for number in range(config.n_layers):
        layer = part(w, f"layers.{number}.")
        query, key, value = b.ops(
            "Split", 3, b.linear(x, layer["qkv.weight"], layer["qkv.bias"]), axis=-1, num_outputs=3
        )
        heard = b.op(
            "MultiHeadAttention", query, key, value, "", "", bias, domain="com.microsoft", num_heads=config.n_heads
        )
        b.output(heads(b, key, config.n_heads), f"key{number}", cache)
        b.output(heads(b, value, config.n_heads), f"value{number}", cache)
        x = _behind_attention(b, x, heard, layer)
    _logits(b, x, w, config)
    return b


def t2s_step(w: Weights, config: S1Config, int8: bool) -> Builder:
    """One new row of each of B sentences behind caches that are written in place -> logits of what follows."""
    b = Builder("step", "blocks" if int8 else "float32")
    cache: Shape = ["B", config.n_heads, "room", config.dim // config.n_heads]
    x = b.input("x", ["B", 1, config.dim])
    # The row that each takes in its cache; how many rows the fullest has then.
    last, total = b.input("last", ["B"], INT32), b.input("total", [1], INT32)
    for number in range(config.n_layers):
        layer = part(w, f"layers.{number}.")
        old = [b.input(f"{kind}{number}", cache) for kind in ("key", "value")]
        heard, keys, values = b.ops(
            "GroupQueryAttention", 3, b.linear(x, layer["qkv.weight"], layer["qkv.bias"]), "", "", *old, last, total,
            domain="com.microsoft", num_heads=config.n_heads, kv_num_heads=config.n_heads,
        )  # fmt: skip
        b.keep(keys, f"new_key{number}", f"new_key{number}", cache)
        b.keep(values, f"new_value{number}", f"new_value{number}", cache)
        x = _behind_attention(b, x, heard, layer)
    _logits(b, x, w, config, "B")
    return b


def _behind_attention(b: Builder, x: str, heard: str, w: Weights) -> str:
    x = b.op("Add", x, b.linear(heard, w["out.weight"], w["out.bias"]))
    x = b.layer_norm(x, w["norm1.weight"], w["norm1.bias"], 1e-5)
    wide = b.op("Relu", b.linear(x, w["linear1.weight"], w["linear1.bias"]))
    x = b.op("Add", x, b.linear(wide, w["linear2.weight"], w["linear2.bias"]))
    return b.layer_norm(x, w["norm2.weight"], w["norm2.bias"], 1e-5)


def _logits(b: Builder, x: str, w: Weights, config: S1Config, n: int | str = 1) -> None:
    last = b.slice(x, -1, 2**31, 1)
    b.output(b.linear(last, w["head.weight"], exact=True), "logits", [n, 1, config.n_codes])


def heads(b: Builder, x: str, n_heads: int) -> str:
    """(1, T, dim) -> (1, n_heads, T, head_dim)."""
    return b.op("Transpose", b.reshape(x, 0, 0, n_heads, -1), perm=[0, 2, 1, 3])


def merged(b: Builder, x: str, dim: int) -> str:
    """And back."""
    return b.reshape(b.op("Transpose", x, perm=[0, 2, 1, 3]), 0, 0, dim)


# ---- codes to frames -----------------------------------------------------------------------------------


def prior(w: Weights, config: SoVITSConfig, precision: Precision = "float32") -> Builder:
    """Vectors of codes (1, T, 768) twice each, rows of phones (1, L, dim), style (1, 1, 512) -> frames (1, T, dim).

    For both sequences also: the places at a distance of -4 … 4 of each, (T, 9), and whether they exist, (1, 1, T, 9).
    """
    b = Builder("prior", precision)
    codes, phones = b.input("codes", [1, "T", DIM_CODE]), b.input("phones", [1, "L", config.dim])
    style = b.input("style", [1, 1, DIM_MIX])
    n_near = 2 * WINDOW + 1
    of_frames = (b.input("frame_places", ["T", n_near], INT64), b.input("frame_exists", [1, 1, "T", n_near]))
    of_phones = (b.input("phone_places", ["L", n_near], INT64), b.input("phone_exists", [1, 1, "L", n_near]))
    y = b.linear(codes, w["ssl_proj.weight"][:, :, 0], w["ssl_proj.bias"])
    y = _encoder(b, y, part(w, "encoder_ssl."), config, config.n_layers // 2, of_frames)
    text = _encoder(b, phones, part(w, "encoder_text."), config, config.n_layers, of_phones)
    y = _mixed(b, y, text, style, part(w, "mrte."))
    y = _encoder(b, y, part(w, "encoder2."), config, config.n_layers // 2, of_frames)
    b.output(y, "frames", [1, "T", config.dim])
    return b


def _mixed(b: Builder, y: str, text: str, style: str, w: Weights) -> str:
    frames, text = _pointwise(b, y, w, "c_pre"), _pointwise(b, text, w, "text_pre")
    of = part(w, "cross_attention.")
    query, key, value = (_pointwise(b, x, of, f"conv_{n}") for x, n in ((frames, "q"), (text, "k"), (text, "v")))
    heard = b.op("MultiHeadAttention", query, key, value, domain="com.microsoft", num_heads=N_MIX_HEADS)
    heard = _pointwise(b, heard, of, "conv_o")
    return _pointwise(b, b.op("Add", b.op("Add", heard, frames), style), w, "c_post")


def _encoder(b: Builder, x: str, w: Weights, config: SoVITSConfig, n_layers: int, near: tuple[str, str]) -> str:
    for number in range(n_layers):
        heard = _near_attention(b, x, part(w, f"attn_layers.{number}."), config.n_heads, config.dim, near)
        x = _normed(b, b.op("Add", x, heard), part(w, f"norm_layers_1.{number}."))
        feed = part(w, f"ffn_layers.{number}.")
        wide = b.op("Relu", _conv_rows(b, x, feed, "conv_1"))
        x = _normed(b, b.op("Add", x, _conv_rows(b, wide, feed, "conv_2")), part(w, f"norm_layers_2.{number}."))
    return x


def _near_attention(b: Builder, x: str, w: Weights, n_heads: int, dim: int, near: tuple[str, str]) -> str:
    """Attention with a term for each distance up to `WINDOW`; see attention.MultiHeadAttention."""
    places, exists = near
    query, key, value = (heads(b, _pointwise(b, x, w, f"conv_{name}"), n_heads) for name in "qkv")
    query = b.op("Mul", query, b.constant(float((dim // n_heads) ** -0.5)))
    scores = b.op("MatMul", query, b.op("Transpose", key, perm=[0, 1, 3, 2]))
    of_distance = b.op("Mul", b.op("MatMul", query, b.constant(w["emb_rel_k"][0].T)), exists)
    indices = b.op("Expand", places, b.op("Shape", of_distance))
    scores = b.op("ScatterElements", scores, indices, of_distance, axis=3, reduction="add")
    weights = b.op("Softmax", scores, axis=-1)
    nearby = b.op("Mul", b.op("GatherElements", weights, indices, axis=3), exists)
    seen = b.op("Add", b.op("MatMul", weights, value), b.op("MatMul", nearby, b.constant(w["emb_rel_v"][0])))
    return _pointwise(b, merged(b, seen, dim), w, "conv_o")


def _normed(b: Builder, x: str, w: Weights) -> str:
    return b.layer_norm(x, w["gamma"], w["beta"], 1e-5)


def _pointwise(b: Builder, x: str, w: Weights, name: str) -> str:
    """A convolution of width 1 over rows (1, T, channels)."""
    return b.linear(x, w[f"{name}.weight"][:, :, 0], w[f"{name}.bias"])


def _conv_rows(b: Builder, x: str, w: Weights, name: str) -> str:
    """A convolution over rows (1, T, channels), as one product with all neighbours of each."""
    weight = w[f"{name}.weight"]
    n_out, _, kernel = weight.shape
    edge = kernel // 2
    padded = b.op("Pad", x, b.constant([0, edge, 0, 0, edge, 0]))
    ends = [start - kernel + 1 if start < kernel - 1 else 2**31 for start in range(kernel)]
    rows = b.op("Concat", *(b.slice(padded, start, end, 1) for start, end in enumerate(ends)), axis=2)
    return b.linear(rows, weight.transpose(0, 2, 1).reshape(n_out, -1), w[f"{name}.bias"])


# ---- frames to samples ---------------------------------------------------------------------------------


def sound(w: Weights, config: SoVITSConfig) -> Builder:
    """Frames (1, dim, T), noise (1, dim_latent, T), style (1, dim_style, 1) -> samples (1, 1, 640 T)."""
    b = Builder("sound")
    frames, noise = b.input("frames", [1, config.dim, "T"]), b.input("noise", [1, config.dim_latent, "T"])
    style = b.input("style", [1, config.dim_style, 1])
    mean, log_deviation = b.ops("Split", 2, conv(b, frames, w, "enc_p.proj"), axis=1, num_outputs=2)
    z = b.op("Add", mean, b.op("Mul", noise, b.op("Exp", log_deviation)))
    numbers = sorted({int(name.split(".")[2]) for name in w if name.startswith("flow.flows.")}, reverse=True)
    for number in numbers:
        z = _uncoupled(b, z, style, part(w, f"flow.flows.{number}."), config)
    samples = generated(b, z, style, part(w, "dec."), config.generator)
    b.output(samples, "samples", [1, 1, "S"])
    return b


def _uncoupled(b: Builder, z: str, style: str, w: Weights, config: SoVITSConfig) -> str:
    turned = b.slice(z, -1, -(2**31), 1, step=-1)
    known, other = b.ops("Split", 2, turned, axis=1, num_outputs=2)
    shift = conv(b, wavenet(b, conv(b, known, w, "pre"), style, part(w, "enc.")), w, "post")
    return b.op("Concat", known, b.op("Sub", other, shift), axis=1)


def wavenet(b: Builder, x: str, style: str, w: Weights) -> str:
    """See wavenet.WaveNet."""
    n_layers = len({name for name in w if name.startswith("in_layers.") and name.endswith("weight")})
    dim = w["in_layers.0.weight"].shape[1]
    told = b.ops("Split", n_layers, conv(b, style, w, "cond_layer"), axis=1, num_outputs=n_layers)
    skips = ""
    for number in range(n_layers):
        kernel = w[f"in_layers.{number}.weight"].shape[2]
        both = b.op("Add", conv(b, x, w, f"in_layers.{number}", kernel // 2), told[number])
        wave, gate = b.ops("Split", 2, both, axis=1, num_outputs=2)
        opened = b.op("Mul", b.op("Tanh", wave), b.op("Sigmoid", gate))
        out = conv(b, opened, w, f"res_skip_layers.{number}")
        if w[f"res_skip_layers.{number}.weight"].shape[0] > dim:
            more, out = b.ops("Split", 2, out, axis=1, num_outputs=2)
            x = b.op("Add", x, more)
        skips = b.op("Add", skips, out) if skips else out
    return skips


def generated(b: Builder, z: str, style: str, w: Weights, config: GeneratorConfig) -> str:
    """See generator.Generator; style "" for one that hears none."""
    x = conv(b, z, w, "conv_pre", 3)
    if style:
        x = b.op("Add", x, conv(b, style, w, "cond"))
    n = len(config.block_kernels)
    for number, (rate, kernel) in enumerate(zip(config.rates, config.kernels, strict=True)):
        x = b.op("LeakyRelu", x, alpha=SLOPE)
        weight, bias = b.constant(w[f"ups.{number}.weight"]), b.constant(w[f"ups.{number}.bias"])
        x = b.op("ConvTranspose", x, weight, bias, strides=[rate], pads=[(kernel - rate) // 2] * 2)
        blocks = [
            _resblock(b, x, part(w, f"resblocks.{n * number + which}."), config.block_dilations[which])
            for which in range(n)
        ]
        x = b.op("Mul", b.op("Sum", *blocks) if n > 1 else blocks[0], b.constant(1 / n))
    return b.op("Tanh", conv(b, b.op("LeakyRelu", x, alpha=LAST_SLOPE), w, "conv_post", 3))


def _resblock(b: Builder, x: str, w: Weights, dilations: tuple[int, ...]) -> str:
    kernel = w["convs1.0.weight"].shape[2]
    for number, dilation in enumerate(dilations):
        h = conv(b, b.op("LeakyRelu", x, alpha=SLOPE), w, f"convs1.{number}", (kernel - 1) * dilation // 2, dilation)
        h = conv(b, b.op("LeakyRelu", h, alpha=SLOPE), w, f"convs2.{number}", (kernel - 1) // 2)
        x = b.op("Add", x, h)
    return x


def conv(b: Builder, x: str, w: Weights, name: str, padding: int = 0, dilation: int = 1, stride: int = 1) -> str:
    """A convolution of (1, channels, T)."""
    inputs = [x, b.constant(w[f"{name}.weight"])]
    if f"{name}.bias" in w:
        inputs.append(b.constant(w[f"{name}.bias"]))
    return b.op("Conv", *inputs, pads=[padding] * 2, dilations=[dilation], strides=[stride])
