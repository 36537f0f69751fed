"""What does IndexTTS 2 cost on a plain CPU? Processor seconds by stage and per second of speech, and peak memory.

    python benchmarks/indextts2.py WORK [--threads 1] [--seconds 4] [--presets exact light fast official]

Weights by rule (tests/parity) of the official size, 4.5 GB, are written to WORK as an official folder. Each preset
speaks in a process of its own: a cached voice with 3 seconds of acoustic prompt, so many seconds of speech. Processor
time counts, so that other work on the machine does not. `official` is the plain baseline: float32, three beams.
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
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "plugins")]

from kouji.engines.contract import Conditioning  # noqa: E402
from kouji.text import analyse  # noqa: E402
from kouji.types import Delivery, Utterance  # noqa: E402

CASES = ROOT / "tests" / "parity" / "indextts2"
PROMPT_SECONDS = 3.0
TEXT = "今天的会议定在三月十四日下午三点。"
STAGES = ("prompt", "codes", "latents", "flow", "vocoder")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--presets", nargs="+", default=["exact", "light", "fast", "official"])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.work, options.one, options.threads, options.seconds)))
        return
    prepare(options.work)
    print(f"{platform.machine()}, {options.threads} threads, {options.seconds} s of speech; CPU seconds per second\n")
    print("| preset | in all | " + " | ".join(STAGES) + " | first sound: CPU s | peak MB |")
    print("| --- |" + " --- |" * (len(STAGES) + 3))
    for preset in options.presets:
        command = [sys.executable, __file__, str(options.work), "--one", preset]
        command += ["--threads", str(options.threads), "--seconds", str(options.seconds)]
        environment = os.environ | {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "PASSIVE"}
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        row = json.loads(ran.stdout.splitlines()[-1])
        parts = " | ".join(f"{row['stages'].get(stage, 0) / options.seconds:.2f}" for stage in STAGES)
        cpu = row["cpu"] / options.seconds
        print(f"| {preset} | **{cpu:.2f}** | {parts} | {row['first']:.1f} | {row['peak']:.0f} |", flush=True)


def prepare(folder: Path) -> None:
    """What speaking reads of an official folder, and the eight-bit GPT."""
    import torch

    from kouji.engines.indextts2 import config, int8
    from kouji_parity import rule_weights

    (folder / "hf_cache" / "bigvgan").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text("version: 2.0\n", "utf-8")
    (folder / "bpe.model").write_bytes((CASES / "text" / "toy_bpe.model").read_bytes())

    def save(path: str, make: Callable[[], object]) -> None:
        if not (folder / path).is_file():
            torch.save(make(), folder / path)

    def by_rule(name: str) -> dict[str, Any]:
        tensors = rule_weights.checkpoint(CASES / "full" / f"{name}.tensors.json")
        return {key: torch.from_numpy(value) for key, value in tensors.items()}

    save("gpt.pth", lambda: by_rule("gpt"))
    save("s2mel.pth", lambda: {"net": by_rule("s2mel")})
    save("hf_cache/bigvgan/bigvgan_generator.pt", lambda: {"generator": by_rule("bigvgan")})
    save("feat1.pt", lambda: torch.randn(73, 192))
    save("feat2.pt", lambda: torch.randn(73, 1280))
    if not (folder / "hf_cache" / "semantic_codec_model.safetensors").is_file():
        write_safetensors(folder / "hf_cache" / "semantic_codec_model.safetensors", by_rule("codec"))
    int8.prepared(config.read(folder), folder)


def write_safetensors(path: Path, tensors: dict[str, Any]) -> None:
    """Length, JSON, bytes."""
    header, at = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    data = (tensor.numpy().tobytes() for tensor in tensors.values())
    path.write_bytes(b"".join([len(text).to_bytes(8, "little"), text, *data]))


def voice() -> Conditioning:
    """A learned voice with 3 seconds of acoustic prompt."""
    rng = np.random.default_rng(0)
    n_frames = int(PROMPT_SECONDS * 22050 / 256)

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    arrays = {
        "speaker": normal(32, 1280), "emotion": 0.1 * normal(1280), "speaker_embedding": normal(192),
        "prompt_mel": normal(80, n_frames) - 5, "prompt_condition": normal(n_frames, 512), "pace": np.float32(0),
    }  # fmt: skip
    return Conditioning("indextts2", {name: np.asarray(array) for name, array in arrays.items()})


def utterance(seconds: float) -> Utterance:
    """Text of about the length, and exactly so many codes."""
    (found,) = analyse(TEXT).utterances
    return Utterance(
        found.text, found.normalized, found.units, found.language, delivery=Delivery(n_tokens=round(seconds * 50))
    )


def measured(folder: Path, preset: str, n_threads: int, seconds: float) -> dict[str, object]:
    """One preset: processor seconds by stage and in all, until the first sound, and peak memory."""
    from kouji.engines.indextts2 import engine as module

    engine: Any = module.IndexTTS2(n_threads, folder, preset)
    spent: dict[str, float] = defaultdict(float)

    def timed(stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            before = process_time()
            result = call(*arguments, **named)
            spent[stage] += process_time() - before
            return result

        return run

    module.generate = timed("codes", module.generate)
    module.solve = timed("flow", module.solve)
    engine._gpt.start = timed("prompt", engine._gpt.start)
    engine._gpt.latents = timed("latents", engine._gpt.latents)
    engine._vocoder.forward = timed("vocoder", engine._vocoder.forward)
    who = voice()
    list(engine.synthesize(utterance(0.3), who, np.random.default_rng(1)))  # first calls set up what later ones keep
    spent.clear()
    before = process_time()
    chunks = engine.synthesize(utterance(seconds), who, np.random.default_rng(1))
    n_samples = len(next(chunks).samples)
    first = process_time() - before
    n_samples += sum(len(chunk.samples) for chunk in chunks)
    assert abs(n_samples / 22050 - seconds) < 0.01
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": process_time() - before, "stages": spent, "first": first, "peak": peak}


if __name__ == "__main__":
    main()
