"""Clips of two people, and what may be wrong with them."""

import numpy as np
import pytest

from kouji_sounds import FEMALE, MALE, person


@pytest.fixture(scope="session")
def her() -> np.ndarray:
    return np.tile(person(FEMALE), 2)


@pytest.fixture(scope="session")
def him() -> np.ndarray:
    return np.tile(person(MALE), 2)
