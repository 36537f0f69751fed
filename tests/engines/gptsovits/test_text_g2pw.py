"""g2pW's folder is read and asked; a small graph stands in for its BERT and follows a rule that can be seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from kouji.engines.gptsovits.text import zh
from kouji.engines.gptsovits.text.g2pw import G2PW
from kouji.errors import BadCheckpoint, MissingWeights

POLYPHONIC = "長\tㄓㄤ3\n長\tㄔㄤ2\n行\tㄒㄧㄥ2\n行\tㄏㄤ2\n樂\tㄩㄝ4\n樂\tㄌㄜ4\n不\tㄅㄨ4\n不\tㄈㄡ3\n"
MONOPHONIC = "隊\tㄉㄨㄟ4\n綠\tㄌㄩ4\n我\tㄨㄛ3\n"
ZHUYIN = {
    "ㄓㄤ": "zhang", "ㄔㄤ": "chang", "ㄒㄧㄥ": "xing", "ㄏㄤ": "hang", "ㄩㄝ": "yue", "ㄌㄜ": "le", "ㄉㄨㄟ": "dui",
    "ㄌㄩ": "lv", "ㄨㄛ": "wo", "ㄅㄨ": "bu", "ㄈㄡ": "fou",
}  # fmt: skip
TRADITIONAL = str.maketrans("长乐队绿", "長樂隊綠")
BEFORE = "很"  # right after this character the stand-in prefers the last label that is allowed, else the first


def encode(text: str) -> list[int]:
    return [101, *(ord(character) for character in text), 102]


def stand_in() -> bytes:
    """score = allowed · (1 + row · [the token before the asked one is 很]), rows counted from the end otherwise."""
    shapes = {
        "input_ids": ["B", "T"], "token_type_ids": ["B", "T"], "attention_mask": ["B", "T"], "char_ids": ["B"],
        "position_ids": ["B"],
    }  # fmt: skip
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in shapes.items()]
    inputs.append(helper.make_tensor_value_info("phoneme_mask", TensorProto.FLOAT, ["B", "L"]))
    constants = {
        "one": np.array(1, np.int64), "last": np.array([-1], np.int64), "word": np.array(ord(BEFORE), np.int64),
        "falling": np.linspace(8, 1, 8, dtype=np.float32), "rising": np.linspace(1, 8, 8, dtype=np.float32),
    }  # fmt: skip
    nodes = [
        helper.make_node("Sub", ["position_ids", "one"], ["before"]),
        helper.make_node("Unsqueeze", ["before", "last"], ["column"]),
        helper.make_node("GatherElements", ["input_ids", "column"], ["token"], axis=1),
        helper.make_node("Equal", ["token", "word"], ["is_word"]),
        helper.make_node("Where", ["is_word", "rising", "falling"], ["weights"]),
        helper.make_node("Mul", ["phoneme_mask", "weights"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes, "g2pw", inputs, [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["B", "L"])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "g2pW.onnx").write_bytes(stand_in())
    (tmp_path / "POLYPHONIC_CHARS.txt").write_text(POLYPHONIC, "utf-8")
    (tmp_path / "MONOPHONIC_CHARS.txt").write_text(MONOPHONIC, "utf-8")
    (tmp_path / "bopomofo_to_pinyin_wo_tune_dict.json").write_text(json.dumps(ZHUYIN), "utf-8")
    (tmp_path / "config.py").write_text("use_mask = True\nuse_char_phoneme = False\nraise SystemExit\n", "utf-8")
    return tmp_path


def reader(folder: Path) -> G2PW:
    return G2PW(folder, encode, to_traditional=lambda text: text.translate(TRADITIONAL))


def test_the_model_chooses_by_the_sentence(folder: Path) -> None:
    long, growing = reader(folder)(["我很长,", "我长."])
    assert (long[2], growing[1]) == ("chang2", "zhang3")  # labels are sorted: ㄓㄤ3, then ㄔㄤ2


def test_a_character_with_one_reading_is_looked_up(folder: Path) -> None:
    assert reader(folder)(["绿队!"]) == [["lv4", "dui4", "!"]]


def test_characters_that_the_release_takes_out_are_read_by_kouji(folder: Path) -> None:
    assert reader(folder)(["很不"])[0][1] == "bu4"


def test_the_readings_reach_the_phonemes(folder: Path) -> None:
    said = zh.phonemise("我很乐。", read=reader(folder)).phones
    assert ("y", "ve4") == said[4:6] != zh.phonemise("我很乐。").phones[4:6]


def test_a_text_longer_than_the_model_is_asked_in_windows(folder: Path) -> None:
    found = reader(folder)(["很行" + "我" * 2000 + "很行"])[0]
    assert found[1] == found[-1] != reader(folder)(["行"])[0][0]


def test_a_folder_that_lacks_a_file_says_which(folder: Path) -> None:
    (folder / "MONOPHONIC_CHARS.txt").unlink()
    with pytest.raises(MissingWeights, match=r"MONOPHONIC_CHARS\.txt"):
        reader(folder)


def test_a_table_that_is_none_is_refused(folder: Path) -> None:
    (folder / "POLYPHONIC_CHARS.txt").write_text("<html>", "utf-8")
    with pytest.raises(BadCheckpoint, match=r"POLYPHONIC_CHARS\.txt"):
        reader(folder)


def test_taiwans_characters_come_from_opencc(folder: Path) -> None:
    assert G2PW(folder, encode)(["绿队"]) == [["lv4", "dui4"]]
