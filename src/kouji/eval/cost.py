"""Time and memory, each measured in a process of its own that has one thread to use.

Real-time factors are processor time over the length of the sound: on one thread that is the wall clock of
an idle machine, and a busy machine does not blur it. Time at rest (`wall`) is given beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from kouji.errors import SpeechError

if TYPE_CHECKING:
    from kouji.engines.contract import Card

_THREAD_LIMITS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"
# About ten seconds at an everyday tempo; two sentences, so that splitting and joining are in the figure.
TEN_SECONDS = {
    "zh": "今天早上下了一场小雨，空气特别清新，我们约好下午三点在图书馆门口见面。晚饭后，大家沿着河边慢慢地散步。",
    "en": "The children built a castle out of boxes and blankets, and nobody wanted to go home before it was finished. "
    "A cold wind came in from the harbor and rattled the shutters.",
}
HELLO = "你好，世界。"
_SCRIPT = """
import json, sys, time
import kouji
engine, text, voice, language, n_runs = json.loads(sys.argv[1])
session = kouji.load(engine, threads=1)
session.synthesize(text, voice=voice, language=language)
best = []
for seed in range(n_runs):
    wall, cpu = time.perf_counter(), time.process_time()
    speech = session.synthesize(text, voice=voice, language=language, seed=seed)
    best.append(((time.process_time() - cpu) / speech.duration, (time.perf_counter() - wall) / speech.duration))
print(json.dumps({"rtf": min(cpu for cpu, _ in best), "wall": min(w for _, w in best), "duration": speech.duration}))
"""
# Between us and the command, because a new process inherits the memory record of the one that starts it: this
# one is small, we are not.
_LAUNCHER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - started
if status:
    sys.exit(1)
print(json.dumps([wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""


@dataclass(frozen=True)
class Cost:
    """What one engine costs."""

    rtf: float  # processor seconds per second of sound, whole `synthesize` call, about 10 s of speech
    rtf_wall: float  # the same by the clock on the wall
    duration: float  # seconds of that speech
    start: float  # seconds from process start to file written, second run
    start_cpu: float  # processor seconds of it
    peak_memory: float  # MB of that process at its largest
    weights: float  # MB of the engine's files

    @property
    def as_row(self) -> dict[str, float]:
        """For a table."""
        return dict(vars(self))


def cost(engine: str, language: str = "zh", voice: str = "") -> Cost:
    """Measure an engine by name.

    Raises:
        SpeechError: it could not speak; its own words are in the message.
    """
    from kouji.engines import card

    speed = real_time_factor(engine, TEN_SECONDS.get(language, TEN_SECONDS["en"]), language, voice)
    start = process_start(engine)
    return Cost(speed["rtf"], speed["wall"], speed["duration"], *start, size_of_weights(card(engine)))


def size_of_weights(card: Card) -> float:
    """MB of the files on the card; of an engine that brings its weights along, of all in its folder but code."""
    if card.files:
        return sum(file.size for file in card.files) / 1e6
    spec = find_spec(card.factory.split(":")[0])
    if spec is None or spec.origin is None:
        return 0.0
    found = (path for path in Path(spec.origin).parent.rglob("*") if path.suffix not in (".py", ".pyc", ".md"))
    return sum(path.stat().st_size for path in found if path.is_file()) / 1e6


def real_time_factor(engine: str, text: str, language: str, voice: str = "", n_runs: int = 3) -> dict[str, float]:
    """ "rtf", "wall" (best of the runs, after one to warm up) and "duration" of the speech in seconds."""
    job = json.dumps([engine, text, voice, language, n_runs])
    finished = measure_command([sys.executable, "-c", _SCRIPT, job])
    answer: dict[str, float] = json.loads(finished.output.splitlines()[-1])
    return answer


def process_start(engine: str, text: str = HELLO, n_runs: int = 3) -> tuple[float, float, float]:
    """Seconds by the wall and of the processor from process start to file written, and peak MB.

    The first run fills the caches of the system and is not counted; the fastest of the others is.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "hello.wav"
        command = [sys.executable, "-m", "kouji", "say", text, "--engine", engine, "-o", str(target)]
        runs = [measure_command(command) for _ in range(n_runs + 1)][1:]
    return min(r.wall for r in runs), min(r.cpu for r in runs), max(r.peak_memory for r in runs)


@dataclass(frozen=True)
class Finished:
    output: str
    wall: float  # seconds
    cpu: float  # seconds
    peak_memory: float  # MB


def measure_command(command: list[str]) -> Finished:
    """Run a command with one thread and ask the kernel what it took."""
    import kouji

    source = str(Path(kouji.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, **dict.fromkeys(_THREAD_LIMITS, "1"), "PYTHONPATH": path}
    launcher = [sys.executable, "-S", "-c", _LAUNCHER, *command]
    finished = subprocess.run(launcher, capture_output=True, text=True, env=environment, check=False)
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or ["nothing"]
        raise SpeechError(f"The engine could not be timed; it said: {said[-1]}", "Try `kouji say` with it first.")
    *output, last = finished.stdout.splitlines()
    wall, cpu, peak = json.loads(last)
    # The kernel counts in kilobytes on Linux, in bytes on macOS.
    return Finished("\n".join(output), wall, cpu, peak / (1e6 if sys.platform == "darwin" else 1e3))
