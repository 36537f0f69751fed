"""From a trained module to an ONNX graph, whose large weights are stored as float16."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

OPSET = 17
HALF = ".half"  # ends the name of a weight that is stored as float16
SMALLEST = 256  # numbers in a weight that is worth it


def write(
    module: nn.Module,
    path: Path,
    arguments: Mapping[str, Tensor],
    outputs: Sequence[str],
    free: Mapping[str, Mapping[int, str]],
) -> None:
    """Write one graph.

    Args:
        module: in whatever mode; it is left in that of use.
        path: of the file.
        arguments: inputs by name, of any content.
        outputs: names.
        free: input or output -> dimension -> name of a length that may be another.
    """
    import onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The exporter that needs no further package is deprecated, not gone.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), tuple(arguments.values()), str(path), input_names=list(arguments),
            output_names=list(outputs), opset_version=OPSET, dynamo=False, dynamic_axes=free,
        )  # fmt: skip
    graph = onnx.load(path)
    store_as_float16(graph)
    onnx.save(graph, path)


def store_as_float16(graph: object) -> None:
    """Half the size on disk: large float32 weights become float16 with a cast that the runtime folds at load."""
    import onnx
    from onnx import helper, numpy_helper

    inner = graph.graph  # type: ignore[attr-defined]
    casts = []
    for weight in inner.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < SMALLEST:
            continue
        name, values = weight.name, numpy_helper.to_array(weight)
        if np.abs(values).max() > np.finfo(np.float16).max:
            continue
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + HALF))
        casts.append(helper.make_node("Cast", [name + HALF], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        inner.node.insert(0, node)
