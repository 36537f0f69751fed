"""What went wrong, in the words of whoever asked.

OpenAI's shape for everyone: {"error": {"message", "type", "param", "code"}}; for the routes of another dialect the
shape that its clients read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from kouji.errors import EmptyText, InvalidInput, SpeechError, UnknownName, UnsupportedControl

from .refusals import Refused

log = logging.getLogger("kouji.serve")

_NAME = re.compile(r"[a-z0-9_]+[PK]?|[A-Z][A-Za-z0-9]*-[A-Za-z0-9-]+")  # of a field or header
_TRIED = ("str", "bytes", "int", "float", "list")  # names of types, not of fields
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_PARAMS = {
    "voice": "voice", "model": "model", "engine": "model", "language": "language", "format": "response_format",
    "pronunciation": "pronunciation",
}  # fmt: skip
# The hall's argument -> the field of a request that it comes from, where they differ.
_FIELDS = {
    "reference_audio": "ref_audio", "reference_text": "ref_text", "emotion_text": "emotion.text",
    "emotion_reference": "emotion.audio", "intensity": "emotion.alpha",
}  # fmt: skip
_CODES = {404: "not_found", 405: "method_not_allowed", 408: "timeout", 413: "too_large", 415: "unsupported_media_type"}
_THINGS = ("voice", "model", "engine", "take", "job", "pronunciation")
_STATUS = {404: "There is nothing at this address.", 405: "This address does not take that method."}


@dataclass(frozen=True)
class Problem:
    """What every dialect has to say."""

    status: int
    message: str
    code: str
    param: str = ""
    retry_after: int | None = None

    @property
    def openai(self) -> dict[str, Any]:
        """OpenAI's shape."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {
            "error": {"message": self.message, "type": kind, "param": self.param or None, "code": self.code},
        }

    @property
    def headers(self) -> dict[str, str]:
        """When to come back, where that helps."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Gone(Exception):
    """The client has hung up."""


def problem_of(error: BaseException) -> Problem:
    """What an exception means to whoever asked; a defect of ours is logged and told without its inside."""
    if isinstance(error, SpeechError):
        retry_after = error.retry_after if isinstance(error, Refused) else None
        return Problem(_status(error), str(error), _code(error), _param(error), retry_after)
    if isinstance(error, RequestValidationError):
        return _validation(error.errors())
    if isinstance(error, HTTPException):
        message = _STATUS.get(error.status_code, str(error.detail))
        return Problem(error.status_code, message, _CODES.get(error.status_code, "invalid_request"))
    log.error("A request failed.", exc_info=error)
    return Problem(500, "This is a defect of the server; its log says more.", "internal_error")


def respond(problem: Problem, path: str) -> JSONResponse:
    """The answer, in the dialect of the path."""
    if path.startswith(_ELEVENLABS) and path not in _OURS:
        status = 422 if problem.status == 400 else problem.status
        detail: object = {"status": problem.code, "message": problem.message}
        if status == 422:
            loc = ["body", *problem.param.split(".")] if problem.param else ["body"]
            detail = [{"loc": loc, "msg": problem.message, "type": problem.code}]
        return JSONResponse({"detail": detail}, status, problem.headers)
    return JSONResponse(problem.openai, problem.status, problem.headers)


def install(app: FastAPI) -> None:
    """Have every failure of an app answered in its dialect."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        return respond(problem_of(error), request.url.path)

    async def log_alone(request: Request, error: Exception) -> Response:
        return Response(status_code=499)  # nobody reads it

    for kind in (SpeechError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Gone, log_alone)


_ELEVENLABS = ("/v1/text-to-speech", "/v1/voices", "/v2/voices")
_OURS = ("/v1/voices/verify", "/v1/voices/identify")  # which ElevenLabs does not have


def _status(error: SpeechError) -> int:
    """A name in the address or of a thing is 404; one that merely stands in a field is a bad request."""
    if isinstance(error, UnknownName) and error.kind not in _THINGS:
        return 400
    return error.status


def _code(error: SpeechError) -> str:
    if isinstance(error, Refused):
        return error.code
    if isinstance(error, UnknownName):
        return "unknown_parameter" if error.kind == "argument" else f"{error.kind}_not_found"
    if isinstance(error, UnsupportedControl):
        return "unsupported_parameter"
    if isinstance(error, EmptyText):
        return "empty_input"
    return "invalid_value" if isinstance(error, InvalidInput) else "failed"


def _param(error: SpeechError) -> str:
    if isinstance(error, UnknownName):
        name = error.name if error.kind == "argument" else _PARAMS.get(error.kind, "")
    elif isinstance(error, EmptyText):
        name = "input"
    else:
        name = error.param or error.message.partition("=")[0]
    return _FIELDS.get(name, name if name.replace(".", "").replace("_", "").isalnum() else "")


def _validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Of all that pydantic found: the first field, and of what is wrong there the first that lies deepest.

    Where a field has several types, each that was tried has failed; the one that fits best failed last.
    """
    unknown: Mapping[str, Any] = {"loc": ("body",), "msg": "cannot be understood"}
    same = [error for error in errors if error["loc"][:2] == errors[0]["loc"][:2]]
    first = max(same, key=lambda error: len(error["loc"]), default=unknown)
    loc = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    # A field of several types is named with the type that was tried: voice.constrained-str, voice.VoiceRef.
    param = ".".join(part for part in loc if _NAME.fullmatch(part) and part not in _TRIED)
    where = param or "The body"
    if first.get("type") == "json_invalid":
        return Problem(400, "The body is no JSON.", "invalid_json")
    return Problem(400, f"{where}: {first['msg']}.", "invalid_value", param)
