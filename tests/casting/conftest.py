"""A house of one's own, and clips of two people."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji import config
from kouji.casting import Library

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="session")
def her() -> tuple[np.ndarray, int]:
    return np.tile(soundfile.read(DATA / "english_female.flac", dtype="float32")[0], 2), 16000


@pytest.fixture(scope="session")
def him() -> tuple[np.ndarray, int]:
    return np.tile(soundfile.read(DATA / "english_male.flac", dtype="float32")[0], 2), 16000


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(config.Config(home=str(tmp_path / "home")), reserved=["female_1"])
