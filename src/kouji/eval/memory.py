"""Measures that were taken before: the same samples are never judged twice.

Recordings and baseline do not change between two evaluations of a growing model, and they are two
thirds of the work. The file is JSON: {"measure:hash of the samples": answer}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

SAVE_EVERY = 48  # clips: minutes of listening that an interruption may cost


class Memory:
    """Answers by measure and samples, kept in a file or, without one, for this run."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._answers: dict[str, Any] = {}
        if path is not None and path.exists():
            try:
                self._answers = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                self._answers = {}  # cut off while it was written: measure again

    def ask(
        self,
        measure: str,
        clips: Sequence[np.ndarray],
        compute: Callable[[list[np.ndarray]], Sequence[Any]],
    ) -> list[Any]:
        """One answer per clip; `compute` answers for those that are new.

        Args:
            measure: names the measure and whatever else decides the answer (a model, a version).
            clips: (n_samples,) each, all at one rate.
            compute: from clips to answers that JSON can hold.
        """
        keys = [f"{measure}:{blake2b(np.ascontiguousarray(c).tobytes(), digest_size=16).hexdigest()}" for c in clips]
        new = {key: clip for key, clip in zip(keys, clips, strict=True) if key not in self._answers}
        for start in range(0, len(new), SAVE_EVERY):
            some = list(new)[start : start + SAVE_EVERY]
            self._answers.update(zip(some, compute([new[key] for key in some]), strict=True))
            self._save()
        return [self._answers[key] for key in keys]

    def _save(self) -> None:
        if self._path is not None:
            whole = self._path.with_suffix(".new")
            whole.write_text(json.dumps(self._answers, ensure_ascii=False), encoding="utf-8")
            whole.replace(self._path)
