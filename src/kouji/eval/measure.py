"""All figures of one system on one set of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

import numpy as np

from kouji.errors import MissingExtra, SpeechError

from . import mos, pitch
from .error_rate import ErrorRate, error_rate
from .figures import Row
from .listeners import Listener, transcribe_with_sphinx
from .listeners import available as listeners_available
from .memory import Memory
from .parallel import ask_each
from .recogniser import Recogniser
from .recordings import read
from .sets import Item, TextSet
from .similarity import voice_embedding
from .spoken import comparable, reference_phonemes, reference_syllables
from .systems import RATE, System
from .words import characters, english_words

Progress = Callable[[str, int, int], None]  # (what is being done, done, in all)


@dataclass
class Judges:
    """Everybody who judges, and what they said before."""

    memory: Memory = field(default_factory=Memory)
    listener: Listener | None = None  # besides pocketsphinx
    n_workers: int = 1
    recogniser_path: Path | None = None  # None: the shipped one
    progress: Progress = lambda what, done, total: None

    @cached_property
    def recogniser(self) -> Recogniser | None:
        """The recipe's recogniser, or None where none was named and the shipped one has not been trained yet."""
        try:
            return Recogniser.load(self.recogniser_path)
        except SpeechError:
            if self.recogniser_path is not None:
                raise
            return None

    @cached_property
    def recogniser_version(self) -> str:
        """Another network, or another way of reading it, has other answers to remember."""
        path = self.recogniser_path or Path(str(files("kouji.eval").joinpath("data", "recogniser.onnx")))
        parts = [each.read_bytes() for each in (path, path.with_suffix(".json")) if each.is_file()]
        return blake2b(b"".join(parts), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Reading:
    """What one system made of a set."""

    system: str
    set: TextSet
    voice: str
    items: tuple[Item, ...]  # those that it could say
    clips: tuple[np.ndarray, ...]  # (n_samples,) each, 24 kHz
    row: Row


def measure(system: System, texts: TextSet, judges: Judges) -> Reading:
    """Let a system read a set of texts, and judge it."""
    said: list[tuple[Item, np.ndarray]] = []
    for index, item in enumerate(texts.items):
        judges.progress(f"{system.name} reads {texts.name}", index, len(texts.items))
        clip = system.say(item, texts.voice)
        if clip is not None:
            said.append((item, clip))
    items, clips = tuple(i for i, _ in said), tuple(c for _, c in said)
    row = judge(system.name, texts, items, clips, judges) if clips else _silent(system.name, texts)
    return Reading(system.name, texts, texts.voice, items, clips, row)


def judge(system: str, texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> Row:
    """All figures that can be had of these clips; notes say which cannot, and why."""
    figures: dict[str, float] = {}
    notes: list[str] = []
    for title, take in _MEASURES.items():
        judges.progress(f"{system}, {texts.name}: {title}", 0, 1)
        try:
            figures |= take(texts, items, clips, judges)
        except MissingExtra as missing:
            notes.append(f"{title}: {missing.message}")
        except _NotAvailable as reason:
            notes.append(f"{title}: {reason}")
    if system == "recordings" and texts.speaker:
        figures |= _halves(texts, clips)
    return Row(system, texts.name, texts.voice, len(clips), figures, tuple(notes))


class _NotAvailable(Exception):
    """A measure that cannot be taken here, and why."""


def _silent(system: str, texts: TextSet) -> Row:
    return Row(system, texts.name, texts.voice, 0, {}, ("not available: it says none of these texts",))


def _words(texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> dict[str, float]:
    if texts.language != "en":
        return {}
    if "pocketsphinx" not in listeners_available():
        raise MissingExtra("pocketsphinx", "eval")
    written = judges.memory.ask("sphinx", clips, lambda new: transcribe_with_sphinx(new, RATE, judges.n_workers))
    rate = error_rate((english_words(i.text) for i in items), map(english_words, written))
    return {"word_error": rate.pooled}


def _syllables(texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> dict[str, float]:
    if texts.language != "zh":
        return {}
    return {"syllable_error": syllable_error(items, clips, judges).pooled}


def syllable_error(items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> ErrorRate:
    """Toned syllables that the recogniser heard against those that our front end asks for."""
    ears = _ears(judges)
    name = f"syllables/{judges.recogniser_version}"
    heard = judges.memory.ask(name, clips, lambda new: [ears.syllables(clip, RATE) for clip in new])
    wanted = [reference_syllables(item.text) for item in items]
    return error_rate(wanted, [[comparable(syllable) for syllable in each] for each in heard])


def _phonemes(texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> dict[str, float]:
    if texts.language == "zh":
        return {}
    ears, language = _ears(judges), texts.language
    name = f"phonemes/{language}/{judges.recogniser_version}"
    heard = judges.memory.ask(name, clips, lambda new: [ears.phonemes(clip, RATE, language) for clip in new])
    wanted = [ears.fold(reference_phonemes(item.text, language), language) for item in items]
    return {"phoneme_error": error_rate(wanted, heard).pooled}


def _listener(texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> dict[str, float]:
    listener = judges.listener
    if listener is None:
        return {}
    written = judges.memory.ask(
        f"{listener.name}/{texts.language}",
        clips,
        lambda new: [listener.transcribe(clip, RATE, texts.language) for clip in new],
    )
    units = english_words if texts.language == "en" else characters
    return {"listener_error": error_rate((units(i.text) for i in items), map(units, written)).pooled}


def _mos(texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> dict[str, float]:
    if not mos.available():
        raise MissingExtra("DNSMOS (speechmos)", "eval")
    whole = list(mos.joined(clips, RATE)) if texts.unit == "word" else list(clips)
    audible = [clip for clip in whole if np.any(clip)]
    rated = judges.memory.ask("dnsmos", audible, lambda new: ask_each(mos.dnsmos, new, RATE, judges.n_workers))
    if not rated:
        raise _NotAvailable("every clip is silent")
    return {name: float(np.mean([each[name] for each in rated])) for name in mos.NAMES}


def _prosody(texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges) -> dict[str, float]:
    whole = pitch.prosody(clips, RATE)
    figures = {"duration": whole.duration}
    one_voice = bool(texts.speaker) or any(item.recording is None for item in items)
    return figures | (whole.as_row if one_voice else {})


def _beside_recordings(
    texts: TextSet, items: Sequence[Item], clips: Sequence[np.ndarray], judges: Judges
) -> dict[str, float]:
    recordings = [item.recording for item in items if item.recording is not None]
    if len(recordings) < len(items):
        return {}
    people = [read(recording) for recording in recordings]
    if all(a is b or np.array_equal(a, b) for a, b in zip(people, clips, strict=True)):
        return {}  # these are the recordings
    spoken = sum(pitch.spoken_duration(clip, RATE) for clip in people)
    figures = {"duration_ratio": sum(pitch.spoken_duration(clip, RATE) for clip in clips) / spoken}
    if texts.speaker:
        match = pitch.match_contours(clips, people, RATE)
        figures |= {"f0_correlation": match.correlation, "f0_error": match.error, "distortion": match.distortion}
        figures["similarity"] = float(_voice(texts, clips) @ _voice(texts, people))
    return figures


def _halves(texts: TextSet, clips: Sequence[np.ndarray]) -> dict[str, float]:
    """How similar a person is to herself: the limit for anybody else."""
    if len(clips) < 2:
        return {}
    return {"similarity": float(_voice(texts, clips[::2]) @ _voice(texts, clips[1::2]))}


def _voice(texts: TextSet, clips: Sequence[np.ndarray]) -> np.ndarray:
    """Words are joined first: the encoder listens to 1.6 s at a time."""
    return voice_embedding(mos.joined(clips, RATE) if texts.unit == "word" else clips, RATE)


def _ears(judges: Judges) -> Recogniser:
    if judges.recogniser is None:
        raise _NotAvailable("not available, the recipe's recogniser has not been trained yet")
    return judges.recogniser


_Measure = Callable[[TextSet, Sequence[Item], Sequence[np.ndarray], Judges], dict[str, float]]
_MEASURES: dict[str, _Measure] = {
    "words": _words,
    "syllables": _syllables,
    "phonemes": _phonemes,
    "listener": _listener,
    "DNSMOS": _mos,
    "prosody": _prosody,
    "beside recordings": _beside_recordings,
}
