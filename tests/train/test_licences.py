"""What recordings may be learnt from, and under which licence a pack goes out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kouji.audio import files
from kouji.audio.corpus import Recording, read_manifest
from kouji.audio.resample import resample
from kouji.audio.watermark import Payload, engine_number, marked
from kouji.engines import ENGINES, card
from kouji.errors import InvalidInput, LicenceDenied
from kouji.policy import marks
from kouji.policy.licences import training
from kouji.train.licences import of_pack
from kouji.train.pipeline import Recipe
from kouji.types import Chunk

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
WEIGHTS = Path(__file__).parents[2] / "src" / "kouji" / "engines" / "native" / "weights"


@pytest.fixture
def free() -> list[Recording]:
    return read_manifest(CORPUS)


@pytest.fixture
def noncommercial(free: list[Recording]) -> list[Recording]:
    return [*free, replace(free[0], id="theirs", licence="CC BY-NC 4.0")]


def test_a_pack_is_its_owners_own_and_says_so(free: list[Recording], tmp_path: Path) -> None:
    of_pack(free, Recipe(credits="read by Li Si")).write(tmp_path)
    assert json.loads((tmp_path / "licence.json").read_text()) == {
        "name": "LicenseRef-owner", "credits": "read by Li Si", "uses": ["personal", "research", "commercial"],
    }  # fmt: skip


def test_noncommercial_recordings_make_a_noncommercial_pack(noncommercial: list[Recording]) -> None:
    assert of_pack(noncommercial, Recipe(use="research")).uses == ("personal", "research")


def test_a_commercial_house_does_not_learn_from_them(noncommercial: list[Recording]) -> None:
    with pytest.raises(LicenceDenied, match="'theirs' may not be learnt from"):
        of_pack(noncommercial, Recipe(use="commercial"))


def test_what_goes_on_from_the_built_in_pack_keeps_its_licence_and_its_credits(free: list[Recording]) -> None:
    found = of_pack(free, Recipe(start=WEIGHTS, credits="Li Si"))
    assert found.name == "CC-BY-SA-4.0"
    assert found.credits.endswith("; Li Si")
    with pytest.raises(InvalidInput, match=r"CC-BY-SA-4\.0"):
        of_pack(free, Recipe(start=WEIGHTS, licence="MIT"))


# Engine -> the uses for which a model may be trained on what it says. "": not stated.
MAY_TEACH = {
    **{name: {"", "personal", "research", "commercial"} for name in ENGINES},
    "chattts": {"personal", "research"},
    "indextts2": {"personal", "research"},
}


def said_in_its_head(path: Path, engine: str) -> None:
    origin = marks.Origin(engine, "1", training=training(card(engine).licences))
    files.write(path, np.zeros(24000, np.float32), 24000, tags=marks.tags(origin))


def said_in_its_sound(path: Path, engine: str) -> None:
    """As it is after somebody has converted it: the head is gone, and the rate another."""
    speech, rate = files.read(CORPUS.parent / "english_female.flac")
    payload = Payload(engine_number(engine), 7)
    chunks = marked([Chunk(np.tile(speech, 8)[: 40 * rate])], rate, payload)
    samples = np.concatenate([chunk.samples for chunk in chunks])
    files.write(path, resample(samples, rate, 24000), 24000)


@pytest.mark.parametrize(("say", "format"), [(said_in_its_head, "wav"), (said_in_its_sound, "ogg")])
@pytest.mark.parametrize("engine", MAY_TEACH)
def test_what_an_engine_has_said_is_learnt_from_as_its_terms_allow(
    free: list[Recording], tmp_path: Path, engine: str, say: Callable[[Path, str], None], format: str
) -> None:
    path = tmp_path / f"said.{format}"
    say(path, engine)
    for use in ("", "personal", "research", "commercial"):
        learn(free[0], path, engine, use)


def learn(recording: Recording, path: Path, engine: str, use: str) -> None:
    rule = training(card(engine).licences)
    corpus = [replace(recording, path=path)]
    if use in MAY_TEACH[engine]:
        uses = of_pack(corpus, Recipe(use=use)).uses
        assert ("commercial" in uses) == (rule == "any")
    else:
        with pytest.raises(LicenceDenied, match=f"{path.name}: What '{engine}' says may train"):
            of_pack(corpus, Recipe(use=use))
