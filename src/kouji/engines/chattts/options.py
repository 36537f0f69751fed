"""What this engine alone can be asked for, checked before any sound is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kouji.engines.contract import sampling_of
from kouji.errors import InvalidInput

from . import prompts
from .sampling import CODES, Sampling

RANGES = {
    "temperature": (0.01, 2.0),
    "top_p": (0.01, 1.0),
    "top_k": (1, 10000),
    "repetition_penalty": (0.1, 20.0),
    "manual_seed": (0, 2**63 - 1),
}
_HINT = 'Give refine=True, or refine="[oral_2][laugh_0][break_6]".'


@dataclass(frozen=True)
class Options:
    """Of one utterance."""

    sampling: Sampling = CODES
    manual_seed: int | None = None  # the official one, which freezes the noise
    refine: str | None = None  # tags behind a text that is refined before it is said; None: it is said as it stands
    homophones: bool = False

    @classmethod
    def of(cls, controls: Mapping[str, object]) -> Options:
        """From what was asked for; the rest as usual.

        Raises:
            InvalidInput: a value that cannot be.
            UnknownName: no such way of sampling.
        """
        found = sampling_of(controls.get("sampling", {}), RANGES, 0.3)
        seed = found.pop("manual_seed", None)
        return cls(
            replace(CODES, **found),
            seed,
            _refinement(controls.get("refine", False)),
            _yes_or_no("homophones", controls.get("homophones", False)),
        )


def _refinement(asked: object) -> str | None:
    if asked in (False, None, ""):
        return None
    if asked is True:
        return prompts.REFINE
    rest, styles = prompts.without_styles(asked) if isinstance(asked, str) else ("?", {})
    if rest.strip() or not styles or "speed" in styles:
        raise InvalidInput(f"refine={asked!r} cannot be understood.", _HINT)
    return prompts.written(styles)


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{name}={value!r} is not possible.", "Give True or False.")
    return value
