"""Clips of two people, and what may be wrong with them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

DATA = Path(__file__).parent.parent / "data"


def person(name: str) -> np.ndarray:
    """(n_samples,) at 16 kHz, about three seconds."""
    return soundfile.read(DATA / f"english_{name}.flac", dtype="float32")[0]


@pytest.fixture(scope="session")
def her() -> np.ndarray:
    return np.tile(person("female"), 2)


@pytest.fixture(scope="session")
def him() -> np.ndarray:
    return np.tile(person("male"), 2)
