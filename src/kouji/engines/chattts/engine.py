"""ChatTTS: a text and a voice to samples.

    utterance ─ prose.py ─→ text [─ refine pass ─→ text with pauses and laughter] ─ speaking pass ─→ steps
              ─ render.py ─→ samples

| voice | the GPT reads |
| --- | --- |
| `seed_2`, or a speaker as text | [spk_emb], the text |
| a recording with its transcript | [empty_spk], the transcript, the text, the codes of the recording |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from kouji.audio import pace
from kouji.audio.fitting import cut_to, resized
from kouji.engines.contract import Card, Conditioning
from kouji.errors import EmptyText, InvalidInput, MissingWeights
from kouji.types import Chunk, Mark, Timing, Utterance

from . import gfsq, loading, normalize, passage, prompts, prose, render, speaker, takes
from .card import CARD
from .config import LONGEST, SAMPLE_RATE, STEP_SAMPLES, TOKEN_RATE
from .generation import (
    LONGEST_TEXT,
    Bounds,
    Draw,
    FromGenerators,
    FromManualSeed,
    Step,
    refined,
    speaking_rows,
    spoken,
)
from .mel import log_mel
from .options import Options
from .presets import PRESETS
from .sampling import TEXT
from .speaker import Statistics
from .stages import Stages
from .tokenizer import Tokenizer

LEARNING = "1"  # counts how often what `condition` learns has changed
SHORTEST, LONGEST_CLIP = 0.5, 30.0  # seconds of a recording
PER_SYLLABLE, PER_TAG = 0.22, 0.4  # seconds, where no recording shows how fast its speaker is
STEPS_PER_ID, STEPS_FREE = 32, 64  # after so many steps a text that has not ended has run away
SILENCE = 0.3  # seconds of an utterance that is nothing but pauses


@dataclass(frozen=True)
class Script:
    """One utterance, ready for the speaking pass."""

    text: str
    options: Options
    is_paced: bool  # whether its text says [speed_N]
    pace: str


class ChatTTS:
    """See kouji.engines.contract.Engine."""

    card: Card = CARD
    _homophones_file: Path | None = None

    def __init__(self, n_threads: int = 1, folder: Path | None = None, preset: str = "") -> None:
        if folder is None:
            raise MissingWeights(f"The engine {self.card.id!r} needs its files.", f"kouji models pull {self.card.id}")
        levers = PRESETS[preset or self.card.presets[0].name]
        self._homophones_file = folder / loading.HOMOPHONES
        self._set_up(*loading.load(folder, n_threads, levers.int8), preset)

    @classmethod
    def assembled(
        cls, stages: Stages, tokenizer: Tokenizer, statistics: Statistics | None = None, preset: str = ""
    ) -> ChatTTS:
        """From parts that are open already, of any size."""
        engine = cls.__new__(cls)
        engine._set_up(stages, tokenizer, statistics, preset)
        return engine

    def _set_up(self, stages: Stages, tokenizer: Tokenizer, statistics: Statistics | None, preset: str) -> None:
        self.preset = preset or self.card.presets[0].name
        self._levers = PRESETS[self.preset]
        self._stages, self._tokenizer, self._statistics = stages, tokenizer, statistics
        self._renderer = render.Renderer(stages, self._levers)
        self._dim = stages.text_rows(np.zeros(1, np.int64)).shape[1]

    @property
    def digest(self) -> str:
        """Of what voices are learnt with."""
        sums = {file.path: file.sha256 for file in self.card.files}
        heard_with = (sums["asset/DVAE.safetensors"], sums[loading.TOKENIZER], repr(self._levers.rule))
        return sha256("".join([LEARNING, *heard_with]).encode()).hexdigest()

    def builtin(self, name: str) -> Conditioning:
        """A seed, `seed_2` or `2`, or a speaker as text.

        Raises:
            InvalidInput: the text is none.
            MissingWeights: the folder has no statistics of speakers, from which a seed draws.
        """
        number = name.removeprefix("seed_")
        if not number.isdecimal():
            return Conditioning(self.card.id, {"embedding": speaker.embedding_of(name, self._dim)})
        if self._statistics is None:
            raise MissingWeights(
                f"The voice {name!r} is drawn from statistics of speakers, which the published folder does not have.",
                "Put spk_stat.txt (or spk_stat.pt) of an official release into its folder asset, or give a speaker as "
                "text (it begins with 蘁淰), or a recording.",
            )
        embedding = speaker.of_seed(int(number), self._statistics)
        return Conditioning(self.card.id, {"embedding": embedding})

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """Learn a voice from a recording and what is said in it.

        Raises:
            InvalidInput: no transcript; less than half a second, or more than 30.
        """
        samples = np.concatenate(list(clips))
        duration = len(samples) / SAMPLE_RATE
        if not transcript:
            raise InvalidInput(
                "ChatTTS cannot learn a voice without its words.", "Give what is said in the clip: reference_text."
            )
        if not SHORTEST <= duration <= LONGEST_CLIP:
            hint = f"Give {SHORTEST} to {LONGEST_CLIP:.0f} seconds; 3 to 10 are best."
            raise InvalidInput(f"A recording of {duration:.1f} seconds cannot be used.", hint)
        features = self._stages.encode(log_mel(samples))
        codes = gfsq.encode(features, self._stages.groups, self._levers.rule)
        return self.sample(codes, transcript)

    def sample(self, codes: np.ndarray, transcript: str) -> Conditioning:
        """A voice by the codes (4, P) of a recording, see speaker.sample_of, and what is said in it."""
        ids = np.array(self._tokenizer.encode(prose.plain(transcript)), np.int64)
        return Conditioning(self.card.id, {"codes": codes, "sample_ids": ids})

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        """How long it will take, estimated: this model decides while it speaks."""
        arrays, text = conditioning.arrays, prose.prose(utterance)
        if not text.is_said:
            natural = SILENCE
        elif "codes" in arrays and len(arrays["sample_ids"]):
            per_id = arrays["codes"].shape[1] / len(arrays["sample_ids"])
            natural = len(self._tokenizer.encode(text.text)) * per_id / TOKEN_RATE
        else:
            natural = PER_TAG * text.text.count("[") + pace.natural(utterance.units, PER_SYLLABLE)
        return Timing.estimated(natural / utterance.delivery.speed)

    def synthesize(self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        """Say one utterance; see the contract."""
        delivery, n_done = utterance.delivery, 0
        # Of their own each: the words of the refined text must not depend on how many codes are drawn, nor they on it.
        of_text, of_codes = rng.spawn(2)
        script = self._script(utterance, of_text)
        if script is None:
            seconds = SILENCE / delivery.speed if delivery.duration is None else delivery.duration
            sounds = iter([np.zeros(round(seconds * SAMPLE_RATE), np.float32)])
        elif delivery.duration is None and delivery.n_tokens is None and delivery.speed == 1:
            steps = self._steps(script, conditioning, of_codes)
            sounds = self._renderer.stream(takes.that_end(steps, self._most(script)))
        else:
            sounds = iter([self._whole(script, utterance, conditioning, of_codes)])
        for samples in sounds:
            start, n_done = n_done / SAMPLE_RATE, n_done + len(samples)
            yield Chunk(samples, (Mark("sentence", utterance.text, start, n_done / SAMPLE_RATE),))

    def refine(self, text: str, tags: str, rng: np.random.Generator) -> str:
        """A text with pauses, laughter and fillers, as the refine pass writes them in."""
        ids = self._tokenizer.encode(prompts.to_refine(text, tags))
        bounds = Bounds(1, LONGEST_TEXT, prompts.END_OF_TEXT)
        begun = self._stages.begin(*speaking_rows(self._stages, [ids]))
        (found,) = refined(self._stages, begun, TEXT, FromGenerators([rng]), bounds)
        return self._tokenizer.decode(number for number in found if number < prompts.FIRST_STYLE)

    def read(self, text: str, conditioning: Conditioning | None, rng: np.random.Generator) -> list[np.ndarray]:
        """A text of many sentences in the official way, see passage.py: the sound of each of its pieces.

        Args:
            text: may hold tags.
            conditioning: of a speaker; None: the model picks one, for all of the text.
            rng: all randomness; each piece has its own.

        Raises:
            InvalidInput: the conditioning is of a recording, or characters have no sound.
        """
        embedding = None
        if conditioning is not None:
            if "embedding" not in conditioning.arrays:
                raise InvalidInput("A recording is a sample of speech already.", "Give a speaker, or None.")
            embedding = speaker.unit(conditioning.arrays["embedding"])

        def written(piece: str, words: str) -> list[int]:
            return self._tokenizer.encode(prompts.to_speak(piece, embedding is not None, sample=words))

        pieces = [prose.of_text(piece) for piece in normalize.pieces(text) if piece.strip()]
        seed = int(rng.integers(1 << 62))
        reader = passage.Reader(self._stages, self._renderer, written, embedding)
        return reader.read(
            pieces, lambda numbers: FromGenerators([np.random.default_rng([seed, 1 + number]) for number in numbers])
        )

    def _script(self, utterance: Utterance, rng: np.random.Generator) -> Script | None:
        """What is to be said; None where it is nothing but pauses."""
        options = Options.of(utterance.controls)
        found = prose.prose(utterance, self._homophones if options.homophones else None)
        if not found.is_said and "[laugh]" not in found.text:
            if not found.text.strip():
                raise EmptyText(utterance.text)
            return None
        text, tags = found.text, found.refinement or options.refine
        if tags and found.is_said:
            text = self.refine(text, tags, rng)
        return Script(text, options, "speed" in found.styles, found.speed)

    @cached_property
    def _homophones(self) -> Mapping[str, str]:
        path = self._homophones_file
        if path is None or not path.is_file():
            hint = f"Put the official one there, as {loading.HOMOPHONES}."
            raise MissingWeights("The model's folder has no table of homophones.", hint)
        return normalize.read_homophones(path)

    def _steps(
        self, script: Script, conditioning: Conditioning, rng: np.random.Generator, bounds: Bounds | None = None,
        pace: str = "",
    ) -> Iterator[Step]:  # fmt: skip
        """The speaking pass, with the tag of the pace that the text asks for, or another."""
        arrays, embedding = conditioning.arrays, None
        decorated = prompts.to_speak(script.text, "embedding" in arrays, pace or script.pace)
        ids = self._tokenizer.encode(decorated)
        if "embedding" in arrays:
            embedding = speaker.unit(arrays["embedding"])
        else:
            ids = [*ids[:2], *arrays["sample_ids"].tolist(), *ids[2:]]
        begun = self._stages.begin(*speaking_rows(self._stages, [ids], embedding, arrays.get("codes")))
        draw: Draw = FromGenerators([rng])
        if script.options.manual_seed is not None:
            draw = FromManualSeed(script.options.manual_seed)
        return spoken(
            self._stages, begun, script.options.sampling, draw, bounds or Bounds(most=self._most(script))
        )

    def _most(self, script: Script) -> int:
        """Steps after which a text has run away."""
        return min(LONGEST, STEPS_FREE + STEPS_PER_ID * len(self._tokenizer.encode(script.text)))

    def _whole(
        self, script: Script, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator
    ) -> np.ndarray:
        """An utterance of a certain length, at another tempo, or of so many steps."""
        delivery = utterance.delivery
        if delivery.n_tokens is not None:
            bounds = Bounds(delivery.n_tokens, delivery.n_tokens)
            rows = [self._renderer.row(step) for step in self._steps(script, conditioning, rng, bounds)]
            mel = self._renderer.mel(np.stack(rows))
            # One frame more, so that so many steps are so many times 512 samples.
            return self._renderer.sound(np.concatenate([mel, mel[:, -1:]], 1))

        def take(pace: str) -> list[np.ndarray]:
            steps = self._steps(script, conditioning, rng, pace=pace)
            return [self._renderer.row(step) for step in takes.that_end(steps, self._most(script))]

        wanted = None if delivery.duration is None else delivery.duration * SAMPLE_RATE / STEP_SAMPLES
        rows, wanted = takes.nearest(take, wanted, delivery.speed, script.is_paced)
        n_samples = round(wanted * STEP_SAMPLES)
        mel = resized(self._renderer.mel(np.stack(rows)), render.frames_for(n_samples))
        return cut_to(self._renderer.sound(mel), n_samples, render.FADE)
