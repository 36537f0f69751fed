"""How long until a short text is a file? Process start to exit, against a Python that only imports its libraries.

    python benchmarks/start.py [ENGINE]

The floor is what any program with numpy and ONNX Runtime pays; the ratio to it is what may be quoted.
"""

from __future__ import annotations

import platform
import sys

from kouji.eval.cost import HELLO, measure_command, process_start

N_RUNS = 5
FLOOR = [sys.executable, "-c", "import numpy, onnxruntime, soundfile"]


def main(engine: str = "native") -> None:
    """Print the table."""
    runs = [measure_command(FLOOR) for _ in range(N_RUNS)]
    floor = (min(r.wall for r in runs), min(r.cpu for r in runs), max(r.peak_memory for r in runs))
    ours = process_start(engine, HELLO, N_RUNS)
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread, best of {N_RUNS}: {HELLO}\n")
    print("| what | wall s | processor s | peak MB | floor = 1 |\n| --- | --- | --- | --- | --- |")
    for name, (wall, cpu, peak) in ((f"kouji say, {engine}", ours), ("imports alone", floor)):
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {cpu / floor[1]:.1f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
