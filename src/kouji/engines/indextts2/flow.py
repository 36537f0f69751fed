"""Conditions to mel: follow the flow from noise in straight Euler steps.

    noise (1, 80, T), conditions (1, T, 512), prompt mel (1, 80, n_prompt), speaker (1, 192)
    ─→ mel (1, 80, T - n_prompt)

Official file: s2mel.pth, `cfm.*`; published: 25 steps, guidance 0.7.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .dit import DiT


def solve(
    estimator: DiT,
    noise: Tensor,
    conditions: Tensor,
    prompt: Tensor,
    speaker: Tensor,
    n_timesteps: int = 25,
    cfg_rate: float = 0.7,
) -> Tensor:
    """One mel.

    Args:
        estimator: the velocity.
        noise: (1, n_mels, T), standard normal.
        conditions: (1, T, content_dim), the prompt's first.
        prompt: (1, n_mels, n_prompt) log-mel of the voice, n_prompt < T.
        speaker: (1, speaker_dim).
        n_timesteps: Euler steps, 1 or more.
        cfg_rate: how far to lean away from the unconditional velocity; 0 leaves it out and halves the work.

    Returns:
        (1, n_mels, T - n_prompt).
    """
    n_prompt, T = prompt.shape[2], noise.shape[2]
    known = torch.zeros_like(noise)
    known[..., :n_prompt] = prompt
    context = estimator.context(known, conditions, speaker)
    if cfg_rate > 0:
        nothing = estimator.context(*map(torch.zeros_like, (known, conditions, speaker)))
        context = torch.cat([context, nothing])
    # Each step as long as float32 makes it, and the time their sum: at step 20 that differs from 20 / 25.
    lengths = torch.linspace(0, 1, n_timesteps + 1).diff().to(noise)
    times = estimator.times(F.pad(lengths.cumsum(0)[:-1], (1, 0)))
    turns = estimator.turns(T).to(noise.device)
    x = noise.clone()
    x[..., :n_prompt] = 0
    for step in range(n_timesteps):
        velocity = estimator(x.expand(len(context), -1, -1), context, times, step, turns, n_prompt)
        if cfg_rate > 0:
            velocity = (1 + cfg_rate) * velocity[:1] - cfg_rate * velocity[1:]
        x[..., n_prompt:] += lengths[step] * velocity
    return x[..., n_prompt:]
