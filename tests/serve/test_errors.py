"""Failures of a route, answered in one place."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kouji.serve.errors import Gone, install


def test_a_client_that_hangs_up_is_499_and_no_defect_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install(app)

    @app.get("/")
    async def speak() -> None:
        raise Gone

    assert TestClient(app).get("/").status_code == 499
    assert "failed" not in caplog.text
