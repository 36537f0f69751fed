"""Home Assistant finds the Wyoming port by itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from kouji.errors import InvalidInput, MissingExtra
from kouji.serve import announce

zeroconf = pytest.importorskip("zeroconf", reason="pip install 'kouji[discovery]'")


def test_it_is_found_as_long_as_it_is_there() -> None:
    from zeroconf.asyncio import AsyncZeroconf

    async def run() -> None:
        told = asyncio.create_task(announce.announce("kouji 1.2", "127.0.0.1", 10299))
        listener = AsyncZeroconf(interfaces=["127.0.0.1"])
        name = f"kouji 1 2.{announce.KIND}"
        try:
            found = None
            async with asyncio.timeout(20):
                while found is None:
                    found = await listener.async_get_service_info(announce.KIND, name, timeout=2000)
            assert (found.port, found.parsed_addresses()) == (10299, ["127.0.0.1"])
            told.cancel()
            with suppress(asyncio.CancelledError):
                await told
            assert await listener.async_get_service_info(announce.KIND, name, timeout=500) is None
        finally:
            told.cancel()
            await listener.async_close()

    asyncio.run(run())


def test_what_cannot_be_announced_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    announce.check_name("Küche", 10200)
    for name, port in (("kouji", 0), ("two\nlines", 10200), ("ü" * 32, 10200)):
        with pytest.raises(InvalidInput):
            announce.check_name(name, port)
    monkeypatch.setattr(announce, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"kouji\[discovery\]"):
        announce.check_name("kouji", 10200)
