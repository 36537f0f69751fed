"""Training examples of the acoustic model: aligned recordings, disguised voices, and sentences made of words.

Everything is done to mel frames and F0 on the fly, and every choice comes from the step's own generator.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from kouji.engines.native import reference, source
from kouji.text.phonemes import PAUSES, is_vowel, split_tone

from .align import Alignments
from .disguise import Disguise
from .features import Row, Store
from .labels import Label

STYLE_OF = {  # speaker -> style; all other speakers of a language read as in "…_read" or "en_readers"
    "cmn_yue_tan_f": "zh_word", "cmn_chen_wang": "zh_syllable", "en_kathleen_f": "en_read",
    "en_darshan_soni_m": "en_story", "en_stella_namae_f": "en_story_2",
    "ja_tofugu_f": "ja_word", "ja_tofugu_m": "ja_word_2",
}  # fmt: skip
STYLE_OF_LANGUAGE = {"zh": "zh_read", "en": "en_readers", "ja": "ja_word", "ko": "teacher_ko", "yue": "teacher_yue"}
SHARE = {  # of the batches; "joined" are Mandarin sentences made of words
    "zh_word": 0.14, "joined": 0.30, "zh_syllable": 0.04, "zh_read": 0.03, "en_read": 0.22, "en_story": 0.13,
    "en_story_2": 0.03, "en_readers": 0.04, "ja_word": 0.07, "ja_word_2": 0.03,
    "teacher_ko": 0.04, "teacher_yue": 0.05, "teacher_ja": 0.03,
}  # fmt: skip
OTHERS = {  # speakers of the built-in voices -> how often each says what others were recorded saying
    # Words of a second are all that is known of the Japanese speakers: they are the first to lose themselves.
    "ja_tofugu_f": 0.32, "ja_tofugu_m": 0.2, "en_darshan_soni_m": 0.2, "en_kathleen_f": 0.16, "cmn_yue_tan_f": 0.12,
}  # fmt: skip
EXPRESSIVE = 5.0  # semitones that people raise or lower their voices by when they feel something
NEUTRAL = 5  # the Mandarin tone of particles
CROP = 800  # frames; longer recordings are cut at tokens
COPIES = 0.35  # share of the examples that are copies at another pitch, where a style has them


@dataclass(frozen=True)
class Example:
    """One aligned utterance of N tokens and T frames."""

    tokens: tuple[str, ...]
    word_start: tuple[bool, ...]
    durations: np.ndarray  # (N,) frames
    mel: np.ndarray  # (T, 80)
    f0: np.ndarray  # (T,) Hz, 0 unvoiced: what is heard in the mel
    bend: np.ndarray  # (T,) natural log, added to F0 in what the pitch predictor should say
    mean: float  # log F0 of the voice
    language: str
    style: str
    speaker: str
    bandwidth: float  # Hz

    @property
    def n_frames(self) -> int:
        """Length in frames."""
        return len(self.mel)


class Examples:
    """All training material, by style."""

    def __init__(self, store: Store, alignments: Alignments, labels: list[Label]) -> None:
        self.store, self.alignments = store, alignments
        self.labels = {label["id"]: label for label in labels}
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.by_speaker: dict[str, list[Row]] = defaultdict(list)
        self.copies: dict[str, list[Row]] = defaultdict(list)  # see copies.py
        for row in store.rows:
            if row["split"] != "train":
                continue
            self.by_speaker[row["speaker"]].append(row)
            if original(row) in alignments.by_id and self._is_good(row):
                (self.copies if "original" in row else self.rows)[style_of(row)].append(row)
        self.means = {speaker: self._mean_log_f0(rows) for speaker, rows in self.by_speaker.items()}
        shares = {style: share for style, share in SHARE.items() if style in self.rows or style == "joined"}
        self.styles = sorted(shares)
        self.shares = np.array([shares[style] for style in self.styles]) / sum(shares.values())

    def _is_good(self, row: Row) -> bool:
        few = style_of(row) in ("zh_read", "en_story_2")  # every sentence of theirs is needed
        return few or original(row) not in self.alignments.worst

    def _mean_log_f0(self, rows: list[Row]) -> float:
        f0 = np.concatenate([self.store.f0(row) for row in rows[:400]])
        return float(np.log(f0[f0 > 0]).mean()) if (f0 > 0).any() else float(np.log(source.F0_UNKNOWN))

    def draw(self, n_frames: int, rng: np.random.Generator) -> list[Example]:
        """Examples of one style, about `n_frames` frames in all."""
        style = self.styles[rng.choice(len(self.styles), p=self.shares)]
        if style == "joined":
            n_words = int(rng.integers(2, 11))
            return [self.joined(n_words, rng) for _ in range(max(1, round(n_frames / (62 * n_words))))]
        # Of many, those of like length: padding is time lost.
        rows = self._rows(style, rng)
        pool = sorted((rows[i] for i in rng.integers(len(rows), size=100)), key=lambda row: row["n_frames"])
        first = int(rng.integers(len(pool)))
        longest = min(CROP, pool[first]["n_frames"])
        last = max(first + 1, n_frames // longest)
        chosen = pool[max(0, last - n_frames // longest) : last]
        return [in_character(crop(self.example(row), rng), self.means, rng) for row in chosen]

    def _rows(self, style: str, rng: np.random.Generator) -> list[Row]:
        """Recordings of a style, or now and then their copies at another pitch."""
        return self.copies[style] if self.copies.get(style) and rng.random() < COPIES else self.rows[style]

    def other_voice(self, example: Example, rng: np.random.Generator) -> str:
        """A speaker who never said this: mostly one of the built-in voices', sometimes anybody."""
        known = [s for s in OTHERS if s in self.by_speaker and s != example.speaker.split("~")[0]]
        if known and rng.random() < 0.7:
            shares = np.array([OTHERS[speaker] for speaker in known])
            return known[rng.choice(len(known), p=shares / shares.sum())]
        style = self.styles[rng.integers(len(self.styles))]
        rows = self._rows("zh_word" if style == "joined" else style, rng)
        return str(rows[rng.integers(len(rows))]["speaker"])

    def example(self, row: Row) -> Example:
        """A recording as it is."""
        alignment, label = self.alignments.by_id[original(row)], self.labels[original(row)]
        tokens = list(alignment.tokens)
        if tokens[-1] in PAUSES:
            tokens[-1] = closing_mark(row["text"])
        starts = [k >= 0 and label["word_start"][k] for k in alignment.source]
        durations = np.array(alignment.durations)
        f0 = self.store.f0(row)
        if row["language"] == "ja":
            tokens = accent_by_pitch(tokens, durations, f0)
        return Example(
            tuple(tokens), tuple(starts), durations, self.store.mel(row), f0, np.zeros(len(f0), np.float32),
            self.means[row["speaker"]], row["language"], style_of(row), row["speaker"], row["bandwidth"],
        )  # fmt: skip

    def joined(self, n_words: int, rng: np.random.Generator) -> Example:
        """A Mandarin sentence out of words at the pace of connected speech, F0 sinking along the phrase."""
        rows = self._rows("zh_word", rng)
        if "original" in rows[0]:  # one copied voice for the whole sentence
            speaker = rows[rng.integers(len(rows))]["speaker"]
            rows = [row for row in self.by_speaker[speaker] if original(row) in self.alignments.by_id]
        words: list[Example] = []
        while len(words) < n_words:
            word = self.example(rows[rng.integers(len(rows))])
            # A particle read out of a list is high and long: nothing that a sentence would have.
            if any(split_tone(token)[1] not in (0, NEUTRAL) for token in word.tokens):
                words.append(word)
        return in_character(join(words, rng), self.means, rng)

    def reference(self, example: Example, rng: np.random.Generator, n_frames: int) -> np.ndarray:
        """(n_frames, 80) of other speech of the same speaker, silence dropped."""
        return self.reference_of(example.speaker, rng, n_frames)

    def reference_of(self, speaker: str, rng: np.random.Generator, n_frames: int) -> np.ndarray:
        """(n_frames, 80) of speech of a speaker, silence dropped."""
        rows, found, count = self.by_speaker[speaker], [], 0
        while count < n_frames:
            row = rows[rng.integers(len(rows))]
            start = int(rng.integers(0, max(1, row["n_frames"] - n_frames)))
            found.append(reference.speech_frames(self.store.mel(row, start, start + n_frames)))
            count += len(found[-1])
        return np.concatenate(found)[:n_frames]


