"""The networks that hear and read as ONNX graphs, from the tensors of the torch modules that define them."""

from __future__ import annotations

import numpy as np

from kouji.audio.fbank import N_MELS
from kouji.runtime.build import INT64, Builder, Precision, Weights, part

from .bert import BertConfig
from .config import N_FFT
from .eres2net import CEILING, SCALE, STAGES
from .graphs import conv, heads, merged
from .hubert import HubertConfig
from .style import DIM, N_BINS, N_HEADS

BATCH_NORM = 1e-5


def codes(w: Weights, config: HubertConfig, hearing: Weights, precision: Precision = "float32") -> Builder:
    """samples (1, n) at 16 kHz -> codes (T,) int64, the nearest row of the table for every two frames of HuBERT.

    Args:
        w: of HuBERT.
        config: its sizes.
        hearing: of sovits.Hearing.
        precision: of the transformer's linear maps.
    """
    b = Builder("codes", precision)
    x = b.reshape(b.input("samples", [1, "n"]), 0, 1, -1)
    for number, stride in enumerate(config.strides):
        x = conv(b, x, w, f"convs.{number}.conv", stride=stride)
        if f"convs.{number}.layer_norm.weight" in w:
            scale, bias = (b.constant(w[f"convs.{number}.layer_norm.{name}"]) for name in ("weight", "bias"))
            x = b.op("InstanceNormalization", x, scale, bias, epsilon=1e-5)
        x = b.op("Gelu", x)
    x = b.op("Transpose", x, perm=[0, 2, 1])
    x = b.layer_norm(x, w["projection_norm.weight"], w["projection_norm.bias"], 1e-5)
    x = b.linear(x, w["projection.weight"], w["projection.bias"])
    edge = config.position_kernel // 2
    placed = b.op(
        "Conv", b.op("Transpose", x, perm=[0, 2, 1]), b.constant(w["positions.weight"]),
        b.constant(w["positions.bias"]), pads=[edge, edge - 1], group=config.position_groups,
    )  # fmt: skip
    x = b.op("Add", x, b.op("Transpose", b.op("Gelu", placed), perm=[0, 2, 1]))
    x = b.layer_norm(x, w["layer_norm.weight"], w["layer_norm.bias"], 1e-5)
    for number in range(config.n_layers):
        layer = part(w, f"layers.{number}.")
        maps = [(layer[f"attention.{name}_proj.weight"], layer[f"attention.{name}_proj.bias"]) for name in "qkv"]
        seen = _attended(b, x, maps, config.n_heads)
        x = b.op("Add", x, b.linear(seen, layer["attention.out_proj.weight"], layer["attention.out_proj.bias"]))
        x = b.layer_norm(x, layer["layer_norm.weight"], layer["layer_norm.bias"], 1e-5)
        feed = part(layer, "feed_forward.")
        wide = b.op("Gelu", b.linear(x, feed["intermediate_dense.weight"], feed["intermediate_dense.bias"]))
        x = b.op("Add", x, b.linear(wide, feed["output_dense.weight"], feed["output_dense.bias"]))
        x = b.layer_norm(x, layer["final_layer_norm.weight"], layer["final_layer_norm.bias"], 1e-5)
    b.output(_nearest(b, x, hearing), "codes", ["T"], INT64)
    return b


def _nearest(b: Builder, x: str, hearing: Weights) -> str:
    pairs = conv(b, b.op("Transpose", x, perm=[0, 2, 1]), hearing, "ssl_proj", stride=2)
    rows = b.reshape(b.op("Transpose", pairs, perm=[0, 2, 1]), -1, hearing["codes.weight"].shape[1])
    table = hearing["codes.weight"]
    likeness = b.op("MatMul", rows, b.constant(np.ascontiguousarray(2 * table.T)))
    nearness = b.op("Sub", likeness, b.constant((table**2).sum(1)))
    return b.op("ArgMax", nearness, axis=1, keepdims=0)


def _attended(b: Builder, x: str, maps: list[tuple[np.ndarray, np.ndarray]], n_heads: int) -> str:
    query, key, value = (b.linear(x, *each) for each in maps)
    return b.op("MultiHeadAttention", query, key, value, domain="com.microsoft", num_heads=n_heads)


