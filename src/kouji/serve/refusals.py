"""What only a server has to refuse: who may come in, how much, how often.

    SpeechError
    └── Refused
        ├── NotAllowed        401 no key or a wrong one, 403 a key without the scope
        ├── TooLarge          413 more than the limits allow
        ├── TooManyRequests   429 this client asks too much; says when to come back
        └── Overloaded        503 all clients together do; says when to come back
"""

from __future__ import annotations

from kouji.errors import InvalidInput, SpeechError


class Refused(SpeechError):
    """A request that is not carried out, although it might be well formed."""

    def __init__(
        self, message: str, hint: str = "", *, status: int, code: str, param: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(message, hint, param)
        self.status, self.code = status, code
        self.retry_after = retry_after  # seconds


class NotAllowed(Refused):
    """No key, a wrong key, or one that does not open this door."""

    def __init__(self, message: str, hint: str, *, status: int = 401) -> None:
        super().__init__(message, hint, status=status, code="invalid_api_key" if status == 401 else "missing_scope")


class TooLarge(Refused):
    """More bytes or characters than this server takes."""

    def __init__(self, message: str, hint: str, *, status: int = 413, code: str = "too_large", param: str = "") -> None:
        super().__init__(message, hint, status=status, code=code, param=param)


class TooManyRequests(Refused):
    """One client asks more than its share."""

    def __init__(self, message: str, retry_after: int) -> None:
        hint = f"Come back in {retry_after} s."
        super().__init__(message, hint, status=429, code="rate_limit_exceeded", retry_after=retry_after)


class Overloaded(Refused):
    """All clients together ask more than there is room for."""

    def __init__(self, retry_after: int) -> None:
        message, hint = "Too many requests are waiting already.", f"Come back in {retry_after} s."
        super().__init__(message, hint, status=503, code="overloaded", retry_after=retry_after)


def unusable(field: str, reason: str, hint: str = "") -> InvalidInput:
    """Of a field that holds what it cannot: "FIELD REASON." """
    return InvalidInput(f"{field} {reason}.", hint, param=field)
