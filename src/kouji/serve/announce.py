"""The Wyoming port announced on the local network (mDNS, `_wyoming._tcp`): Home Assistant finds it by itself."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from contextlib import suppress
from importlib.util import find_spec

from kouji.errors import InvalidInput, MissingExtra

KIND = "_wyoming._tcp.local."
LONGEST = 63  # bytes of a name in DNS (RFC 6763, 4.1.1)

log = logging.getLogger("kouji.serve")


def check_name(name: str, port: int) -> None:
    """What is wrong with the settings is told before the server starts.

    Raises:
        InvalidInput: there is nothing to announce, or the name is none.
        MissingExtra: the package is not installed.
    """
    if not port:
        raise InvalidInput("There is no Wyoming port to announce.", "Give --wyoming-port too.")
    if not name.isprintable() or len(name.encode()) > LONGEST:
        raise InvalidInput(f"wyoming_name = {name!r} is not possible.", f"Give one line of at most {LONGEST} bytes.")
    if find_spec("zeroconf") is None:
        raise MissingExtra("The announcement to Home Assistant", "discovery")


async def announce(name: str, host: str, port: int) -> None:
    """Announce until the task is cancelled, then take it back.

    Args:
        name: what people see.
        host: address that the port listens on; 0.0.0.0 is every one of this machine.
        port: of the Wyoming server.
    """
    from zeroconf import Error, InterfaceChoice, ServiceInfo
    from zeroconf.asyncio import AsyncZeroconf

    found = ipaddress.ip_address(await asyncio.to_thread(socket.gethostbyname, host or "0.0.0.0"))
    addresses = _of_this_machine() if found.is_unspecified else [str(found)]
    speaker = AsyncZeroconf(interfaces=InterfaceChoice.All if found.is_unspecified else addresses)
    label = name.replace(".", " ")  # a dot would part the name in two
    info = ServiceInfo(
        KIND, f"{label}.{KIND}", port=port, parsed_addresses=addresses, server=f"kouji-{socket.gethostname()}.local."
    )
    try:
        await (await speaker.async_register_service(info, allow_name_change=True))
        log.info("Home Assistant finds it as %r.", info.get_name())
        await asyncio.get_running_loop().create_future()
    except (Error, OSError) as error:
        log.error("Wyoming cannot be announced: %r", error)
    finally:
        with suppress(Error, OSError):
            await speaker.async_unregister_all_services()
        await speaker.async_close()


def _of_this_machine() -> list[str]:
    """Its addresses that others can reach: Home Assistant takes the first."""
    import zeroconf

    addresses = [str(each) for each in zeroconf.get_all_addresses()]  # type: ignore[attr-defined]  # not in __all__
    return [each for each in addresses if not ipaddress.ip_address(each).is_loopback] or addresses
