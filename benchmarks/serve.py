"""How soon does each of 1, 8 and 32 clients hear something, and how much is spoken in all?

    python benchmarks/serve.py [ENGINE] [ROUNDS]

A server of its own process; all clients ask at the same instant, each for another sentence, none from the cache.
Beside the clock stands the server's processor time until the median client's first byte, divided by two cores: what
an idle machine of two cores would need, however busy this one is.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from statistics import median

import httpx
from processes import processor_seconds, served

CLIENTS = (1, 8, 32)
BARS = {1: 60, 8: 150, 32: 500}  # milliseconds, median, two idle cores
CORES = 2
SENTENCES = (
    "The meeting starts at nine thirty, please be on time, number {}.",
    "今天天气很好，我们去公园走走吧，第{}次。",
    "Please read page {} once more before you answer the question.",
    "第{}列火车将在五分钟以后离开，请各位旅客上车。",
)


async def ask(client: httpx.AsyncClient, text: str, pid: int, from_cpu: float) -> tuple[float, float, float, float]:
    """(ms to the first byte, server's ms until then, ms to the last byte, seconds of sound)."""
    body = {"model": "native", "input": text, "response_format": "pcm", "cache": "off"}
    started, n_bytes, first, cpu = time.perf_counter(), 0, 0.0, 0.0
    async with client.stream("POST", "/v1/audio/speech", json=body) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for piece in answer.aiter_raw():
            if not n_bytes:
                first, cpu = 1000 * (time.perf_counter() - started), 1000 * processor_seconds(pid) - from_cpu
            n_bytes += len(piece)
    return first, cpu, 1000 * (time.perf_counter() - started), n_bytes / 48000


async def measure(url: str, pid: int, n_clients: int, n_rounds: int) -> list[float]:
    """Medians over all clients and rounds, and the throughput."""
    rows, seconds, sound, work = [], 0.0, 0.0, 0.0
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=64)) as client:
        await asyncio.gather(*(client.get("/health") for _ in range(n_clients)))  # connections are open
        for number in range(n_rounds):
            texts = [SENTENCES[k % 4].format(100 * number + k) for k in range(n_clients)]
            started, cpu = time.perf_counter(), 1000 * processor_seconds(pid)
            found = await asyncio.gather(*(ask(client, text, pid, cpu) for text in texts))
            seconds += time.perf_counter() - started
            work += (1000 * processor_seconds(pid) - cpu) / 1000
            sound += sum(row[3] for row in found)
            rows += found
    first, cpu_first, last = (median(row[k] for row in rows) for k in range(3))
    return [first, cpu_first / min(CORES, n_clients), last, sound / seconds, CORES * sound / work]


def main(engine: str = "native", n_rounds: str = "10") -> None:
    """Print the table."""
    with served("--engine", engine) as server:
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {engine}, ", end="")
        print(f"load {os.getloadavg()[0]:.1f} before\n")
        print("| clients | first byte, ms (clock) | of two idle cores, ms | bar, ms | last byte, ms | sound per second "
              "(clock) | of two idle cores |\n| --- | --- | --- | --- | --- | --- | --- |")  # fmt: skip
        for n_clients in CLIENTS:
            found = asyncio.run(measure(server.url, server.pid, n_clients, int(n_rounds)))
            first, idle, last, rate, idle_rate = found
            cells = (f"{first:.0f}", f"{idle:.0f}", BARS[n_clients], f"{last:.0f}", f"{rate:.1f}", f"{idle_rate:.0f}")
            print("|", n_clients, *(f"| {cell}" for cell in cells), "|")
        print(f"\nload {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main(*sys.argv[1:])
