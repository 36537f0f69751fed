"""Who may come in: API keys, kept as hashes with the doors that they open.

    [[key]]
    id = "3f9a01bc"
    name = "web page"
    hash = "scrypt:…"
    scopes = ["speech"]
    rate_limit = 120        # requests a minute; without it the server's

A key is `kj-ID-SECRET`. The secret is told once, when the key is made.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kouji.errors import InvalidInput, UnknownName

from .refusals import NotAllowed

SCOPES = ("speech", "voices", "jobs", "metrics", "admin")  # admin opens every door
_N, _R, _P = 2**14, 8, 1  # scrypt: 16 MB and about 40 ms a guess (RFC 7914 names these for interactive use)


@dataclass(frozen=True)
class Client:
    """Whoever asks."""

    name: str  # of the key, or the address where no keys are needed
    scopes: tuple[str, ...] = SCOPES
    rate_limit: int | None = None  # requests a minute; None: the server's


@dataclass(frozen=True)
class _Key:
    hash: str
    client: Client


class Keys:
    """The keys of a server. Without any, everyone is let in."""

    def __init__(self, keys: dict[str, _Key] | None = None) -> None:
        self._keys = keys
        # scrypt is slow on purpose; a key that was right once is known again by a hash under a secret of this process.
        self._memo: dict[bytes, Client] = {}
        self._salt = secrets.token_bytes(16)
        self._lock = threading.Lock()

    @classmethod
    def read(cls, file: str) -> Keys:
        """The keys of a file; "" is no file.

        Raises:
            InvalidInput: it cannot be read, or an entry is incomplete.
        """
        if not file:
            return cls()
        import tomllib

        try:
            rows = tomllib.loads(Path(file).read_text("utf-8")).get("key", [])
            return cls({row["id"]: _key(row) for row in rows})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "Make keys with `kouji serve --new-key NAME --api-keys FILE`."
            raise InvalidInput(f"The keys in {file} cannot be read: {error!r}", hint) from error

    @property
    def are_needed(self) -> bool:
        """Whether a key is needed at all."""
        return self._keys is not None

    def client(self, token: str | None, address: str) -> Client:
        """Who asks. Slow for a key that was not seen before: call it in a thread.

        Raises:
            NotAllowed: no key or a wrong one.
        """
        if self._keys is None:
            return Client(address)
        if not token:
            raise NotAllowed("This server needs a key.", "Send it as `Authorization: Bearer KEY`.")
        memo = hashlib.sha256(self._salt + token.encode("utf-8", "surrogatepass")).digest()
        if memo in self._memo:
            return self._memo[memo]
        _, _, rest = token.partition("-")
        id, _, secret = rest.partition("-")
        key = self._keys.get(id)
        with self._lock:  # one guess at a time
            if key is None or not hmac.compare_digest(_hashed(secret, key.hash.split(":")[1]), key.hash):
                raise NotAllowed("This key is not known here.", "Ask whoever runs the server for one.")
        self._memo[memo] = key.client
        return key.client


def check_scope(client: Client, scope: str) -> None:
    """Raises NotAllowed (403) where the client's key does not open that door."""
    if scope not in client.scopes and "admin" not in client.scopes:
        raise NotAllowed(f"This key does not open {scope!r}.", "Use a key with that scope.", status=403)


def new_key(file: Path, name: str, scopes: Sequence[str], rate_limit: int = 0) -> str:
    """Make a key, add its hash to the file, and return the key: it is not told again.

    Raises:
        UnknownName: no such scope.
        InvalidInput: the name is not one line of text.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise UnknownName("scope", scope, SCOPES)
    if not name.isprintable() or not name:
        raise InvalidInput(f"{name!r} is no name for a key.", "Give one line of text.")
    id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    entry = f'[[key]]\nid = "{id}"\nname = {json.dumps(name, ensure_ascii=False)}\n'
    entry += f'hash = "{_hashed(secret, secrets.token_hex(16))}"\nscopes = {json.dumps(list(scopes))}\n'
    if rate_limit:
        entry += f"rate_limit = {rate_limit}\n"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as out:
        out.write(f"{entry}\n")
    return f"kj-{id}-{secret}"


def _key(row: dict[str, object]) -> _Key:
    scopes = row["scopes"]
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes = {scopes!r}")
    hashed, limit = str(row["hash"]), row.get("rate_limit")
    if not hashed.startswith("scrypt:") or hashed.count(":") != 2:
        raise ValueError("hash")
    return _Key(hashed, Client(str(row["name"]), tuple(scopes), limit if isinstance(limit, int) else None))


def _hashed(secret: str, salt: str) -> str:
    found = hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt.encode(), n=_N, r=_R, p=_P)
    return f"scrypt:{salt}:{found.hex()}"
