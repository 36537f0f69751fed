"""The native engine with its own weights, loaded once."""

import pytest

import kouji


@pytest.fixture(scope="session")
def tts() -> kouji.Session:
    return kouji.load("native")
