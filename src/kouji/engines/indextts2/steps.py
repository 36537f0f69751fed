"""One step of the GPT at a time: what a sampler calls."""

from __future__ import annotations

import numpy as np
import torch

from .gpt import GPT, KVCache
from .int8 import NarrowCache, NarrowGPT
from .sampling import Step


def stepper(gpt: GPT | NarrowGPT, cache: KVCache | NarrowCache, skips_one: bool = True) -> Step:
    """Logits after each code.

    Args:
        gpt: the network.
        cache: of the prompt; it grows.
        skips_one: count positions 0, 2, 3, … as the release does when it decodes. It was trained with 0, 1, 2, …; yet
            with the published weights the release's way is reported to sound right and the other not.
    """

    def step(last: np.ndarray, n_codes: int, sources: np.ndarray) -> np.ndarray:
        cache.reorder(torch.from_numpy(sources))
        position = n_codes + 1 if skips_one and n_codes else n_codes
        codes = torch.from_numpy(last)[:, None]
        logits: np.ndarray = gpt.logits(codes, torch.tensor([position]), cache)[:, 0].numpy()  # type: ignore[arg-type]
        return logits

    return step
