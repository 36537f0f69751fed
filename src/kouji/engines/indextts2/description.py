"""A description of a manner in words to weights of eight emotions, by the release's own small language model.

    "严厉且带有压迫感" ─Qwen3-0.6B, tuned─→ {"愤怒": 0.7, "反感": 0.2, …} ─→ eight weights

Official folder: qwen0.6bemo4-merge/ (Apache-2.0), optional; needs transformers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from kouji.errors import BadCheckpoint, InvalidInput, needs
from kouji.types import EMOTIONS

SYSTEM = "文本情感分类"  # "emotion classification of texts": the instruction it was tuned on
KEYS = ("高兴", "愤怒", "悲伤", "恐惧", "反感", "低落", "惊讶", "自然")  # in the order of `EMOTIONS`
LABELS = ("emotion", "emotion_label", "label", "情感", "情绪")  # under which it may name a single one
MOST = 1.2
END_OF_THOUGHT = 151668  # id of </think>
MAX_TOKENS = 256
_SAD, _LOW = KEYS.index("悲伤"), KEYS.index("低落")
# It never answers 低落 (melancholic); where a text speaks of it, what it says of 悲伤 (sad) is meant.
_MELANCHOLY = re.compile("低落|melancholy|melancholic|depression|depressed|gloomy", re.IGNORECASE)
_PAIR = re.compile(r"([^\s\",:{}]+)\"?\s*[:：]\s*([\d.]+)")


class Describer:
    """The language model of a folder, loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.name = folder, folder.name
        self._asking = Lock()

    def weights(self, description: str) -> tuple[float, ...]:
        """Eight weights, 0 to 1.2.

        Raises:
            MissingExtra: transformers is not installed.
            BadCheckpoint: the folder cannot be loaded.
            InvalidInput: the model answered with something else.
        """
        with self._asking:
            answer = self._answer(description)
        return weights_of(description, answer)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        with needs("qwen", "Emotion from a description"):
            from transformers import AutoModelForCausalLM, AutoTokenizer
        try:
            tokenizer = AutoTokenizer.from_pretrained(self._folder, trust_remote_code=False, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(
                self._folder, trust_remote_code=False, local_files_only=True, use_safetensors=True, dtype="float32"
            )
        except Exception as error:  # whatever transformers and safetensors raise for a file that is not right
            reason = str(error).partition("\n")[0]
            raise BadCheckpoint(f"{self._folder} cannot be loaded: {reason}", "Download it again.") from error
        model.eval()  # type: ignore[no-untyped-call,unused-ignore]
        return tokenizer, model

    def _answer(self, description: str) -> str:
        tokenizer, model = self._loaded
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": description}]
        prompt = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        inputs = tokenizer([prompt], return_tensors="pt")
        ids = model.generate(**inputs, max_new_tokens=MAX_TOKENS, do_sample=False)[0].tolist()
        said = ids[inputs["input_ids"].shape[1] :]
        if END_OF_THOUGHT in said:
            said = said[len(said) - said[::-1].index(END_OF_THOUGHT) :]
        return str(tokenizer.decode(said, skip_special_tokens=True)).strip()


def weights_of(text: str, answer: str) -> tuple[float, ...]:
    """Eight weights from what the model answered to a text.

    Raises:
        InvalidInput: a weight that is no number.
    """
    scores = _scores(answer)
    try:
        weights = [min(max(float(scores.get(key, 0.0)), 0.0), MOST) for key in KEYS]
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{answer!r} is no table of emotions.", "Describe it otherwise, or give weights.") from error
    if not any(weights):
        weights[EMOTIONS.index("calm")] = 1.0
    if _MELANCHOLY.search(text):
        weights[_SAD], weights[_LOW] = weights[_LOW], weights[_SAD]
    return tuple(weights)


def _scores(answer: str) -> Mapping[str, Any]:
    """Key -> number, from JSON, from a bare name, or from pairs in a text."""
    try:
        found = json.loads(answer)
    except ValueError:
        return {key: float(number) for key, number in _PAIR.findall(answer) if _is_number(number)}
    if isinstance(found, str):
        return _named(found)
    if not isinstance(found, dict):
        return {}
    for label in LABELS:
        if isinstance(found.get(label), str):
            return _named(found[label])
    only = next(iter(found.values())) if len(found) == 1 else None
    return _named(only) or found if isinstance(only, str) else found


def _named(name: str) -> dict[str, float]:
    name = name.strip().lower()
    return {key: 1.0 for key, english in zip(KEYS, EMOTIONS, strict=True) if name in (key, english)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
