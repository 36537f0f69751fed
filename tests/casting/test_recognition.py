"""Who is heard is compared with those who consented, with nobody else, and each time that is written down."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from kouji import config, policy
from kouji.casting import Library
from kouji.errors import InvalidInput, NotPermitted, UnknownName
from kouji.policy import Consent
from kouji.voices import clone
from kouji.voices.clips import read_clips
from kouji.voices.clone import Sample

CONSENT = Consent("Zhang San", "to be recognised by the dubbing tool", date(2999, 12, 31))
Sound = tuple[np.ndarray, int]


@pytest.fixture(scope="module")
def samples(her: Sound, him: Sound) -> tuple[Sample, Sample]:
    return clone.prepare(read_clips(her)), clone.prepare(read_clips(him))


@pytest.fixture
def both(library: Library, samples: tuple[Sample, Sample]) -> Library:
    library.register("she", samples[0], CONSENT)
    library.register("he", samples[1], CONSENT)
    return library


def softer(sound: Sound) -> Sound:
    """The same person, another clip."""
    return sound[0][8000:] * 0.5, sound[1]


def test_a_registered_voice_is_told_from_another(both: Library, her: Sound, him: Sound) -> None:
    same, other = both.verify("she", softer(her)), both.verify("she", him)
    assert same.same
    assert not other.same
    assert 0 <= other.likeness < same.threshold == policy.NEAR <= same.likeness <= 1
    assert both.verify("she", her).likeness <= 1


def test_the_nearest_comes_first_and_is_found_where_it_is_near_enough(both: Library, her: Sound, him: Sound) -> None:
    found = both.identify(softer(him))
    assert (found.found, [near.name for near in found.voices]) == ("he", ["he", "she"])
    assert found.voices[0].likeness == pytest.approx(both.verify("he", softer(him)).likeness)
    both.remove("she")
    stranger = both.identify(her)
    assert (stranger.found, [near.name for near in stranger.voices]) == (None, ["he"])


def test_nobody_without_a_consent_in_force_is_compared(
    both: Library, samples: tuple[Sample, Sample], her: Sound, him: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.revoke("she")
    found = both.identify(her)
    assert (found.found, [near.name for near in found.voices]) == (None, ["he"])
    with pytest.raises(NotPermitted, match="revoked"):
        both.verify("she", her)
    both.register("today", samples[0], Consent("p", "s", datetime.now(UTC).date()))
    assert both.identify(her).found == "today"

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=1)

    monkeypatch.setattr(policy.consent, "datetime", Tomorrow)
    assert both.identify(her).found is None
    with pytest.raises(NotPermitted, match="ended"):
        both.verify("today", her)


def test_neither_the_deny_list_nor_built_in_voices_nor_strangers_are_searched(
    library: Library, samples: tuple[Sample, Sample], her: Sound
) -> None:
    library.protect("Someone Known", her)
    assert library.identify(her).voices == ()
    for name in ("Someone Known", "female_1", "nobody"):
        with pytest.raises(UnknownName):
            library.verify(name, her)


def test_each_question_is_a_line_in_the_log_and_leaves_nothing_else(both: Library, her: Sound, him: Sound) -> None:
    def files() -> list[Path]:
        return [path for path in both._home.rglob("*") if path.is_file() and "kouji.db" not in path.name]

    before = files()
    both.verify("she", him)
    both.identify(him)
    both.remove("he")
    both.identify(him)
    both.revoke("she")
    with pytest.raises(NotPermitted):
        both.verify("she", her)
    lines = [(each.action, each.voice, each.details) for each in reversed(both.events())][2:]
    digests = list(clone.prepare(read_clips(him)).digests)
    assert lines[0] == ("verify", "she", {"clips": digests, "same": False})
    assert lines[1] == ("identify", "he", {"clips": digests, "compared": 2})
    assert lines[3] == ("identify", "", {"clips": digests, "compared": 1})
    assert [line[:2] for line in lines[4:]] == [("revoke", "she"), ("refuse", "she")]
    assert set(files()) <= set(before)


def test_a_clip_that_nobody_could_be_known_by_is_refused_and_not_counted(both: Library) -> None:
    for ask in (lambda: both.verify("she", (np.zeros(48000), 16000)), lambda: both.identify((np.zeros(48000), 16000))):
        with pytest.raises(InvalidInput):
            ask()
    assert {each.action for each in both.events()} == {"register"}


def test_the_same_on_every_database(
    database: str, tmp_path: Path, samples: tuple[Sample, Sample], her: Sound
) -> None:
    library = Library(config.Config(home=str(tmp_path / "home"), database=database))
    library.register("a", samples[0], CONSENT)
    library.register("b", samples[0], Consent("p", "until it is revoked"))
    library.revoke("a")
    assert [near.name for near in library.identify(her).voices] == ["b"]
