"""What is said, by the recipe's own recogniser: toned Mandarin syllables, and phonemes of five languages.

    samples → log-mel, F0 → network (ONNX, 20 ms a frame) → log probabilities → the best path through a loop of units

The network (`kouji.train.recogniser`) heard warped, joined and distorted speech of three languages and some
three hundred speakers; neither a language model nor a dictionary of words helps it, so that it writes down what it
hears and not what would make sense. It knows no Korean and no Cantonese: their phonemes stand for the nearest
that it was taught (`Recogniser.fold`), and error rates there compare engines, no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kouji.audio import f0, mel
from kouji.audio.resample import resample
from kouji.errors import InvalidInput, UnknownName
from kouji.text.phonemes import (
    EN_PHONEMES,
    JA_PHONEMES,
    KO_CODAS,
    KO_ONSETS,
    KO_VOWELS,
    LANGUAGES,
    PAUSES,
    YUE_FINALS,
    YUE_INITIALS,
    ZH_FINALS,
    ZH_INITIALS,
    pinyin_to_phonemes,
    split_tone,
)

if TYPE_CHECKING:
    from kouji.runtime.onnx import Graph

SILENCE = 0  # class
N_TONES = 5
MIN_DURATION = 0.05  # seconds of sound below which nothing can be said

_PHONEMES = {
    "zh": (ZH_INITIALS, ZH_FINALS),
    "en": (EN_PHONEMES, {"AH0": "ə"}),
    "ja": (JA_PHONEMES,),
    "ko": (KO_ONSETS, KO_VOWELS, KO_CODAS),
    "yue": (YUE_INITIALS, YUE_FINALS),
}


@dataclass(frozen=True)
class Decoding:
    """How probabilities become units. Tuned on recordings that neither the network nor any test ever used."""

    prior: float = 0.4  # how much of a phoneme's frequency in training is taken out
    tone: float = 0.7  # weight of the tone against the phoneme
    penalty: float = -8.0  # for every syllable, in nats
    phoneme_penalty: float = -2.0  # for every phoneme, where phonemes are asked for


@dataclass(frozen=True)
class Loop:
    """Units in any order and number, each a chain of scores to pass through, silence between them where it fits."""

    column: np.ndarray  # (n_states,) which score
    unit: np.ndarray  # (n_states,) which unit; -1 silence
    first: np.ndarray  # (n_units + 1,) states where a unit begins
    last: np.ndarray  # (n_units + 1,) states where it ends

    @classmethod
    def of(cls, chains: Sequence[Sequence[int]]) -> Loop:
        """`chains[i]`: the columns of unit i, each at least one frame; silence is added."""
        lengths = np.array([1, *map(len, chains)])
        last = np.cumsum(lengths) - 1
        column = np.array([SILENCE, *(c for chain in chains for c in chain)])
        return cls(column, np.repeat(np.arange(-1, len(chains)), lengths), last - lengths + 1, last)


def best_units(scores: np.ndarray, loop: Loop, penalty: float) -> list[int]:
    """The units on the best path.

    Args:
        scores: (T, n_columns) log likelihoods.
        penalty: added for every unit; the lower, the fewer units.

    Returns:
        Units in order, silence left out.
    """
    n_frames, n_states = len(scores), len(loop.column)
    entry = np.where(loop.unit[loop.first] >= 0, penalty, 0.0)
    is_first = np.zeros(n_states, bool)
    is_first[loop.first] = True
    score = np.full(n_states, -np.inf)
    score[loop.first] = entry + scores[0, loop.column[loop.first]]
    moved = np.zeros((n_frames, n_states), bool)
    came_from = np.zeros(n_frames, int)  # the last state of the best unit that ended before this frame
    for t in range(1, n_frames):
        came_from[t] = loop.last[np.argmax(score[loop.last])]
        arriving = np.concatenate([[-np.inf], score[:-1]])
        arriving[loop.first] = score[came_from[t]] + entry
        moved[t] = arriving > score
        score = np.where(moved[t], arriving, score) + scores[t, loop.column]
    state = int(loop.last[np.argmax(score[loop.last])])
    found = [loop.unit[state]]
    for t in range(n_frames - 1, 0, -1):
        if moved[t, state] and is_first[state]:
            state = int(came_from[t])
            found.append(loop.unit[state])
        elif moved[t, state]:
            state -= 1
    return [int(unit) for unit in reversed(found) if unit >= 0]


@dataclass(frozen=True)
class Recogniser:
    """The network, its classes, and how to read its output."""

    network: Graph  # its outputs: phonemes, tones
    classes: dict[str, int]  # phoneme without digit, of any language -> class; pauses are 0
    prior: np.ndarray  # (n_classes,) share of each class in training
    syllable_names: tuple[str, ...]  # toned pinyin that exists
    decoding: Decoding

    @classmethod
    def load(cls, path: Path | None = None) -> Recogniser:
        """Read `recogniser.onnx` and `recogniser.json` beside it; the shipped ones by default.

        Raises:
            InvalidInput: there is no such file.
        """
        return _load(path or Path(str(files("kouji.eval").joinpath("data", "recogniser.onnx"))))

    def listen(self, samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """Log probabilities of phonemes (T, n_classes) and of tones 1-5 (T, 5), 20 ms a frame.

        Raises:
            InvalidInput: the clip is too short or not finite.
        """
        if samples.ndim != 1 or len(samples) < MIN_DURATION * sample_rate or not np.isfinite(samples).all():
            raise InvalidInput("There is nothing to recognise.", f"Give mono sound of {MIN_DURATION} s or more.")
        sound = resample(np.asarray(samples, np.float32), sample_rate, mel.SAMPLE_RATE)
        return self.listen_to_features(mel.log_mel(sound), f0.track(sound))

    def listen_to_features(self, log_mel: np.ndarray, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `listen`, of a log-mel (T, 80) and an F0 (T,) Hz that are there already."""
        n = min(len(log_mel), len(pitch))
        phonemes, tones = self.network(mel=log_mel[None, :n].astype(np.float32), f0=pitch[None, :n].astype(np.float32))
        return phonemes[0], tones[0]

    def syllables(self, samples: np.ndarray, sample_rate: int) -> list[str]:
        """Mandarin as toned pinyin: ["ni3", "hao3"]; [] where none is heard."""
        return self.read_syllables(*self.listen(samples, sample_rate))

    def phonemes(self, samples: np.ndarray, sample_rate: int, language: str) -> list[str]:
        """Phonemes without digits, each by the name of the class it stands in; compare with `fold`ed references.

        Raises:
            UnknownName: a language without phonemes here.
        """
        return self.read_phonemes(self.listen(samples, sample_rate)[0], language)

    def read_syllables(self, phonemes: np.ndarray, tones: np.ndarray) -> list[str]:
        """The syllables in the output of `listen`."""
        scores, loop = self._scaled(phonemes), _syllable_loop(self.syllable_names, tuple(self.classes.items()))
        # One column per class, then one per class and tone.
        toned = scores[:, :, None] + self.decoding.tone * tones[:, None, :]
        columns = np.concatenate([scores, toned.reshape(len(scores), -1)], axis=1)
        return [self.syllable_names[i] for i in best_units(columns, loop, self.decoding.penalty)]

    def read_phonemes(self, phonemes: np.ndarray, language: str) -> list[str]:
        """The phonemes of a language in the output of `listen`."""
        names = self._names(language)
        loop = Loop.of([[self.classes[name]] * 2 for name in names])
        return [names[i] for i in best_units(self._scaled(phonemes), loop, self.decoding.phoneme_penalty)]

    def fold(self, phonemes: Sequence[str], language: str) -> list[str]:
        """A reference in the terms of `phonemes`: digits and pauses gone, rare phonemes by their nearest relatives."""
        by_class = {self.classes[name]: name for name in self._names(language)}
        bare = [split_tone(phoneme)[0] for phoneme in phonemes]
        return [by_class.get(self.classes[name], name) for name in bare if name not in PAUSES]

    def _names(self, language: str) -> list[str]:
        """One phoneme for each class that the language uses."""
        if language not in _PHONEMES:
            raise UnknownName("language", language, LANGUAGES)
        by_class: dict[int, str] = {}
        for table in _PHONEMES[language]:
            for name in table.values():
                if name:
                    by_class.setdefault(self.classes[name], name)
        return list(by_class.values())

    def _scaled(self, phonemes: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = phonemes - self.decoding.prior * np.log(self.prior).astype(np.float32)
        return scaled


@cache
def _load(path: Path) -> Recogniser:
    from kouji.runtime.onnx import Graph

    if not path.exists():
        raise InvalidInput(f"There is no recogniser at {path}.", "Train one: `kouji train native` makes it on the way.")
    facts: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return Recogniser(
        Graph(str(path)),
        facts["classes"],
        np.array(facts["prior"]),
        with_sandhi(facts["syllables"]),
        Decoding(**facts.get("decoding", {})),
    )


def with_sandhi(names: Iterable[str]) -> tuple[str, ...]:
    """Dictionary syllables, and what they become in speech: gei3 -> gei2 before a third tone, lai2 -> lai5 unstressed.

    What is missing here can never be heard, and would be an error however well it is said.
    """
    found = set(names)
    found |= {f"{name[:-1]}2" for name in found if name.endswith("3")} | {f"{name[:-1]}5" for name in found}
    return tuple(sorted(found))


@cache
def _syllable_loop(names: tuple[str, ...], classes: tuple[tuple[str, int], ...]) -> Loop:
    """A syllable is its initial, 20 ms or more, and its toned final, 60 ms or more."""
    index = dict(classes)
    n_classes = max(index.values()) + 1
    chains = []
    for name in names:
        *initial, final = pinyin_to_phonemes(name)
        vowel, tone = split_tone(final)
        toned = n_classes + N_TONES * index[vowel] + tone - 1
        chains.append([*(index[phoneme] for phoneme in initial), *[toned] * 3])
    return Loop.of(chains)
