"""What this engine alone can be asked for, checked before any sound is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kouji.engines.contract import number, sampling_of
from kouji.errors import UnknownName

from .pieces import MAX_PIECES
from .sampling import Sampling

INTERVAL = 0.2  # seconds of silence between segments, as in the release
MATRICES = ("nearest", "random")
RANGES = {
    "temperature": (0.1, 2.0),
    "top_k": (0, 1000),
    "top_p": (0.01, 1.0),
    "repetition_penalty": (0.1, 20.0),
    "n_beams": (1, 10),
    "length_penalty": (-2.0, 2.0),
}


@dataclass(frozen=True)
class Options:
    """Of one utterance."""

    sampling: Sampling
    interval_silence: float = INTERVAL  # seconds, 0 to 5
    max_pieces: int = MAX_PIECES  # per segment, 20 to 600
    emotion_matrix: str = "nearest"  # which exemplar of an emotion: "nearest" in voice, or "random"
    duration_slot: bool = False  # tell the GPT how many codes are wanted (experimental)

    @classmethod
    def of(cls, controls: Mapping[str, object], usual: Sampling) -> Options:
        """From what was asked for; the rest as usual.

        Raises:
            InvalidInput: a value that cannot be.
            UnknownName: no such matrix or way of sampling.
        """
        matrix = controls.get("emotion_matrix", "nearest")
        if matrix not in MATRICES:
            raise UnknownName("emotion matrix", str(matrix), MATRICES)
        return cls(
            _sampling(controls.get("sampling", {}), usual),
            float(number("interval_silence", controls.get("interval_silence", INTERVAL), 0, 5)),
            int(number("max_pieces", controls.get("max_pieces", MAX_PIECES), 20, 600)),
            str(matrix),
            controls.get("duration_slot", False) is True,
        )


def _sampling(asked: object, usual: Sampling) -> Sampling:
    found = sampling_of(asked, RANGES, 0.8, ["is_drawn"])
    if "is_drawn" in found:
        found["is_drawn"] = bool(found["is_drawn"])
    return replace(usual, **found)
