"""How one request is marked: in its sound, in its files, for its listeners. What is left out is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kouji import config
from kouji.audio.watermark import Payload, engine_number
from kouji.types import Request

from . import marks, watermark
from .licences import Gate, Permit


@dataclass(frozen=True)
class Marking:
    """What is done to the sound of a request."""

    watermark: Payload | None  # in the sound, for machines
    tags: dict[str, str]  # in its files, see `kouji.audio.tags`
    label: str  # aloud, one of config.LABELS

    def plain(self) -> dict[str, object]:
        """As the metadata of a result tell it."""
        done = ["watermark"] * (self.watermark is not None) + ["label"] * (self.label != "none")
        told: dict[str, object] = {"tags": self.tags}
        if done:
            told["marking"] = done
        if self.watermark:
            told["watermark"] = self.watermark.hex
        return told


def marking_of(
    request: Request, made: Mapping[str, object], permit: Permit, settings: config.Config, gate: Gate
) -> Marking:
    """The marks of a request, by what it asks for and the house allows.

    Their ids are hashes, so that the same request has the same marks, and so the same bytes. That of files is of all
    that was asked. That of the watermark is of who says what with which seed: it lies in the samples, which are the
    very same for an angry voice of no intensity as for a calm one.

    Args:
        request: what is asked for.
        made: engine, preset, voice, language, seed, emotion, duration: as they were found out or decided.
        permit: of the weights.
        settings: of the house.
        gate: keeps the log.

    Raises:
        InvalidInput: no such label.
        NotPermitted: a mark is to be left out that may not be.
    """
    id = marks.fingerprint(request.text, request.controls, request.label, made)[:32]
    who = [str(made.get(name)) for name in ("engine", "preset", "voice", "language", "seed")]
    who[2] = "a clip" if who[2].startswith("clip:") else who[2]  # the same clip has many names, by how it was given
    payload = Payload(engine_number(permit.engine), int(marks.fingerprint(request.text, *who)[:8], 16))

    def leave_out(what: str, by: str) -> None:
        gate.note("unmark", engine=permit.engine, id=payload.hex, what=what, by=by)

    label = marks.label_of(settings.label, request.label)
    in_sound = watermark.is_wanted(settings.watermark, request.watermark)
    in_files = marks.are_wanted(settings.marks, request.marks)
    if not in_sound:
        leave_out("watermark", "house" if request.watermark is None else "request")
    if not in_files:
        leave_out("metadata", "house" if settings.marks == "off" else "request")
    origin = marks.Origin(
        permit.engine, id, settings.producer, permit.attribution, permit.training, payload.hex if in_sound else ""
    )
    return Marking(payload if in_sound else None, marks.tags(origin) if in_files else {}, label)
