"""Where a graph runs: as asked, or an error."""

import onnxruntime
import pytest

from kouji.errors import UnsupportedDevice
from kouji.runtime.onnx import Graph, providers_of


def test_the_processor_is_always_there() -> None:
    assert providers_of("cpu") == ("CPUExecutionProvider",)


def test_a_provider_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UnsupportedDevice, match="no CUDAExecutionProvider") as told:
        providers_of("cuda")
    assert "onnxruntime-gpu" in told.value.hint
    with pytest.raises(UnsupportedDevice, match="no TensorrtExecutionProvider"):
        Graph(b"", device="tensorrt")
    with pytest.raises(UnsupportedDevice, match="'mps'"):
        providers_of("mps")


def test_the_wanted_provider_comes_first_and_the_processor_last(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    assert providers_of("tensorrt") == tuple(there)
    assert providers_of("cuda") == tuple(there[1:])


def test_a_provider_that_does_not_start_is_no_reason_to_run_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self, *_: object, providers: list[str]) -> None:
            assert providers[0] == "CUDAExecutionProvider"

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    there = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    with pytest.raises(UnsupportedDevice, match="does not start"):
        Graph(b"", device="cuda")
