"""How much does the watermark stand, how often is it seen where it is not, and what does it cost?

    python benchmarks/watermark.py CORPUS [--sounds 200] [--clean 1000] [--rated 60] [--parts cost,clean,attacks,heard]

Sounds of the native engine, in five languages and all voices, and recordings of people (for how engines sound that
learnt from better ones) are marked, go through what happens to sound, and three seconds from anywhere are looked at;
six seconds where there are as many. Clean are recordings without a mark, and the sounds before they were marked.
"""

from __future__ import annotations

import argparse
import io
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

import kouji
from kouji import config, engines
from kouji.audio.corpus import SAMPLE_RATE, read_manifest, read_samples
from kouji.audio.encoder import Encoder
from kouji.audio.resample import resample
from kouji.audio.watermark import Payload, Watermark, detect, marked
from kouji.eval.mos import dnsmos
from kouji.eval.sets import LANGUAGES, own_sentences
from kouji.types import Chunk

SHORT, LONG = 3.0, 6.0  # seconds that are looked at
Sound = tuple[np.ndarray, int]
Attack = Callable[[np.ndarray], Sound]


def through(format: str, bit_rate: int) -> Attack:
    """Encoded and decoded."""

    def attack(samples: np.ndarray) -> Sound:
        encoder = Encoder(format, SAMPLE_RATE, bit_rate=bit_rate)
        with av.open(io.BytesIO(encoder.add(samples) + encoder.finish())) as container:
            stream = container.streams.audio[0]
            frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(stream)]
            return np.concatenate(frames).astype(np.float32), stream.rate

    return attack


def at_rate(sample_rate: int) -> Attack:
    """Resampled."""
    return lambda samples: (resample(samples, SAMPLE_RATE, sample_rate), sample_rate)


def louder(decibels: float) -> Attack:
    """Louder, clipped where it does not fit."""
    return lambda samples: (np.clip(samples * np.float32(10 ** (decibels / 20)), -1, 1), SAMPLE_RATE)


def with_noise(decibels: float) -> Attack:
    """White noise so far below the speech."""
    rng = np.random.default_rng(8)

    def attack(samples: np.ndarray) -> Sound:
        noise = rng.standard_normal(len(samples)) * samples.std() * 10 ** (-decibels / 20)
        return (samples + noise).astype(np.float32), SAMPLE_RATE

    return attack


def after(samples: np.ndarray, first: str, sample_rate: int, decibels: float, last: str) -> Sound:
    """One thing after the other."""
    samples, rate = through(first, 64000)(samples)
    samples = resample(resample(samples, rate, sample_rate), sample_rate, SAMPLE_RATE)
    return through(last, 32000)(louder(decibels)(samples)[0])


ATTACKS: dict[str, Attack] = {
    "none": lambda samples: (samples, SAMPLE_RATE),
    "MP3, 64 kbit/s": through("mp3", 64000),
    "16 kHz": at_rate(16000),
    "+6 dB": louder(6),
    "+20 dB, clipped": louder(20),
    "-6 dB": louder(-6),
    "Opus, 32 kbit/s": through("opus", 32000),
    "MP3, 32 kbit/s": through("mp3", 32000),
    "MP3, then 16 kHz, then +6 dB, then Opus": lambda samples: after(samples, "mp3", 16000, 6.0, "opus"),
    "8 kHz": at_rate(8000),
    "noise, 30 dB below": with_noise(30),
    "1 % faster": lambda samples: (resample(samples, 10100, 10000), SAMPLE_RATE),
}  # fmt: skip


