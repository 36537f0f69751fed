"""A checkpoint is data: nothing in it runs, all of it is used, and what is wrong with it is said."""

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint


class Malice:
    """A pickle of this runs a command when it is opened without care."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.witness}",)


def test_tensors_come_under_our_names(tmp_path: Path) -> None:
    torch.save({"net": {"gpt": {"weight": torch.ones(2)}}, "epoch": 3}, tmp_path / "a.pt")
    state = checkpoint.read(tmp_path / "a.pt", ((r"^net\.", ""), (r"^epoch$", None)))
    assert list(state) == ["gpt.weight"]


def test_both_ways_to_write_weight_norm_are_read_and_folded(tmp_path: Path) -> None:
    layer = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv1d(3, 4, 5)))
    with torch.no_grad():
        layer[0].parametrizations.weight.original0.mul_(2)
    torch.save(layer.state_dict(), tmp_path / "new.pt")
    folded = checkpoint.without_weight_norm(checkpoint.read(tmp_path / "new.pt", checkpoint.PARAMETRIZED))
    torch.testing.assert_close(folded["0.weight"], layer[0].weight.detach())
    assert set(folded) == {"0.weight", "0.bias"}


def test_safetensors_are_read_as_they_were_written(tmp_path: Path) -> None:
    wanted = {
        "a": torch.arange(3),
        "b": torch.randn(2, 3),
        "c": torch.randn(5).bfloat16(),
        "d": torch.tensor(2.5),
    }
    save_file(wanted, tmp_path / "a.safetensors", {"format": "pt"})
    state = checkpoint.read(tmp_path / "a.safetensors")
    for name, tensor in wanted.items():
        torch.testing.assert_close(state[name], tensor, rtol=0, atol=0)


def test_a_tensor_too_many_or_too_few_or_misshapen_is_named() -> None:
    state = {"weight": torch.ones(2, 3), "extra.bias": torch.ones(1)}
    with pytest.raises(
        BadCheckpoint, match=r"1 missing \(bias\); 1 left over \(extra.bias\); 1 of another shape \(weight"
    ):
        checkpoint.load(nn.Linear(3, 4), state, "a.pt")


def test_a_network_on_the_meta_device_takes_the_tensors_as_they_are() -> None:
    with torch.device("meta"):
        layer = nn.Linear(3, 4)
    weight = torch.ones(4, 3)
    checkpoint.load(layer, {"weight": weight, "bias": torch.zeros(4)}, "a.pt")
    assert layer.weight.data_ptr() == weight.data_ptr()


def test_code_in_a_pickle_is_named_and_never_runs(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    torch.save({"weight": torch.ones(2), "evil": Malice(witness)}, tmp_path / "zip.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps({"evil": Malice(witness)}, protocol=2))
    for name in ("zip.pt", "plain.pt"):
        with pytest.raises(BadCheckpoint, match=r"is not mere data: it asks for (posix|os)\.system"):
            checkpoint.read(tmp_path / name)
    assert not witness.exists()


@pytest.mark.parametrize("kept", [0, 7, 200, -40])
def test_a_file_that_was_cut_off_is_told(tmp_path: Path, kept: int) -> None:
    torch.save({"weight": torch.ones(1000)}, tmp_path / "a.pt")
    save_file({"weight": torch.ones(1000)}, tmp_path / "a.safetensors")
    for name in ("a.pt", "a.safetensors"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:kept])
        with pytest.raises(BadCheckpoint):
            checkpoint.read(tmp_path / name)


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"\x80\x02}q\x00.", b"version https://git-lfs"])
def test_another_kind_of_file_gives_no_tensors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    try:
        assert checkpoint.read(tmp_path / "a.pt") == {}
    except BadCheckpoint:
        pass


def test_numbers_are_no_tensors(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2), "step": 3}, tmp_path / "a.pt")
    with pytest.raises(BadCheckpoint, match="holds a int at 'step'"):
        checkpoint.read(tmp_path / "a.pt")


def test_a_missing_file_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match="There is no file"):
        checkpoint.read(tmp_path / "a.pt")
