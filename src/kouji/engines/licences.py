"""What is licensed how: the code, the data, and every engine with its credits."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files
from typing import Any

from . import attribution, cards

OURS = (
    {"engine": "", "part": "kouji", "name": "Apache-2.0", "credits": ""},
    {"engine": "", "part": "speaker encoder", "name": "Apache-2.0", "credits": "Resemblyzer, Corentin Jemine"},
    # CMUdict; pypinyin and jieba; OpenCC and our own.
    {"engine": "", "part": "pronunciation data", "name": "BSD-2-Clause AND MIT AND Apache-2.0", "credits": ""},
)


def licences() -> dict[str, Any]:
    """{"licences": [{"engine", "part", "name", "credits"}], "attribution": {part: text}}."""
    rows: list[dict[str, Any]] = [*OURS]
    rows += [{"engine": each.id, **asdict(licence)} for each in cards() for licence in each.licences]
    texts = {each.id: attribution(each) for each in cards()}
    texts["pronunciation data"] = (files("kouji.text") / "data" / "README.md").read_text("utf-8")
    return {"licences": rows, "attribution": texts}
