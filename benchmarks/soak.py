"""Does the server's memory stay flat, and is every request answered as it should be, for as long as one likes?

    python benchmarks/soak.py [MINUTES] [--requests N] [--clients N] [--engine NAME] [--seed N]

`kouji serve` in a process of its own, and clients that never pause: every format, every voice, whole bodies, streams,
events, WebSockets, four dialects, batches, requests that are wrong, listeners that hang up before the first sound or
in the middle. No text comes twice. Memory counts from the end of the warm-up on, a tenth of the run, in which the
cache fills; the bar: the mean of the last quarter of the rest is within 5 % of that of the first, and every answer is
the one that was to be expected.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import mean

import httpx
from processes import n_open_files, n_threads, processor_seconds, resident_mb, served
from websockets.asyncio.client import connect

BAR = 0.05  # growth of memory after the warm-up
FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm", "m4a")
TEXTS = {
    "zh": ("第{}个。", "今天是第{}天，天气很好。", "请把编号{}的文件放在桌上。", "你好，{}号。"),
    "en": ("Number {}.", "Room {} is on the left.", "Please call {} again at noon.", "We counted {} birds."),
    "ja": ("{}番です。", "これは{}回目の試験です。"),
    "ko": ("{}번입니다.", "오늘은 {}번째 날입니다."),
    "yue": ("第{}號。", "而家係第{}次。"),
}


@dataclass
class Load:
    """What has been asked and answered so far."""

    url: str
    random: random.Random
    voices: list[tuple[str, str]]  # name, language
    client: httpx.AsyncClient
    number: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    sound: float = 0.0  # seconds, of answers whose length is told

    def text(self, language: str) -> str:
        """One that was not said before."""
        self.number += 1
        return self.random.choice(TEXTS[language]).format(self.number)

    def body(self) -> dict[str, object]:
        """A request of the main dialect."""
        voice, language = self.random.choice(self.voices)
        found: dict[str, object] = {
            "model": "native", "input": self.text(language), "voice": voice, "language": language,
            "response_format": self.random.choice(FORMATS), "seed": self.number,
        }  # fmt: skip
        if self.random.random() < 0.2:
            found["speed"] = self.random.choice((0.8, 1.25))
        if self.random.random() < 0.1:
            found["cache"] = "off"
        return found

    def tell(self, what: str) -> None:
        """Something is not as it should be: told at once, where it is among the first."""
        self.wrong.append(what)
        if len(self.wrong) <= 20:
            print("wrong:", what, flush=True)

    def check(self, answer: httpx.Response, status: int = 200) -> None:
        """Note an answer that is not as it should be."""
        if answer.status_code != status or (status == 200 and not answer.content):
            self.tell(f"{answer.request.url.path}: {answer.status_code} {answer.text[:200]}")
        self.sound += int(answer.headers.get("X-Audio-Duration-Ms", 0)) / 1000


async def whole(load: Load) -> None:
    """One body."""
    load.check(await load.client.post("/v1/audio/speech", json={**load.body(), "stream": False}))


async def stream(load: Load) -> None:
    """Bytes as they come."""
    load.check(await load.client.post("/v1/audio/speech", json=load.body()))


async def events(load: Load) -> None:
    """Server-sent events."""
    answer = await load.client.post("/v1/audio/speech", json={**load.body(), "stream_format": "sse"})
    load.check(answer)
    if "speech.audio.done" not in answer.text:
        load.tell(f"events end with {answer.text[-200:]}")


async def hang_up(load: Load) -> None:
    """Go away with the first bytes."""
    body = {**load.body(), "input": load.text("en") * 20, "language": "en", "voice": "english_1"}
    async with load.client.stream("POST", "/v1/audio/speech", json=body) as answer:
        if answer.status_code != 200:
            load.tell(f"hang up: {answer.status_code}")
        async for _ in answer.aiter_raw():
            break


async def hang_up_early(load: Load) -> None:
    """Go away before there are any."""
    with suppress(httpx.TimeoutException):
        await load.client.post("/v1/audio/speech", json=load.body(), timeout=load.random.uniform(0.005, 0.1))


async def websocket(load: Load) -> None:
    """Text while it is written."""
    url = load.url.replace("http", "ws") + "/v1/audio/speech/stream"
    async with connect(url) as socket:
        await socket.send(json.dumps({"type": "session.config", "voice": "english_1", "response_format": "pcm"}))
        await socket.send(json.dumps({"type": "input.text", "text": load.text("en") + " " + load.text("en")}))
        await socket.send(json.dumps({"type": "input.done"}))
        while True:
            message = await asyncio.wait_for(socket.recv(), 120)
            if isinstance(message, bytes):
                continue
            kind = json.loads(message)["type"]
            if kind == "error":
                load.tell(f"WebSocket: {message[:200]}")
            if kind in ("error", "session.done"):
                break


async def elevenlabs(load: Load) -> None:
    """Another dialect."""
    body = {"text": load.text("en")}
    load.check(await load.client.post("/v1/text-to-speech/english_1?output_format=pcm_24000", json=body))


async def elevenlabs_live(load: Load) -> None:
    """The same while the text is written."""
    url = load.url.replace("http", "ws") + "/v1/text-to-speech/english_1/stream-input"
    async with connect(url) as socket:
        for text in (load.text("en") + " ", load.text("en"), ""):
            await socket.send(json.dumps({"text": text, "try_trigger_generation": True}))
        message: dict[str, object] = {}
        while not message.get("isFinal"):
            message = json.loads(await asyncio.wait_for(socket.recv(), 120))
            if "message" in message:
                load.tell(f"stream-input: {message}")
                break


async def gptsovits(load: Load) -> None:
    """A third."""
    query = {"text": load.text("zh"), "text_lang": "zh", "ref_audio_path": "./female_1.wav", "prompt_lang": "zh"}
    load.check(await load.client.get("/tts", params=query))


async def house(load: Load) -> None:
    """The house's own, with the sound fetched afterwards."""
    answer = await load.client.post("/tts", json={"text": load.text("zh"), "voice": "female_1"})
    load.check(answer)
    if answer.status_code == 200:
        load.check(await load.client.get(answer.json()["audio_url"]))


