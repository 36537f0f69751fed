"""The clips that were heard last, in memory alone: threads that bring the same one hear it once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Heard(Generic[T]):
    """What was learnt of each of the last `n_kept` clips. Threads may share it."""

    def __init__(self, n_kept: int) -> None:
        self._n_kept = n_kept
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, hear: Callable[[], T]) -> T:
        """What was learnt under a key; `hear` learns it where nobody has.

        Who comes while it is learnt waits for it; who brings another clip does not. What `hear` raises is not kept.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._n_kept:
                self._entries.popitem(last=False)
        with entry.lock:
            if entry.learnt is None:
                entry.learnt = (hear(),)
            return entry.learnt[0]


class _Entry(Generic[T]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.learnt: tuple[T] | None = None
