"""Are the emotions heard, and is it still the same person? The figures of the native engine's page.

    python benchmarks/emotion.py [ENGINE] [N_SENTENCES] [VOICE …]

Every emotion at intensity 0, 0.25 … 1 over the first sentences of kouji.eval's own in Mandarin and English: what
changes in the sound from neutral to 1, ! where a step goes another way than people's, and the likeness to neutral
speech by an independent encoder, neutral to neutral being 1.
"""

from __future__ import annotations

import platform
import sys

import kouji
from kouji.eval.emotion import ENOUGH, MEASURES, act, likeness, sayer
from kouji.eval.sets import own_sentences

UNITS = {"pitch": "st", "range": "st", "energy": "dB", "rate": "%", "tilt": "dB"}


def main(engine: str = "native", n_sentences: str = "10", *voices: str) -> None:
    """Print a table per voice and language."""
    session = kouji.load(engine, threads=1)
    print(f"{platform.machine()}, Python {platform.python_version()}, {n_sentences} sentences")
    for voice in voices or ("female_1", "english_1", "english_2"):
        for language in ("zh", "en"):
            say, texts = sayer(session, voice), own_sentences(language)[: int(n_sentences)]
            acted, alike = act(say, texts), likeness(say, texts)
            print(f"\n{voice}, {language}\n")
            print(f"| emotion | agree | {' | '.join(f'{name}, {UNITS[name]}' for name in MEASURES)} | likeness |")
            print(f"| {' | '.join(['---'] * (3 + len(MEASURES)))} |")
            for each in acted:
                cells = (f"{each.change(name):+.1f}{'' if each.agrees(name) else '!'}" for name in MEASURES)
                print(f"| {each.emotion} | {each.n_agreeing} | {' | '.join(cells)} | {alike[each.emotion]:.3f} |")
            n_agreeing = sum(each.n_agreeing >= ENOUGH for each in acted)
            print(f"\n{n_agreeing} of {len(acted)} agree in {ENOUGH} measures; least alike {min(alike.values()):.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
