from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kouji.engines.native.card import CARD
from kouji.serve.cache import AudioCache, Finished, key_of, weights_digest
from kouji.types import Mark, Notice, Request
from kouji_parrot.card import CARD as PARROT

SECOND = 24000


def sound(seconds: float = 1.0, level: int = 7) -> Finished:
    return Finished(
        np.full(round(seconds * SECOND), level, np.int16), SECOND, (Mark("word", "好", 0.1, 0.2),),
        (Notice("a", "b"),), {"voice": "x", "seed": 1},
    )  # fmt: skip


def key(request: Request, voice: str = "female_1", engine: str = "native", **changing: object) -> str:
    return key_of(request, voice, engine, **changing)


def test_what_was_put_comes_back_from_memory_and_from_disk(tmp_path: Path) -> None:
    AudioCache(10**6, tmp_path, 10**6).put("0" * 64, sound())
    found = AudioCache(10**6, tmp_path, 10**6).get("0" * 64)
    assert found is not None
    np.testing.assert_array_equal(found.samples, sound().samples)
    assert (found.marks, found.notices, found.metadata) == (sound().marks, sound().notices, sound().metadata)


def test_the_longest_unused_goes_first() -> None:
    cache = AudioCache(int(2.5 * sound().size))
    cache.put("a", sound())
    cache.put("b", sound())
    assert cache.get("a")
    cache.put("c", sound())
    assert cache.get("b") is None
    assert cache.get("a")
    assert cache.get("c")


def test_the_folder_does_not_grow_beyond_its_limit(tmp_path: Path) -> None:
    cache = AudioCache(0, tmp_path, 3 * 2 * SECOND)
    for number in range(8):
        cache.put(f"{number:064}", sound())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3 * 2 * SECOND
    assert cache.get(f"{7:064}")


def test_a_damaged_file_is_no_sound(tmp_path: Path) -> None:
    AudioCache(0, tmp_path, 10**6).put("1" * 64, sound())
    path = tmp_path / ("1" * 64)
    path.write_bytes(path.read_bytes()[:-100])
    assert AudioCache(0, tmp_path, 10**6).get("1" * 64) is None
    assert not path.exists()


REQUEST = Request("你好", "female_1", "zh", 1, {"speed": 1.5})


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, text="你好吗"), replace(REQUEST, voice="male_1"), replace(REQUEST, language=""),
        replace(REQUEST, seed=2), replace(REQUEST, controls={"speed": 1.6}), replace(REQUEST, controls={}),
        replace(REQUEST, controls={"speed": 1.5, "reference_audio": b"1"}),
    ],
)  # fmt: skip
def test_whatever_changes_the_sound_changes_the_key(other: Request) -> None:
    assert key(REQUEST) == key(replace(REQUEST))
    assert key(other) != key(REQUEST)


def test_engine_voice_and_lexicon_change_the_key() -> None:
    assert len({key(REQUEST), key(REQUEST, lexicon="x"), key(REQUEST, "other"), key(REQUEST, engine="fast")}) == 4


def test_the_digest_of_weights_is_that_of_their_engine(tmp_path: Path) -> None:
    assert weights_digest(CARD, tmp_path) == weights_digest(CARD, tmp_path) != weights_digest(PARROT, tmp_path)
