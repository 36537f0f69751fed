"""The same key, the same request: a client that asks again after a lost connection gets the same take.

The audio itself needs no store: the same text, voice, controls and seed are the same bytes. What is kept is the seed,
where the client left it open, and a hash of the request, so that a key cannot stand for two.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from .refusals import Refused

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .spoken import Order

KEPT = 24 * 3600.0  # seconds
_MOST = 10_000  # keys
_LONGEST = 255  # characters of a key


class Idempotency:
    """The keys of the last day."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[str, int, float]] = OrderedDict()

    def check(self, key: str | None, client: str, body: BaseModel, order: Order) -> Order:
        """The order with the seed that its key stands for.

        Raises:
            Refused: 409, the key stands for another request; 400, it is too long.
        """
        if key is None:
            return order
        if not key or len(key) > _LONGEST:
            message, hint = "This is no idempotency key.", f"Send 1 to {_LONGEST} characters."
            raise Refused(message, hint, status=400, code="invalid_value", param="Idempotency-Key")
        digest, now = hashlib.sha256(repr(body.model_dump()).encode("utf-8", "surrogatepass")).hexdigest(), monotonic()
        known = self._known.pop((client, key), None)
        if known is not None and now - known[2] < KEPT:
            self._known[client, key] = known
            if known[0] != digest:
                message, hint = "This idempotency key stands for another request.", "Use a new key."
                raise Refused(message, hint, status=409, code="idempotency_key_reused", param="Idempotency-Key")
            return replace(order, request=replace(order.request, seed=known[1]))
        self._known[client, key] = (digest, order.request.seed, now)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return order
