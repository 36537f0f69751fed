"""Whose voice does a clone have? People that no training has heard are cloned, and an independent encoder listens.

    python benchmarks/cloning.py CORPUS [--engine native] [--seconds 3,5,10,30] [--seen] [--also zh:CLIP …]

For each person: a reference of so many seconds, three sentences said with it, and the question which of all the
references is nearest to them (Resemblyzer's encoder, which no engine of ours has learnt from). Where a person has more
recordings, likeness is also told against those, which the clone has not heard. `--seen` asks the same of as many
readers that training did hear, one clip each: what may be looked at while tuning. `--also` adds people from clips
of their own, each with the language of its speaker.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import kouji
from kouji import engines
from kouji.audio.corpus import SAMPLE_RATE, Recording, held_out, read_manifest, read_samples
from kouji.audio.files import read
from kouji.audio.resample import resample
from kouji.audio.speaker import speaker_embedding
from kouji.engines.contract import Conditioning, Engine

TEXTS = {
    "en": (
        "The children walked slowly along the river until the evening came.",
        "I never thought that such a quiet place could be so full of life.",
        "Please tell me again what you saw when you opened the old green door.",
    ),
    "zh": (
        "今天下午我们一起去公园散步，天气非常好。",
        "我从来没有想过这个地方会这么安静。",
        "请你再说一遍，你打开门的时候看见了什么？",
    ),
}
SHORTEST = 2.5  # seconds of the shortest reference that is asked about


@dataclass(frozen=True)
class Person:
    """Somebody's recordings, joined to one."""

    name: str
    language: str
    samples: np.ndarray  # (n_samples,) at 24 kHz


class Given:
    """An engine whose only voice is the one it was given."""

    def __init__(self, engine: Engine, conditioning: Conditioning) -> None:
        self.card = engine.card
        self.synthesize, self.timing = engine.synthesize, engine.timing
        self._conditioning = conditioning

    def builtin(self, name: str) -> Conditioning:
        """Whatever the name."""
        return self._conditioning


def people(corpus: Path, seen: bool) -> Iterator[Person]:
    """Those of whom every recording is held out, or, `seen`, twenty readers of training."""
    by_speaker: dict[str, list[Recording]] = {}
    for recording in read_manifest(corpus):
        by_speaker.setdefault(recording.speaker, []).append(recording)
    n_seen = 0
    for name, recordings in by_speaker.items():
        length = sum(recording.duration for recording in recordings)
        if seen:
            if not name.startswith("en_ls") or length < 12 or held_out(recordings[0]) or n_seen == 20:
                continue
            n_seen += 1
        elif not all(map(held_out, recordings)) or length < SHORTEST:
            continue
        samples = np.concatenate([read_samples(recording) for recording in recordings])
        yield Person(name, recordings[0].language, samples)


def person_of(clip: str) -> Person:
    """zh:folder/clip.wav -> who speaks in it."""
    language, _, path = clip.partition(":")
    samples, sample_rate = read(path)
    return Person(Path(path).stem, language, resample(samples, sample_rate, SAMPLE_RATE))


def cloned(engine: Engine, person: Person, seconds: float) -> tuple[np.ndarray, float]:
    """Embedding (256,) of what the clone says; processor seconds of learning it."""
    before = time.process_time()
    conditioning = engine.condition([person.samples[: round(seconds * SAMPLE_RATE)]], None)
    spent = time.process_time() - before
    session = kouji.Session(engine.card, engine=Given(engine, conditioning))
    said = [session.synthesize(text, language=person.language).samples for text in TEXTS[person.language]]
    return speaker_embedding(np.concatenate(said), engine.card.sample_rate), spent


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("corpus", type=Path)
    ask.add_argument("--engine", default="native")
    ask.add_argument("--seconds", default="3,5,10,30")
    ask.add_argument("--seen", action="store_true")
    ask.add_argument("--also", nargs="*", default=[], type=person_of, metavar="LANGUAGE:CLIP")
    ask.add_argument("--each", action="store_true", help="a line per person")
    given = ask.parse_args()
    engine = engines.start(engines.card(given.engine))
    found = [*people(given.corpus, given.seen), *given.also]
    who = "of training" if given.seen else "never heard"
    print(f"{platform.machine()}, {given.engine}, {len(found)} people {who}\n")
    print(
        "| reference | the right one is nearest | likeness to the reference | to others' | to unheard clips | learning |"  # noqa: E501
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for seconds in map(float, given.seconds.split(",")):
        row(engine, found, seconds, given.each)


def row(engine: Engine, found: list[Person], seconds: float, each: bool) -> None:
    """The line of one length of reference."""
    n = round(seconds * SAMPLE_RATE)
    references = np.stack([speaker_embedding(person.samples[:n], SAMPLE_RATE) for person in found])
    clones, spent = zip(*(cloned(engine, person, seconds) for person in found), strict=True)
    scores = np.stack(clones) @ references.T
    own = scores.diagonal()
    right = scores.argmax(1) == np.arange(len(found))
    others = (scores.sum() - own.sum()) / (len(found) * (len(found) - 1))
    unheard = [
        float(clone @ speaker_embedding(person.samples[n:], SAMPLE_RATE))
        for clone, person in zip(clones, found, strict=True)
        if len(person.samples) > n + 5 * SAMPLE_RATE
    ]
    apart = f"{np.mean(unheard):.3f} ({len(unheard)})" if unheard else "-"
    print(
        f"| {seconds:g} s | {right.sum()} of {len(found)} ({right.mean():.0%}) | {own.mean():.3f} | {others:.3f} "
        f"| {apart} | {np.mean(spent):.2f} s |",
        flush=True,
    )
    if each:
        for k, person in enumerate(found):
            print(f"    {person.name:14} {own[k]:.3f}  nearest {found[scores[k].argmax()].name} {scores[k].max():.3f}")


if __name__ == "__main__":
    main()
