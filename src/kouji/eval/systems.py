"""Who reads the texts: the engine under test, the people of the corpus, and espeak-ng.

All of them answer with samples at 24 kHz, so that no measure depends on who is asked.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import soundfile
import soxr

from kouji.errors import MissingExtra, SpeechError, UnknownName
from kouji.text.frontend import analyse

from .recordings import read
from .sets import Item

if TYPE_CHECKING:
    from kouji.speak import Session

RATE = 24000  # Hz
BASELINES = ("espeak-ng", "none")
ESPEAK_VOICES = {"zh": "cmn-latn-pinyin", "en": "en-us", "ja": "ja", "ko": "ko", "yue": "yue"}


class System(Protocol):
    """Somebody who reads texts aloud."""

    name: str

    def say(self, item: Item, voice: str = "") -> np.ndarray | None:
        """(n_samples,) float32 at 24 kHz; None where this one cannot."""
        ...


class Recordings:
    """The people of the corpus."""

    name = "recordings"

    def say(self, item: Item, voice: str = "") -> np.ndarray | None:
        """What was recorded of this text, if anything was."""
        return None if item.recording is None else read(item.recording)


class Engine:
    """An engine of ours, by the same call that users make."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.name = session.card.id

    def say(self, item: Item, voice: str = "") -> np.ndarray | None:
        """Say it with a voice, or with the engine's own choice where it has no such voice."""
        if item.language not in self.session.card.languages:
            return None
        known = {each.id for each in self.session.card.voices}
        speech = self.session.synthesize(
            item.text, voice=voice if voice in known else "", language=item.language, seed=0
        )
        if speech.sample_rate == RATE:
            return speech.samples
        return np.asarray(soxr.resample(speech.samples, speech.sample_rate, RATE))


class Espeak:
    """espeak-ng, the program of the system, with its plain voice of each language.

    Its Mandarin cannot read characters (version 1.51), so it gets our pinyin; its Japanese reads kana only.
    """

    name = "espeak-ng"

    def __init__(self) -> None:
        program = shutil.which("espeak-ng")
        if program is None:
            raise MissingBaseline("espeak-ng")
        self._program = program

    def say(self, item: Item, voice: str = "") -> np.ndarray | None:
        """Say it; None for a text it has no letters for."""
        text = spelling(item)
        if not text:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            command = [self._program, "-v", ESPEAK_VOICES[item.language], "-w", str(path), "--stdin"]
            subprocess.run(command, input=text.encode(), check=True, capture_output=True)
            samples, sample_rate = soundfile.read(path, dtype="float32")
        return np.asarray(soxr.resample(samples, sample_rate, RATE))


class MissingBaseline(SpeechError):
    """The program to compare with is not on this machine."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed.", f"Install it with the system's packages: {name}.")


def baseline(name: str) -> System | None:
    """The program to compare with, or None for "none".

    Raises:
        UnknownName: no such baseline.
        MissingBaseline: it is not installed.
    """
    if name == "none":
        return None
    if name == "espeak-ng":
        return Espeak()
    raise UnknownName("baseline", name, BASELINES)


def spelling(item: Item) -> str:
    """The text as espeak-ng can read it; "" where that would need a dictionary that is not installed."""
    if item.language not in ("zh", "ja"):
        return item.text
    try:
        utterances = analyse(item.text, language=item.language).utterances
    except MissingExtra:
        return ""
    attribute = "said" if item.language == "zh" else "reading"
    parts = [
        " ".join(getattr(unit, attribute) + ("," if unit.pause else "") for unit in utterance.units)
        for utterance in utterances
    ]
    return ". ".join(parts)
