"""ONNX graphs, called by the names of their inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime

from kouji.errors import UnsupportedDevice

# Device -> ONNX Runtime's providers; what the first cannot do the next does.
PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}


def providers_of(device: str) -> tuple[str, ...]:
    """The providers of a device.

    Raises:
        UnsupportedDevice: ONNX Runtime knows no such device, or this one is built without it.
    """
    if device not in PROVIDERS:
        raise UnsupportedDevice(f"ONNX Runtime does not run on {device!r}.", f"Give {', '.join(PROVIDERS)}.")
    wanted = PROVIDERS[device]
    lacking = [name for name in wanted if name not in onnxruntime.get_available_providers()]
    if lacking:
        raise UnsupportedDevice(
            f"The installed onnxruntime has no {lacking[0]}.",
            "Install onnxruntime-gpu instead of onnxruntime, or set device = cpu.",
        )
    return wanted


class Graph:
    """One graph in memory; safe to call from several threads."""

    def __init__(
        self, model: bytes | str, n_threads: int = 1, keeps_memory: bool = True, device: str = "cpu"
    ) -> None:
        """Load.

        Args:
            model: the file's bytes, or its path.
            n_threads: processor threads; they sleep between calls, so that other work on the machine is not starved.
            keeps_memory: for the next call, as much as the largest so far has needed.
            device: "cpu", "cuda" or "tensorrt".

        Raises:
            UnsupportedDevice: it cannot run there.
        """
        providers = providers_of(device)
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = keeps_memory
        options.intra_op_num_threads = n_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(model, options, providers=list(providers))
        if self.session.get_providers()[0] != providers[0]:  # which it does without a word where a library is missing
            raise UnsupportedDevice(
                f"{providers[0]} of ONNX Runtime does not start.", "Are CUDA's libraries there? Or set device = cpu."
            )
        self.memory = "cpu" if device == "cpu" else "cuda"  # where a cache lies
        self.shapes = {each.name: tuple(each.shape) for each in self.session.get_inputs()}  # axes that vary are names
        self.inputs = tuple(self.shapes)

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """Outputs in the order of the graph."""
        outputs: list[np.ndarray] = self.session.run(None, inputs)
        return outputs


class Cached:
    """A graph that goes on from call to call, with a cache that it writes in place: state of one request.

    Each input NAME of the cache has an output new_NAME, of the same shape and in the same memory. Axis 2 counts rows.
    """

    def __init__(self, graph: Graph, names: Sequence[str], shape: tuple[int, ...]) -> None:
        self._session, self._names, self._memory = graph.session, names, graph.memory
        self._cache = {name: np.zeros(shape, np.float32) for name in names}
        self._fixed: dict[str, np.ndarray] = {}
        self._values: dict[str, onnxruntime.OrtValue] = {}
        self._binding = self._session.io_binding()
        outputs = [each.name for each in self._session.get_outputs()]
        self._others = [name for name in outputs if name.removeprefix("new_") not in self._cache]

    @property
    def batch(self) -> int:
        """How many sequences go on side by side."""
        return len(self._cache[self._names[0]])

    def take(self, sequences: np.ndarray, start: int, end: int) -> None:
        """Go on from these sequences, each as often as it is named.

        Args:
            sequences: (B,) indices.
            start: rows before it are the same in all.
            end: rows from it on hold nothing.
        """
        for name in self._names:
            old = self._held(name)
            if len(sequences) != len(old):
                self._bind(name, old[sequences])
                continue
            old[:, :, start:end] = old[sequences, :, start:end]
            if self._memory != "cpu":
                self._bind(name, old)

    def grow(self, n_rows: int) -> bool:
        """Make room for so many rows; False where there is enough."""
        have = self._cache[self._names[0]].shape[2]
        if have >= n_rows:
            return False
        for name in self._names:
            old = self._held(name)
            new = np.zeros((*old.shape[:2], n_rows, *old.shape[3:]), np.float32)
            new[:, :, :have] = old
            self._bind(name, new)
        return True

    def fill(self, rows: Mapping[str, np.ndarray]) -> None:
        """Begin with rows that were computed elsewhere: NAME -> (…, n, …), for which there is room."""
        for name, array in rows.items():
            held = self._held(name)
            held[:, :, : array.shape[2]] = array
            self._bind(name, held)

    def _held(self, name: str) -> np.ndarray:
        """What the graph has written so far."""
        if self._memory == "cpu" or name not in self._values:
            return self._cache[name]
        return np.array(self._values[name].numpy())

    def _bind(self, name: str, array: np.ndarray) -> None:
        self._cache[name] = array
        # On the processor the same memory, elsewhere a copy.
        value = self._values[name] = onnxruntime.OrtValue.ortvalue_from_numpy(array, self._memory, 0)
        self._binding.bind_ortvalue_input(name, value)
        self._binding.bind_ortvalue_output(f"new_{name}", value)

    def fix(self, **inputs: np.ndarray) -> None:
        """Inputs that stay the same for many calls."""
        for name, array in inputs.items():
            self._fixed[name] = array  # keeps the memory alive
            value = self._values[name] = onnxruntime.OrtValue.ortvalue_from_numpy(array, self._memory, 0)
            self._binding.bind_ortvalue_input(name, value)

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """One call with new inputs; returns the outputs that are no cache."""
        for name, array in inputs.items():
            self._binding.bind_cpu_input(name, array)
        for name in self._others:
            self._binding.bind_output(name)
        self._session.run_with_iobinding(self._binding)
        return [value.numpy() for value in self._binding.get_outputs()[len(self._cache) :]]
