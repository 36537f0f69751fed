"""What does CosyVoice-300M cost on a plain CPU: seconds by stage, memory, first sound; and what does `fast` change?

    python benchmarks/cosyvoice.py WORK [--threads 1] [--seconds 5] [--presets exact,fast] [--more]

Weights by rule (tests/parity) of the official size, written to WORK as an official folder and converted: a zero-shot
prompt of 3.5 seconds, so many seconds of speech. `plain` is the same network in torch, as one would write it down.
--more: what each lever of `fast` changes, and saves.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from table import ROOT, Row, Timed, by_rule, main, spoken

from kouji.engines import card, convert, start
from kouji.engines.contract import Conditioning
from kouji.engines.cosyvoice import render
from kouji.engines.cosyvoice.presets import PRESETS, Levers
from kouji.text import analyse
from kouji.types import Delivery, Utterance

NAME = "cosyvoice-300m"
PROMPT_SECONDS = 3.5
TEXT = "今天天气很好，我们一起去公园散步吧，那里有很多花。"


def prepare(work: Path) -> None:
    """An official folder with weights by rule, and both conversions."""
    import torch

    folder = work / NAME
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("llm", "flow", "hift"):
        path = folder / f"{name}.pt"
        if not path.is_file():
            torch.save(by_rule(ROOT / "tests" / "parity" / "cosyvoice" / "full" / f"tensors_{name}.json"), path)
    for name in ("campplus.onnx", "speech_tokenizer_v1.onnx"):  # the prompt is given: nobody listens here
        (folder / name).touch()
    for int8, place in ((False, "onnx"), (True, "onnx-int8")):
        if not (folder / place).is_dir():
            convert(card(NAME), work, int8)


def voice() -> Conditioning:
    """A prompt of 3.5 seconds."""
    rng = np.random.default_rng(0)
    n_codes, n_frames = round(PROMPT_SECONDS * 50), int(PROMPT_SECONDS * 22050 / 256)
    arrays = {
        "embedding": rng.standard_normal(192).astype(np.float32),
        "codes": rng.integers(0, 4096, n_codes),
        "mel": (rng.standard_normal((n_frames, 80)) - 5).astype(np.float32),
        "prompt_ids": rng.integers(0, 50000, 20),
    }
    return Conditioning(NAME, arrays)


def utterance(seconds: float) -> Utterance:
    """Text of about the length, and exactly so many tokens."""
    (found,) = analyse(TEXT).utterances
    return Utterance(
        found.text, found.normalized, found.units, found.language, delivery=Delivery(n_tokens=round(seconds * 50))
    )


def measured(work: Path, preset: str, n_threads: int, seconds: float) -> Row:
    """One preset: processor seconds by stage and in all, first sound, peak memory."""
    engine: Any
    if preset == "plain":
        from cosyvoice_plain import PlainStages

        from kouji.engines.cosyvoice.engine import CosyVoice

        engine = CosyVoice.assembled(PlainStages.from_folder(work / NAME, n_threads), None, {}, "exact", n_threads)
    else:
        engine = start(card(NAME), n_threads, work, preset)
    spent: dict[str, float] = defaultdict(float)
    who = voice()
    list(engine.synthesize(utterance(0.6), who, np.random.default_rng(1)))  # first calls set up what later ones keep
    engine._stages = Timed(engine._stages, spent)
    said = utterance(seconds)
    if engine._levers.streaming:  # a stream ends by itself; here after as many tokens
        from kouji.engines.cosyvoice import generation

        bounds = generation.Bounds.exactly(round(seconds * 50))
        generation.Bounds.of = classmethod(lambda *_: bounds)  # type: ignore[method-assign,assignment]
        said = Utterance(said.text, said.normalized, said.units, said.language)
    found = spoken(engine.synthesize(said, who, np.random.default_rng(1)), 22050)
    assert abs(found["duration"] - seconds) < 0.05, found
    return {**found, "stages": spent}


def levers(work: Path, n_threads: int) -> str:
    """Log-mel difference of each lever of `fast`, on the same codes and the same noise, and what it saves."""
    exact = start(card(NAME), n_threads, work, "exact")
    fast = start(card(NAME), n_threads, work, "fast")
    prompt = render.Prompt.of(voice().arrays)
    codes = np.random.default_rng(2).integers(0, 4096, 150)

    def mel(engine: Any, lever: Levers) -> tuple[np.ndarray, float]:
        # The noise of what is new is the same, however long the prompt is.
        noise = np.random.default_rng(3).standard_normal((80, 2000), dtype=np.float32)
        before = process_time()
        drawn = type("Same", (), {"flow": lambda _, n: noise[:, -n:].copy()})()
        return render.Renderer(engine._stages, prompt, lever, drawn).mel(codes), process_time() - before

    ours = PRESETS["fast"]
    known, cost = mel(exact, PRESETS["exact"])
    rows = [
        ("eight-bit weights", fast, Levers("")),
        (f"{ours.n_steps} steps", exact, Levers("", n_steps=ours.n_steps)),
        ("guidance of the later half", exact, Levers("", n_guided=5)),
        (f"prompt of {ours.prompt_seconds} s", exact, Levers("", prompt_seconds=ours.prompt_seconds)),
        *((f"{n} steps, {n - 2} guided", exact, Levers("", n_steps=n, n_guided=n - 2)) for n in (4, 5, 6, 8)),
        ("all of fast", fast, ours),
    ]
    lines = ["| lever | log-mel difference, dB | flow: CPU s of exact = 1 |", "| --- | --- | --- |"]
    for name, engine, lever in rows:
        found, spent = mel(engine, lever)
        lines.append(f"| {name} | {8.686 * np.abs(found - known).mean():.2f} | {spent / cost:.2f} |")
    return "\n".join([*lines, "", token_agreement(exact, fast)])


def token_agreement(exact: Any, fast: Any) -> str:
    """How far eight-bit weights move the language model, on the same history."""
    arrays = voice().arrays
    speaking = []
    for engine in (exact, fast):
        text = engine._stages.encode_text(np.concatenate([arrays["prompt_ids"], np.arange(100, 125)]))
        speaking.append(engine._stages.begin(text, arrays["embedding"], arrays["codes"]))
    rng, divergence, same = np.random.default_rng(4), [], []
    for _ in range(100):
        p, q = (each.log_probs for each in speaking)
        divergence.append(float((np.exp(p) * (p - q)).sum()))
        same.append(p.argmax() == q.argmax())
        token = int(rng.choice(len(p) - 1, p=np.exp(p[:-1]) / np.exp(p[:-1]).sum(dtype=np.float64)))
        for each in speaking:
            each.say(token)
    agreed = f"divergence {np.mean(divergence):.4f} nats, same first choice {np.mean(same):.0%}"
    return f"Language model in eight bits: {agreed}."


if __name__ == "__main__":
    main("What does CosyVoice-300M cost?", ("exact", "fast", "fast-stream"), 5.0, prepare, measured, levers)
