"""What travels between the rooms: frozen records of text, numbers and numpy arrays.

    Request -> [Utterance of Units] -> [Utterance + Delivery] -> Chunks -> Speech
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from os import PathLike
    from typing import BinaryIO


@dataclass(frozen=True)
class Request:
    """What is asked for, by whichever door. The defaults stand here and nowhere else."""

    text: str
    voice: str = ""  # id of a voice; "": the engine's own for the language of the text
    language: str = ""  # zh | en | ja | ko | yue; "": found out from the text
    seed: int = 0  # 0 or more; the same seed gives the same bytes
    controls: Mapping[str, object] = field(default_factory=dict)  # by name, as on the engine's card
    watermark: bool | None = None  # whether the sound is marked; None: as the house has it
    label: str = ""  # says aloud that a machine speaks: start | end | both | tone | none; "": as the house has it
    marks: bool = True  # the result says of itself that a machine made it, where its format has a place for that


@dataclass(frozen=True)
class Unit:
    """One Chinese character, or one word of another language, and how it is said."""

    text: str  # as it stands in the normalised text
    language: str  # zh | en | ja | ko | yue
    reading: str  # lexical: pinyin "hang2", jyutping, kana, ARPABET, hangul
    said: str  # the same after sandhi, liaison, reduction
    phonemes: tuple[str, ...]  # see kouji.text.phonemes; a digit is tone, stress or pitch
    word_start: bool = True  # False inside a word of several units (Chinese words)
    pause: str = ""  # the pause after it: "" | one of kouji.text.phonemes.PAUSES


EMOTIONS = ("happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm")
NEUTRAL = (0.0,) * len(EMOTIONS)


@dataclass(frozen=True)
class Delivery:
    """How one utterance is said, in terms that all engines share. The hall fills in what the engine's card lists."""

    speed: float = 1.0  # tempo: 2 is twice as fast
    pitch: float = 0.0  # semitones above the voice's own
    volume: float = 0.0  # dB
    emotion: tuple[float, ...] = NEUTRAL  # weights of EMOTIONS, 0 to 1 each, times the intensity
    emotion_text: str = ""  # a description in words, for engines that read one
    emotion_clip: np.ndarray | None = None  # (n_samples,) float32 at the engine's rate, whose manner is taken
    intensity: float = 1.0  # 0 to 1: of what the text or the clip says; `emotion` has it in it
    duration: float | None = None  # seconds from the utterance's first sample to its last
    n_tokens: int | None = None  # exactly so many of the engine's own tokens
    denoise: float = 0.0  # 0 to 1: how much of the noise in its sound the hall takes out


@dataclass(frozen=True)
class Timing:
    """How long an engine would take over an utterance, and how far its own means reach. Seconds."""

    natural: float
    shortest: float
    longest: float
    parts: Mapping[str, float] = field(default_factory=dict)  # kind of sound (`audio.pace.ELASTICITY`) -> its share
    #   of the length that the delivery asks for; {}: the engine cannot tell
    quiet: float = 0.0  # silence that the sound has at its two ends together

    @classmethod
    def estimated(cls, seconds: float) -> Timing:
        """Of an engine that decides while it speaks: half to twice of what it will probably take can be asked for."""
        return cls(seconds, 0.5 * seconds, 2.0 * seconds)


@dataclass(frozen=True)
class Cue:
    """A moment that the markup gives a name."""

    name: str
    unit: int  # before this unit of the utterance; -1: before the silence that opens; past the last: when all is said


@dataclass(frozen=True)
class Utterance:
    """One sentence, ready for an engine."""

    text: str  # as the user wrote it
    normalized: str  # numbers, dates, … in words
    units: tuple[Unit, ...]
    language: str  # of most units
    index: int = 0  # position in the request; seeds this utterance's randomness
    controls: Mapping[str, object] = field(default_factory=dict)  # what the markup, then also the request, asks for
    delivery: Delivery = Delivery()
    pause: float | None = None  # seconds of silence after it; None: as the mark after its last unit says
    cues: tuple[Cue, ...] = ()  # named moments within it
    spelled: str = ""  # `text` with what a lexicon says of its words, in marks; "": it says nothing
    as_written: bool = False  # its text is letters and marks, of which nothing is to be put in words


@dataclass(frozen=True)
class Mark:
    """When something is said."""

    kind: str  # "sentence" | "word" | "phoneme" | "mark": one that the markup names
    text: str
    start: float  # seconds
    end: float  # seconds


@dataclass(frozen=True)
class Notice:
    """A named warning that is returned to the caller."""

    code: str  # e.g. "skipped_characters"
    message: str


@dataclass(frozen=True)
class Chunk:
    """A piece of sound from an engine."""

    samples: np.ndarray  # (n_samples,) float32 in [-1, 1]
    marks: tuple[Mark, ...] = ()  # times from the start of the utterance


@dataclass(frozen=True)
class Speech:
    """Sound, and what is needed to play, cut or caption it."""

    samples: np.ndarray  # (n_samples,) float32 in [-1, 1]
    sample_rate: int  # Hz
    marks: tuple[Mark, ...] = ()
    notices: tuple[Notice, ...] = ()
    metadata: dict[str, object] = field(default_factory=dict)  # engine, preset, voice, language, seed, tags …

    @property
    def tags(self) -> dict[str, str]:
        """What a file of it says of itself."""
        found = self.metadata.get("tags", {})
        assert isinstance(found, dict)
        return found

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def save(self, file: str | PathLike[str] | BinaryIO, format: str | None = None) -> None:
        """Write wav, flac, mp3, ogg or m4a; the format follows the file name unless it is given.

        Raises:
            UnknownName: no such format.
            OutputFailed: the file cannot be written; nothing is left behind.
        """
        from kouji.audio.files import write

        write(file, self.samples, self.sample_rate, format, self.tags)
