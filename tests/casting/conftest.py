"""A house of one's own, and clips of two people."""

from pathlib import Path

import numpy as np
import pytest

from kouji import config
from kouji.casting import Library
from kouji_sounds import FEMALE, MALE, person


@pytest.fixture(scope="session")
def her() -> tuple[np.ndarray, int]:
    return np.tile(person(FEMALE), 2), 16000


@pytest.fixture(scope="session")
def him() -> tuple[np.ndarray, int]:
    return np.tile(person(MALE), 2), 16000


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(config.Config(home=str(tmp_path / "home")), reserved=["female_1"])
