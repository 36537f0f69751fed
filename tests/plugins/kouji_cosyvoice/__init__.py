"""A small CosyVoice with weights by rule, and stand-ins for its two official ONNX files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from kouji.engines.cosyvoice.config import EncoderConfig, FlowConfig, HiFTConfig, LMConfig, UNetConfig
from kouji.engines.cosyvoice.flow import Flow
from kouji.engines.cosyvoice.hift import HiFT
from kouji.engines.cosyvoice.lm import TokenLM
from kouji_parity import rule_weights

N_CODES = 64


def filled(model: nn.Module) -> Any:
    for name, value in ((row["name"], rule_weights.tensor(row)) for row in rule_weights.describe(model.state_dict())):
        model.get_parameter(name).data = torch.from_numpy(value)
    return model.eval()


@cache
def networks() -> tuple[TokenLM, Flow, HiFT]:
    """Language model, flow, vocoder."""
    small = EncoderConfig(16, 16, 2, 32, 1)
    lm = filled(TokenLM(LMConfig(small, small, n_codes=N_CODES)))
    lm.llm_decoder.bias.data[-1] += 1.5  # it comes to an end
    flow = filled(Flow(FlowConfig(small, UNetConfig(16, 2, 8, 1, 1), N_CODES)))
    return lm, flow, filled(HiFT(HiFTConfig(16, 16)))


def stand_ins(folder: Path) -> None:
    """The two official ONNX files, small: a tokenizer of the loudest band, a speaker encoder of mean bands."""
    from onnx import TensorProto, helper, numpy_helper

    def save(name: str, nodes: list[Any], inputs: list[Any], outputs: list[Any], **constants: np.ndarray) -> None:
        initializers = [numpy_helper.from_array(value, key) for key, value in constants.items()]
        graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        (folder / name).write_bytes(model.SerializeToString())

    info, node = helper.make_tensor_value_info, helper.make_node
    save(
        "speech_tokenizer_v1.onnx",
        [
            node("Slice", ["feats", "zero", "codes", "one"], ["bands"]),
            node("ArgMax", ["bands"], ["loudest"], axis=1, keepdims=0),
            node("Slice", ["loudest", "zero", "feats_length", "one", "two"], ["indices"]),
        ],
        [info("feats", TensorProto.FLOAT, [1, 128, "T"]), info("feats_length", TensorProto.INT32, [1])],
        [info("indices", TensorProto.INT64, [1, "N"])],
        zero=np.array([0], np.int32), one=np.array([1], np.int32), two=np.array([2], np.int32),
        codes=np.array([N_CODES], np.int32),
    )  # fmt: skip
    matrix = np.random.default_rng(0).standard_normal((80, 192)).astype(np.float32)
    save(
        "campplus.onnx",
        [node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0), node("MatMul", ["mean", "m"], ["y"])],
        [info("x", TensorProto.FLOAT, [1, "T", 80])],
        [info("y", TensorProto.FLOAT, [1, 192])],
        m=matrix,
    )
