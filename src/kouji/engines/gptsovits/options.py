"""What this engine alone can be asked for, checked before any sound is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    n_timesteps: int | None = None  # of the flow of v4; None: as the preset

    @classmethod
    def of(cls, controls: Mapping[str, object], steps: Sequence[int] = ()) -> Options:
        """From what was asked for; the rest as usual.

        Args:
            controls: of the utterance.
            steps: how many the flow of v4 can take; (): there is no flow.

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
        sampling, n_timesteps = _sampling(controls.get("sampling", {}), steps)
        return cls(sampling, float(interval), str(cut), said, n_timesteps)


def _sampling(asked: object, steps: Sequence[int]) -> tuple[Sampling, int | None]:
    found = sampling_of(asked, RANGES, 0.8, ["is_drawn", "sample_steps"] if steps else ["is_drawn"])
    if not isinstance(found.get("is_drawn", True), bool):
        raise InvalidInput(f"sampling.is_drawn={found['is_drawn']!r} is not possible.", "Give true or false.")
    n_timesteps = found.pop("sample_steps", None)
    if n_timesteps is not None and (isinstance(n_timesteps, bool) or n_timesteps not in steps):
        raise InvalidInput(f"sampling.sample_steps={n_timesteps!r} is not possible.", f"Give {steps_named(steps)}.")
    return replace(Sampling(), **found), None if n_timesteps is None else int(n_timesteps)


def steps_named(steps: Sequence[int]) -> str:
    """4, 8, 16 or 32."""
    return f"{', '.join(map(str, steps[:-1]))} or {steps[-1]}"
