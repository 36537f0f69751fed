"""What recordings may be learnt from, and the licence of what was learnt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kouji.audio import tags
from kouji.audio.corpus import Recording
from kouji.config import USES
from kouji.engines.native import pack
from kouji.engines.native.card import CARD
from kouji.errors import InvalidInput, LicenceDenied
from kouji.policy import marks
from kouji.policy.licences import check_training, check_use

if TYPE_CHECKING:
    from .pipeline import Recipe

OWNER = "LicenseRef-owner"  # whoever trains keeps all rights, unless they say otherwise
_NONCOMMERCIAL = re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE)  # in whatever words a manifest names a licence


@dataclass(frozen=True)
class PackLicence:
    """Of a voice pack: what its owner says, as far as the recordings allow it."""

    name: str
    credits: str
    uses: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Put it beside the weights."""
        pack.write(folder, self.name, self.credits, self.uses)


def check_sounds(paths: Iterable[Path], use: str) -> bool:
    """Read the marks of sound files: what an engine has said may be learnt from as its terms allow.

    Args:
        paths: of the files; those without marks are taken for what their owner says.
        use: of the deployment; "": not stated.

    Returns:
        Whether what learns from them must stay non-commercial.

    Raises:
        LicenceDenied: names the file, and the engine whose terms forbid it.
    """
    is_narrow = False
    for path in sorted(paths):
        if not path.is_file():
            continue  # told when it is to be read
        with path.open("rb") as file:
            said = marks.parsed(tags.read(file)).get("kouji")
        if said is None:
            continue
        rule = str(said.get("training"))
        rule = rule if rule in ("any", "noncommercial") else "none"  # a word of a later kouji: better not
        try:
            check_training(str(said.get("engine")), rule, use)
        except LicenceDenied as denied:
            raise LicenceDenied(f"{path.name}: {denied.message}", denied.hint) from denied
        is_narrow = is_narrow or rule == "noncommercial"
    return is_narrow


def of_pack(recordings: Iterable[Recording], recipe: Recipe) -> PackLicence:
    """The licence of a pack that is to be trained, before anything is.

    Raises:
        LicenceDenied: the pack to go on from, or a recording, is not for the use of this deployment.
        InvalidInput: the pack to go on from asks for its own licence.
    """
    name, credits = recipe.licence or OWNER, recipe.credits
    uses: tuple[str, ...] = USES
    if recipe.start is not None:
        before = next(each for each in pack.licensed(CARD, recipe.start).licences if each.part == "weights")
        check_use("native", [before], recipe.use)
        if "-SA-" in before.name and recipe.licence not in ("", before.name):
            message = f"What is made from {recipe.start} goes under its licence, {before.name}."
            raise InvalidInput(message, f"Leave --licence out, or give {before.name}.")
        name, uses = recipe.licence or before.name, before.terms.uses
        credits = "; ".join(filter(None, [before.credits, recipe.credits]))
    recordings = list(recordings)
    if check_sounds({recording.path for recording in recordings}, recipe.use):
        uses = tuple(use for use in uses if use != "commercial")
    for recording in recordings:
        if _NONCOMMERCIAL.search(recording.licence):
            if recipe.use == "commercial":
                message = f"The recording {recording.id!r} may not be learnt from here (use = commercial)."
                raise LicenceDenied(message, f"It is under {recording.licence}: take it out of the corpus.")
            uses = tuple(use for use in uses if use != "commercial")
    return PackLicence(name, credits, uses)
