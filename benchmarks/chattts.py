"""What does ChatTTS cost on a plain CPU: seconds by stage, memory, first sound?

    python benchmarks/chattts.py WORK [--threads 1] [--seconds 5] [--presets plain,torch,exact,fast]

Weights by rule (tests/parity) of the official size, written to WORK as an official folder and converted. Each preset
speaks in a process of its own. `plain` is the same network in torch as one would write it down, `torch` is `exact` from
the official files, `exact` and `fast` are the converted ones. The whole utterance is a stream, its windows included. A
second of speech is 46.875 steps: that over the column of the steps is how many are made a second.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from table import ROOT, Row, Timed, by_rule, main, spoken

from kouji.engines.chattts import loading, networks
from kouji.engines.chattts.engine import ChatTTS
from kouji.engines.chattts.generation import Bounds
from kouji.engines.contract import Conditioning
from kouji.text import analyse
from kouji.types import Chunk

sys.path.insert(0, str(ROOT / "tests" / "plugins"))

NAME = "chattts"
TEXT = "今天天气很好，我们一起去公园散步吧，那里有很多花。"
PRESETS = ("plain", "torch", "exact", "fast")
STEP_RATE = 46.875  # a second of speech
STEPS = ("say", "text_logits", "code_logits", "code_rows")  # of the GPT, behind its prompt


def prepare(work: Path) -> None:
    """An official folder with weights by rule, and both conversions."""
    from safetensors.torch import save_file

    from kouji.engines.chattts.convert import convert
    from kouji_chattts import tokenizer_file

    folder = work / NAME
    for name, path in networks.FILES.items():
        place = folder / path
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            save_file(by_rule(ROOT / "tests" / "parity" / "chattts" / "full" / f"tensors.{name}.json"), place)
    if not (folder / loading.TOKENIZER).is_file():
        (folder / loading.TOKENIZER).parent.mkdir(parents=True, exist_ok=True)
        (folder / loading.TOKENIZER).write_text(tokenizer_file(), "utf-8")
    for int8, place in ((False, "onnx"), (True, "onnx-int8")):
        if not (folder / place).is_dir():
            convert(folder, int8)


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


def measured(work: Path, preset: str, n_threads: int, seconds: float) -> Row:
    """One preset: processor seconds by stage and in all, first sound, peak memory."""
    engine = opened(work / NAME, preset, n_threads)
    who = Conditioning(NAME, {"embedding": np.random.default_rng(0).standard_normal(768).astype(np.float16)})
    (utterance,) = analyse(TEXT).utterances
    script = engine._script(utterance, np.random.default_rng(0))
    assert script is not None

    def say(n_steps: int) -> Row:
        steps = engine._steps(script, who, np.random.default_rng(1), Bounds(n_steps, n_steps))
        return spoken(map(Chunk, engine._renderer.stream(steps)), engine.card.sample_rate)

    say(20)  # first calls set up what later ones keep
    spent: dict[str, float] = defaultdict(float)
    engine._stages = engine._renderer._stages = Timed(engine._stages, spent)  # type: ignore[assignment]
    found = say(round(seconds * STEP_RATE))
    stages = {
        "prompt": spent["begin"], "steps": sum(spent[name] for name in STEPS), "mel": spent["hidden_to_mel"],
        "vocoder": spent["draw"],
    }  # fmt: skip
    return {**found, "stages": stages}


if __name__ == "__main__":
    main("What does ChatTTS cost?", PRESETS, 5.0, prepare, measured)
