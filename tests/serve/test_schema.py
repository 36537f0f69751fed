"""Whatever the OpenAPI document allows, and what it does not, gets an answer that the document knows."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Running

CHECKS = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
schemathesis = pytest.importorskip("schemathesis", reason="pip install 'kouji[dev]'")


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")  # of the fuzzer and of what it brings along
def test_no_answer_is_a_defect_or_undocumented(server: Running) -> None:
    """Some requests for every route; `schemathesis run URL/openapi.json` goes on for as long as one likes."""
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=20, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            response = case.call(timeout=30)
            assert response.status_code < 500, response.text
            case.validate_response(response, checks=[schemathesis.checks.CHECKS.get_one(name) for name in CHECKS])

        ask()
