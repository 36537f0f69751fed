"""What the benchmarks of engines share: each preset in a process of its own, one table of what it cost.

A benchmark says how its weights are made and how one preset is measured, and calls `main`. The row of a preset:

    {"cpu": s, "wall": s, "main": s, "first_cpu": s, "first_wall": s, "first_main": s,
     "stages": {name: CPU s}, "duration": s, "peak": MB}

Processor time counts, so that other work on the machine does not; wall time is printed beside it. On a busy machine the
processor time of the main thread, which every stage runs through, tells what wall time would be on an idle one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "plugins" / "kouji_parity")]

Row = dict[str, Any]
Measure = Callable[[Path, str, int, float], Row]  # folder of weights, preset, threads, seconds of speech


class Timed:
    """A part that counts its processor seconds."""

    def __init__(self, part: Any, spent: dict[str, float]) -> None:
        self._part, self._spent = part, spent

    def __getattr__(self, name: str) -> Any:
        stage = getattr(self._part, name)
        if not callable(stage):
            return stage

        def timed(*arguments: Any) -> Any:
            before = process_time()
            result = stage(*arguments)
            self._spent[name] += process_time() - before
            if name == "begin" and hasattr(result, "say"):
                result.say = Timed(result, self._spent).say
            return result

        return timed


def main(
    about: str, presets: Sequence[str], seconds: float, prepare: Callable[[Path], None], measure: Measure,
    after: Callable[[Path, int], str] | None = None,
) -> None:  # fmt: skip
    """Print the table.

    Args:
        about: the question.
        presets: what is measured unless others are named.
        seconds: of speech, as usual.
        prepare: writes the weights, those that are not there yet.
        measure: one preset.
        after: more to print, with --more.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("work", type=Path, help="folder for the weights, which are kept")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--presets", default=",".join(presets), help="parted by commas")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--more", action="store_true", help=argparse.SUPPRESS if after is None else "further tables")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        _one(measure, options)
        return
    options.work.mkdir(parents=True, exist_ok=True)
    prepare(options.work)
    rows = _rows(options)
    if options.json:
        for row in rows:
            print(json.dumps(row), flush=True)
    else:
        print(f"{platform.machine()}, {options.seconds} s of speech; seconds per second of it, stages in CPU time\n")
        _print(list(rows), options.seconds)
    if options.more and after is not None:
        print("\n" + after(options.work, options.threads))


def _one(measure: Measure, options: argparse.Namespace) -> None:
    from kouji.errors import SpeechError

    try:
        row = measure(options.work, options.one, options.threads, options.seconds)
    except SpeechError as error:
        print(f"error: {error.message}\nhint:  {error.hint}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(row))


def spoken(chunks: Iterator[Any], sample_rate: int) -> Row:
    """Listen to an engine: what the sound cost and when it began. `duration` is how much of it there was."""
    clocks = {"cpu": process_time, "wall": perf_counter, "main": thread_time}
    before = {name: clock() for name, clock in clocks.items()}
    first: Row = {}
    n_samples = 0
    for chunk in chunks:
        if not n_samples and len(chunk.samples):
            first = {f"first_{name}": clock() - before[name] for name, clock in clocks.items()}
        n_samples += len(chunk.samples)
    spent = {name: clock() - before[name] for name, clock in clocks.items()}
    return {**spent, **first, "duration": n_samples / sample_rate, "peak": peak()}


def peak() -> float:
    """The most memory that this process has had, MB. What `getrusage` says begins with what its parent had."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def by_rule(tensors: Path) -> dict[str, Any]:
    """A checkpoint of the official size, from a list of its tensors, as torch tensors."""
    import rule_weights
    import torch

    return {name: torch.from_numpy(array) for name, array in rule_weights.checkpoint(tensors).items()}


def _rows(options: argparse.Namespace) -> Iterator[Row]:
    n_threads = str(options.threads)
    environment = os.environ | {"OMP_NUM_THREADS": n_threads, "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}
    for preset in filter(None, map(str.strip, options.presets.split(","))):
        command = [sys.executable, sys.argv[0], str(options.work), "--one", preset]
        command += ["--threads", n_threads, "--seconds", str(options.seconds)]
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        if ran.returncode:
            sys.exit(ran.returncode)  # it has said why
        yield {"preset": preset, "threads": options.threads, **json.loads(ran.stdout.splitlines()[-1])}


def _print(rows: Sequence[Row], seconds: float) -> None:
    stages = list(dict.fromkeys(stage for row in rows for stage in row["stages"]))
    heads = ["preset", "threads", "CPU", "wall", "main", *stages, "first sound: CPU s", "wall s", "main s", "peak MB"]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for row in rows:
        parts = [f"{row['stages'].get(stage, 0) / seconds:.3f}" for stage in stages]
        whole = [f"**{row['cpu'] / seconds:.2f}**", *(f"{row[name] / seconds:.2f}" for name in ("wall", "main"))]
        first = [f"{row[f'first_{name}']:.2f}" for name in ("cpu", "wall", "main")]
        cells = [row["preset"], str(row["threads"]), *whole, *parts, *first, f"{row['peak']:.0f}"]
        print(f"| {' | '.join(cells)} |")
