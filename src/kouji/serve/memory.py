"""How glibc hands out memory to a server that runs for months.

Left to itself it gives every thread a heap of its own and takes the size of the largest sound as a measure of what to
keep: each of them then grows to the largest that ever lay in it. Two heaps are enough for threads that wait for one
another anyhow, and what is large comes from the system and goes back to it at once.
"""

from __future__ import annotations

import ctypes

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # M_… of glibc's malloc.h
N_HEAPS = 2
LARGE = 1_000_000  # bytes
_LACKING = (AttributeError, OSError, TypeError)  # what other libraries and systems answer


def keep_small() -> bool:
    """Say so to glibc, before there are threads; False where the system has another library."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except _LACKING:
        return False
    return bool(mallopt(_ARENA_MAX, N_HEAPS) and mallopt(_MMAP_THRESHOLD, LARGE))


def give_back() -> None:
    """Return what lies between pieces that are in use: a tenth of a busy server's memory. Takes some milliseconds."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except _LACKING:
        return
