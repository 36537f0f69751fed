"""One request from order to bytes: what the workers do, piece by piece.

    Order ─→ session.start ─→ (cache | chunks) ─→ encoder ─→ [Opening, Piece, Piece, …]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kouji.audio.encoder import Encoder, to_16_bit
from kouji.audio.join import collect
from kouji.audio.loudness import brought_to
from kouji.control import closing
from kouji.types import Mark, Notice, Request

from .cache import LONGEST, AudioCache, Finished, key_of

if TYPE_CHECKING:
    from kouji.control import DurationPlan
    from kouji.speak import Session, Stream

    from .hosts import Host

CACHED_PIECE = 2.0  # seconds of sound from the cache that are encoded in one turn
CACHE_MODES = ("use", "refresh", "off")


@dataclass(frozen=True)
class Order:
    """What a door asks for, in whichever dialect it was said."""

    request: Request
    engine: str
    format: str = "mp3"  # a key of kouji.audio.encoder.FORMATS
    sample_rate: int | None = None  # Hz; None: as the engine has it, or the nearest above that the format can carry
    bit_rate: int | None = None  # bits per second
    cache: str = "use"  # one of CACHE_MODES
    client: str = ""  # whose turn it takes
    notices: tuple[Notice, ...] = ()  # what the door left aside
    source: bytes | None = None  # a recording that is said again with another voice, instead of the text
    preset: str = ""  # of the engine; "": that of the settings, else its first
    loudness: float | None = None  # LUFS that the whole is brought to; None leaves it as it is


@dataclass(frozen=True)
class Piece:
    """Some bytes of the answer, and the sound in them."""

    data: bytes = b""
    duration: float = 0.0  # seconds that were made, whether they are in it or come later
    marks: tuple[Mark, ...] = ()  # times from the start of the whole
    n_samples: int = 0  # sent up to here, at the rate of what is sent
    notices: tuple[Notice, ...] = ()  # what the caller should know, besides the sound


@dataclass(frozen=True)
class Opening(Piece):
    """The first piece: what is known before any sound."""

    sample_rate: int = 0  # Hz, of what is sent
    metadata: dict[str, object] | None = None  # engine, voice, language, seed
    is_cached: bool = False


def pieces(host: Host, order: Order, cache: AudioCache) -> Iterator[Piece]:
    """Do the work of an order, in a worker; see `Turns` for how it is cut into turns.

    Raises:
        SpeechError: with the first piece where the request is at fault.
    """
    session = host.session()
    # Checked even where the sound is at hand: a voice that may no longer speak does not speak from memory either.
    stream = _started(session, order)
    encoder = Encoder(order.format, stream.sample_rate, order.sample_rate, order.bit_rate, tags=stream.tags)
    try:
        yield from _answer(host, order, cache, session, stream, encoder)
    finally:
        encoder.close()


def _answer(
    host: Host, order: Order, cache: AudioCache, session: Session, stream: Stream, encoder: Encoder
) -> Iterator[Piece]:
    identity = identity_of(session, stream, order.request.text)
    level = {} if order.loudness is None else {"loudness": order.loudness}
    key = key_of(order.request, identity, host.identity, marking=stream.metadata.get("marking"), **level)
    found = cache.get(key) if order.cache == "use" else None
    of_cache = cache.notices if order.cache == "use" else ()
    notices = (*order.notices, *of_cache, *(stream.notices if found is None else found.notices))
    yield Opening(
        sample_rate=encoder.sample_rate, metadata=stream.metadata, notices=notices, is_cached=found is not None
    )
    if found is not None:
        yield from _encoded(_remembered(found), found.sample_rate, encoder)
        return
    kept = _Kept(stream.sample_rate) if order.cache != "off" else None
    if order.loudness is None:
        yield from _encoded(_made(stream, kept), stream.sample_rate, encoder)
    else:
        yield from _levelled(stream, order.loudness, kept, encoder)
    late = closing.notices(stream.metadata)
    if kept is not None and kept.is_whole:
        cache.put(key, kept.finished(stream, late))
        late += tuple(notice for notice in cache.notices if notice not in of_cache)
    if late:
        yield Piece(n_samples=encoder.n_samples, notices=late)


def _started(session: Session, order: Order) -> Stream:
    asked = order.request
    if order.source is None:
        return session.start(asked)
    return session.start_conversion(asked, order.source)


@dataclass(frozen=True)
class Planned(Piece):
    """How long an order would take."""

    plan: DurationPlan | None = None


def plans(host: Host, order: Order) -> Iterator[Piece]:
    """Plan an order instead of saying it, in a worker. Raises as `Session.plan` does."""
    asked = order.request
    plan = host.session().plan(asked.text, asked.voice, asked.language, asked.seed, **asked.controls)
    yield Planned(notices=(*order.notices, *plan.notices), plan=plan)


def identity_of(session: Session, stream: Stream, text: str) -> str:
    """Who speaks, to the clips that a registered voice was learnt from: one of the same name may replace it later."""
    name = str(stream.metadata.get("voice", ""))
    builtin = [voice.id for voice in session.card.voices]
    # Markup may name voices too; then any change of any of them counts.
    if not session.library.exists or (name in builtin and "<voice" not in text):
        return name
    voices = sorted((each.voice for each in session.library.voices()), key=lambda voice: voice.name)
    chosen = [voice for voice in voices if voice.name == name or "<voice" in text]
    return repr([name, *((voice.name, voice.transcript, [clip.blob for clip in voice.clips]) for voice in chosen)])


def _encoded(
    sound: Iterator[tuple[np.ndarray, tuple[Mark, ...]]], sample_rate: int, encoder: Encoder
) -> Iterator[Piece]:
    for samples, marks in sound:
        data = encoder.add(samples)
        yield Piece(data, len(samples) / sample_rate, marks, encoder.n_samples)
    data = encoder.finish()
    yield Piece(data, n_samples=encoder.n_samples)


def _made(stream: Stream, kept: _Kept | None) -> Iterator[tuple[np.ndarray, tuple[Mark, ...]]]:
    for chunk in stream:
        samples = to_16_bit(chunk.samples)
        if kept is not None:
            kept.add(samples, chunk.marks)
        yield samples, chunk.marks


def _levelled(stream: Stream, loudness: float, kept: _Kept | None, encoder: Encoder) -> Iterator[Piece]:
    """A sound that is brought to a loudness once it is whole; while it is made, others have their turns."""
    chunks = []
    for chunk in stream:
        chunks.append(chunk)
        yield Piece(duration=len(chunk.samples) / stream.sample_rate)
    samples, marks = collect(chunks)
    level = to_16_bit(brought_to(samples, stream.sample_rate, loudness))
    if kept is not None:
        kept.add(level, marks)
    yield from _encoded(_remembered(Finished(level, stream.sample_rate, marks)), stream.sample_rate, encoder)


def _remembered(found: Finished) -> Iterator[tuple[np.ndarray, tuple[Mark, ...]]]:
    length, marks = round(CACHED_PIECE * found.sample_rate), found.marks
    for start in range(0, len(found.samples), length):
        yield found.samples[start : start + length], marks
        marks = ()


class _Kept:
    """The sound of a stream while it is made, unless it becomes too long to keep."""

    def __init__(self, sample_rate: int) -> None:
        self._longest = round(LONGEST * sample_rate)
        self._samples: list[np.ndarray] = []
        self._marks: list[Mark] = []
        self._n_samples = 0

    @property
    def is_whole(self) -> bool:
        return self._n_samples <= self._longest

    def add(self, samples: np.ndarray, marks: tuple[Mark, ...]) -> None:
        self._n_samples += len(samples)
        self._samples.append(samples)
        self._marks.extend(marks)
        if not self.is_whole:
            self._samples.clear()
            self._marks.clear()

    def finished(self, stream: Stream, late: tuple[Notice, ...]) -> Finished:
        samples, notices = np.concatenate(self._samples), stream.notices + late
        return Finished(samples, stream.sample_rate, tuple(self._marks), notices, stream.metadata)
