"""The phonemes of GPT-SoVITS and their numbers: 322 for v1, 732 for every later version."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from kouji.errors import UnknownName

PUNCTUATION = "!?…,.-"  # marks that are phonemes of their own
UNKNOWN = "UNK"
_TABLES = {"v1": "v1", "v2": "v2", "v2Pro": "v2", "v2ProPlus": "v2", "v3": "v2", "v4": "v2"}


@cache
def symbols(version: str = "v2") -> dict[str, int]:
    """Phoneme -> number, its place in upstream's list.

    Raises:
        UnknownName: no such version.
    """
    if version not in _TABLES:
        raise UnknownName("version", version, list(_TABLES))
    table = files(__package__).joinpath("data", f"symbols_{_TABLES[version]}.txt").read_text("utf-8")
    return {symbol: number for number, symbol in enumerate(table.split())}


def ids(phones: Sequence[str], version: str = "v2") -> np.ndarray:
    """(n_phones,) int64; a phoneme that the version lacks becomes UNK.

    Raises:
        UnknownName: no such version.
    """
    table = symbols(version)
    return np.array([table.get(phone, table[UNKNOWN]) for phone in phones], dtype=np.int64)
