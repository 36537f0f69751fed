"""How fast is it beside espeak-ng? Processor seconds per second of sound, each engine in one thread.

    python benchmarks/rtf.py [ENGINE] [LANGUAGE]

Both are asked in the same run, the best of five counts; the ratio is what may be quoted.
"""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

from kouji.eval.cost import TEN_SECONDS, real_time_factor
from kouji.eval.sets import Item
from kouji.eval.systems import ESPEAK_VOICES, spelling

N_RUNS = 5


def espeak(language: str) -> tuple[float, float]:
    """Real-time factor, process start included, and seconds of speech."""
    best, duration = float("inf"), 0.0
    text = spelling(Item(TEN_SECONDS[language], language))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        command = ["espeak-ng", "-v", ESPEAK_VOICES[language], "-w", str(path), text]
        for _ in range(N_RUNS):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            duration = soundfile.info(path).duration
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            best = min(best, spent / duration)
    return best, duration


def main(engine: str = "native", language: str = "zh") -> None:
    """Print the table."""
    ours = real_time_factor(engine, TEN_SECONDS[language], language, n_runs=N_RUNS)
    theirs, duration = espeak(language)
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread, {language}, best of {N_RUNS}\n")
    print("| engine | seconds of speech | real-time factor | espeak-ng = 1 |\n| --- | --- | --- | --- |")
    print(f"| {engine} | {ours['duration']:.1f} | {ours['rtf']:.4f} | {ours['rtf'] / theirs:.1f} |")
    print(f"| espeak-ng | {duration:.1f} | {theirs:.4f} | 1.0 |")


if __name__ == "__main__":
    main(*sys.argv[1:])
