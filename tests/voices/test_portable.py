"""A voice in one file: the same on the other side, and nothing that does not belong there."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.errors import InvalidInput
from kouji.voices.conditioning import ConditioningCache, Key, arrays_as_bytes, arrays_from
from kouji.voices.portable import Portable, pack, unpack


def flac(seconds: float = 3, channels: int = 1, format: str = "FLAC") -> bytes:
    file = io.BytesIO()
    samples = 0.1 * np.random.default_rng(0).standard_normal((int(16000 * seconds), channels))
    soundfile.write(file, samples, 16000, format=format)
    return file.getvalue()


@pytest.fixture(scope="module")
def voice() -> Portable:
    embedding = np.zeros(256, np.float32)
    embedding[3] = 1
    return Portable(
        "张三", "zh", "male", "a voice", "你好", datetime(2026, 1, 2, 3, tzinfo=UTC),
        {"person": "Zhang San", "statement": "for all", "until": date(2027, 12, 31), "clips": ("a" * 64,),
         "recorded_at": datetime(2026, 1, 1, tzinfo=UTC)},
        embedding, [[{"item": "length", "value": 3.0}]], (flac(), flac(2)), (0.5, 0.75), (3.0, 2.0),
        {"native": ("digest", arrays_as_bytes({"speaker": np.arange(4.0), "log_f0": np.float32(5)}))},
    )  # fmt: skip


def rebuilt(data: bytes, change: Callable[[dict[str, bytes]], None], compress: bool = False) -> bytes:
    """The file with other members; the sums are made right, so that only the change itself can be the reason."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if "metadata.json" in members:
        metadata = json.loads(members["metadata.json"])
        others = {name: content for name, content in members.items() if name != "metadata.json"}
        if isinstance(metadata, dict):
            metadata["sha256"] = {name: hashlib.sha256(content).hexdigest() for name, content in others.items()}
        members["metadata.json"] = json.dumps(metadata).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def meta(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["metadata.json"] = json.dumps(json.loads(members["metadata.json"]) | changes).encode()

    return change


def test_a_voice_comes_out_as_it_went_in(voice: Portable) -> None:
    found = unpack(pack(voice))
    np.testing.assert_array_equal(found.embedding, voice.embedding)
    assert replace(found, embedding=voice.embedding) == voice


def test_the_same_voice_gives_the_same_bytes(voice: Portable) -> None:
    assert pack(voice) == pack(voice)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip", bytes(1000)])
def test_what_is_no_voice_file_is_told(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no voice file"):
        unpack(data)


def test_every_byte_that_is_changed_is_noticed(voice: Portable) -> None:
    data = pack(voice)
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(data), 60):
        changed = bytearray(data)
        changed[place] ^= 0x55
        try:
            found = unpack(bytes(changed))
        except InvalidInput:
            continue
        # Only what says nothing may differ: the zip's dates, attributes and versions.
        assert replace(found, embedding=voice.embedding) == voice


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update({"../../evil": b"x"}),
        lambda members: members.update({"/etc/passwd": b"x"}),
        lambda members: members.update({"clips/000.flac/": b""}),
        lambda members: members.update({"run.py": b"x"}),
        lambda members: members.update({"clips/002.flac": flac()}),
        lambda members: members.pop("clips/001.flac"),
        lambda members: members.pop("metadata.json"),
        lambda members: members.pop("embedding.npy"),
        lambda members: members.update({"metadata.json": b"[1]"}),
        lambda members: members.update({"embedding.npy": members["embedding.npy"][:-4]}),
        lambda members: members.update({"embedding.npy": members["embedding.npy"].replace(b"256", b"999")}),
        lambda members: members.update({"embedding.npy": members["embedding.npy"][:-1024] + bytes(1024)}),
        lambda members: members.update({"clips/000.flac": b"no sound"}),
        lambda members: members.update({"clips/000.flac": flac(channels=2)}),
        lambda members: members.update({"clips/000.flac": flac(format="WAV")}),
        lambda members: members.update({"clips/000.flac": flac(40)}),
        meta(format="zip"),
        meta(version=2),
        meta(name="../../etc/passwd"),
        meta(name=7),
        meta(language="x" * 100),
        meta(created_at="yesterday"),
        meta(consent=None),
        meta(consent={"person": "p", "statement": "s", "until": "never", "clips": [], "recorded_at": "2026-01-01"}),
        meta(consent={"person": "p", "statement": "s", "until": None, "clips": ["x"], "recorded_at": "2026-01-01"}),
        meta(clips=[{"weight": 2, "duration": 3}, {"weight": 1, "duration": 3}]),
        meta(clips="two"),
        meta(findings="good"),
        meta(conditioning={}),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(voice: Portable, change: Callable[[dict[str, bytes]], None]) -> None:
    with pytest.raises(InvalidInput) as told:
        unpack(rebuilt(pack(voice), change))
    assert told.value.hint


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(voice: Portable) -> None:
    bomb = rebuilt(pack(voice), lambda members: members.update({"clips/000.flac": bytes(10_000_000)}), compress=True)
    assert len(bomb) < 1_000_000
    with pytest.raises(InvalidInput, match="compressed"):
        unpack(bomb)


def test_arrays_are_data_and_no_larger_than_they_are() -> None:
    data = arrays_as_bytes({"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float32(2)})
    found = arrays_from(data)
    np.testing.assert_array_equal(found["a"], [[0, 1, 2], [3, 4, 5]])
    assert found["b"].shape == ()
    objects = io.BytesIO()
    np.savez(objects, a=np.array([{}], object))
    for bad in (b"", b"PK", data[:100], data.replace(b"(2, 3)", b"(9, 9)"), objects.getvalue()):
        with pytest.raises(ValueError):  # noqa: PT011  # whatever numpy and zipfile say
            arrays_from(bad)


def test_what_was_learnt_is_learnt_once_and_forgotten_when_asked(tmp_path: Path) -> None:
    learnt: list[int] = []

    def learn() -> dict[str, np.ndarray]:
        learnt.append(1)
        return {"a": np.ones(3)}

    key, other = Key("native", "w", ("x",), "hi"), Key("native", "w2", ("x",), "hi")
    cache = ConditioningCache(tmp_path, n_hot=1)
    cache.get(key, learn)
    cache.get(key, learn)
    assert len(learnt) == 1
    assert len(list(tmp_path.rglob("*.npz"))) == 1
    np.testing.assert_array_equal(ConditioningCache(tmp_path).get(key, learn)["a"], np.ones(3))
    assert len(learnt) == 1  # from the disk
    cache.get(other, learn)  # other weights, and the first is no longer hot
    assert len(learnt) == 2
    cache.forget(["x"])
    assert list(tmp_path.rglob("*.npz")) == []
    cache.get(key, learn)
    assert len(learnt) == 3


def test_what_has_no_digest_is_kept_in_memory_alone(tmp_path: Path) -> None:
    cache = ConditioningCache(tmp_path)
    cache.get(Key("x", "", ("a",)), lambda: {"a": np.ones(1)})
    assert list(tmp_path.iterdir()) == []


def test_a_spoilt_cache_is_learnt_again(tmp_path: Path) -> None:
    key = Key("native", "w", ("x",))
    ConditioningCache(tmp_path).get(key, lambda: {"a": np.ones(1)})
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(b"spoilt")
    assert ConditioningCache(tmp_path).get(key, lambda: {"a": np.zeros(1)})["a"] == 0
