"""What does IndexTTS 2 cost on a plain CPU? Processor seconds by stage and per second of speech, and peak memory.

    python benchmarks/indextts2.py WORK [--threads 1] [--seconds 4] [--presets exact,light,fast,official]

Weights by rule (tests/parity) of the official size, 4.5 GB, are written to WORK as an official folder: a cached voice
with 3 seconds of acoustic prompt, so many seconds of speech. `official` is the plain baseline: float32, three beams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from table import ROOT, Row, by_rule, main, spoken

from kouji.engines.contract import Conditioning
from kouji.text import analyse
from kouji.types import Delivery, Utterance

CASES = ROOT / "tests" / "parity" / "indextts2"
PROMPT_SECONDS = 3.0
TEXT = "今天的会议定在三月十四日下午三点。"
PRESETS = ("exact", "light", "fast", "official")


def prepare(folder: Path) -> None:
    """What speaking reads of an official folder, and the eight-bit GPT."""
    import torch
    from safetensors.torch import save_file

    from kouji.engines.indextts2 import config, int8

    (folder / "hf_cache" / "bigvgan").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text("version: 2.0\n", "utf-8")
    (folder / "bpe.model").write_bytes((CASES / "text" / "toy_bpe.model").read_bytes())

    def save(path: str, make: Callable[[], object]) -> None:
        if not (folder / path).is_file():
            torch.save(make(), folder / path)

    def made(name: str) -> dict[str, Any]:
        return by_rule(CASES / "full" / f"{name}.tensors.json")

    save("gpt.pth", lambda: made("gpt"))
    save("s2mel.pth", lambda: {"net": made("s2mel")})
    save("hf_cache/bigvgan/bigvgan_generator.pt", lambda: {"generator": made("bigvgan")})
    save("feat1.pt", lambda: torch.randn(73, 192))
    save("feat2.pt", lambda: torch.randn(73, 1280))
    if not (folder / "hf_cache" / "semantic_codec_model.safetensors").is_file():
        save_file(made("codec"), folder / "hf_cache" / "semantic_codec_model.safetensors")
    int8.prepared(config.read(folder), folder)


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


def measured(folder: Path, preset: str, n_threads: int, seconds: float) -> Row:
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

    engine._gpt.start = timed("prompt", engine._gpt.start)
    module.generate = timed("codes", module.generate)
    engine._gpt.latents = timed("latents", engine._gpt.latents)
    module.solve = timed("flow", module.solve)
    engine._vocoder.forward = timed("vocoder", engine._vocoder.forward)
    who = voice()
    list(engine.synthesize(utterance(0.3), who, np.random.default_rng(1)))  # first calls set up what later ones keep
    spent.clear()
    found = spoken(engine.synthesize(utterance(seconds), who, np.random.default_rng(1)), 22050)
    assert abs(found["duration"] - seconds) < 0.01
    return {**found, "stages": spent}


if __name__ == "__main__":
    main("What does IndexTTS 2 cost?", PRESETS, 4.0, prepare, measured)
