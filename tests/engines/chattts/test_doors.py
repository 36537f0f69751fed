"""What ChatTTS alone can be asked for, through the doors: the command line, HTTP, jobs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from kouji import config
from kouji.audio.join import collect
from kouji.cli.main import main
from kouji.control.written import assigned
from kouji.errors import UnsupportedControl
from kouji.serve.auth import Client
from kouji.serve.cache import AudioCache
from kouji.serve.job_orders import JobOrder
from kouji.serve.orders import order_of
from kouji.serve.schemas import SpeechDefaults, SpeechRequest
from kouji.serve.service import Service
from kouji.serve.spoken import pieces
from kouji.speak import Session
from kouji.types import Request

from .test_engine import CARD, Config, engine

VOICE, TEXT = "2", "你好。"


@pytest.fixture
def hall() -> Session:
    return Session(CARD, Config(use="research", watermark="off"), engine())


@pytest.fixture
def service(hall: Session) -> Service:
    """A server whose ChatTTS is the small one."""
    found = Service(config.load({}, engine="chattts", use="research", watermark="off"))
    found.host()._session = hall
    return found


def of_http(service: Service, **fields: Any) -> bytes:
    body = SpeechDefaults.model_validate({"voice": VOICE, "response_format": "pcm", "sample_rate": 24000, **fields})
    order = asyncio.run(order_of(service, Client("a"), body, TEXT))
    return b"".join(piece.data for piece in pieces(service.host(), order, AudioCache(0)))


def of_command(hall: Session, *controls: str, seed: int = 0) -> np.ndarray:
    asked = {"n_tokens": 30, **assigned(controls, {})}
    return collect(hall.start(Request(TEXT, VOICE, "", seed, asked)))[0]


def test_the_official_manual_seed_outweighs_ours_at_every_door(hall: Session, service: Service) -> None:
    one, two, other = (
        of_http(service, n_tokens=30, seed=seed, sampling={"manual_seed": manual})
        for seed, manual in ((0, 42), (1, 42), (0, 43))
    )
    assert one == two != other
    first, second = (of_command(hall, "sampling.manual_seed=42", seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(first, second)
    assert np.abs(np.frombuffer(one, "<i2") / 32767 - first).max() < 1e-4


def test_a_refined_text_is_another_sound_at_every_door(hall: Session, service: Service) -> None:
    plain, refined = (of_http(service, n_tokens=30, **more) for more in ({}, {"refine": "[oral_2]"}))
    assert plain != refined
    assert (of_command(hall) != of_command(hall, "refine=[oral_2]")).any()


def test_a_job_keeps_them(service: Service, hall: Session) -> None:
    asked = {"refine": True, "sampling": {"manual_seed": 42}}
    body = {"model": "chattts", "input": TEXT, "voice": VOICE, "response_format": "wav", **asked}
    said = JobOrder.model_validate({"type": "speech", "request": body}).request
    assert isinstance(said, SpeechRequest)
    order = asyncio.run(order_of(service, Client("a"), said, said.input))
    kept = Request(**json.loads(json.dumps(asdict(order.request))))  # as the ledger has it
    assert kept.controls == asked
    assert collect(hall.start(kept))[0].any()


@pytest.mark.parametrize("control", ["refine=true", "homophones=true", "sampling.manual_seed=42"])
def test_an_engine_that_lacks_them_says_who_has_them(control: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "Hello.", "--engine", "native", "--control", control, "-o", "-"]) == 2
    told = capsys.readouterr().err
    assert f"The engine 'native' has no control '{control.partition('.')[0].partition('=')[0]}'" in told
    assert "chattts" in told


def test_a_way_of_sampling_of_another_engine_is_refused_before_any_sound(hall: Session) -> None:
    with pytest.raises(UnsupportedControl, match=r"sampling\.n_beams.*indextts2"):
        hall.start(Request(TEXT, VOICE, controls={"sampling": {"n_beams": 3}}))
