"""How alike two voices are, by the speaker encoder of kouji.audio.speaker, which no engine of ours has learnt from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kouji.audio.speaker import speaker_embedding, voice_embedding

__all__ = ["similarity", "speaker_embedding", "voice_embedding"]


def similarity(clips: Iterable[np.ndarray], others: Iterable[np.ndarray], sample_rate: int) -> float:
    """Cosine of the mean voices of two sets of clips, 0 (nothing alike) to 1."""
    return float(voice_embedding(clips, sample_rate) @ voice_embedding(others, sample_rate))
