"""What recordings may be learnt from, and the licence of what was learnt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import soundfile

from kouji import engines
from kouji.audio import tags
from kouji.audio.corpus import Recording
from kouji.audio.watermark import detect
from kouji.engines.native import pack
from kouji.engines.native.card import CARD
from kouji.errors import InvalidInput, LicenceDenied
from kouji.policy import marks
from kouji.policy.licences import check_training, check_use, training
from kouji.terms import USES

if TYPE_CHECKING:
    from .pipeline import Recipe

_BLOCK = 30.0  # seconds that are listened to at once
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

    Those in the head of a file are gone once somebody has cut or converted it; the watermark is not, so that files
    which say nothing are listened to as well (2 ms for a second of sound).

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
        engine, rule = _said(path) or _heard(path) or ("", "any")
        try:
            check_training(engine, rule, use)
        except LicenceDenied as denied:
            raise LicenceDenied(f"{path.name}: {denied.message}", denied.hint) from denied
        is_narrow = is_narrow or rule == "noncommercial"
    return is_narrow


def _said(path: Path) -> tuple[str, str] | None:
    """(engine, what it may train), as the head of a file has it."""
    with path.open("rb") as file:
        said = marks.parsed(tags.read(file)).get("kouji")
    if said is None:
        return None
    rule = str(said.get("training"))
    return str(said.get("engine")), rule if rule in ("any", "noncommercial") else "none"  # of a later kouji: better not


def _heard(path: Path) -> tuple[str, str] | None:
    """The same, as the first watermark in a file has it; of engines that are not here nothing is known."""
    try:
        with soundfile.SoundFile(path) as file:
            for block in file.blocks(round(_BLOCK * file.samplerate), dtype="float32", always_2d=True):
                found = detect(block.mean(axis=1), file.samplerate)
                # A mark whose engine can be read has passed its checksum: chance does not bring that.
                if found is not None and found.engine in engines.names():
                    return found.engine, training(engines.card(found.engine).licences)
    except soundfile.LibsndfileError:
        pass  # told when it is to be read
    return None


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
