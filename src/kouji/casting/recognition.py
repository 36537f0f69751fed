"""Is it this person who speaks, or which of those who consented? Nobody else is compared with what is heard.

Compared are registered voices whose consent is in force: no built-in voice, none of the deny list, no clip that was
merely used, and the clip that is asked about is not kept. Each question is a line in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kouji import policy
from kouji.voices import clone, registry
from kouji.voices.clips import ClipSource, read_clips
from kouji.voices.nearest import Gallery, Near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from kouji.voices.clone import Sample
    from kouji.voices.voice import Voice

    from .library import Library

SAME = policy.NEAR  # the likeness from which on two clips count as one person's, here as for the deny list
N_NEAREST = 5


@dataclass(frozen=True)
class Verified:
    """How like a registered voice a clip is. No proof of who speaks: a recording or an imitation may be as like."""

    name: str
    likeness: float  # 0 to 1
    threshold: float = SAME

    @property
    def same(self) -> bool:
        """Whether the clip counts as of the same person."""
        return self.likeness >= self.threshold


@dataclass(frozen=True)
class Identified:
    """The registered voices that are most like a clip, the nearest first. No proof of who speaks."""

    voices: tuple[Near, ...]
    threshold: float = SAME

    @property
    def found(self) -> str | None:
        """The nearest, where it is near enough to count as the same person."""
        return next((near.name for near in self.voices[:1] if near.likeness >= self.threshold), None)


def verify(library: Library, name: str, clips: ClipSource | Sequence[ClipSource]) -> Verified:
    """Is it this registered voice that is heard?

    Raises:
        UnknownName: no voice of that name is registered.
        NotPermitted: its consent has ended, or was revoked.
        InvalidInput: a clip cannot be used; says why.
    """
    with library.refusals(name), library.records.begin() as db:
        _consented(db, name)  # before anything is heard
    sample = clone.prepare(read_clips(clips))
    with library.refusals(name, clips=list(sample.digests)), library.records.begin() as db:
        voice = _consented(db, name)  # it may have been revoked since
        found = Verified(name, _bounded(float(voice.embedding @ sample.embedding)))
        policy.note(db, "verify", name, clips=list(sample.digests), same=found.same)
    return found


def identify(library: Library, clips: ClipSource | Sequence[ClipSource]) -> Identified:
    """Which registered voices, of those with a consent in force, are most like the one that is heard?

    Raises:
        InvalidInput: a clip cannot be used; says why.
    """
    sample: Sample = clone.prepare(read_clips(clips))
    with library.records.begin() as db:
        names, embeddings = registry.embeddings(db, policy.in_force(db))
        nearest = Gallery(names, embeddings).nearest(sample.embedding, N_NEAREST)
        found = Identified(tuple(Near(near.name, _bounded(near.likeness)) for near in nearest))
        policy.note(db, "identify", found.found or "", clips=list(sample.digests), compared=len(names))
    return found


def _consented(db: Connection, name: str) -> Voice:
    voice = registry.get(db, name)
    policy.check(policy.consent_of(db, voice.consent), name)
    return voice


def _bounded(cosine: float) -> float:
    """Without what rounding adds to a clip of one's own."""
    return float(np.clip(cosine, 0, 1))
