"""ONNX graphs, called by the names of their inputs."""

from __future__ import annotations

import numpy as np
import onnxruntime


class Graph:
    """One graph in memory; safe to call from several threads."""

    def __init__(self, model: bytes | str, n_threads: int = 1) -> None:
        """Load.

        Args:
            model: the file's bytes, or its path.
            n_threads: processor threads; they sleep between calls, so that other work on the machine is not starved.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.inputs = tuple(each.name for each in self._session.get_inputs())

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """Outputs in the order of the graph."""
        outputs: list[np.ndarray] = self._session.run(None, inputs)
        return outputs
