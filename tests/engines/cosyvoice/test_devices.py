"""Which device and which precision, and what happens where half precision is not enough."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kouji import config, engines
from kouji.engines.contract import Device
from kouji.engines.cosyvoice import card, loading
from kouji.engines.cosyvoice.torch_stages import TorchStages, place_of
from kouji.errors import InvalidInput, MissingWeights, UnsupportedDevice
from kouji_cosyvoice import networks


def test_unset_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert place_of("") == expected
    assert place_of("cpu") == "cpu"


@pytest.mark.parametrize(
    ("device", "hint"), [("cuda", "build of torch"), ("mps", "build of torch"), ("tensorrt", "convert")]
)
def test_what_torch_lacks_is_an_error(device: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UnsupportedDevice) as told:
        place_of(device)
    assert hint in told.value.hint


def test_engines_of_the_processor_refuse_other_devices() -> None:
    with pytest.raises(UnsupportedDevice, match="does not run on cuda") as told:
        engines.start(engines.card("native"), device=Device("cuda"))
    assert "cosyvoice-300m" in told.value.hint
    with pytest.raises(UnsupportedDevice, match="cpu in float16"):
        engines.start(engines.card("native"), device=Device("cpu", "float16"))


def test_settings_know_the_names() -> None:
    assert config.load({"KOUJI_DEVICE": "cuda", "KOUJI_PRECISION": "bfloat16"}).device == "cuda"
    with pytest.raises(InvalidInput, match="device = 'gpu'"):
        config.load({"KOUJI_DEVICE": "gpu"})
    with pytest.raises(InvalidInput, match="precision"):
        config.load({"KOUJI_PRECISION": "half"})


def test_half_precision_and_apple_take_the_official_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "manifest.json").touch()
    (tmp_path / "llm.pt").touch()
    taken: list[Device] = []
    monkeypatch.setattr(TorchStages, "from_folder", lambda folder, n_threads, device: taken.append(device))
    for device in (Device("mps"), Device("", "float16"), Device("cuda", "bfloat16")):
        loading.load(tmp_path, 1, False, device)
        assert taken[-1] == device
    (tmp_path / "llm.pt").unlink()
    with pytest.raises(MissingWeights, match="lacks the official files, which float16 needs"):
        loading.load(tmp_path, 1, False, Device("cpu", "float16"))
    assert set(card.BASE.devices) == {"cpu", "cuda", "tensorrt", "mps"}


def asked(n_frames: int = 24) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    x, mu, cond = (normal(2, 80, n_frames) for _ in range(3))
    return x, mu, np.full(2, 0.3, np.float32), normal(2, 80), cond


def test_half_precision_is_nearly_the_same_and_not_the_same() -> None:
    plain, narrow = TorchStages(*networks()), TorchStages(*networks(), torch.bfloat16)
    exact, rough = plain.velocity(*asked()), narrow.velocity(*asked())
    error = np.abs(exact - rough).max() / np.abs(exact).max()
    assert 0 < error < 0.1
    text = np.arange(5)
    assert 0 < np.abs(plain.encode_text(text) - narrow.encode_text(text)).max() < 0.1
    begun = [each.begin(each.encode_text(text), None, np.arange(3)) for each in (plain, narrow)]
    for each in begun:
        each.say(7)
    assert 0 < np.abs(np.exp(begun[0].log_probs) - np.exp(begun[1].log_probs)).max() < 0.05


class Overflowing(nn.Module):
    """A network whose middle is beyond half precision."""

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        self.unet, self.seen = unet, []

    def forward(self, x: Tensor, *told: Tensor) -> Tensor:
        wide = nn.functional.linear(x.transpose(1, 2), 1e6 * torch.eye(x.shape[1]))
        self.seen.append(wide.dtype)
        return self.unet((wide / 1e6).float().transpose(1, 2), *told)


def test_a_step_beyond_half_precision_is_taken_again_in_full() -> None:
    lm, flow, hift = networks()
    flow = deepcopy(flow)
    flow.unet = Overflowing(flow.unet)
    plain, narrow = TorchStages(lm, flow, hift), TorchStages(lm, flow, hift, torch.float16)
    expected = plain.velocity(*asked())
    flow.unet.seen.clear()
    np.testing.assert_array_equal(narrow.velocity(*asked()), expected)
    assert flow.unet.seen == [torch.float16, torch.float32]