async def batch(load: Load) -> None:
    """Three at once."""
    items = [{"input": load.text("en")} for _ in range(3)]
    load.check(await load.client.post("/v1/audio/speech/batch", json={"model": "native", "items": items}))


async def wrong(load: Load) -> None:
    """What cannot be answered, and is told so."""
    body, status = load.random.choice(
        (
            ({"voice": f"nobody{load.number}"}, 404), ({"input": ""}, 400), ({"model": "none"}, 404),
            ({"speed": 9}, 400), ({"response_format": "doc"}, 400), ({"input": "<speak><p>open"}, 400),
        )
    )  # fmt: skip
    load.number += 1
    load.check(await load.client.post("/v1/audio/speech", json={**load.body(), **body}), status)


async def around(load: Load) -> None:
    """What a web page and a monitor ask beside."""
    for path in ("/health", "/v1/models", "/v1/audio/voices", "/metrics", "/voices"):
        load.check(await load.client.get(path))


async def plan(load: Load) -> None:
    """How long it would take."""
    load.check(await load.client.post("/v1/audio/plan", json={"model": "native", "input": load.text("en")}))


KINDS: dict[Callable[[Load], Awaitable[None]], int] = {  # what, how often
    whole: 20, stream: 30, events: 8, hang_up: 6, hang_up_early: 6, websocket: 5, elevenlabs: 5,
    elevenlabs_live: 3, gptsovits: 5, house: 5, batch: 2, wrong: 4, around: 2, plan: 2,
}  # fmt: skip


