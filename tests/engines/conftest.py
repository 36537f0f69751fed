"""For the tests of all engines: torch on one thread, and without gradients where a test runs networks itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture
def no_gradients() -> Iterator[None]:
    """An engine sees to that by itself; its networks alone do not."""
    with torch.inference_mode():
        yield
