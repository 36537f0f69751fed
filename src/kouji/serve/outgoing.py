"""What the server fetches for a client, or tells another server: never from or to a private network.

A name is looked up once, every address it has is checked, and the connection goes to the address that was checked:
a name that changes its mind between check and use leads nowhere else. Redirects are followed by the same rule.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin, urlsplit

import httpx

from kouji.errors import InvalidInput
from kouji.policy.addresses import PORTS, Address, is_public

TIME = 10.0  # seconds, for all of it
REDIRECTS = 3

Resolve = Callable[[str, int], Awaitable[list[Address]]]  # (name, port) -> all its addresses


async def addresses_of(host: str, port: int) -> list[Address]:
    """All addresses of a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(entry[4][0]) for entry in found]


async def checked(url: str, field: str, resolve: Resolve = addresses_of) -> tuple[str, str]:
    """The URL with the address that was checked in place of its name, and the name for the `Host` header.

    Raises:
        InvalidInput: it is no web address, or leads into a private network.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError) as error:
        raise _refused(field, "it is no web address") from error
    if parts.scheme not in ("http", "https") or not host:
        raise _refused(field, "it is no web address")
    if parts.username or parts.password:
        raise _refused(field, "it holds a password")
    if port not in PORTS:
        raise _refused(field, f"port {port} is none of the web's")
    try:
        addresses = await resolve(host, port)
    except (OSError, ValueError, UnicodeError) as error:
        raise _refused(field, "its name is not known") from error
    if not addresses or not all(is_public(address) for address in addresses):
        raise _refused(field, "it leads into a private network")
    address = addresses[0]
    shown = f"[{address}]" if address.version == 6 else str(address)
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{shown}:{port}{path}{query}", host


async def fetch(
    url: str,
    field: str,
    limit: int,
    transport: httpx.AsyncBaseTransport | None = None,
    resolve: Resolve = addresses_of,
) -> bytes:
    """What lies at a web address, at most `limit` bytes of it.

    Raises:
        InvalidInput: it leads into a private network, is larger, or does not come.
    """
    try:
        async with asyncio.timeout(TIME):
            async with httpx.AsyncClient(follow_redirects=False, trust_env=False, transport=transport) as client:
                for _ in range(REDIRECTS + 1):
                    target, host = await checked(url, field, resolve)
                    extensions = {"sni_hostname": host}
                    request = client.build_request("GET", target, headers={"Host": host}, extensions=extensions)
                    answer = await client.send(request, stream=True)
                    try:
                        if not answer.is_redirect:
                            return await _body(answer, field, limit)
                        url = urljoin(url, answer.headers["location"])
                    finally:
                        await answer.aclose()
        raise _refused(field, f"it is sent on more than {REDIRECTS} times")
    except (httpx.HTTPError, TimeoutError, OSError) as error:
        raise _refused(field, "nothing comes from there") from error


async def _body(answer: httpx.Response, field: str, limit: int) -> bytes:
    if answer.status_code != 200:
        raise _refused(field, f"the answer from there is {answer.status_code}")
    data = bytearray()
    async for piece in answer.aiter_raw():  # as it comes: a compressed bomb stays packed
        data += piece
        if len(data) > limit:
            raise _refused(field, f"it is larger than {limit // 1_000_000} MB")
    return bytes(data)


def _refused(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field} cannot be fetched: {reason}.", "Send the sound itself, as a data URL.", param=field)