def syntheses(n_sounds: int) -> Iterator[np.ndarray]:
    """What the native engine says, without a mark, four seconds or more each."""
    with tempfile.TemporaryDirectory() as home:
        session = kouji.Session(engines.card("native"), config.Config(watermark="off", home=home))
        sentences = {language: own_sentences(language) for language in LANGUAGES}
        for number in range(n_sounds):
            texts = sentences[LANGUAGES[number % len(LANGUAGES)]]
            text = " ".join(texts[(number + step) % len(texts)] for step in range(2))
            voice = session.voices[number // len(LANGUAGES) % len(session.voices)].id
            samples = session.synthesize(text, voice, seed=number).samples
            while len(samples) < 4 * SAMPLE_RATE:
                samples = np.concatenate([samples, samples])
            yield samples


def recordings(corpus: Path, n_clips: int) -> list[np.ndarray]:
    """Clips of people, three seconds or more each; short ones of one person are joined."""
    rows = read_manifest(corpus)
    chosen = np.random.default_rng(9).permutation(len(rows))[: 6 * n_clips]  # a third of them are words
    clips, waiting = [], dict[str, list[np.ndarray]]()
    for recording in sorted((rows[index] for index in chosen), key=lambda row: (row.path, row.start)):
        held = waiting.setdefault(recording.speaker, [])
        held.append(read_samples(recording))
        if sum(map(len, held)) >= SHORT * SAMPLE_RATE:
            clips.append(np.concatenate(waiting.pop(recording.speaker)))
    return [clips[index] for index in np.random.default_rng(9).permutation(len(clips))[:n_clips]]


def with_mark(samples: np.ndarray, payload: Payload) -> np.ndarray:
    """As the hall does it."""
    return np.concatenate([chunk.samples for chunk in marked([Chunk(samples)], SAMPLE_RATE, payload)])


def stands(name: str, sounds: list[np.ndarray]) -> None:
    """The table of attacks."""
    rng = np.random.default_rng(10)
    payloads = [Payload(1, int(rng.integers(2**32))) for _ in sounds]
    ours = [with_mark(samples, payload) for samples, payload in zip(sounds, payloads, strict=True)]
    print(f"\n{len(sounds)} {name}\n")
    print(f"| attack | found in {SHORT:g} s | lowest score | read in {SHORT:g} s | read in {LONG:g} s | read wrongly |")
    print("| --- | --- | --- | --- | --- | --- |")
    for attack, apply in ATTACKS.items():
        found: dict[float, list[Watermark | None]] = {SHORT: [], LONG: []}
        right: dict[float, list[bool]] = {SHORT: [], LONG: []}
        for samples, payload in zip(ours, payloads, strict=True):
            attacked, sample_rate = apply(samples[: round((LONG + 1) * SAMPLE_RATE)])
            for seconds in (SHORT, LONG):
                n = round(seconds * sample_rate)
                if len(attacked) >= n:
                    start = int(rng.integers(len(attacked) - n + 1))
                    mark = detect(attacked[start : start + n], sample_rate)
                    found[seconds].append(mark)
                    right[seconds].append(mark is not None and mark.id == payload.hex)
        n_wrong = sum(
            mark is not None and mark.id != "" and not is_right
            for seconds in found for mark, is_right in zip(found[seconds], right[seconds], strict=True)
        )  # fmt: skip
        scores = [mark.score if mark else 0.0 for mark in found[SHORT]]
        print(
            f"| {attack} | {np.mean([mark is not None for mark in found[SHORT]]):.1%} | {min(scores):.1f} "
            f"| {np.mean(right[SHORT]):.1%} | {np.mean(right[LONG]):.1%} ({len(right[LONG])}) | {n_wrong} |",
            flush=True,
        )


def false_alarms(name: str, clips: list[np.ndarray]) -> None:
    """How often a mark is seen where there is none: in whole clips, and in their first three seconds."""
    n_short = round(SHORT * SAMPLE_RATE)
    whole = sum(detect(clip, SAMPLE_RATE) is not None for clip in clips)
    short = sum(detect(clip[:n_short], SAMPLE_RATE) is not None for clip in clips)
    print(f"{len(clips)} clean {name}: {whole} false alarms, {short} in their first {SHORT:g} s", flush=True)


def heard(sounds: list[np.ndarray]) -> None:
    """What DNSMOS says of it."""
    before = [dnsmos(samples, SAMPLE_RATE) for samples in sounds]
    after = [dnsmos(with_mark(samples, Payload(1, number)), SAMPLE_RATE) for number, samples in enumerate(sounds)]
    for name in ("ovrl", "sig", "bak", "p808"):
        change = np.array([new[name] - old[name] for old, new in zip(before, after, strict=True)])
        mean = np.mean([old[name] for old in before])
        error = change.std(ddof=1) / np.sqrt(len(change))
        print(f"DNSMOS {name}: {mean:.3f}, with the mark {change.mean():+.3f} (standard error {error:.3f})", flush=True)


def cost(sounds: list[np.ndarray]) -> None:
    """Processor time, the best of five."""
    samples = np.concatenate(sounds)[: 60 * SAMPLE_RATE]
    pieces = [Chunk(piece) for piece in np.split(samples, range(12000, len(samples), 12000))]
    for name, work in (
        ("marking, in chunks of half a second", lambda: list(marked(pieces, SAMPLE_RATE, Payload(1, 1)))),
        ("looking for it", lambda: detect(samples, SAMPLE_RATE)),
    ):
        spent = []
        for _ in range(5):
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
        print(f"{name}: {min(spent) / (len(samples) / SAMPLE_RATE):.5f} s a second of sound")


def main() -> None:
    """Print everything."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("corpus", type=Path)
    ask.add_argument("--sounds", type=int, default=200)
    ask.add_argument("--clean", type=int, default=1000)
    ask.add_argument("--rated", type=int, default=60)
    ask.add_argument("--parts", default="cost,clean,attacks,heard", type=lambda text: text.split(","))
    given = ask.parse_args()
    print(f"{platform.machine()}, numpy {np.__version__}")
    ours, people = list(syntheses(given.sounds)), recordings(given.corpus, given.clean)
    if "cost" in given.parts:
        cost(ours)
    if "clean" in given.parts:
        false_alarms("recordings", people)
        false_alarms("sounds of the native engine", ours)
    if "attacks" in given.parts:
        stands("sounds of the native engine", ours)
        stands("recordings", people[: given.sounds])
    if "heard" in given.parts:
        heard(ours[: given.rated])


if __name__ == "__main__":
    main()
