"""Same text, voice and seed give the same bytes: again, and in company."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .sets import own_sentences

if TYPE_CHECKING:
    from kouji.speak import Session


def same_again(session: Session, n_texts: int = 8) -> dict[str, bool]:
    """Say eight texts twice one by one and once as a batch, and compare the samples bit by bit.

    Returns:
        "again" and "batch": whether all of them are the same.
    """
    languages = [name for name in session.card.languages if name in ("zh", "en")] or list(session.card.languages[:1])
    texts = [own_sentences(languages[i % len(languages)])[i] for i in range(n_texts)]
    alone = [session.synthesize(text, seed=5).samples for text in texts]
    again = [session.synthesize(text, seed=5).samples for text in reversed(texts)][::-1]
    batch = [speech.samples for speech in session.synthesize_batch(texts, seed=5)]
    return {"again": _equal(alone, again), "batch": _equal(alone, batch)}


def _equal(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))