def in_character(example: Example, means: Mapping[str, float], rng: np.random.Generator) -> Example:
    """A copy at a little other pitch is sometimes the same person, excited or subdued, not somebody else.

    The decoder learns that a raised voice keeps its timbre; the pitch predictor is told nothing of it.
    """
    speaker, _, factor = example.speaker.partition("~")
    if not factor or abs(np.log2(float(factor))) > EXPRESSIVE / 12 or rng.random() > 0.2:
        return example
    bend = example.bend - np.float32(np.log(float(factor)))
    return replace(example, speaker=speaker, mean=means[speaker], bend=bend)


def original(row: Row) -> str:
    """Id of the recording whose words and times a row has: its own, or that of which it is a copy."""
    return str(row.get("original", row["id"]))


def style_of(row: Row) -> str:
    """The style that a recording is an example of."""
    if row["speaker"].startswith("teacher"):
        return f"teacher_{row['language']}"
    return STYLE_OF.get(row["speaker"].split("~")[0], STYLE_OF_LANGUAGE[row["language"]])


def closing_mark(text: str | None) -> str:
    """The pause that ends an utterance: its own mark, else a full stop."""
    last = re.sub(r"[\"'”’」)\s]+$", "", text or "")[-1:]
    return {"?": "?", "？": "?", "!": "!", "！": "!"}.get(last, ".")


