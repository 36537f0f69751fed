"""What does GPT-SoVITS cost on a plain CPU: seconds by stage, memory, first sound; and what do eight bits change?

    python benchmarks/gptsovits.py WORK [--version v2] [--threads 1] [--seconds 8] [--presets plain,exact,fast,…]
                                        [--at-once 1,4,16]

Weights by rule (tests/parity) of the official size, written to WORK as an official folder and converted. Each preset
speaks in a process of its own: a Chinese sentence with a prompt of 5 seconds, so many seconds of speech. Processor
time counts, so that other work on the machine does not. `plain` is the same network in torch, as one would write it
down (not of v4); `torch` and `torch-fast` are `exact` and `fast` from the official files, without conversion.

`--at-once`: instead, how many codes a second the first network makes in all for so many requests at the same time, each
with its own prompt, when their sentences go on together and when each goes on by itself; with texts of 40 to 70 phones
and 50 to 100 codes. The codes must be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from table import Timed, peak

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "plugins")]

from kouji.engines import card, convert  # noqa: E402
from kouji.engines.contract import Conditioning  # noqa: E402
from kouji.engines.gptsovits import loading, places  # noqa: E402
from kouji.engines.gptsovits.generation import Bounds, Speaker  # noqa: E402
from kouji.engines.gptsovits.presets import PRESETS  # noqa: E402
from kouji.engines.gptsovits.sampling import Sampling  # noqa: E402
from kouji.engines.gptsovits.voice import Prompt, Voice  # noqa: E402
from kouji.runtime import converted  # noqa: E402
from kouji.text import analyse  # noqa: E402
from kouji.types import Delivery, Utterance  # noqa: E402

CASES = ROOT / "tests" / "parity" / "gptsovits" / "full"
PROMPT_SECONDS = 5.0
TEXT = "今天天气很好，我们一起去公园散步吧，那里有很多花，还有一个大湖，湖上有船。"
STYLES = {"v2": 512, "v2Pro": 1024, "v2ProPlus": 1024, "v4": 512}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--version", choices=list(STYLES), default="v2")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--presets", default="plain,torch,exact,fast")
    parser.add_argument("--prepare", action="store_true", help="Write the folder and its conversions, no more.")
    parser.add_argument("--at-once", help="Requests, parted by commas: codes per second in all.")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.work / f"gptsovits-{options.version.lower()}"
    if options.one and options.at_once:
        counts = list(map(int, options.at_once.split(",")))
        print(json.dumps(at_once(folder, options.version, options.one, options.threads, counts)))
        return
    if options.one:
        print(json.dumps(measured(folder, options.version, options.one, options.threads, options.seconds)))
        return
    prepare(folder, options.version)
    if options.prepare:
        return
    of = "codes per CPU second" if options.at_once else f"{options.seconds} s of speech"
    print(f"{platform.machine()}, {options.threads} threads, {options.version}, {of}\n")
    rows = {}
    for preset in filter(None, options.presets.split(",")):
        command = [sys.executable, __file__, str(options.work), "--one", preset, "--version", options.version]
        command += ["--threads", str(options.threads), "--seconds", str(options.seconds)]
        command += ["--at-once", options.at_once] if options.at_once else []
        environment = os.environ | {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "PASSIVE"}
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        rows[preset] = json.loads(ran.stdout.splitlines()[-1])
    if options.at_once:
        print("| preset | requests | each by itself | together | ratio | ms a step, together |\n" + "| --- " * 6 + "|")
        for preset, row in rows.items():
            for count, (alone, rate, step) in row.items():
                print(f"| {preset} | {count} | {alone:.0f} | **{rate:.0f}** | {rate / alone:.1f} | {step:.1f} |")
        return
    stages = list(dict.fromkeys(stage for row in rows.values() for stage in row["stages"]))
    print("| preset | CPU s per s | " + " | ".join(stages) + " | codes per s | first sound: CPU s | wall s | peak MB |")
    print("| --- |" + " --- |" * (len(stages) + 5))
    for preset, row in rows.items():
        parts = " | ".join(f"{row['stages'].get(stage, 0) / row['seconds']:.3f}" for stage in stages)
        first = f"{row['first_cpu']:.2f} | {row['first_wall']:.2f}"
        cpu, rate = row["cpu"] / row["seconds"], 25 * row["seconds"] / row["stages"]["step"]
        print(f"| {preset} | **{cpu:.2f}** | {parts} | {rate:.0f} | {first} | {row['peak']:.0f} |", flush=True)


def prepare(folder: Path, version: str) -> None:
    """An official folder with weights by rule, and both conversions."""
    import torch

    from kouji_parity import rule_weights

    def by_rule(name: str) -> dict[str, Any]:
        tensors = rule_weights.checkpoint(CASES / name / "tensors.json")
        return {key: torch.from_numpy(value) for key, value in tensors.items()}

    def save(path: str, make: Callable[[], object]) -> None:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if places.find(folder, path) is None:
            torch.save(make(), place)

    def pair(name: str) -> dict[str, Any]:
        weight = {key: tensor.half() for key, tensor in by_rule(name).items() if not key.startswith("enc_q.")}
        return {"weight": weight, "config": json.loads((CASES / name / "config.json").read_text("utf-8"))}

    save(places.S1[version], lambda: pair("s1"))
    save(places.S2[version], lambda: pair("v4" if version == "v4" else f"sovits_{version}"))
    for name, part in ((places.HUBERT, "hubert"), (places.BERT, "bert")):
        other = folder.with_name("gptsovits-v2") / name
        if other.is_dir() and not (folder / name).exists():
            (folder / name).symlink_to(other.resolve(), target_is_directory=True)
        save(f"{name}/pytorch_model.bin", lambda part=part: {k: t.half() for k, t in by_rule(part).items()})
        beside = places.found(folder, f"{name}/pytorch_model.bin").parent
        (beside / "config.json").write_bytes((CASES / part / "config.json").read_bytes())
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(TEXT)]
    vocabulary = {"model": {"vocab": {word: number for number, word in enumerate(words)}}}
    (beside / "tokenizer.json").write_text(json.dumps(vocabulary), "utf-8")
    if version == "v4":
        save(places.VOCODER_V4, lambda: by_rule("v4_vocoder"))
    elif version != "v2":
        save(places.SPEAKER, lambda: by_rule("sv"))
    for int8, place in ((False, converted.FLOAT), (True, converted.INT8)):
        if not (folder / place).is_dir():
            convert(card(folder.name), folder.parent, int8)


def voice(name: str, version: str) -> Conditioning:
    """A prompt of 5 seconds."""
    rng = np.random.default_rng(0)
    n_codes, n_phones = round(PROMPT_SECONDS * 25), 40
    features = (0.5 * rng.standard_normal((1024, n_phones))).astype(np.float32)
    prompt = Prompt(rng.integers(0, 1024, n_codes), rng.integers(0, 700, n_phones), features)
    style = (0.3 * rng.standard_normal(STYLES[version])).astype(np.float32)
    mel = rng.uniform(-0.8, 0.2, (100, round(PROMPT_SECONDS * 100))).astype(np.float32)
    return Conditioning(name, Voice(style, prompt, mel).arrays())


def utterance(seconds: float) -> Utterance:
    """Text of about the length, and exactly so many codes."""
    (found,) = analyse(TEXT).utterances
    return replace(found, delivery=Delivery(n_tokens=round(seconds * 25)))


def opened(folder: Path, version: str, preset: str, n_threads: int) -> Any:
    """An engine."""
    from kouji.engines.gptsovits import engine as module

    kind = getattr(module, f"GPTSoVITS{version}")
    if preset == "plain":
        from gptsovits_plain import parts

        return kind.assembled(parts(folder, version, n_threads), "exact")
    if preset.startswith("torch"):
        return kind.assembled(loading.official(folder, version, n_threads), preset.partition("-")[2] or "exact")
    return kind(n_threads, folder, preset)


class TimedReader:
    """A reader that counts its processor seconds: "begin" and "step"."""

    def __init__(self, reader: Any, spent: dict[str, float]) -> None:
        self.n_places = reader.n_places
        self._reader, self._spent = reader, spent
        self.begin = Timed(reader, spent).begin

    def side(self) -> Any:
        """Places, timed too."""
        side = self._reader.side()
        side.step = Timed(side, self._spent).step
        return side


def at_once(
    folder: Path, version: str, preset: str, n_threads: int, counts: list[int]
) -> dict[int, tuple[float, float, float]]:
    """Number of requests -> codes per processor second each by itself and together, milliseconds of a step."""
    reader = opened(folder, version, preset, n_threads)._parts.reader
    rng = np.random.default_rng(0)

    def one(speaker: Speaker, text: tuple[np.ndarray, np.ndarray], prompt: np.ndarray, n_codes: int, seed: int) -> Any:
        drawn = np.random.default_rng(seed)
        bounds, sampling = Bounds.exactly(n_codes), Sampling()
        draw = [lambda n: drawn.standard_exponential(n, np.float32)]
        return speaker.sentences([text], prompt, [bounds], sampling, draw)[0]

    def say(jobs: list[Any], together: bool) -> tuple[float, float, list[Any]]:
        """Codes per processor second, milliseconds of a step, the codes."""
        spent: dict[str, float] = defaultdict(float)
        shared = Speaker(TimedReader(reader, spent))
        speakers = [shared if together else Speaker(reader) for _ in jobs]
        before = process_time()
        with ThreadPoolExecutor(len(jobs) if together else 1) as pool:
            codes = list(pool.map(one, speakers, *zip(*jobs, strict=True)))
        rate = sum(map(len, codes)) / (process_time() - before)
        return rate, 1000 * spent["step"] / max(map(len, codes)), codes

    jobs: list[Any] = []
    for seed in range(max(counts)):
        n_phones, n_prompt = int(rng.integers(40, 71)), round(PROMPT_SECONDS * 25)
        features = (0.5 * rng.standard_normal((1024, n_phones))).astype(np.float32)
        text = rng.integers(0, 700, n_phones), features
        jobs.append((text, rng.integers(0, 1024, n_prompt), int(rng.integers(50, 101)), seed))
    say(jobs[:1], True)  # the first calls set up what later ones keep
    alone, _, expected = say(jobs, False)
    found = {}
    for count in counts:
        rate, step, codes = say(jobs[:count], True)
        for got, wanted in zip(codes, expected[:count], strict=True):
            np.testing.assert_array_equal(got, wanted)
        found[count] = alone, rate, step
    return found


def measured(folder: Path, version: str, preset: str, n_threads: int, seconds: float) -> dict[str, object]:
    """One preset: processor seconds by stage and in all, first sound, peak memory."""
    engine = opened(folder, version, preset, n_threads)
    spent: dict[str, float] = defaultdict(float)
    who, what = voice(engine.card.id, version), utterance(seconds)
    if preset in PRESETS and PRESETS[preset].streaming is not None:
        # Streams end by themselves: never, by these weights.
        from kouji.engines.gptsovits import generation

        bounds = generation.Bounds.exactly(round(seconds * 25))
        generation.Bounds.of = classmethod(lambda cls, n: bounds)  # type: ignore[method-assign, assignment]
        what = replace(what, delivery=Delivery())
    # First calls set up what later ones keep. For v4 a second of speech is enough, and costs enough.
    first = utterance(1) if version == "v4" else what
    list(engine.synthesize(first, who, np.random.default_rng(1)))
    parts = engine._parts
    engine._parts = replace(parts, **{name: Timed(getattr(parts, name), spent) for name in ("decoder", "meaning")})
    engine._speaker = Speaker(TimedReader(parts.reader, spent))
    first_cpu = first_wall = n_samples = 0.0
    cpu, wall = process_time(), perf_counter()
    for chunk in engine.synthesize(what, who, np.random.default_rng(1)):
        if not n_samples:
            first_cpu, first_wall = process_time() - cpu, perf_counter() - wall
        n_samples += len(chunk.samples)
    cpu = process_time() - cpu
    return {
        "cpu": cpu, "first_cpu": first_cpu, "first_wall": first_wall, "stages": spent, "peak": peak(),
        "seconds": n_samples / engine.sample_rate,
    }  # fmt: skip


if __name__ == "__main__":
    main()
