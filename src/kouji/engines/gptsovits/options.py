"""What this engine alone can be asked for, checked before any sound is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kouji.engines.contract import number, sampling_of
from kouji.errors import InvalidInput, UnknownName

from .sampling import Sampling

INTERVAL = 0.3  # seconds of silence between pieces, as in the release
CUTS = ("cut0", "cut1", "cut2", "cut3", "cut4", "cut5")
RANGES = {
    "temperature": (0.01, 2.0),
    "top_k": (0, 1024),
    "top_p": (0.01, 1.0),
    "repetition_penalty": (0.1, 20.0),
}


@dataclass(frozen=True)
class Options:
    """Of one utterance."""

    sampling: Sampling = field(default_factory=Sampling)
    interval_silence: float = INTERVAL  # seconds, 0 to 5
    cut: str = "cut0"  # Kouji's sentences are short already; the release's own default is cut5
    emotion_text: str = ""  # what is said in the clip whose manner is taken

    @classmethod
    def of(cls, controls: Mapping[str, object]) -> Options:
        """From what was asked for; the rest as usual.

        Raises:
            InvalidInput: a value that cannot be.
            UnknownName: no such method or way of sampling.
        """
        if "max_pieces" in controls:
            raise InvalidInput("GPT-SoVITS has no max_pieces.", 'Give text_split_method="cut2", or another.')
        cut, said = controls.get("text_split_method", cls.cut), controls.get("emotion_reference_text", "")
        if cut not in CUTS:
            raise UnknownName("text_split_method", str(cut), CUTS)
        if not isinstance(said, str):
            raise InvalidInput(f"emotion_reference_text={said!r} is no text.", "Give what is said in the clip.")
        interval = number("interval_silence", controls.get("interval_silence", INTERVAL), 0, 5)
        return cls(_sampling(controls.get("sampling", {})), float(interval), str(cut), said)


def _sampling(asked: object) -> Sampling:
    found = sampling_of(asked, RANGES, 0.8, ["is_drawn"])
    if not isinstance(found.get("is_drawn", True), bool):
        raise InvalidInput(f"sampling.is_drawn={found['is_drawn']!r} is not possible.", "Give true or false.")
    return replace(Sampling(), **found)
