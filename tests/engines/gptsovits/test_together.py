"""Requests at the same time, with different voices, texts, lengths and ways to sample: each as it is alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest

from kouji.engines.contract import Conditioning
from kouji.engines.gptsovits import convert
from kouji.engines.gptsovits.config import N_PLACES
from kouji.engines.gptsovits.engine import GPTSoVITSv2
from kouji.engines.gptsovits.generation import MOST_ROWS
from kouji.engines.gptsovits.onnx_stages import OnnxReader
from kouji.engines.gptsovits.stages import Begun, Reader, Text
from kouji.engines.gptsovits.torch_stages import TorchReader
from kouji.engines.gptsovits.voice import Prompt, Voice
from kouji.errors import InvalidInput, SpeechError
from kouji.types import Delivery, Utterance

from .conftest import small_t2s
from .test_engine import said, utterance

TEXTS = ("今天很好。", "今天天气很好，我们去公园。", "我们去公园。", "Good morning, everyone.", "天气。")


@pytest.fixture(scope="module", params=["torch", "torch, unpacked", "onnx", "onnx, eight bits"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    network = small_t2s()
    if request.param.startswith("torch"):
        return TorchReader(network if "unpacked" in request.param else network.pack())
    place = tmp_path_factory.mktemp("reader")
    convert.write_reader(network, place, "eight" in request.param)
    with np.load(place / "small.npz") as file:
        return OnnxReader(place, 1, dict(file))


class Watched:
    """A reader that waits with its first step until so many have begun, and notes how many went on together."""

    def __init__(self, reader: Reader, n_first: int = 0) -> None:
        self._reader, self.n_places = reader, reader.n_places
        self.n_first, self.sizes = n_first, [0]
        self.engine: GPTSoVITSv2 | None = None

    def begin(self, text: Text, prompt: np.ndarray) -> Begun:
        return self._reader.begin(text, prompt)

    def side(self) -> Any:
        side = self._reader.side()
        step, end = side.step, monotonic() + 20

        def watched(codes: np.ndarray) -> np.ndarray:
            assert self.engine is not None
            others = self.engine._speaker._together
            while len(others._members) + len(others._entering) < self.n_first and monotonic() < end:
                sleep(0.002)
            self.n_first = 0
            self.sizes.append(len(codes))
            return step(codes)

        side.step = watched  # type: ignore[method-assign]
        return side


class Audible:
    """A second network that makes samples of what the first has said and in which style, and of nothing else."""

    noise_scale, dim_noise, noise_per_frame = 1.0, 1, 1

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        return np.repeat(codes, 2)[None].astype(np.float32)

    def render(self, frames: np.ndarray, noise: np.ndarray, style: np.ndarray) -> np.ndarray:
        return np.repeat((frames * style[0] + noise)[0], 640)


def watched(
    engine: GPTSoVITSv2, reader: Reader, preset: str = "exact", n_first: int = 0
) -> tuple[GPTSoVITSv2, Watched]:
    watch = Watched(reader, n_first)
    watch.engine = GPTSoVITSv2.assembled(replace(engine._parts, reader=watch, decoder=Audible()), preset)
    return watch.engine, watch


@dataclass(frozen=True)
class Job:
    """One request."""

    what: Utterance
    voice: Conditioning
    seed: int


def voice(number: int) -> Conditioning:
    """Of its own, with a prompt of its own length; the first has none."""
    rng = np.random.default_rng(number)
    n_codes, n_phones = (25 + 17 * number, 4 + 3 * number) if number else (0, 0)
    features = rng.standard_normal((1024, n_phones)).astype(np.float32)
    prompt = Prompt(rng.integers(0, 1024, n_codes), rng.integers(0, 700, n_phones), features)
    style = (0.3 * rng.standard_normal(512)).astype(np.float32)
    return Conditioning("gptsovits-v2", Voice(style, prompt, np.zeros((100, 0), np.float32)).arrays())


def jobs(n: int = 16) -> list[Job]:
    asked: list[dict[str, Any]] = [
        {}, {"sampling": {"top_k": 5, "temperature": 0.7}}, {"sampling": {"is_drawn": False}},
        {"text_split_method": "cut5", "interval_silence": 0.1}, {"sampling": {"top_p": 0.8, "repetition_penalty": 2}},
    ]  # fmt: skip
    found = []
    for k in range(n):
        exactly, about = Delivery(n_tokens=12 + 3 * k), Delivery(duration=0.9 + 0.05 * k)
        delivery = (Delivery(), exactly, about, Delivery(speed=1.5))[k % 4]
        found.append(Job(utterance(TEXTS[k % 5], delivery, **asked[(k // 2) % 5]), voice(k % 16), seed=100 + k))
    return found


def outcome(engine: GPTSoVITSv2, job: Job) -> np.ndarray | str:
    """The samples, or what was told instead: greedy sentences may run away."""
    try:
        return said(engine, job.voice, job.what, job.seed)
    except SpeechError as error:
        return error.message


@pytest.mark.parametrize("preset", ["exact", "stream"])
def test_sixteen_requests_with_different_voices_are_what_each_is_alone(
    engine: GPTSoVITSv2, reader: Reader, preset: str
) -> None:
    alone, _ = watched(engine, reader, preset)
    expected = [outcome(alone, job) for job in jobs()]
    assert len({len(samples) for samples in expected}) > 8
    busy, watch = watched(engine, reader, preset, n_first=N_PLACES)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(outcome, [busy] * 16, jobs()))
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert max(watch.sizes) >= 15
    assert busy._speaker.n_held == 0


def test_who_hangs_up_or_fails_does_not_change_what_the_others_hear(engine: GPTSoVITSv2, reader: Reader) -> None:
    alone, _ = watched(engine, reader, "stream")
    some = [job for job in jobs() if isinstance(outcome(alone, job), np.ndarray)][:6]
    expected = [outcome(alone, job) for job in some]
    busy, watch = watched(engine, reader, "stream", n_first=8)
    gone = Event()

    def hang_up() -> None:
        stream = busy.synthesize(utterance(TEXTS[1]), voice(5), np.random.default_rng(1))
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        gone.set()

    class Failing(np.random.Generator):
        n = 0

        def spawn(self, n_children: int) -> list[np.random.Generator]:
            return [Failing(np.random.PCG64(1)) for _ in range(n_children)]

        def standard_exponential(self, *arguments: Any, **named: Any) -> Any:
            self.n += 1
            if self.n == 8:
                raise InvalidInput("This one fails.", "Nothing to do.")
            return super().standard_exponential(*arguments, **named)

    def fail() -> None:
        with pytest.raises(InvalidInput, match="This one fails"):
            list(busy.synthesize(utterance(TEXTS[1]), voice(4), Failing(np.random.PCG64(0))))

    with ThreadPoolExecutor(8) as pool:
        others = [pool.submit(hang_up), pool.submit(fail)]
        found = list(pool.map(outcome, [busy] * 6, some))
        for other in others:
            other.result()
    assert gone.is_set()
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert max(watch.sizes) >= 7
    assert busy._speaker.n_held == 0


def test_a_stream_that_is_not_listened_to_lets_others_speak(engine: GPTSoVITSv2, reader: Reader) -> None:
    alone, _ = watched(engine, reader, "stream")
    what = replace(utterance(TEXTS[1]), controls={"sampling": {"top_k": 3}})
    busy, _ = watched(engine, reader, "stream")

    def stream() -> Iterator[np.ndarray]:
        return (chunk.samples for chunk in busy.synthesize(what, voice(3), np.random.default_rng(5)))

    expected = said(alone, voice(3), what, 5)
    halted = [stream() for _ in range(N_PLACES + 2)]
    heads = [next(each) for each in halted]  # all in this thread, more than there are places
    for head, rest in zip(heads, halted, strict=True):
        np.testing.assert_array_equal(np.concatenate([head, *rest]), expected)
    assert busy._speaker.n_held == 0


def test_the_cache_of_all_is_bounded_and_goes_with_the_last(
    engine: GPTSoVITSv2, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kouji.runtime import places

    sizes: list[int] = []
    make_room = places.Places._make_room

    def noted(self: places.Places, wanted: list[int]) -> None:
        make_room(self, wanted)
        sizes.append(self.n_rows)

    monkeypatch.setattr(places.Places, "_make_room", noted)
    busy, watch = watched(engine, reader, n_first=12)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(outcome, [busy] * 24, jobs(24)))
    assert max(watch.sizes) <= N_PLACES
    assert max(sizes, default=0) <= 2 * MOST_ROWS
    assert busy._speaker._together._side is None


def test_the_queue_of_a_server_brings_them_together(engine: GPTSoVITSv2, reader: Reader) -> None:
    from kouji.serve.queue import Turns

    @dataclass(frozen=True)
    class Piece:
        samples: np.ndarray
        duration: float

    some = [job for job in jobs() if job.what.controls.get("sampling") != {"is_drawn": False}]
    alone, _ = watched(engine, reader, "stream")
    expected = [outcome(alone, job) for job in some]
    busy, watch = watched(engine, reader, "stream", n_first=len(some))

    def pieces(job: Job) -> Iterator[Piece]:
        for chunk in busy.synthesize(job.what, job.voice, np.random.default_rng(job.seed)):
            yield Piece(chunk.samples, len(chunk.samples) / 32000)

    async def run() -> list[np.ndarray]:
        turns = Turns[Piece](busy.card.batch, 32, 64)
        tickets = [turns.submit(lambda job=job: pieces(job), f"client {job.seed}") for job in some]  # type: ignore[misc]
        heard = [np.concatenate([piece.samples async for piece in ticket]) for ticket in tickets]
        turns.close()
        return heard

    for got, wanted in zip(asyncio.run(run()), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert max(watch.sizes) >= len(some)
