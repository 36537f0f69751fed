"""Voice, consent, files and log together: all of them or none."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from kouji import config, policy
from kouji.casting import Library
from kouji.errors import AlreadyExists, InvalidInput, NotPermitted, StoreFailed, UnknownName
from kouji.policy import Consent
from kouji.voices.clips import read_clips
from kouji.voices.clone import Sample

CONSENT = Consent("Zhang San", "for the audio guide", date(2999, 12, 31))
Sound = tuple[np.ndarray, int]


@pytest.fixture(scope="module")
def sample(her: Sound) -> Sample:
    from kouji.voices.clone import prepare

    return prepare(read_clips(her))


def files(library: Library, folder: str = "references") -> list[Path]:
    return [path for path in (library._home / folder).rglob("*") if path.is_file()]


def actions(library: Library) -> list[str]:
    return [event.action for event in library.events()]


def test_a_registered_voice_is_found_with_its_consent_and_its_clip(library: Library, sample: Sample) -> None:
    library.register("张三", sample, CONSENT, language="zh", transcript="hello")
    found = Library(config.Config(home=str(library._home))).get("张三")
    assert (found.voice.language, found.voice.transcript) == ("zh", "hello")
    assert (found.consent.person, found.consent.until) == ("Zhang San", date(2999, 12, 31))
    assert found.consent.clips == sample.digests
    ((samples, sample_rate),) = library.references(found.voice)
    assert sample_rate == 16000
    np.testing.assert_allclose(samples, sample.references[0].samples, atol=1e-4)
    assert actions(library) == ["register"]


def test_the_same_on_every_database(database: str, tmp_path: Path, sample: Sample) -> None:
    library = Library(config.Config(home=str(tmp_path / "home"), database=database))
    library.register("a", sample, CONSENT)
    data = library.export("a")
    library.rename("a", "b")
    library.use("b", "native")
    library.remove("b")
    assert files(library) == []
    library.import_(data)
    assert [each.voice.name for each in library.voices()] == ["a"]
    library.revoke("a")
    with pytest.raises(NotPermitted):
        library.use("a", "native")
    assert actions(library) == ["refuse", "revoke", "import", "delete", "use", "rename", "export", "register"]
    library.records.close()


@pytest.mark.parametrize(
    ("name", "error"),
    [("female_1", AlreadyExists), ("taken", AlreadyExists), ("../x", InvalidInput), ("", InvalidInput)],
)
def test_a_name_that_cannot_be_had_stores_nothing(
    library: Library, sample: Sample, name: str, error: type[Exception]
) -> None:
    library.register("taken", sample, CONSENT)
    before = files(library)
    with pytest.raises(error):
        library.register(name, sample, CONSENT)
    assert files(library) == before
    assert [each.voice.name for each in library.voices()] == ["taken"]


def test_a_consent_that_has_ended_registers_nothing(library: Library, sample: Sample) -> None:
    with pytest.raises(NotPermitted):
        library.register("a", sample, Consent("p", "s", datetime.now(UTC).date() - timedelta(days=1)))
    assert (library.voices(), files(library), actions(library)) == ([], [], ["refuse"])


def test_a_consent_that_ends_stops_the_voice(library: Library, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    library.register("a", sample, Consent("p", "s", datetime.now(UTC).date()))
    library.use("a", "native")

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=1)

    monkeypatch.setattr(policy.consent, "datetime", Tomorrow)
    with pytest.raises(NotPermitted, match="ended"):
        library.use("a", "native")
    with pytest.raises(NotPermitted, match="ended"):
        library.export("a")
    assert actions(library) == ["refuse", "refuse", "use", "register"]


def test_a_protected_voice_is_refused_everywhere(library: Library, her: Sound, him: Sound, sample: Sample) -> None:
    library.register("before", sample, CONSENT)
    data = library.export("before")
    assert library.protect("Someone Known", her) == ["before"]
    for attempt in (
        lambda: library.prepare(read_clips(her)),
        lambda: library.register("after", sample, CONSENT),
        lambda: library.import_(data, "after"),
        lambda: library.admit(sample, "native"),
    ):
        with pytest.raises(NotPermitted, match="Someone Known"):
            attempt()
    library.prepare(read_clips(him))  # somebody else is welcome
    assert [each.voice.name for each in library.voices()] == ["before"]
    assert actions(library)[:4] == ["refuse"] * 4
    library.unprotect("Someone Known")
    library.register("after", sample, CONSENT)


def test_a_file_cannot_pass_a_protected_voice_off_as_another(library: Library, her: Sound, sample: Sample) -> None:
    from dataclasses import replace

    other = np.zeros(256, np.float32)
    other[0] = 1
    library.register("a", replace(sample, embedding=other), CONSENT)
    forged = library.export("a")
    library.remove("a")
    library.protect("Someone Known", her)
    with pytest.raises(NotPermitted):
        library.import_(forged)


def test_a_full_disk_registers_nothing(library: Library, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.voices() == []

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreFailed, match="No space left"):
            library.register("a", sample, CONSENT)
    assert (library.voices(), files(library)) == ([], [])
    library.register("a", sample, CONSENT)


def test_records_that_fail_leave_no_file(library: Library, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise StoreFailed("the records are full")

    with monkeypatch.context() as patched:
        patched.setattr(policy, "note", failing)
        with pytest.raises(StoreFailed):
            library.register("a", sample, CONSENT)
    assert (library.voices(), files(library)) == ([], [])


def _register_and_die(home: str, sample: Sample) -> None:
    library = Library(config.Config(home=home))
    library.voices()
    library.blobs.put = lambda data, put=library.blobs.put: (put(data), os.kill(os.getpid(), signal.SIGKILL))[0]  # type: ignore[method-assign]
    library.register("a", sample, CONSENT)


def test_killed_in_the_middle_no_voice_is_left_and_its_file_is_swept_up(library: Library, sample: Sample) -> None:
    worker = multiprocessing.get_context("spawn").Process(target=_register_and_die, args=(str(library._home), sample))
    worker.start()
    worker.join()
    assert worker.exitcode == -signal.SIGKILL
    assert library.voices() == []
    assert actions(library) == []
    (left,) = files(library)
    os.utime(left, (time.time() - 7200,) * 2)
    library._sweep()
    assert files(library) == []


def test_what_is_removed_is_gone_but_for_its_consent_and_the_log(library: Library, sample: Sample) -> None:
    voice = library.register("a", sample, CONSENT)
    library.remove("a")
    assert files(library) == []
    with pytest.raises(UnknownName):
        library.get("a")
    with library.records.begin() as db:
        assert policy.consent_of(db, voice.consent).person == "Zhang San"
    assert actions(library) == ["delete", "register"]


def test_two_voices_of_one_clip_keep_it_until_both_are_gone(library: Library, sample: Sample) -> None:
    library.register("a", sample, CONSENT)
    library.register("b", sample, CONSENT)
    library.remove("a")
    assert library.references(library.get("b").voice)


def test_an_unknown_voice_names_the_nearest_also_of_the_built_in_ones(library: Library, sample: Sample) -> None:
    library.register("user_001", sample, CONSENT)
    with pytest.raises(UnknownName, match="'user_001'"):
        library.use("user_01", "native")
    with pytest.raises(UnknownName, match="'female_1'"):
        library.use("female_2", "native", ["female_1"])
