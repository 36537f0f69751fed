"""Consent, protection and the log, on SQLite and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kouji import policy
from kouji.errors import AlreadyExists, InvalidInput, NotPermitted, UnknownName
from kouji.policy import Consent
from kouji.policy.consent import parse_day
from kouji.store import Records

TODAY = datetime.now(UTC).date()


def direction(seed: int) -> np.ndarray:
    embedding = np.abs(np.random.default_rng(seed).standard_normal(256)).astype(np.float32)
    return embedding / np.linalg.norm(embedding)


def test_a_consent_says_who_what_until_when_and_about_which_clips(records: Records) -> None:
    given = Consent("Zhang San", "for the audio guide", date(2999, 12, 31)).with_clips(("a" * 64,))
    with records.begin() as db:
        kept = policy.record(db, given)
    with records.begin() as db:
        found = policy.consent_of(db, kept.id)
    assert found == kept
    assert (found.person, found.statement, found.until) == ("Zhang San", "for the audio guide", date(2999, 12, 31))
    assert found.clips == ("a" * 64,)
    assert found.recorded_at is not None
    assert abs(datetime.now(UTC) - found.recorded_at) < timedelta(minutes=5)


@pytest.mark.parametrize(("person", "statement"), [("", "for"), ("  ", "for"), ("p", ""), ("p", "x" * 3000)])
def test_nobody_consents_to_nothing(person: str, statement: str) -> None:
    with pytest.raises(InvalidInput):
        Consent(person, statement)


def test_a_consent_holds_until_its_last_day_is_over() -> None:
    consent = Consent("p", "s", date(2026, 5, 1))
    policy.check(consent, "v", today=date(2026, 5, 1))
    with pytest.raises(NotPermitted, match="ended on 2026-05-01"):
        policy.check(consent, "v", today=date(2026, 5, 2))


def test_a_consent_that_has_ended_cannot_be_recorded(records: Records) -> None:
    with pytest.raises(NotPermitted), records.begin() as db:
        policy.record(db, Consent("p", "s", TODAY - timedelta(days=1)))


def test_a_revoked_consent_is_refused_and_keeps_the_day_of_its_end(records: Records) -> None:
    with records.begin() as db:
        kept = policy.record(db, Consent("p", "s"))
        policy.check(kept, "v")
        policy.revoke(db, kept.id)
        first = policy.consent_of(db, kept.id)
        policy.revoke(db, kept.id)
        assert policy.consent_of(db, kept.id).revoked_at == first.revoked_at
    with pytest.raises(NotPermitted, match="revoked"):
        policy.check(first, "v")


@pytest.mark.parametrize("text", ["", "tomorrow", "31.12.2027", "2027-02-30"])
def test_a_day_is_written_one_way(text: str) -> None:
    assert parse_day("2027-12-31") == date(2027, 12, 31)
    with pytest.raises(InvalidInput, match="no day"):
        parse_day(text)


def test_a_voice_too_close_to_a_protected_one_is_refused(records: Records) -> None:
    theirs, another = direction(1), direction(2)
    near = 0.9 * theirs + 0.1 * another
    near /= np.linalg.norm(near)
    with records.begin() as db:
        policy.guard(db, near)  # nobody is protected yet
        policy.protect(db, "Someone Known", theirs, "asked for it")
        with pytest.raises(NotPermitted, match="Someone Known"):
            policy.guard(db, near)
        apart = np.zeros(256, np.float32)
        apart[0] = 1
        policy.guard(db, apart)
        (listed,) = policy.protected(db)
        assert (listed.name, listed.note) == ("Someone Known", "asked for it")
        with pytest.raises(AlreadyExists):
            policy.protect(db, "Someone Known", theirs)
        policy.unprotect(db, "Someone Known")
        policy.guard(db, near)
        with pytest.raises(UnknownName):
            policy.unprotect(db, "Someone Known")


def test_the_log_keeps_every_line_in_order(records: Records) -> None:
    with records.begin() as db:
        policy.note(db, "register", "a", clips=["x"])
        policy.note(db, "use", "a", engine="native")
        policy.note(db, "use", "b", engine="native")
    with records.begin() as db:
        assert [(each.action, each.voice) for each in policy.events(db)] == [
            ("use", "b"),
            ("use", "a"),
            ("register", "a"),
        ]
        assert policy.events(db, "a")[1].details == {"clips": ["x"]}
        assert len(policy.events(db, limit=1)) == 1
        assert policy.events(db)[0].at.tzinfo == UTC
