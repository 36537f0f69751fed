"""What is licensed how: the code, the data, and every engine with its credits, and whether it may speak here."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files
from typing import Any

from kouji import config
from kouji.errors import LicenceDenied
from kouji.policy.licences import Gate
from kouji.terms import Licence

from . import attribution, cards, that_may

OURS = (
    Licence("kouji", "Apache-2.0"),
    Licence("speaker encoder", "Apache-2.0", "Resemblyzer, Corentin Jemine"),
    # CMUdict; pypinyin and jieba; OpenCC and our own.
    Licence("pronunciation data", "BSD-2-Clause AND MIT AND Apache-2.0"),
)


def licences(settings: config.Config) -> dict[str, Any]:
    """Everything about licences in this house, as JSON can hold it.

    Returns:
        "use": of the deployment; "licences": a row for each part, with its terms; "engines": whether each may speak,
        else why not; "accepted": what was accepted, by whom and when; "attribution": the credits in full.
    """
    gate = Gate(settings)
    texts = {each.id: attribution(each) for each in cards()}
    texts["pronunciation data"] = (files("kouji.text") / "data" / "README.md").read_text("utf-8")
    return {
        "use": settings.use,
        "licences": [
            *(_row("", licence) for licence in OURS),
            *(_row(each.id, licence) for each in cards() for licence in each.licences),
        ],
        "engines": [_state(gate, each.id, each.licences) for each in cards()],
        "accepted": [
            {
                "engine": each.engine, "licence": each.licence, "person": each.person,
                "accepted_at": each.accepted_at.isoformat(timespec="seconds"),
            }
            for each in gate.acceptances()
        ],
        "attribution": texts,
    }  # fmt: skip


def _row(engine: str, licence: Licence) -> dict[str, Any]:
    return {
        "engine": engine, "part": licence.part, "name": licence.name, "credits": licence.credits,
        **asdict(licence.terms), "attribution": licence.attribution,
    }  # fmt: skip


def _state(gate: Gate, engine: str, parts: tuple[Licence, ...]) -> dict[str, Any]:
    try:
        gate.permit(engine, parts, that_may)
    except LicenceDenied as denied:
        return {"engine": engine, "allowed": False, "reason": denied.message, "hint": denied.hint}
    return {"engine": engine, "allowed": True, "reason": "", "hint": ""}
