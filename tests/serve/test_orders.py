"""What the fields of a request mean to the hall."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from kouji import config
from kouji.engines.contract import Control
from kouji.serve.auth import Client
from kouji.serve.cache import AudioCache, key_of
from kouji.serve.gptsovits import ApiV2Request
from kouji.serve.gptsovits import _order as order_of_api_v2
from kouji.serve.orders import order_of
from kouji.serve.schemas import SpeechDefaults
from kouji.serve.service import Service
from kouji.serve.spoken import Order, pieces
from kouji.types import Request


def drawing(engine: str = "parrot") -> Service:
    """A service whose engine samples."""
    service = Service(config.load({}, engine=engine))
    host = service.host()
    host.card = replace(host.card, controls={**host.card.controls, "sampling": Control("temperature, top_p")})
    return service


def controls(**fields: Any) -> dict[str, object]:
    body = SpeechDefaults.model_validate({"model": "parrot", **fields})
    return dict(asyncio.run(order_of(drawing(), Client("a"), body, "Hey.")).request.controls)


def test_sampling_reaches_an_engine_that_samples_as_one_control() -> None:
    asked = {"temperature": 0.7, "top_p": 0.9, "top_k": 20, "repetition_penalty": 1.2}
    assert controls(sampling=asked) == {"sampling": asked}
    assert controls(sampling={"top_p": 0.5, "top_k": None}) == {"sampling": {"top_p": 0.5}}
    assert controls(sampling={}) == {}
    assert controls() == {}


def test_what_one_engine_alone_can_be_asked_for_has_fields_by_the_names_of_python() -> None:
    asked = {
        "refine": "[oral_2]", "homophones": True, "interval_silence": 0.2, "text_split_method": "cut2",
        "sampling": {"manual_seed": 2**60 + 1, "is_drawn": False, "n_beams": 2, "length_penalty": 0.5},
    }  # fmt: skip
    assert controls(**asked) == asked
    assert controls(refine=True) == controls(refine="true") == {"refine": True}
    assert controls(refine=False, homophones=False, duration_slot=False) == {}  # as every engine does
    for wrong in ({"homophones": "perhaps"}, {"sampling": {"manual_seed": -1}}, {"sampling": {"heat": 1}}):
        with pytest.raises(ValidationError):
            controls(**wrong)


def test_noise_suppression_reaches_the_hall_and_is_another_sound_for_the_cache() -> None:
    assert controls(denoise=0.5) == {"denoise": 0.5}
    plain, less = (Request("Hey.", controls=controls(**asked)) for asked in ({}, {"denoise": 0.5}))
    assert key_of(plain, "polly", "parrot") != key_of(less, "polly", "parrot")
    with pytest.raises(ValidationError, match="denoise"):
        controls(denoise=2)


def test_wording_reaches_the_hall_and_is_another_sound_for_the_cache() -> None:
    words = {"Hey": "HH IY1"}
    assert controls(normalize="off", pronunciation=words) == {"normalize": "off", "pronunciation": words}
    assert controls(normalize="auto", pronunciation={}) == {}
    plain, mine = (Request("Hey.", controls=controls(**asked)) for asked in ({}, {"pronunciation": words}))
    assert key_of(plain, "polly", "parrot") != key_of(mine, "polly", "parrot")


def test_clients_of_gpt_sovits_sample_too_where_they_leave_its_defaults() -> None:
    asked = ApiV2Request(text="Hey.", temperature=0.5, top_k=15, sample_steps=8)
    order = order_of_api_v2(drawing(), Client("a"), asked, "")
    assert order.request.controls == {"sampling": {"temperature": 0.5}}
    assert [notice.message for notice in order.notices] == ["The engine 'parrot' has no sample_steps."]
    plain = order_of_api_v2(Service(config.load({}, engine="native")), Client("a"), asked, "")
    assert plain.request.controls == {}
    assert len(plain.notices) == 2
    flow = order_of_api_v2(Service(config.load({}, engine="gptsovits-v4")), Client("a"), asked, "")
    assert flow.request.controls == {"sampling": {"temperature": 0.5, "sample_steps": 8}}
    assert not flow.notices


def test_while_a_sound_is_made_that_will_be_levelled_others_have_their_turns() -> None:
    """A turn ends with every piece that took some time of sound to make."""
    host = Service(config.load({}, engine="parrot")).host()
    order = Order(Request("One, two. Three, four."), "parrot", "pcm", loudness=-20.0)
    _, *made = pieces(host, order, AudioCache(0))
    unsent = [piece for piece in made if not piece.n_samples]
    assert len(unsent) > 3
    assert all(piece.duration > 0 for piece in unsent)
    assert sum(len(piece.data) for piece in made) == 2 * made[-1].n_samples
