"""The library of voices: what `kouji voices` and a session do with registered voices, consent and the log together.

Files come first, then one transaction for voice, consent and log: whatever stops in between leaves no voice, and the
files that nobody knows are swept up later.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import soundfile

from kouji import config, policy
from kouji.errors import AlreadyExists, NotPermitted, SpeechError, StoreFailed
from kouji.policy import Consent, Event, Protected
from kouji.store import Blobs, Records, may_exist, open_blobs, open_records
from kouji.voices import clone, portable, registry
from kouji.voices.clips import Clip, ClipSource, read_clips
from kouji.voices.clone import Sample
from kouji.voices.conditioning import ConditioningCache
from kouji.voices.nearest import Gallery
from kouji.voices.voice import StoredClip, Voice, checked_name

from . import recognition
from .recognition import Identified, Verified

_ORPHAN_AGE = 3600.0  # seconds after which a file that no voice has is nobody's work in progress
Learnt = Mapping[str, tuple[str, bytes]]  # engine -> digest of its weights, npz of what it has learnt


@dataclass(frozen=True)
class Registered:
    """A voice with its consent."""

    voice: Voice
    consent: Consent


class Library:
    """All registered voices of a house. Opened when it is first asked; threads may share it."""

    def __init__(self, settings: config.Config | None = None, reserved: Sequence[str] = ()) -> None:
        """Nothing is opened yet.

        Args:
            settings: say where all is kept.
            reserved: names that built-in voices have.
        """
        self._home = config.home_folder(settings or config.Config())
        self._database = config.database_url(settings or config.Config())
        self._reserved = tuple(reserved)

    @property
    def exists(self) -> bool:
        """Whether there may be any voice."""
        return may_exist(self._database)

    @cached_property
    def records(self) -> Records:
        """The database."""
        return open_records(self._database)

    @cached_property
    def blobs(self) -> Blobs:
        """The reference clips."""
        return open_blobs((self._home / "references").absolute().as_uri())

    @cached_property
    def conditionings(self) -> ConditioningCache:
        """What engines have learnt."""
        return ConditioningCache(self._home / "conditionings")

    def prepare(self, clips: Sequence[Clip], voice: str = "") -> Sample:
        """Examine and mend clips of one person; refuse what the deny list protects.

        Raises:
            InvalidInput: a clip cannot be used; says why.
            NotPermitted: the voice is protected.
        """
        sample = clone.prepare(clips)
        with self.refusals(voice, clips=list(sample.digests)), self.records.begin() as db:
            policy.guard(db, sample.embedding)
        return sample

    def admit(self, sample: Sample, engine: str) -> None:
        """Clips that are not registered are to speak now: once more past the deny list, and into the log.

        Raises:
            NotPermitted: the voice is protected.
        """
        clips = list(sample.digests)
        with self.refusals("", engine=engine, clips=clips), self.records.begin(swift=True) as db:
            policy.guard(db, sample.embedding)
            policy.note(db, "use", "", engine=engine, clips=clips)

    def register(
        self,
        name: str,
        sample: Sample,
        consent: Consent,
        *,
        language: str = "",
        gender: str = "",
        description: str = "",
        transcript: str = "",
    ) -> Voice:
        """Keep a voice, with the consent of its owner.

        Raises:
            InvalidInput: the name is no name.
            AlreadyExists: a voice has it.
            NotPermitted: the consent has ended already, or the voice is protected.
            StoreFailed: it cannot be kept; nothing of it is.
        """
        name = self._free(name)
        flacs = [_flac(each.samples, each.sample_rate) for each in sample.references]
        voice = Voice(
            name, language, gender, description, transcript, datetime.now(UTC), "", sample.embedding,
            [[asdict(finding) for finding in findings] for findings in sample.findings], (),
        )  # fmt: skip
        clips = [(data, each.duration, each.quality) for data, each in zip(flacs, sample.references, strict=True)]
        return self._keep(voice, clips, consent.with_clips(sample.digests), "register")

    def voices(self) -> list[Registered]:
        """All, by name."""
        with self.records.begin() as db:
            return [Registered(voice, policy.consent_of(db, voice.consent)) for voice in registry.all_voices(db)]

    def get(self, name: str) -> Registered:
        """One voice. Raises UnknownName."""
        with self.records.begin() as db:
            voice = registry.get(db, name, self._reserved)
            return Registered(voice, policy.consent_of(db, voice.consent))

    def use(self, name: str, engine: str, own: Sequence[str] = ()) -> Voice:
        """A voice that is to speak now.

        Args:
            name: of the voice.
            engine: that is to speak.
            own: names of the engine's built-in voices, one of which may have been meant.

        Raises:
            UnknownName: there is none; names the nearest.
            NotPermitted: its consent has ended, or was revoked.
        """
        with self.refusals(name, engine=engine), self.records.begin(swift=True) as db:
            voice = registry.get(db, name, tuple(own))
            policy.check(policy.consent_of(db, voice.consent), name)
            policy.note(db, "use", name, engine=engine)
            return voice

    def references(self, voice: Voice) -> list[tuple[np.ndarray, int]]:
        """Its clips as (samples, sample rate). Raises StoreFailed where one is missing."""
        return [_samples(self.blobs.open(clip.blob)) for clip in voice.clips]

    def remove(self, name: str) -> None:
        """Take a voice out, with its clips and all that engines have learnt of it; its consent stays on record.

        Raises:
            UnknownName: there is none.
        """
        with self.records.begin() as db:
            voice = registry.get(db, name)
            gone = registry.remove(db, name)
            policy.note(db, "delete", name, consent=voice.consent)
        self.conditionings.forget([clip.blob for clip in voice.clips])
        for key in gone:
            self.blobs.delete(key)

    def rename(self, name: str, new: str) -> None:
        """Call a voice otherwise. Raises UnknownName, AlreadyExists, InvalidInput."""
        new = self._free(new)
        with self.records.begin() as db:
            registry.rename(db, name, new)
            policy.note(db, "rename", new, was=name)

    def revoke(self, name: str) -> None:
        """The consent is taken back: from now on the voice does not speak. Raises UnknownName."""
        with self.records.begin() as db:
            voice = registry.get(db, name)
            policy.revoke(db, voice.consent)
            policy.note(db, "revoke", name, consent=voice.consent)
        self.conditionings.forget([clip.blob for clip in voice.clips])

    def export(self, name: str, learnt: Learnt | None = None) -> bytes:
        """The voice as one file, see kouji.voices.portable.

        Raises:
            UnknownName: there is none.
            NotPermitted: its consent has ended, or was revoked.
        """
        with self.refusals(name), self.records.begin() as db:
            voice = registry.get(db, name)
            consent = policy.consent_of(db, voice.consent)
            policy.check(consent, name)
            policy.note(db, "export", name)
        return portable.pack(
            portable.Portable(
                voice.name, voice.language, voice.gender, voice.description, voice.transcript, voice.created_at,
                {key: getattr(consent, key) for key in ("person", "statement", "until", "clips", "recorded_at")},
                voice.embedding, voice.findings, tuple(self.blobs.open(clip.blob) for clip in voice.clips),
                tuple(clip.weight for clip in voice.clips), tuple(clip.duration for clip in voice.clips),
                learnt or {},
            )
        )  # fmt: skip

    def import_(self, data: bytes, name: str = "") -> tuple[Voice, Learnt]:
        """Keep a voice that was exported elsewhere, under its own name or another.

        Its embedding is made anew from its clips, so that no file can pass a protected voice off as another.

        Returns:
            The voice; what engines had learnt, for whoever trusts the file.

        Raises:
            InvalidInput: it is no such file, or its clips cannot be used.
            AlreadyExists, NotPermitted, StoreFailed: as `register`.
        """
        found = portable.unpack(data)
        name = self._free(name or found.name)
        embedding = self.prepare(read_clips(list(found.clips)), name).embedding
        voice = Voice(
            name, found.language, found.gender, found.description, found.transcript, found.created_at, "", embedding,
            found.findings, (),
        )  # fmt: skip
        about = found.consent
        consent = Consent(about["person"], about["statement"], about["until"], about["clips"], about["recorded_at"])
        clips = list(zip(found.clips, found.durations, found.weights, strict=True))
        return self._keep(voice, clips, consent, "import"), found.conditioning

    def protect(self, name: str, clips: ClipSource | Sequence[ClipSource], note: str = "") -> list[str]:
        """Put a voice on the deny list, by a clip of it; the clip itself is not kept.

        Returns:
            Registered voices that are too close to it: they keep speaking until they are removed or revoked.
        """
        name = checked_name(name)
        embedding = clone.prepare(read_clips(clips)).embedding
        with self.records.begin() as db:
            policy.protect(db, name, embedding, note)
            policy.note(db, "protect", name)
            gallery = Gallery(*registry.embeddings(db))
        return [near.name for near in gallery.nearest(embedding, 100) if near.likeness >= policy.NEAR]

    def unprotect(self, name: str) -> None:
        """Take a voice off the deny list. Raises UnknownName."""
        with self.records.begin() as db:
            policy.unprotect(db, name)
            policy.note(db, "unprotect", name)

    def protected(self) -> list[Protected]:
        """The deny list."""
        with self.records.begin() as db:
            return policy.protected(db)

    def verify(self, name: str, clips: ClipSource | Sequence[ClipSource]) -> Verified:
        """Is it this registered voice that is heard? (See kouji.casting.recognition.)"""
        return recognition.verify(self, name, clips)

    def identify(self, clips: ClipSource | Sequence[ClipSource]) -> Identified:
        """Which registered voices with a consent in force are most like it? (See kouji.casting.recognition.)"""
        return recognition.identify(self, clips)

    def events(self, voice: str | None = None, limit: int = 1000) -> list[Event]:
        """The log, the newest first."""
        with self.records.begin() as db:
            return policy.events(db, voice, limit)

    def _free(self, name: str) -> str:
        name = checked_name(name)
        if name in self._reserved:
            raise AlreadyExists("built-in voice", name)
        with self.records.begin() as db:
            if registry.find(db, name) is not None:
                raise AlreadyExists("voice", name)
        return name

    def _keep(self, voice: Voice, clips: Sequence[tuple[bytes, float, float]], consent: Consent, action: str) -> Voice:
        """Files, then voice, consent and log in one transaction; after an error none of them."""
        put: list[str] = []
        try:
            with self.refusals(voice.name), self.records.begin() as db:
                policy.guard(db, voice.embedding)
                kept = policy.record(db, consent)
                for data, _, _ in clips:
                    put.append(self.blobs.put(data))
                stored = tuple(StoredClip(key, *about) for key, (_, *about) in zip(put, clips, strict=True))
                whole = replace(voice, consent=kept.id, clips=stored)
                registry.add(db, whole)
                policy.note(db, action, voice.name, consent=kept.id, clips=list(kept.clips))
        except BaseException:
            with suppress(SpeechError), self.records.begin() as db:
                for key in put:
                    if not registry.used(db, key):
                        self.blobs.delete(key)
            raise
        self._sweep()
        return whole

    def _sweep(self) -> None:
        """Remove files of voices that were never finished."""
        with suppress(StoreFailed), self.records.begin() as db:
            for key in self.blobs.keys(older_than=_ORPHAN_AGE):
                if not registry.used(db, key):
                    self.blobs.delete(key)

    @contextmanager
    def refusals(self, voice: str, **details: object) -> Iterator[None]:
        """Whatever is refused within is logged, in a transaction of its own."""
        try:
            yield
        except NotPermitted as error:
            with self.records.begin() as db:
                policy.note(db, "refuse", voice, reason=error.message, **details)
            raise


def _flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """16 bits: what is below is no voice's."""
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _samples(flac: bytes) -> tuple[np.ndarray, int]:
    samples, sample_rate = soundfile.read(io.BytesIO(flac), dtype="float32")
    return samples, int(sample_rate)
