"""Sequences of several requests in one graph, each in its own place of one cache that is written in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime

from .onnx import Graph

ROOM = 256  # rows by which the cache grows


class Places:
    """A graph that goes on with several sequences side by side, on the processor.

    Each input NAME of the cache, (B, n_heads, room, head_dim), has an output new_NAME, of the same shape and in the
    same memory. How many of a place's rows are filled is told with each call.
    """

    def __init__(self, graph: Graph, names: Sequence[str], n_heads: int, head_dim: int, tile: int = 1) -> None:
        """`tile`: places come by so many, the last of them may be empty."""
        self._session, self._names, self._tile = graph.session, names, tile
        self._cache = {name: np.zeros((0, n_heads, 0, head_dim), np.float32) for name in names}
        self._filled: list[int] = []  # rows of each place
        self._wanted: list[int] = []  # that it may come to have
        self._binding = self._session.io_binding()
        self._values: list[onnxruntime.OrtValue] = []

    @property
    def filled(self) -> np.ndarray:
        """(B,) int32: rows of each place that are filled, 0 of an empty one."""
        return np.array(self._filled + [0] * (-len(self._filled) % self._tile), np.int32)

    @property
    def n_rows(self) -> int:
        """Rows that there is room for, of all places together."""
        n, _, room, _ = self._cache[self._names[0]].shape
        return n * room

    def join(self, rows: Mapping[str, np.ndarray], n_rows: int) -> None:
        """Another sequence, at the next place.

        Args:
            rows: of it so far, NAME -> (1, n_heads, n, head_dim); none where it begins with nothing.
            n_rows: that it may come to have.
        """
        self._make_room([*self._wanted, n_rows])
        place, filled = len(self._filled), 0
        for name, array in rows.items():
            filled = array.shape[2]
            self._cache[name][place, :, :filled] = array[0]
        self._filled.append(filled)
        self._wanted.append(n_rows)
        self._bind()

    def leave(self, place: int) -> None:
        """One sequence goes; the last one comes to its place."""
        last = len(self._filled) - 1
        n = self._filled[last]
        for array in self._cache.values() if place != last else ():
            array[place, :, :n] = array[last, :, :n]
        for each in (self._filled, self._wanted):
            each[place] = each[last]
            each.pop()
        self._bind()

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """One call for all places, inputs (B, …); each has one more row then. Returns the outputs that are no cache."""
        for name, array in inputs.items():
            self._binding.bind_cpu_input(name, array)
        self._session.run_with_iobinding(self._binding)
        outputs: list[np.ndarray] = [value.numpy() for value in self._binding.get_outputs()[len(self._names) :]]
        self._filled = [n + 1 for n in self._filled]
        return outputs

    def _make_room(self, wanted: list[int]) -> None:
        """For so many rows of each; more places at a time than one, so that not all is copied for each who comes."""
        n, _, room, _ = self._cache[self._names[0]].shape
        if n >= len(wanted) and room >= max(wanted):
            return
        n, room = max(n, self._tile), -(-max(wanted) // ROOM) * ROOM
        while n < len(wanted):
            n *= 2
        cache = {}
        for name, old in self._cache.items():
            # Zeros that nobody touches take no memory.
            cache[name] = np.zeros((n, old.shape[1], room, old.shape[3]), np.float32)
            for place, filled in enumerate(self._filled):
                cache[name][place, :, :filled] = old[place, :, :filled]
        self._cache = cache

    def _bind(self) -> None:
        n = len(self.filled)
        self._values = []
        for name in self._names if n else ():
            value = onnxruntime.OrtValue.ortvalue_from_numpy(self._cache[name][:n], "cpu", 0)
            self._binding.bind_ortvalue_input(name, value)
            self._binding.bind_ortvalue_output(f"new_{name}", value)
            self._values.append(value)
        for output in self._session.get_outputs():
            if output.name.removeprefix("new_") not in self._cache:
                self._binding.bind_output(output.name)