def style(w: Weights) -> Builder:
    """Spectrogram (1, 1025, T) -> style (1, dim_style, 1). `w`: of sovits.Hearing; a Pro also takes speaker (1, 20480).

    See style.StyleEncoder.
    """
    b, of = Builder("style"), part(w, "ref_enc.")
    x = b.op("Transpose", b.slice(b.input("spectrogram", [1, N_FFT // 2 + 1, "T"]), 0, N_BINS, 1), perm=[0, 2, 1])
    for number in (0, 3):
        x = b.op("Mish", b.linear(x, of[f"spectral.{number}.fc.weight"], of[f"spectral.{number}.fc.bias"]))
    x = b.op("Transpose", x, perm=[0, 2, 1])
    for number in (0, 1):
        both = conv(b, x, of, f"temporal.{number}.conv1.conv", 2)
        wave, gate = b.ops("Split", 2, both, axis=1, num_outputs=2)
        x = b.op("Add", x, b.op("Mul", wave, b.op("Sigmoid", gate)))
    x = b.op("Transpose", x, perm=[0, 2, 1])
    query, key, value = (
        heads(b, b.linear(x, of[f"slf_attn.w_{name}s.weight"], of[f"slf_attn.w_{name}s.bias"]), N_HEADS)
        for name in "qkv"
    )
    scores = b.op("MatMul", query, b.op("Transpose", key, perm=[0, 1, 3, 2]))
    weights = b.op("Softmax", b.op("Mul", scores, b.constant(float(DIM**-0.5))), axis=-1)
    seen = b.linear(merged(b, b.op("MatMul", weights, value), DIM), of["slf_attn.fc.weight"], of["slf_attn.fc.bias"])
    x = b.linear(b.op("Add", x, seen), of["fc.fc.weight"], of["fc.fc.bias"])
    x = b.op("ReduceMean", x, b.constant([1]), keepdims=0)
    if "sv_emb.weight" in w:
        heard = b.linear(b.input("speaker", [1, w["sv_emb.weight"].shape[1]]), w["sv_emb.weight"], w["sv_emb.bias"])
        x = b.op("PRelu", b.op("Add", x, heard), b.constant(w["prelu.weight"]))
    b.output(x, "style", [1, len(of["fc.fc.bias"])])
    return b


def speaker(w: Weights) -> Builder:
    """Kaldi's bands (1, T, 80) -> (1, 20480). See eres2net.ERes2NetV2."""
    b = Builder("speaker")
    bands = b.op("Transpose", b.input("bands", [1, "T", N_MELS]), perm=[0, 2, 1])
    x = b.op("Relu", _conv_normed(b, b.op("Unsqueeze", bands, b.constant([1])), w, "conv1", "bn1", 1))
    maps = []
    for number, (_, n_blocks, stride) in enumerate(STAGES, 1):
        for block in range(n_blocks):
            x = _block(b, x, part(w, f"layer{number}.{block}."), stride if block == 0 else 1)
        maps.append(x)
    down = b.op("Conv", maps[2], b.constant(w["layer3_ds.weight"]), strides=[2, 2], pads=[1] * 4)
    fused = _fused(b, maps[3], down, part(w, "fuse34."))
    mean = b.op("ReduceMean", fused, b.constant([3]), keepdims=0)
    b.output(b.reshape(mean, 0, -1), "speaker", [1, "dim"])
    return b


def _conv_normed(b: Builder, x: str, w: Weights, name: str, norm: str, padding: int = 0, stride: int = 1) -> str:
    """A convolution and the batch norm behind it, as one."""
    scale = w[f"{norm}.weight"] / np.sqrt(w[f"{norm}.running_var"] + BATCH_NORM)
    bias = w[f"{norm}.bias"] - w[f"{norm}.running_mean"] * scale
    if f"{name}.bias" in w:
        bias = bias + w[f"{name}.bias"] * scale
    weight = (w[f"{name}.weight"] * scale[:, None, None, None]).astype(np.float32)
    constants = b.constant(weight), b.constant(bias.astype(np.float32))
    return b.op("Conv", x, *constants, pads=[padding] * 4, strides=[stride] * 2)


def _block(b: Builder, x: str, w: Weights, stride: int) -> str:
    def capped(value: str) -> str:
        return b.op("Clip", value, b.constant(0.0), b.constant(CEILING))

    middle = capped(_conv_normed(b, x, w, "conv1", "bn1", stride=stride))
    done: list[str] = []
    for number, each in enumerate(b.ops("Split", SCALE, middle, axis=1, num_outputs=SCALE)):
        if number and "fuse_models.0.local_att.0.weight" in w:
            each = _fused(b, done[-1], each, part(w, f"fuse_models.{number - 1}."))
        elif number:
            each = b.op("Add", each, done[-1])
        done.append(capped(_conv_normed(b, each, w, f"convs.{number}", f"bns.{number}", 1)))
    out = _conv_normed(b, b.op("Concat", *done, axis=1), w, "conv3", "bn3")
    straight = _conv_normed(b, x, w, "shortcut.0", "shortcut.1", stride=stride) if "shortcut.0.weight" in w else x
    return capped(b.op("Add", out, straight))


def _fused(b: Builder, x: str, y: str, w: Weights) -> str:
    inner = _conv_normed(b, b.op("Concat", x, y, axis=1), w, "local_att.0", "local_att.1")
    inner = b.op("Mul", inner, b.op("Sigmoid", inner))
    share = b.op("Tanh", _conv_normed(b, inner, w, "local_att.3", "local_att.4"))
    one = b.constant(1.0)
    return b.op("Add", b.op("Mul", x, b.op("Add", one, share)), b.op("Mul", y, b.op("Sub", one, share)))


def bert(w: Weights, config: BertConfig, precision: Precision = "float32") -> Builder:
    """Rows x (1, T, dim) of words and places, before their norm -> (1, T, dim). See bert.Bert."""
    b = Builder("bert", precision)
    x = b.layer_norm(b.input("x", [1, "T", config.dim]), w["norm.weight"], w["norm.bias"], config.eps)
    for number in range(len({name.split(".")[1] for name in w if name.startswith("layers.")})):
        layer = part(w, f"layers.{number}.")
        maps = [(layer[f"{name}.weight"], layer[f"{name}.bias"]) for name in ("query", "key", "value")]
        seen = b.linear(
            _attended(b, x, maps, config.n_heads), layer["attention_out.weight"], layer["attention_out.bias"]
        )
        norm = part(layer, "attention_norm.")
        x = b.layer_norm(b.op("Add", x, seen), norm["weight"], norm["bias"], config.eps)
        wide = b.op("Gelu", b.linear(x, layer["intermediate.weight"], layer["intermediate.bias"]))
        out = b.linear(wide, layer["output.weight"], layer["output.bias"])
        norm = part(layer, "output_norm.")
        x = b.layer_norm(b.op("Add", x, out), norm["weight"], norm["bias"], config.eps)
    b.output(x, "features", [1, "T", config.dim])
    return b
