"""The same question about many clips, in one process or in several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import TypeVar

import numpy as np

Answer = TypeVar("Answer")
Question = Callable[[np.ndarray, int], Answer]  # of samples and sample rate; a function of a module, so that it travels


def ask_each(
    question: Question[Answer], clips: Sequence[np.ndarray], sample_rate: int, n_workers: int = 1
) -> list[Answer]:
    """One answer per clip, in order; the number of processes does not change them."""
    if n_workers == 1 or len(clips) < 2:
        return [question(clip, sample_rate) for clip in clips]
    # Fresh processes: a forked one would inherit the threads of ONNX Runtime in an unknown state.
    with get_context("spawn").Pool(min(n_workers, len(clips))) as pool:
        return pool.starmap(question, [(clip, sample_rate) for clip in clips], chunksize=1)
