"""What does ChatTTS cost on a plain CPU: steps a second, seconds by stage, memory, first sound?

    python benchmarks/chattts.py WORK [--threads 1] [--seconds 5] [--presets plain,torch,exact,fast]

Weights by rule (tests/parity) of the official size, written to WORK as an official folder and converted. Each preset
speaks in a process of its own. Processor time counts, so that other work on the machine does not. `plain` is the same
network in torch as one would write it down, `torch` is `exact` from the official files, `exact` and `fast` are the
converted ones. The times of a whole utterance are of a stream, all of its windows included.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from table import Timed

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "plugins")]

from kouji.engines import card  # noqa: E402
from kouji.engines.chattts import loading, networks  # noqa: E402
from kouji.engines.chattts.engine import ChatTTS  # noqa: E402
from kouji.engines.chattts.generation import Bounds  # noqa: E402
from kouji.engines.contract import Conditioning  # noqa: E402
from kouji.text import analyse  # noqa: E402

NAME = "chattts"
TEXT = "今天天气很好，我们一起去公园散步吧，那里有很多花。"
SPOKEN = ("begin", "say", "text_logits", "code_logits", "code_rows")  # the GPT; what else there is makes sound


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--presets", default="plain,torch,exact,fast")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.work / NAME, options.one, options.threads, options.seconds)))
        return
    prepare(options.work)
    print(f"{platform.machine()}, {options.threads} threads, {options.seconds} s of speech\n")
    print("| preset | steps/s | of plain | CPU s per s | GPT | mel | vocoder | first sound: CPU s | wall s | peak MB |")
    print("| --- |" + " --- |" * 9)
    plain = 0.0
    for preset in filter(None, options.presets.split(",")):
        command = [sys.executable, __file__, str(options.work), "--one", preset]
        command += ["--threads", str(options.threads), "--seconds", str(options.seconds)]
        environment = os.environ | {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "PASSIVE"}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        row = json.loads(ran.stdout.splitlines()[-1])
        plain = row["pace"] if preset == "plain" else plain
        ratio = f"{row['pace'] / plain:.1f}" if plain else "-"
        parts = " | ".join(f"{row[part] / options.seconds:.3f}" for part in ("gpt", "mel", "vocoder"))
        first = f"{row['first_cpu']:.2f} | {row['first_wall']:.2f}"
        cost = f"**{row['cpu'] / options.seconds:.2f}**"
        cells = [preset, f"{row['pace']:.1f}", ratio, cost, parts, first, f"{row['peak']:.0f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def prepare(work: Path) -> None:
    """An official folder with weights by rule, and both conversions."""
    import torch
    from safetensors.torch import save_file

    from kouji_chattts import tokenizer_file
    from kouji_parity import rule_weights

    folder = work / NAME
    for name, path in networks.FILES.items():
        place = folder / path
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            lists = ROOT / "tests" / "parity" / "chattts" / "full"
            tensors = rule_weights.checkpoint(lists / f"tensors.{name}.json")
            save_file({key: torch.from_numpy(value) for key, value in tensors.items()}, place)
    if not (folder / loading.TOKENIZER).is_file():
        (folder / loading.TOKENIZER).parent.mkdir(parents=True, exist_ok=True)
        (folder / loading.TOKENIZER).write_text(tokenizer_file(), "utf-8")
    for int8, place in ((False, "onnx"), (True, "onnx-int8")):
        if not (folder / place).is_dir():
            from importlib import import_module

            module, function = card(NAME).converter.split(":")
            getattr(import_module(module), function)(folder, int8)


def opened(folder: Path, preset: str, n_threads: int) -> ChatTTS:
    """An engine; the sums of its files are not looked at, they are no published ones."""
    if preset in ("plain", "torch"):
        from chattts_plain import PlainStages

        from kouji.engines.chattts.tokenizer import Tokenizer
        from kouji.engines.chattts.torch_stages import TorchStages

        kind = PlainStages if preset == "plain" else TorchStages
        tokenizer = Tokenizer.read(folder / loading.TOKENIZER)
        return ChatTTS.assembled(kind.from_folder(folder, n_threads), tokenizer, None, "exact")
    return ChatTTS(n_threads, folder, preset)


def measured(folder: Path, preset: str, n_threads: int, seconds: float) -> dict[str, float]:
    """One preset: processor seconds by stage and in all, first sound, peak memory."""
    engine = opened(folder, preset, n_threads)
    who = Conditioning(NAME, {"embedding": np.random.default_rng(0).standard_normal(768).astype(np.float16)})
    (utterance,) = analyse(TEXT).utterances
    script = engine._script(utterance, np.random.default_rng(0))
    assert script is not None

    def say(n_steps: int) -> tuple[float, float, float]:
        """Processor seconds of all, processor and wall seconds of the first sound."""
        before, wall, first = process_time(), perf_counter(), (0.0, 0.0)
        steps = engine._steps(script, who, np.random.default_rng(1), Bounds(n_steps, n_steps))
        for number, _ in enumerate(engine._renderer.stream(steps)):
            first = first if number else (process_time() - before, perf_counter() - wall)
        return process_time() - before, *first

    say(20)  # first calls set up what later ones keep
    spent: dict[str, float] = defaultdict(float)
    engine._stages = engine._renderer._stages = Timed(engine._stages, spent)  # type: ignore[assignment]
    n_steps = round(seconds * 46.875)
    cost, first_cpu, first_wall = say(n_steps)
    gpt = sum(spent[name] for name in SPOKEN)
    return {
        "cpu": cost, "first_cpu": first_cpu, "first_wall": first_wall, "gpt": gpt,
        "pace": (n_steps - 1) / (gpt - spent["begin"]), "mel": spent["hidden_to_mel"], "vocoder": spent["draw"],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }  # fmt: skip


if __name__ == "__main__":
    main()
