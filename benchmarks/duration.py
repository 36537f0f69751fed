"""How exact is a wanted length, and what does it cost? The native engine against its own free speech.

    python benchmarks/duration.py exact [N]             random texts, languages, targets within 0.6 to 1.6 of natural
    python benchmarks/duration.py ratios zh|en [N [R …]]  0.75 to 1.25 in steps of 0.05: pitch, intelligibility, shares

Texts are the everyday sentences of `kouji eval`; English words are heard by pocketsphinx, Mandarin toned syllables by
the recipe's recogniser.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence

import numpy as np

import kouji
from kouji.audio import f0
from kouji.eval.error_rate import error_rate
from kouji.eval.recogniser import Recogniser
from kouji.eval.sets import LANGUAGES, own_sentences
from kouji.eval.spoken import comparable, reference_syllables
from kouji.eval.words import word_error

VOICES = {"en": ("english_1",), "zh": ("female_1",)}
RATIOS = [round(0.75 + 0.05 * step, 2) for step in range(11)]


def exact(n: int) -> None:
    """Print the errors of random targets."""
    tts, draw, errors, worst = kouji.load("native"), random.Random(0), [], ""
    for _ in range(n):
        language = draw.choice(LANGUAGES)
        text = " ".join(draw.sample(own_sentences(language), draw.choice((1, 1, 2, 3))))
        voice = draw.choice(tts.voices).id
        natural = tts.plan(text, voice=voice, language=language).natural
        target = round(natural * draw.uniform(0.6, 1.6), 3)
        speech = tts.synthesize(text, voice=voice, language=language, duration=target)
        errors.append(1000 * abs(speech.duration - target))
        if errors[-1] == max(errors):
            worst = f"{text} {speech.duration:.3f} for {target:.3f}"
    within = sum(error <= 10 for error in errors)
    print(f"{n} targets, error at most {max(errors):.3f} ms, {within} within 10 ms; worst: {worst}")


def ratios(language: str, n: int, wanted: Sequence[float]) -> None:
    """Print a row for every ratio."""
    tts, texts = kouji.load("native"), own_sentences(language)[:n]
    print("| ratio | error % | change | F0 median Hz | change % | pauses + vowels % |")
    print("| --- | --- | --- | --- | --- | --- |")
    free = _judged(tts, language, texts, {})
    for ratio in wanted:
        wrong, pitch, taken = _judged(tts, language, texts, {"duration_ratio": ratio}) if ratio != 1 else free
        changes = [f"{wrong - free[0]:+.1f}", f"{pitch:.1f}", f"{100 * (pitch / free[1] - 1):+.2f}"]
        print(f"| {ratio} | {wrong:.1f} | {' | '.join(changes)} | {_share(taken)} |", flush=True)


def _judged(
    tts: kouji.Session, language: str, texts: Sequence[str], controls: Mapping[str, object]
) -> tuple[float, float, dict[str, float]]:
    """Percent of words or syllables misheard, median F0 in Hz (the mean over voices), seconds taken from each kind."""
    taken, medians, clips, said = dict[str, float](), [], [], []
    for voice in VOICES[language]:
        speeches = [tts.synthesize(text, voice=voice, language=language, **controls) for text in texts]
        contours = np.concatenate(f0.track_voice([speech.samples for speech in speeches]))
        medians.append(float(np.median(contours[contours > 0])))
        clips += [speech.samples for speech in speeches]
        said += texts
        for speech in speeches:
            made = speech.metadata.get("duration", {})
            for kind, seconds in made.get("taken", {}).items():  # type: ignore[attr-defined]
                taken[kind] = taken.get(kind, 0.0) + seconds
    if language == "en":
        wrong = word_error(clips, tts.sample_rate, said).pooled
    else:
        recogniser = Recogniser.load()
        heard = [[comparable(each) for each in recogniser.syllables(clip, tts.sample_rate)] for clip in clips]
        wrong = error_rate(map(reference_syllables, said), heard).pooled
    return wrong, float(np.mean(medians)), taken


def _share(taken: Mapping[str, float]) -> str:
    total = sum(taken.values())
    return f"{100 * (taken['pauses'] + taken['vowels']) / total:.0f}" if total else "-"


def main(what: str = "exact", *arguments: str) -> None:
    """Run one of the two."""
    if what == "exact":
        exact(int(*arguments[:1] or [300]))
    else:
        ratios(arguments[0], int(*arguments[1:2] or [1000]), [float(each) for each in arguments[2:]] or RATIOS)


if __name__ == "__main__":
    main(*sys.argv[1:])
