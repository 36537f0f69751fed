"""Which addresses we speak to for somebody else: those of the open internet, and those that the house allows.

A name is looked up once and every address that it has is checked; the connection then goes to the address that was
checked, so that a name which changes its mind between the two leads nowhere else.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from kouji.errors import InvalidInput

PORTS = (80, 443)  # unless the house allows the name
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[Address]]  # (name, port) -> all its addresses


@dataclass(frozen=True)
class Target:
    """A checked place to connect to."""

    scheme: str  # http | https
    host: str  # the name, for the header, and for the certificate
    port: int
    address: Address  # what to connect to
    path: str  # with the query


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also when it is wrapped into IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def addresses_of(host: str, port: int) -> list[Address]:
    """All addresses of a name. Raises OSError where nobody knows it."""
    return [ipaddress.ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def parsed(url: str, what: str = "The URL") -> tuple[SplitResult, str, int]:
    """(parts, name, port) of a web address. Raises InvalidInput."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise _refused(what, "it is no web address") from error
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise _refused(what, "it is no web address")
    if parts.username or parts.password:
        raise _refused(what, "it holds a password")
    return parts, host, port


def checked(
    url: str, allowed: Sequence[str] = (), what: str = "The URL", resolve: Resolve = addresses_of
) -> Target:
    """Where a URL leads, if we may go there.

    Args:
        url: http or https.
        allowed: names that may be private and on any port: "host" or "host:port".
        what: is said in the error; the name of the field, where it is one.
        resolve: looks a name up.

    Raises:
        InvalidInput: it is no web address, nobody knows the name, or it leads into a private network.
    """
    parts, host, port = parsed(url, what)
    is_allowed = host in allowed or f"{host}:{port}" in allowed
    if port not in PORTS and not is_allowed:
        raise _refused(what, f"port {port} is none of the web's")
    try:
        addresses = resolve(host, port)
    except (OSError, ValueError, UnicodeError) as error:
        raise _refused(what, "nobody knows its name") from error
    if not addresses or not (is_allowed or all(is_public(address) for address in addresses)):
        raise _refused(what, "it leads into a private network")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, addresses[0], path)


def _refused(what: str, reason: str) -> InvalidInput:
    hint, param = "Give an http or https address of the open internet.", what if " " not in what else ""
    return InvalidInput(f"{what} cannot be used: {reason}.", hint, param)