def crop(example: Example, rng: np.random.Generator) -> Example:
    """At most `CROP` frames of an example, cut at a token."""
    if example.n_frames <= CROP:
        return example
    ends = np.cumsum(example.durations)
    starts = ends - example.durations
    first = int(rng.integers(0, np.searchsorted(starts, example.n_frames - CROP) + 1))
    last = int(np.searchsorted(ends, starts[first] + CROP))  # exclusive
    frames = slice(int(starts[first]), int(ends[max(last - 1, first)]))
    tokens = slice(first, max(last, first + 1))
    return replace(
        example, tokens=example.tokens[tokens], word_start=example.word_start[tokens],
        durations=example.durations[tokens], mel=example.mel[frames], f0=example.f0[frames], bend=example.bend[frames],
    )  # fmt: skip


def join(words: list[Example], rng: np.random.Generator) -> Example:
    """Words of one voice as one sentence; see `Examples._joined`."""
    pace = rng.normal(0.62, 0.06)
    # Sentences have particles, lists of words have none; but an unstressed syllable within a word sounds like one.
    as_particles = rng.random() < 0.5
    tokens, starts, pieces = ["_"], [False], [(words[0], 0, max(2, int(rng.integers(3, 10))))]
    n_syllables, bends, since = 0, [0.0], 0.0
    for number, word in enumerate(words):
        final = max(k for k, token in enumerate(word.tokens) if is_vowel(split_tone(token)[0]))
        for k, token in enumerate(word.tokens):
            if token in PAUSES:
                continue
            vowel = is_vowel(split_tone(token)[0])
            ends_sentence = number == len(words) - 1 and k == final
            factor = pace * ((1.35 if ends_sentence else 1.12) if vowel else 1.0)
            pieces.append((word, k, max(2, round(float(word.durations[k]) * factor))))
            tokens.append(token)
            starts.append(word.word_start[k] or (as_particles and _begins_neutral(word.tokens, k)))
            since += vowel
            n_syllables += vowel
            bends.append(-0.3 * since - (1.0 if ends_sentence else 0.0))
        pause = number < len(words) - 1 and rng.random() < 0.2
        if pause or number == len(words) - 1:
            tokens.append("," if pause else ".")
            starts.append(False)
            pieces.append((word, len(word.tokens) - 1, int(rng.integers(10, 30))))
            bends.append(0.0)
            since = 0.0
    mels, f0s = zip(*(_resampled(*piece) for piece in pieces), strict=True)
    durations = np.array([len(m) for m in mels])
    # The phrase as a whole keeps the voice's mean.
    bend = np.repeat(np.array(bends) + 0.15 * n_syllables / max(1, tokens.count(",") + 1), durations)
    return replace(
        words[0], tokens=tuple(tokens), word_start=tuple(starts), durations=durations, mel=np.concatenate(mels),
        f0=np.concatenate(f0s), bend=(bend * np.log(2) / 12).astype(np.float32), style="zh_sentence",
    )  # fmt: skip


