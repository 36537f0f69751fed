"""Does every request that the OpenAPI document allows, and many that it does not, get an answer that it knows?

    python benchmarks/fuzz.py [MINUTES] [--seed N] [--engine NAME] [--only PATH]

schemathesis makes requests for every route, valid and broken, from a seed that rises by one with each round; 5xx, and
answers whose status, type or shape the document does not have, are printed as the command that brings them again.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from processes import served
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
PATIENCE = 30.0  # seconds for one answer


@dataclass
class Found:
    """What was asked, and what was answered wrongly."""

    asked: Counter[str] = field(default_factory=Counter)  # by status
    wrong: dict[str, str] = field(default_factory=dict)  # route and what is wrong -> how to see it again


def schema_of(url: str) -> Any:
    """The document, with requests beside what it allows."""
    config = schemathesis.Config.from_dict({"generation": {"mode": "all"}})
    return schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)


def round_of(
    schema: Any, seed: int, n_examples: int, found: Found, only: str = "", until: float = float("inf")
) -> None:
    """Some requests for every route."""
    checks = [schemathesis.checks.CHECKS.get_one(name) for name in CHECKS]
    for result in schema.get_all_operations():
        operation = result.ok()
        if only not in operation.path or time.monotonic() > until:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _ask(operation, mode, seed, n_examples, checks, found)


def _ask(operation: Any, mode: Any, seed: int, n_examples: int, checks: list[Any], found: Found) -> None:
    @seeded(seed)
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=n_examples, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        response = case.call(timeout=PATIENCE)
        found.asked[str(response.status_code)] += 1
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as failures:
            kinds = " ".join(sorted({type(failure).__name__ for failure in failures.exceptions}))
            kind = f"{operation.method.upper()} {operation.path}: {response.status_code} {kinds}"
            found.wrong.setdefault(kind, str(failures)[:1500])

    try:
        ask()
    except Exception as error:  # nothing can be generated for this mode, or no answer came
        kind = f"{operation.method.upper()} {operation.path}: {type(error).__name__}"
        if "Unsatisfiable" not in kind:
            found.wrong.setdefault(kind, str(error)[:1500])


def main() -> None:
    """Print what is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("minutes", type=float, nargs="?", default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="native")
    parser.add_argument("--only", default="", help="routes with this in their path")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of the fuzzer and of what it brings along
    found, seed = Found(), options.seed
    with served("--engine", options.engine, "--no-page") as server:
        until = time.monotonic() + 60 * options.minutes
        schema = schema_of(server.url)
        while time.monotonic() < until:
            known = set(found.wrong)
            round_of(schema, seed, 20, found, options.only, until)
            print(f"seed {seed}: {found.asked.total()} requests, {len(found.wrong)} wrong", flush=True)
            for kind in found.wrong.keys() - known:
                print(f"\n{kind}\n{found.wrong[kind]}\n", flush=True)
            seed += 1
    print(", ".join(f"{status}: {n}" for status, n in sorted(found.asked.items())))
    raise SystemExit(bool(found.wrong))


if __name__ == "__main__":
    main()
