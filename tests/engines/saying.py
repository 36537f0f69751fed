"""A sentence, and how an engine says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from kouji.engines.contract import Conditioning, Engine
from kouji.text import analyse
from kouji.types import Delivery, Utterance


def said(
    text: str, language: str | None = None, controls: Mapping[str, object] | None = None, **delivery: Any
) -> Utterance:
    """One sentence, to be said so."""
    (utterance,) = analyse(text, language).utterances
    return replace(utterance, delivery=Delivery(**delivery), controls=controls or {})


def samples(engine: Engine, utterance: Utterance, who: Conditioning, seed: int = 0) -> np.ndarray:
    """(n_samples,) float32: all that the engine makes of it."""
    rng = np.random.default_rng(seed)
    return np.concatenate([chunk.samples for chunk in engine.synthesize(utterance, who, rng)])