def _begins_neutral(tokens: tuple[str, ...], k: int) -> bool:
    """Whether a syllable in the neutral tone begins at token k."""
    if is_vowel(split_tone(tokens[k])[0]):
        return split_tone(tokens[k])[1] == NEUTRAL and (k == 0 or is_vowel(split_tone(tokens[k - 1])[0]))
    return k + 1 < len(tokens) and split_tone(tokens[k + 1])[1] == NEUTRAL


def _resampled(example: Example, token: int, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A token's mel and F0 stretched to `n_frames` along time."""
    start = int(example.durations[:token].sum())
    stop = start + int(example.durations[token])
    at = start + (np.arange(n_frames) + 0.5) / n_frames * (stop - start) - 0.5
    at = np.clip(at, start, max(start, stop - 1))
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(example.mel) - 1)
    part = (at - low)[:, None].astype(np.float32)
    mel = example.mel[low] * (1 - part) + example.mel[high] * part
    nearest = np.round(at).astype(int)
    filled = source.fill(example.f0)
    f0 = filled[low] * (1 - part[:, 0]) + filled[high] * part[:, 0]
    return mel, np.where(example.f0[nearest] > 0, f0, 0).astype(np.float32)


def accent_by_pitch(tokens: list[str], durations: np.ndarray, f0: np.ndarray) -> list[str]:
    """Japanese moras marked low (1) or high (2) as they were heard, whatever accent the dictionary gives the word."""
    ends = np.cumsum(durations)
    heard: dict[int, float] = {}
    for k, token in enumerate(tokens):
        if token == "ɴ" or is_vowel(token):
            voiced = f0[ends[k] - durations[k] : ends[k]]
            voiced = voiced[voiced > 0]
            if len(voiced):
                heard[k] = 12 * np.log2(np.median(voiced)) + 0.3 * len(heard)  # 0.3 st a mora of declination
    if not heard:
        return tokens
    values = np.array(list(heard.values()))
    middle = (values.max() + values.min()) / 2 if np.ptp(values) > 2 else values.min() - 1
    marked, last = list(tokens), "2"
    for k, token in enumerate(tokens):
        if token == "ɴ" or is_vowel(token):
            last = ("2" if heard[k] > middle else "1") if k in heard else last
            marked[k] = token + last
    return marked


def disguised(example: Example, disguise: Disguise) -> Example:
    """The example in the other voice."""
    return replace(
        example,
        mel=disguise(example.mel),
        f0=(example.f0 * disguise.ratio).astype(np.float32),
        mean=example.mean + float(np.log(disguise.ratio)),
        bandwidth=example.bandwidth * disguise.ratio,
    )


def token_energy(mel: np.ndarray, durations: np.ndarray) -> np.ndarray:
    """(T, 80), (N,) -> (N,) float32: mean loudness of each token, scaled to about -1 … 1."""
    level = reference.loudness(mel)
    ends = np.cumsum(durations)
    sums = np.concatenate([[0.0], np.cumsum(level)])
    mean = (sums[ends] - sums[ends - durations]) / np.maximum(durations, 1)
    energy: np.ndarray = (mean + 5) / 2.5
    return energy.astype(np.float32)
