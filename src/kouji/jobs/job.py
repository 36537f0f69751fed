"""What a job is: lines to say, how and where to; and what has become of it.

    Order -> submit -> Job with its Items -> Events while they are made -> files in the place

The rows are the truth. A queue, where there is one, carries ids alone, and may lose them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property

from kouji.audio.encoder import FORMATS, rate_of
from kouji.policy import Consent
from kouji.types import Request

KINDS = ("speech", "batch")
STATES = ("queued", "running", "done", "failed", "dead", "cancelled")
OPEN = ("queued", "running")  # states in which there is work left
LOUDNESS = -16.0  # LUFS, what a job's sound is brought to unless it says otherwise (AES TD1008, speech)
EVENTS = ("queued", "running", "item", "done", "failed", "dead", "cancelled", "resumed")


@dataclass(frozen=True)
class Line:
    """One thing to say."""

    name: str  # of its file, without the ending
    request: Request
    consent: Consent | None = None  # to its clips, of the person who speaks in them

    @property
    def clips(self) -> list[bytes]:
        """Those that it brings along. A clip that is a path stays where it is."""
        return [value for value in self.request.controls.values() if isinstance(value, bytes)]


@dataclass(frozen=True)
class Output:
    """What becomes of the sound."""

    place: str  # file:///FOLDER: files by their name; or a store of blobs, by content
    named: bool = True  # whether files have names in the place, or the sha256 of what they hold
    format: str = "wav"
    loudness: float | None = LOUDNESS  # LUFS; None leaves it as it is
    url_ttl: int = 3600  # seconds that a link to it holds, where the place gives links that end
    sample_rate: int | None = None  # Hz; None: the engine's own, or the nearest above that the format can carry

    @property
    def plain(self) -> dict[str, object]:
        """What it asks for, without what it leaves open: so that older orders keep their fingerprints."""
        return {name: value for name, value in asdict(self).items() if name != "sample_rate" or value is not None}

    def rate(self, engine_rate: int) -> int:
        """Hz of the files, where the engine has `engine_rate`. Raises InvalidInput: the format cannot carry it."""
        if self.format in FORMATS:
            return rate_of(self.format, engine_rate, self.sample_rate)
        return self.sample_rate or engine_rate


@dataclass(frozen=True)
class Callback:
    """Whom to tell."""

    url: str
    events: tuple[str, ...] = ("done", "failed", "dead", "cancelled")


@dataclass(frozen=True)
class Order:
    """A job as it is asked for."""

    kind: str  # one of KINDS
    lines: Sequence[Line]
    output: Output
    engine: str
    preset: str = ""
    lexicon: str = ""
    material: str = ""  # sha256 of the files that it draws on and of what else decides the sound
    callback: Callback | None = None
    priority: int = 0  # higher goes first, -100 to 100
    key: str = ""  # idempotency: the same key and order give the same job
    owner: str = ""  # who asks for it; "": whoever runs the house
    clips: str = ""  # URL of the store that keeps those which lines bring along

    @cached_property
    def digests(self) -> Mapping[bytes, str]:
        """Sha256 of each clip that lines bring along."""
        found: dict[bytes, str] = {}
        for line in self.lines:
            for data in line.clips:
                if data not in found:
                    found[data] = hashlib.sha256(data).hexdigest()
        return found

    def plain(self, request: Request) -> dict[str, object]:
        """A request as JSON can hold it: a clip by its sha256, so that two are never taken for one another."""
        controls = {
            name: {"sha256": self.digests[value]} if isinstance(value, bytes) else value
            for name, value in request.controls.items()
        }
        return asdict(replace(request, controls=controls))

    @property
    def settings(self) -> dict[str, str]:
        """What the session needs that speaks it."""
        return {"engine": self.engine, "preset": self.preset, "lexicon": self.lexicon}

    @property
    def fingerprint(self) -> str:
        """Two orders that have it in common ask for the same."""
        return _digest(
            self.kind, [self._asked(line) for line in self.lines], self.output.plain, self.settings,
            self.material, self.callback and asdict(self.callback), self.priority,
        )  # fmt: skip

    def print_of(self, line: Line) -> str:
        """Two lines that have it in common sound the same, to the byte."""
        rate = [] if self.output.sample_rate is None else [self.output.sample_rate]
        sound = self.output.format, self.output.loudness, self.settings, self.material, *rate
        return _digest(line.name, self.plain(line.request), *sound)

    def _asked(self, line: Line) -> list[object]:
        consent = [line.consent.person, line.consent.statement] if line.clips and line.consent else []
        return [line.name, self.plain(line.request), *consent]


@dataclass(frozen=True)
class Job:
    """A job as it stands."""

    id: str
    kind: str
    state: str  # one of STATES
    n_items: int
    n_done: int
    n_failed: int  # cannot be said as asked
    n_dead: int  # given up after several attempts
    last_seq: int
    created_at: datetime
    finished_at: datetime | None
    output: Output
    settings: Mapping[str, str]
    callback: Callback | None
    priority: int
    key: str
    owner: str

    @property
    def progress(self) -> float:
        """How much of it is over, 0 to 1."""
        return (self.n_done + self.n_failed + self.n_dead) / self.n_items

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens unless it is resumed."""
        return self.state not in OPEN


@dataclass(frozen=True)
class Item:
    """One line of a job as it stands."""

    job: str
    position: int
    name: str
    request: Request
    state: str  # as of a job, but never cancelled
    attempts: int
    holder: str = ""  # who has the lease
    file: str = ""
    sha256: str = ""
    duration: float = 0.0  # seconds
    notices: tuple[Mapping[str, str], ...] = ()
    error: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """Something that happened to a job."""

    seq: int  # 1, 2, 3 … within the job
    at: datetime
    kind: str  # one of EVENTS
    data: Mapping[str, object]


@dataclass(frozen=True)
class Made:
    """What the making of one line has given."""

    file: str
    sha256: str
    duration: float  # seconds
    notices: tuple[Mapping[str, str], ...]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
