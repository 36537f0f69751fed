"""Which emotion, and how much of it: names, vectors, words and clips, made into what every engine reads.

    emotion= a name, a mapping, eight numbers ─┐
    emotion_text= a description ─interpreter──→ Manner ─→ Utterance.delivery
    emotion_reference= a clip ────────────────┘

One source per request; markup around a sentence outweighs the request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

import numpy as np

from kouji.errors import InvalidInput, UnknownName
from kouji.types import EMOTIONS, NEUTRAL, Delivery, Notice, Utterance

from .clip import read_clip
from .description import Interpreter, Understood

ARGUMENTS = ("emotion", "emotion_text", "emotion_reference", "intensity", "emotion_mode")
MODES = {"name": "emotion", "vector": "emotion", "text": "emotion_text", "reference": "emotion_reference"}
ALIASES = {
    "happy": "happiness joy joyful 开心 高兴 快乐 喜悦 愉快 開心 高興 快樂",
    "angry": "anger 愤怒 生气 恼怒 憤怒 生氣 嬲",
    "sad": "sadness 悲伤 难过 伤心 悲傷 難過 傷心",
    "afraid": "fear fearful scared 害怕 恐惧 惊恐 恐懼",
    "disgusted": "disgust 厌恶 反感 讨厌 厭惡 討厭",
    "melancholic": "melancholy gloomy 忧郁 低落 惆怅 憂鬱",
    "surprised": "surprise astonished 惊讶 惊喜 吃惊 驚訝 驚喜",
    "calm": "calmness 平静 冷静 从容 平靜 冷靜",
    "neutral": "none 中性 中立 自然",
}
_NAMES = {alias: name for name, aliases in ALIASES.items() for alias in (name, *aliases.split())}
_ADVERBS = ((0.7, "very "), (0.35, ""), (0.0, "slightly "))  # weight from which on it is so
_ROUNDING = 1e-6  # a sum of weights may exceed 1 by what floating point loses


@dataclass(frozen=True)
class Manner:
    """What was understood of how something should be said."""

    delivery: Delivery = field(default_factory=Delivery)
    notices: tuple[Notice, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)


def with_emotion(
    utterances: Sequence[Utterance],
    controls: Mapping[str, object],
    sample_rate: int,
    able: Collection[str],
    interpret: Interpreter,
) -> tuple[tuple[Utterance, ...], Manner]:
    """The utterances, each with the emotion that its markup or else the request asks for.

    Args:
        utterances: `controls` hold what their markup asks for.
        controls: of the request.
        sample_rate: Hz, of the engine: clips are brought to it.
        able: names of the controls on the engine's card.
        interpret: what understands descriptions in words, for engines that do not read them.

    Returns:
        The utterances; what was understood of the request, with the notices of all.

    Raises:
        UnknownName: no such emotion or mode.
        InvalidInput: a value out of range, two sources at once, a clip or a description that says nothing.
    """
    request = understood(controls, sample_rate, able, interpret)
    notices = dict.fromkeys(request.notices)
    said = []
    for utterance in utterances:
        own = {name: value for name, value in utterance.controls.items() if name in ARGUMENTS}
        manner = request
        if own:
            if own.keys() <= {"intensity"}:
                own = {name: value for name, value in controls.items() if name in ARGUMENTS} | own
            manner = understood(own, sample_rate, able, interpret)
            notices |= dict.fromkeys(manner.notices)
        said.append(replace(utterance, delivery=manner.delivery))
    return tuple(said), replace(request, notices=tuple(notices))


def understood(
    controls: Mapping[str, object], sample_rate: int, able: Collection[str], interpret: Interpreter
) -> Manner:
    """One set of arguments; see `with_emotion`."""
    asked = {name: controls[name] for name in ARGUMENTS if controls.get(name) is not None}
    sources = [name for name in asked if name in MODES.values()]
    if len(sources) > 1:
        raise InvalidInput(f"{' and '.join(sources)} contradict one another.", "Give one of them.")
    _check_mode(asked.get("emotion_mode"), sources, asked.get("emotion"))
    if not sources:
        if "intensity" in asked:
            _intensity(asked["intensity"])
            raise InvalidInput("There is an intensity, but no emotion.", 'Give emotion="happy", or another.')
        return Manner()
    intensity = _intensity(asked.get("intensity", 1.0))
    if "emotion_reference" in asked:
        clip = read_clip(asked["emotion_reference"], sample_rate)
        delivery = Delivery(emotion_clip=clip, intensity=intensity)
        return Manner(delivery if intensity else Delivery(), metadata={"emotion": "reference"})
    if "emotion_text" in asked:
        return _from_words(asked["emotion_text"], intensity, able, interpret)
    weights = _weights(asked["emotion"], intensity)
    if "emotion.vector" not in able and "emotion.text" in able:
        return _in_words(weights)
    delivery = Delivery(emotion=weights, intensity=intensity) if any(weights) else Delivery()
    return Manner(delivery, metadata={"emotion": named(weights)})


def named(weights: Sequence[float]) -> dict[str, float]:
    """The emotions that have a weight, to three digits."""
    return {name: round(weight, 3) for name, weight in zip(EMOTIONS, weights, strict=True) if weight}


def _in_words(weights: Sequence[float]) -> Manner:
    """For an engine that reads descriptions and no numbers: "A very happy speaker."."""
    if not any(weights):
        return Manner()
    ordered = sorted(named(weights).items(), key=lambda each: -each[1])
    felt = [next(adverb for least, adverb in _ADVERBS if weight >= least) + name for name, weight in ordered]
    words = " and ".join(felt)
    words = f"{'An' if words[0] == 'a' else 'A'} {words} speaker."
    notice = Notice("emotion_in_words", f"This engine reads descriptions: it is told {words!r}")
    return Manner(Delivery(emotion_text=words), (notice,), {"emotion": named(weights)})


def _check_mode(mode: object, sources: Sequence[str], emotion: object) -> None:
    if mode is None:
        return
    if not isinstance(mode, str) or mode not in MODES:
        raise UnknownName("emotion_mode", str(mode), list(MODES))
    if not sources:
        raise InvalidInput(f"emotion_mode={mode!r}, but there is no {MODES[mode]}.", f"Give {MODES[mode]}=….")
    is_name = isinstance(emotion, str)
    if sources[0] != MODES[mode] or (mode == "name" and not is_name) or (mode == "vector" and is_name):
        raise InvalidInput(
            f"emotion_mode={mode!r} contradicts {sources[0]}={emotion!r}." if sources[0] == "emotion"
            else f"emotion_mode={mode!r} contradicts {sources[0]}.", "Leave emotion_mode out, or give what it names.",
        )  # fmt: skip


def _from_words(text: object, intensity: float, able: Collection[str], interpret: Interpreter) -> Manner:
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput("The description of the emotion is empty.", 'Give emotion_text="slightly sad", or leave it.')
    if "emotion.text" in able:
        if intensity != 1 and "emotion.vector" not in able:
            raise InvalidInput(
                f"This engine reads descriptions as they are: intensity={intensity} is not possible.",
                'Say it in words: emotion_text="slightly sad".',
            )
        return Manner(Delivery(emotion_text=text.strip(), intensity=intensity), metadata={"emotion": text.strip()})
    heard = interpret(text.strip())
    weights = tuple(weight * intensity for weight in _vector(heard.emotion))
    plain, hints = Delivery(), {"speed": heard.speed, "pitch": heard.pitch, "volume": heard.volume}
    lacking = [name for name, value in hints.items() if value != getattr(plain, name) and name not in able]
    notices = list(heard.notices)
    for name in lacking:
        notices.append(Notice("manner_not_possible", f"This engine cannot change its {name}, as {text!r} asks."))
        hints[name] = getattr(plain, name)
    notices.append(Notice("emotion_understood", _told(text.strip(), weights, hints, heard.reader)))
    delivery = Delivery(hints["speed"], hints["pitch"], hints["volume"], weights)
    delivery = replace(delivery, intensity=intensity) if any(weights) else delivery
    return Manner(delivery, tuple(notices), {"emotion": named(weights), "emotion_reader": heard.reader})


def _told(text: str, weights: Sequence[float], hints: Mapping[str, float], reader: str) -> str:
    parts = [f"{name} {weight:.2f}" for name, weight in named(weights).items()] or ["neutral"]
    if hints["speed"] != 1:
        parts.append(f"speed {hints['speed']:.2f}")
    parts += [f"{name} {hints[name]:+.1f} {unit}" for name, unit in (("pitch", "st"), ("volume", "dB")) if hints[name]]
    by = "" if reader == Understood.reader else f" by {reader}"
    return f"{text!r} is understood{by} as {', '.join(parts)}."


def _weights(emotion: object, intensity: float) -> tuple[float, ...]:
    if isinstance(emotion, str):
        name = _name(emotion)
        return tuple(intensity if each == name else 0.0 for each in EMOTIONS)
    if isinstance(emotion, Mapping):
        weights = dict.fromkeys(EMOTIONS, 0.0)
        for alias, weight in emotion.items():
            name = _name(alias)
            if name != "neutral":
                weights[name] += _number(weight, f"emotion[{alias!r}]")
        return tuple(weight * intensity for weight in _vector(list(weights.values())))
    if isinstance(emotion, (Sequence, np.ndarray)):
        return tuple(weight * intensity for weight in _vector(emotion))
    hint = 'Give a name ("happy"), weights ({"happy": 0.6}) or eight numbers.'
    raise InvalidInput(f"emotion={emotion!r} is no emotion.", hint)


def _name(name: object) -> str:
    known = _NAMES.get(name.strip().lower()) if isinstance(name, str) else None
    if known is None:
        raise UnknownName("emotion", str(name), [*EMOTIONS, "neutral"] if str(name).isascii() else list(_NAMES))
    return known


def _vector(weights: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    if len(weights) != len(EMOTIONS) or (isinstance(weights, np.ndarray) and weights.ndim != 1):
        count = np.shape(weights) if isinstance(weights, np.ndarray) else len(weights)
        raise InvalidInput(f"{count} numbers are no emotion.", f"Give eight: {' '.join(EMOTIONS)}.")
    numbers = tuple(_number(weight, f"emotion[{k}]") for k, weight in enumerate(weights))
    if sum(numbers) > 1 + _ROUNDING:
        hint = "Give weights whose sum is at most 1: they share one voice."
        raise InvalidInput(f"The weights of the emotions sum up to {sum(numbers):.3g}.", hint)
    return numbers if any(numbers) else NEUTRAL


def _intensity(value: object) -> float:
    return _number(value, "intensity")


def _number(value: object, what: str) -> float:
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    number = float(value) if good else float("nan")  # type: ignore[arg-type]
    if not isfinite(number) or not 0 <= number <= 1:
        raise InvalidInput(f"{what}={value!r} is not possible.", "Give 0 to 1.")
    return number


__all__ = ["ARGUMENTS", "Interpreter", "Manner", "Understood", "named", "understood", "with_emotion"]
