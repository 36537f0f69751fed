"""Does a voice stay itself when it speaks another language?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import mos
from .sets import LANGUAGES, VOICES, Item, own_sentences
from .similarity import voice_embedding
from .systems import RATE, Engine

N_SENTENCES = 10
_GREW_UP_WITH = {"cmn": "zh", "en": "en", "ja": "ja"}


@dataclass(frozen=True)
class Foreign:
    """A voice in one language, beside the people that voices learnt from."""

    voice: str
    language: str
    speaker: str  # whom it learnt from
    similarity: dict[str, float]  # speaker -> cosine

    @property
    def own_language(self) -> bool:
        """Whether the person was recorded in this language."""
        return _GREW_UP_WITH[self.speaker.split("_")[0]] == self.language

    @property
    def to_itself(self) -> float:
        """Cosine to whom it learnt from."""
        return self.similarity[self.speaker]

    @property
    def nearest_is_itself(self) -> bool:
        """Whether nobody else is nearer."""
        return max(self.similarity, key=lambda name: self.similarity[name]) == self.speaker


def speak_foreign(
    engine: Engine, people: Mapping[str, Sequence[np.ndarray]], languages: Sequence[str] = LANGUAGES
) -> list[Foreign]:
    """Let every voice that learnt from one of these people speak every language.

    Args:
        people: speaker -> held-out clips (n_samples,) at 24 kHz; words are joined before they are heard.
        languages: which to speak.
    """
    known = {voice.id for voice in engine.session.card.voices}
    voices = {speaker: VOICES[speaker] for speaker in people if VOICES.get(speaker) in known}
    embeddings = {speaker: voice_embedding(mos.joined(clips, RATE), RATE) for speaker, clips in people.items()}
    found = []
    for speaker, voice in voices.items():
        for language in languages:
            texts = [Item(text, language) for text in own_sentences(language)[:N_SENTENCES]]
            clips = [clip for item in texts if (clip := engine.say(item, voice)) is not None]
            if clips:
                own = voice_embedding(clips, RATE)
                nearness = {name: float(own @ embedding) for name, embedding in embeddings.items()}
                found.append(Foreign(voice, language, speaker, nearness))
    return found
