"""Bodies that a route reads itself, because two dialects share its address."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

M = TypeVar("M", bound=BaseModel)


async def json_of(request: Request) -> dict[str, Any]:
    """The body, which must be a JSON object.

    Raises:
        HTTPException: 415, it is declared as something else.
        RequestValidationError: it is none.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "Send JSON, with Content-Type: application/json.")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([{"loc": ("body",), "msg": "is no JSON", "type": "value_error"}]) from error
    if not isinstance(body, dict):
        raise RequestValidationError([{"loc": ("body",), "msg": "must be a JSON object", "type": "value_error"}])
    return body


def validated(model: type[M], body: dict[str, Any]) -> M:
    """The body as the model has it. Raises RequestValidationError."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        raise RequestValidationError(found) from error
