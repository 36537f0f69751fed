"""The native engine: units of text to sound, with ONNX Runtime and numpy alone.

    units ─→ tokens ─text─→ durations, energy ─pitch─→ F0 ─decoder─→ mel ─vocoder─→ filters × sources ─→ samples

Trained by `kouji train native`; the model card beside the weights says on what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np

from kouji.audio import f0 as f0_tracker
from kouji.audio import level
from kouji.audio import mel as mel_scale
from kouji.engines.contract import Card, Conditioning
from kouji.errors import InvalidInput
from kouji.runtime.onnx import Graph
from kouji.text import analyse
from kouji.text.phonemes import LANGUAGES
from kouji.types import Chunk, Mark, Timing, Unit, Utterance

from . import expression as acting
from . import inputs, manner, pack, reference, timbre, timing
from .card import CARD
from .vocode import vocode

GRAPHS = ("text", "pitch", "decoder", "vocoder", "speaker")
LEARNING = "2"  # counts how often what `condition` learns has changed
TRIAL = (  # said once in a new voice, to hear what the encoder has left out: most vowels of two languages
    "Please tell me when the boys and girls go home, we should know how much they were worth.",
    "今天天气很好，我们出去走走，看看山上的花草树木。",
)


@dataclass(frozen=True)
class Tokens:
    """An utterance as a row of phonemes and pauses."""

    names: tuple[str, ...]
    word_start: tuple[bool, ...]
    languages: tuple[str, ...]
    unit: tuple[int, ...]  # number of the unit that a token belongs to, -1 for pauses


class Native:
    """See kouji.engines.contract.Engine."""

    card: Card = CARD

    def __init__(self, n_threads: int = 1, folder: Path | None = None, preset: str = "") -> None:
        """Load a voice pack: the one that comes with the package, or another that the recipe made."""
        folder = folder or Path(str(files("kouji.engines.native"))) / "weights"
        # Sentences differ in length: what is kept for the longest is hardly used again, and asking costs no time.
        graphs = {name: (folder / f"{name}.onnx").read_bytes() for name in GRAPHS[:4]}
        self._graphs = {name: Graph(data, n_threads, keeps_memory=False) for name, data in graphs.items()}
        self._folder, self._emotion_file = folder, folder / "emotion.onnx"
        self.card = pack.licensed(CARD, folder)
        self._heard = (b"", acting.Expression())  # hash of a clip, and its manner
        self._n_threads = n_threads
        with (folder / "voices.npz").open("rb") as file, np.load(file) as voices:
            self._voices = dict(voices)

    def builtin(self, name: str) -> Conditioning:
        """The conditioning of one of the card's voices; UnknownName where there is none."""
        self.card.voice(name)
        return Conditioning(
            "native", {key: self._voices[f"{name}.{key}"] for key in ("speaker", "log_f0", "noise")}
        )

    @cached_property
    def digest(self) -> str:
        """Of the weights, and of what is learnt with them: a conditioning made by another cannot be used."""
        files = [path for path in sorted(self._folder.iterdir()) if path.is_file()]
        sums = [sha256(path.read_bytes()).hexdigest() for path in files]
        return sha256("".join([LEARNING, *sums]).encode()).hexdigest()

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """A voice from clips at 24 kHz: timbre, mean and range of the pitch; the transcript is not needed.

        Raises:
            InvalidInput: no clip has a voiced frame.
        """
        f0 = np.concatenate(f0_tracker.track_voice(clips))
        if not (f0 > 0).any():
            raise InvalidInput("There is no voice in the clip.", "Give 3 to 30 seconds of one person speaking.")
        mel = np.concatenate([mel_scale.log_mel(clip) for clip in clips])
        graph = Graph((self._folder / "speaker.onnx").read_bytes(), self._n_threads)
        arrays = {
            "speaker": reference.fused(mel, f0, lambda window: graph(mel=window[None])[0][0]),
            "log_f0": np.asarray(np.log(f0[f0 > 0]).mean(), np.float32),
            "noise": reference.noise_floor(mel),
        }
        clean = reference.without_noise(mel, arrays["noise"])
        ours = self._tried(Conditioning("native", arrays))
        return Conditioning("native", arrays | timbre.match(clean, f0, mel_scale.log_mel(ours), f0_tracker.track(ours)))

    def _tried(self, conditioning: Conditioning) -> np.ndarray:
        """(n_samples,) of two sentences in the voice as it is."""
        said = [utterance for text in TRIAL for utterance in analyse(text).utterances]
        rng = np.random.default_rng(0)  # the same clips, the same voice
        return np.concatenate([chunk.samples for each in said for chunk in self.synthesize(each, conditioning, rng)])

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        """How long the utterance takes; see the contract."""
        tokens = tokenize(utterance.units)
        style = inputs.STYLES.index(style_of(utterance.units))
        _, _, log_duration, _ = self._read(tokens, style)
        frames = timing.natural(np.exp(log_duration[0]) * self._voices["pace"][style])
        return timing.reach(frames, tokens.names, utterance.delivery, self._tempo(utterance))

    def synthesize(self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        """Say one utterance; see the contract."""
        tokens = tokenize(utterance.units)
        style = inputs.STYLES.index(style_of(utterance.units))
        content, prosody, log_duration, energy = self._read(tokens, style)
        change = self._expression(utterance)
        frames = timing.natural(np.exp(log_duration[0]) * self._voices["pace"][style])
        durations = timing.asked(frames, tokens.names, utterance.delivery, self._tempo(utterance))
        index, position = inputs.positions(frames)
        ratio, voicing = self._graphs["pitch"](prosody=prosody, index=index[None], position=position[None])
        voiced = (voicing[0] > 0).astype(np.float32) * _may_sound(tokens)[index]
        spread = self._voices["spread"][style] * timbre.spread(conditioning.arrays)
        log_f0 = ratio[0] * spread + conditioning.arrays["log_f0"]
        log_f0 = acting.melody(log_f0, voiced, change, _is_tonal(utterance.units))
        (mel,) = self._graphs["decoder"](
            content=content, index=index[None], position=position[None],
            log_f0=(log_f0 - np.float32(np.log(200)))[None].astype(np.float32), voiced=voiced[None], energy=energy,
            speaker=conditioning.arrays["speaker"][None], emotion=np.zeros((1, inputs.N_EMOTIONS), np.float32),
        )  # fmt: skip
        clean = timbre.shaped(reference.without_noise(mel[0], conditioning.arrays["noise"]), conditioning.arrays)
        if durations is not frames:
            clean, log_f0, voiced = (timing.respread(x, frames, durations) for x in (clean, log_f0, voiced))
            voiced = (voiced > 0.5).astype(np.float32)
        f0 = np.where(voiced > 0, np.exp(log_f0), 0).astype(np.float32)
        pieces = vocode(self._graphs["vocoder"], acting.coloured(clean, change), f0, rng)
        if change.energy:
            pieces = iter([level.limited(np.concatenate(list(pieces)))])  # what is louder is limited as a whole
        marks = tuple(_marks(utterance, tokens, durations))
        for samples in pieces:
            yield Chunk(samples, marks)
            marks = ()

    def _expression(self, utterance: Utterance) -> acting.Expression:
        """What the delivery changes against a neutral reading at the voice's own pitch."""
        delivery = utterance.delivery
        change = acting.expression(delivery.emotion) + acting.Expression(pitch=delivery.pitch)
        if delivery.emotion_clip is None:
            return change
        return change + self._manner(delivery.emotion_clip) * delivery.intensity

    def _manner(self, clip: np.ndarray) -> acting.Expression:
        """Of a clip; the last one is kept, because every utterance of a request asks for the same."""
        key = sha256(clip.tobytes()).digest()
        known, found = self._heard
        if known != key:
            if not self._emotion_file.is_file():
                hint = "Train one with --emotion-steps above 0, or name the emotion."
                raise InvalidInput("This voice pack cannot hear emotions: it has no emotion.onnx.", hint)
            found = manner.manner(clip, Graph(self._emotion_file.read_bytes(), self._n_threads))
            self._heard = (key, found)
        return found

    def _tempo(self, utterance: Utterance) -> float:
        """How many times as fast as a neutral reading."""
        return utterance.delivery.speed / self._expression(utterance).duration_ratio

    def _read(self, tokens: Tokens, style: int) -> list[np.ndarray]:
        encoded = inputs.encode(tokens.names, tokens.word_start, tokens.languages)
        language = np.array([LANGUAGES.index(name) for name in tokens.languages])
        return self._graphs["text"](
            segments=encoded.segments[None], tones=encoded.tones[None], flags=encoded.flags[None],
            next_pause=encoded.next_pause[None], language=language[None], style=np.array([style]),
            emotion=np.zeros((1, inputs.N_EMOTIONS), np.float32),
        )  # fmt: skip


def tokenize(units: Sequence[Unit]) -> Tokens:
    """Phonemes in a row, a pause before the first, pauses where the text asks for them, one at the end."""
    rows: list[tuple[str, bool, str, int]] = [("_", False, units[0].language, -1)]
    for number, unit in enumerate(units):
        for k, phoneme in enumerate(unit.phonemes):
            rows.append((phoneme, unit.word_start and k == 0, unit.language, number))
        if unit.pause and number < len(units) - 1:
            rows.append((unit.pause, False, unit.language, -1))
    rows.append((units[-1].pause or ".", False, units[-1].language, -1))
    names, starts, languages, numbers = zip(*rows, strict=True)
    return Tokens(names, starts, languages, numbers)


def style_of(units: Sequence[Unit]) -> str:
    """How it is read: the language of most units decides, and whether it is one word or a sentence."""
    spoken = [unit.language for unit in units if unit.phonemes]
    language = max(LANGUAGES, key=spoken.count)
    one_word = len(units) <= 4 and sum(unit.word_start for unit in units) == 1
    return {
        "zh": "zh_word" if one_word else "zh_sentence", "en": "en_read", "ja": "ja_word", "ko": "teacher_ko",
        "yue": "teacher_yue",
    }[language]  # fmt: skip


def _is_tonal(units: Sequence[Unit]) -> bool:
    """Whether the melody is made of tones, which must stay what they are: one syllable of such a language will do."""
    return any(unit.language in ("zh", "yue") and unit.phonemes for unit in units)


def _may_sound(tokens: Tokens) -> np.ndarray:
    """(N,) 0 for pauses, 1 for phonemes: nobody hums in a pause."""
    return np.array([number >= 0 for number in tokens.unit], np.float32)


def _marks(utterance: Utterance, tokens: Tokens, durations: np.ndarray) -> Iterator[Mark]:
    """Times of each unit and phoneme."""
    ends = np.cumsum(durations) * timing.FRAME
    starts = ends - durations * timing.FRAME
    of_unit: dict[int, list[int]] = {}
    for k, number in enumerate(tokens.unit):
        if number >= 0:
            of_unit.setdefault(number, []).append(k)
    for number, found in of_unit.items():
        yield Mark("word", utterance.units[number].text, float(starts[found[0]]), float(ends[found[-1]]))
        for k in found:
            yield Mark("phoneme", tokens.names[k], float(starts[k]), float(ends[k]))
