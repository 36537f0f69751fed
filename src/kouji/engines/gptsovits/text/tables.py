"""The tables that come with the front ends, read when the first text needs them."""

from __future__ import annotations

import json
import zlib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Any:
    """A file of `data/` as plain data: NAME.json, or NAME.json.z where it is packed."""
    folder = files(__package__).joinpath("data")
    packed = folder.joinpath(f"{name}.json.z")
    if packed.is_file():
        return json.loads(zlib.decompress(packed.read_bytes()))
    return json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))
