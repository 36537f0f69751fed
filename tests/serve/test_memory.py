"""What glibc is told."""

from __future__ import annotations

import subprocess
import sys

# Ten threads at the same time hold forty megabytes in pieces, and let go of them but for one small piece each.
PROGRAM = """
import ctypes, sys, threading
from kouji.serve.memory import keep_small
if sys.argv[1] == "small":
    keep_small()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
together = threading.Barrier(10)
def work():
    together.wait()  # ten heaps, where that is allowed
    pieces = [libc.malloc(2_000_000) for _ in range(20)]
    for piece in pieces:
        libc.memset(piece, 1, 2_000_000)
    libc.free(pieces[0])  # the first large one that goes is glibc's measure of what to keep
    pieces = pieces[1:] + [libc.malloc(2_000_000)]
    libc.memset(pieces[-1], 1, 2_000_000)
    kept = libc.malloc(1000)
    for piece in pieces:
        libc.free(piece)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(10)]
[each.start() for each in threads]
[each.join() for each in threads]
print(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
"""


def left(way: str) -> int:
    """Kilobytes that a process holds after four hundred megabytes came and went."""
    found = subprocess.run([sys.executable, "-c", PROGRAM, way], check=True, capture_output=True)
    return int(found.stdout)


def test_what_is_large_goes_back_to_the_system() -> None:
    assert left("small") < left("as it comes") - 5000