async def client(load: Load, is_over: Callable[[], bool]) -> None:
    """One that never pauses."""
    kinds, weights = list(KINDS), list(KINDS.values())
    while not is_over():
        (kind,) = load.random.choices(kinds, weights)
        try:
            await kind(load)
        except Exception as error:  # whatever it is, it is told
            load.tell(f"{kind.__name__}: {type(error).__name__}: {error}")
        load.counts[kind.__name__] += 1


@dataclass(frozen=True)
class Look:
    """One look at the server's process."""

    at: float  # seconds
    mb: float
    n_files: int
    n_threads: int
    n_requests: int


async def watch(load: Load, pid: int, is_over: Callable[[], bool], looks: list[Look]) -> None:
    """Look every second; print a line a minute."""
    started, told = time.monotonic(), -60.0
    while not is_over():
        at = time.monotonic() - started
        looks.append(Look(at, resident_mb(pid), n_open_files(pid), n_threads(pid), load.counts.total()))
        if at - told >= 60:
            told, look = at, looks[-1]
            print(f"| {at / 60:.0f} | {look.n_requests} | {look.mb:.1f} | {look.n_files} | {look.n_threads} | "
                  f"{len(load.wrong)} |", flush=True)  # fmt: skip
        await asyncio.sleep(1)


def growth(looks: list[Look]) -> tuple[float, float, float]:
    """Mean memory of the first quarter after the warm-up, of the last, and the growth between them."""
    settled = [look.mb for look in looks if look.at > looks[-1].at / 10]
    quarter = max(1, len(settled) // 4)
    first, last = mean(settled[:quarter]), mean(settled[-quarter:])
    return first, last, last / first - 1


async def soak(url: str, pid: int, options: argparse.Namespace) -> tuple[Load, list[Look], float]:
    """Load, looks, seconds."""
    limits = httpx.Limits(max_connections=2 * options.clients)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as http:
        voices = [(voice["id"], voice["language"]) for voice in (await http.get("/voices")).json()]
        load = Load(url, random.Random(options.seed), [each for each in voices if each[1] in TEXTS], http)
        until = time.monotonic() + 60 * options.minutes

        def is_over() -> bool:
            return load.counts.total() >= options.requests if options.requests else time.monotonic() > until

        started, looks = time.monotonic(), list[Look]()
        await asyncio.gather(watch(load, pid, is_over, looks), *(client(load, is_over) for _ in range(options.clients)))
        return load, looks, time.monotonic() - started


def main() -> None:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("minutes", type=float, nargs="?", default=30.0)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--engine", default="native")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.engine}, "
          f"{options.clients} clients\n\n| minute | requests | memory, MB | open files | threads | wrong |\n"
          "| --- | --- | --- | --- | --- | --- |", flush=True)  # fmt: skip
    with served("--engine", options.engine, "--cache-mb", "16") as server:
        before = processor_seconds(server.pid)
        load, looks, seconds = asyncio.run(soak(server.url, server.pid, options))
        work = processor_seconds(server.pid) - before
        status = server.stop()
    first, last, grown = growth(looks)
    n_requests = load.counts.total()
    print(f"\n{n_requests} requests in {seconds / 60:.1f} minutes, {n_requests / seconds:.1f} a second; "
          f"{1000 * work / n_requests:.0f} ms of the server's processor time each, {work / seconds:.2f} cores busy\n"
          f"{', '.join(f'{name} {n}' for name, n in load.counts.most_common())}\n"
          f"memory after the warm-up {first:.1f} MB, at the end {last:.1f} MB: {grown:+.1%}, at most "
          f"{max(look.mb for look in looks):.1f} MB; exit status {status}")  # fmt: skip
    is_good = grown <= BAR and not load.wrong and status == 0
    print(f"{len(load.wrong)} wrong; {'good' if is_good else 'NOT GOOD'}")
    raise SystemExit(not is_good)


if __name__ == "__main__":
    main()
