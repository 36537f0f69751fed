"""How markup writes amounts: seconds, tempo, semitones, decibels."""

from __future__ import annotations

import math
import re

from kouji.errors import InvalidInput

LONGEST_BREAK = 60.0  # seconds; more is a slip of the pen
LONGEST_SILENCE = 600.0  # seconds of all breaks of a text: a few of its letters would else fill hours
LONGEST_DURATION = 3600.0  # seconds
STRENGTHS = {"none": 0.0, "x-weak": 0.0, "weak": 0.25, "medium": 0.5, "strong": 1.0, "x-strong": 1.5}  # seconds
# SSML leaves the numbers open; these are those that clients of the big clouds hear.
RATES = {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0}
PITCHES = {"x-low": -4.0, "low": -2.0, "medium": 0.0, "default": 0.0, "high": 2.0, "x-high": 4.0}  # semitones
VOLUMES = {"x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 6.0, "x-loud": 12.0}  # dB
_NUMBER = r"[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})"


def seconds(written: str, longest: float) -> float:
    """ "500ms", "2.4s" -> seconds, 0 to `longest`.

    Raises:
        InvalidInput: neither; or out of range.
    """
    match = re.fullmatch(rf"({_NUMBER})\s*(ms|s)", written.strip(), re.ASCII)
    if match is None:
        raise InvalidInput(f"{written!r} is not a time.", "Write seconds or milliseconds, such as 2.4s or 500ms.")
    value = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if match[1][0] == "-" or value > longest:
        raise InvalidInput(f"A time of {written} is not possible.", f"Give 0s to {longest:g}s.")
    return value


def duration(written: str) -> float:
    """How long a stretch shall last, in seconds; more than nothing.

    Raises:
        InvalidInput: not such a time.
    """
    value = seconds(written, LONGEST_DURATION)
    if not value:
        raise InvalidInput(f"A duration of {written} is not possible.", "Give more than 0s.")
    return value


def check_silence(total: float) -> None:
    """Refuse a text whose breaks, in seconds together, are far longer than anybody waits. Raises InvalidInput."""
    if total > LONGEST_SILENCE:
        raise InvalidInput(
            f"The breaks of this text take {total:.0f} s together.", f"Give at most {LONGEST_SILENCE:g} s."
        )


def pause(time: str | None, strength: str | None) -> float:
    """Seconds of a break: its time, else its strength, else a medium one.

    Raises:
        InvalidInput: not such a time or strength.
    """
    if strength is not None and strength not in STRENGTHS:
        raise InvalidInput(f"{strength!r} is not the strength of a break.", f"Use {', '.join(STRENGTHS)}.")
    return seconds(time, LONGEST_BREAK) if time is not None else STRENGTHS[strength or "medium"]


def rate(written: str) -> float:
    """ "fast", "1.2", "120%" (of the usual), "+20%", "-20%" -> how many times as fast.

    Raises:
        InvalidInput: none of these, or no tempo at all.
    """
    hint = "Write 1.2, 120%, +20%, -20% or " + ", ".join(RATES) + "."
    if written in RATES:
        return RATES[written]
    signed, number, unit = _parts(written, ("%", ""), f"{written!r} is not a rate.", hint)
    value = number / 100 if unit else number
    value = 1 + value if signed and unit else value
    if value <= 0 or (signed and not unit):
        raise InvalidInput(f"A rate of {written} is not possible.", hint)
    return value


def pitch(written: str) -> float:
    """ "+2st", "-10%", "high" -> semitones above the voice's own.

    Raises:
        InvalidInput: none of these; Hertz too, which no voice shares with another.
    """
    hint = "Write semitones (+2st), percent (-10%) or " + ", ".join(PITCHES) + "; a pitch in Hz belongs to one voice."
    if written in PITCHES:
        return PITCHES[written]
    signed, number, unit = _parts(written, ("st", "%"), f"{written!r} is not a pitch.", hint)
    if unit == "st":
        return number
    factor = 1 + number / 100 if signed else number / 100
    if factor <= 0:
        raise InvalidInput(f"A pitch of {written} is not possible.", hint)
    return 12 * math.log2(factor)


def volume(written: str) -> float:
    """ "+6dB", "soft", "50" (of 100), "+10%" -> dB.

    Raises:
        InvalidInput: none of these, or silence, which is a break.
    """
    hint = "Write -6dB, a number up to 100, +10%, -10% or " + ", ".join(VOLUMES) + "."
    if written in VOLUMES:
        return VOLUMES[written]
    signed, number, unit = _parts(written, ("dB", "%", ""), f"{written!r} is not a volume.", hint)
    if unit == "dB":
        return number
    factor = 1 + number / 100 if signed else number / 100
    if factor <= 0 or (not signed and not unit and number > 100):
        raise InvalidInput(f"A volume of {written} is not possible.", hint)
    return 20 * math.log10(factor)


def _parts(written: str, units: tuple[str, ...], message: str, hint: str) -> tuple[bool, float, str]:
    """(has a sign, number, unit)."""
    match = re.fullmatch(rf"({_NUMBER})\s*([A-Za-z%]*)", written.strip(), re.ASCII)
    if match is None or match[2] not in units:
        raise InvalidInput(message, hint)
    return match[1][0] in "+-", float(match[1]), match[2]
