"""ONNX graphs written by hand, node by node: no exporter, no torch, and the operators that are fast on a CPU.

Needs the `onnx` package, at conversion only; what is built runs on ONNX Runtime alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data

BLOCK = 128  # inputs that share a scale in eight-bit weights: the fastest on AVX-512 of 32, 64 and 128
LARGE = 1024  # bytes from which a constant is not in the graph's own file
OPSET, OPSET_MICROSOFT, IR = 20, 1, 10
FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
Shape = list[int | str]
Weights = Mapping[str, np.ndarray]

# float32; "blocks": eight bits, `BLOCK` inputs to a scale, for one row at a time, where reading the weights is all the
# work; "dynamic": eight bits per output, and the rows in eight bits too, for many rows: three times as fast as float32.
Precision = Literal["float32", "blocks", "dynamic"]


def part(weights: Weights, prefix: str) -> dict[str, np.ndarray]:
    """The tensors below a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


class Builder:
    """One graph in the making. Values are their names."""

    def __init__(self, name: str, weights: Precision = "float32") -> None:
        """`weights`: of the linear maps, see Precision."""
        self.name, self.weights = name, weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: Shape, kind: int = FLOAT) -> str:
        """A value that the caller gives."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, shape: Shape, kind: int = FLOAT) -> None:
        """A value that the caller gets."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One operator with one result."""
        return self.ops(kind, 1, *inputs, domain=domain, **attributes)[0]

    def ops(self, kind: str, n_results: int, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        """One operator with several results."""
        results = [f"v{len(self._nodes)}_{number}" for number in range(n_results)]
        self._nodes.append(helper.make_node(kind, list(inputs), results, domain=domain, **attributes))
        return results

    def keep(self, value: str, result: str, name: str, shape: Shape, kind: int = FLOAT) -> None:
        """Give a result of the last operator its own name, as an output that may share the memory of an input."""
        node = self._nodes[-1]
        node.output[list(node.output).index(value)] = result
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, array: np.ndarray | list[int] | float) -> str:
        """A value that is in the file. Lists are int64, floats are float32."""
        if isinstance(array, float):
            array = np.array(array, np.float32)
        array = np.ascontiguousarray(array) if isinstance(array, np.ndarray) else np.array(array, np.int64)
        tensor = numpy_helper.from_array(array.reshape(array.shape))
        key = f"{array.dtype}{array.shape}{array.tobytes()!r}" if array.nbytes <= 64 else ""
        name = f"c{len(self._constants)}"
        for known, other in self._constants.items() if key else ():
            if other.doc_string == key:
                return known
        tensor.name, tensor.doc_string = name, key
        self._constants[name] = tensor
        return name

    def linear(self, x: str, weight: np.ndarray, bias: np.ndarray | None = None, exact: bool = False) -> str:
        """x (…, n_in), weight (n_out, n_in), bias (n_out,) -> (…, n_out). `exact`: never in eight bits."""
        if self.weights == "blocks" and not exact:
            return self._in_blocks(x, weight, bias)
        if self.weights == "dynamic" and not exact:
            return self._dynamic(x, weight, bias)
        out = self.op("MatMul", x, self.constant(weight.T.astype(np.float32)))
        return out if bias is None else self.op("Add", out, self.constant(bias))

    def layer_norm(self, x: str, weight: np.ndarray, bias: np.ndarray, eps: float) -> str:
        """Over the last axis."""
        return self.op("LayerNormalization", x, self.constant(weight), self.constant(bias), axis=-1, epsilon=eps)

    def slice(self, x: str, start: int, end: int, axis: int, step: int = 1) -> str:
        """x[start:end:step] along an axis."""
        return self.op("Slice", x, *(self.constant([n]) for n in (start, end, axis, step)))

    def size(self, x: str, axis: int) -> str:
        """The length of an axis, as (1,) int64."""
        return self.op("Shape", x, start=axis, end=axis + 1)

    def reshape(self, x: str, *shape: int | str) -> str:
        """Each part a number (-1: what is left, 0: as it was) or a value (1,) int64."""
        if all(isinstance(part, int) for part in shape):
            return self.op("Reshape", x, self.constant([int(part) for part in shape]))
        parts = [part if isinstance(part, str) else self.constant([part]) for part in shape]
        return self.op("Reshape", x, self.op("Concat", *parts, axis=0))

    def save(self, folder: Path) -> list[str]:
        """Write NAME.onnx, with the large constants beside it in NAME.bin; returns the names of both files."""
        path, data = folder / f"{self.name}.onnx", folder / f"{self.name}.bin"
        data.unlink(missing_ok=True)
        for tensor in self._constants.values():
            tensor.doc_string = ""
            if len(tensor.raw_data) >= LARGE:
                _put_beside(tensor, data)
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._constants.values())
        )
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", OPSET_MICROSOFT)]
        model = helper.make_model(graph, opset_imports=imports, producer_name="kouji")
        model.ir_version = IR
        path.write_bytes(model.SerializeToString())
        return [path.name, *([data.name] if data.is_file() else [])]

    def _dynamic(self, x: str, weight: np.ndarray, bias: np.ndarray | None) -> str:
        scales = np.maximum(np.abs(weight).max(1) / 127, 1e-12).astype(np.float32)
        codes = np.round(weight / scales[:, None]).astype(np.int8)
        inputs = [x, self.constant(codes.T), self.constant(scales)]
        if bias is not None:
            inputs += ["", self.constant(bias)]
        return self.op("DynamicQuantizeMatMul", *inputs, domain="com.microsoft")

    def _in_blocks(self, x: str, weight: np.ndarray, bias: np.ndarray | None) -> str:
        n_out, n_in = weight.shape
        codes, scales = quantized(weight)
        inputs = [x, self.constant(codes), self.constant(scales)]
        if bias is not None:
            inputs += ["", "", self.constant(bias)]
        return self.op(
            "MatMulNBits", *inputs, domain="com.microsoft", K=n_in, N=n_out, bits=8, block_size=BLOCK, accuracy_level=4
        )


def _put_beside(tensor: onnx.TensorProto, path: Path) -> None:
    """Move the numbers of a constant to the end of a file: `onnx.save_model` would first copy all of them twice."""
    with path.open("ab") as file:
        start = file.tell()
        file.write(tensor.raw_data)
    set_external_data(tensor, path.name, start, len(tensor.raw_data))
    tensor.ClearField("raw_data")


def quantized(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight (n_out, n_in) -> codes (n_out, n_blocks, BLOCK) uint8 around 128, and scales (n_out * n_blocks,)."""
    n_out, n_in = weight.shape
    n_blocks = -(-n_in // BLOCK)
    blocks = np.zeros((n_out, n_blocks * BLOCK), np.float32)
    blocks[:, :n_in] = weight
    blocks = blocks.reshape(n_out, n_blocks, BLOCK)
    scales = np.maximum(np.abs(blocks).max(2) / 127, 1e-12).astype(np.float32)
    codes = np.clip(np.round(blocks / scales[:, :, None]) + 128, 0, 255).astype(np.uint8)
    return codes, scales.reshape(-1)
