"""IndexTTS 2: a voice from a clip, its emotion apart from its timbre, its length to the sample.

    text ─→ ids ─GPT─→ codes ─GPT─→ latents ─regulator─→ conditions ─flow─→ mel ─vocoder─→ samples

The weights are those of bilibili's IndexTeam, read from their official folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kouji.engines.contract import Card, Conditioning
from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights, UnknownName
from kouji.layers.linear import use_threads
from kouji.runtime.remembered import Remembered
from kouji.types import Chunk, Mark, Timing, Utterance

from . import config, span, voice, weights
from .card import CARD
from .description import Describer
from .emotion import Exemplars, held_back
from .flow import solve
from .int8 import read_narrow
from .options import Options
from .pieces import Pieces
from .presets import MANNERS
from .sampling import Limits, Noise, generate
from .script import check, script
from .span import Target
from .steps import stepper
from .vocode import vocoded
from .voice import Voice

LONGEST = 1500  # codes of a segment: 30 seconds
N_TAKES = 3  # at most so many draws, where the first does not come near the length that is asked for
N_CLIPS = 32  # emotion clips that are remembered


class IndexTTS2:
    """See kouji.engines.contract.Engine."""

    card: Card = CARD

    def __init__(self, n_threads: int = 1, folder: Path | None = None, preset: str = "") -> None:
        """Load what speaking needs; what only learns a voice is loaded when one is learned.

        Raises:
            MissingWeights, BadCheckpoint: see `weights`.
        """
        if folder is None:
            raise MissingWeights("IndexTTS 2 needs a folder of weights.", "kouji models pull indextts2")
        preset = preset or next(iter(MANNERS))
        if preset not in MANNERS:
            raise UnknownName("preset", preset, list(MANNERS))
        use_threads(n_threads)
        self._folder, self._manner = folder, MANNERS[preset]
        self._config = config.read(folder)
        self._pieces = Pieces(folder / self._config.files["bpe_model"])
        self._glossary = _glossary(folder)
        # The GPT last: what the others leave behind while they are narrowed does not add to the peak of memory.
        self._vocoder = weights.read_bigvgan(folder)
        if self._manner.narrow_vocoder:
            weights.as_bfloat16(self._vocoder)
        self._s2mel = weights.read_s2mel(self._config, folder)
        if self._manner.narrow_flow:
            weights.as_bfloat16(self._s2mel.estimator)
        else:
            self._s2mel.estimator.wavenet.tile()
        self._quantizer = weights.read_codec(self._config, folder).quantizer
        self._exemplars = _exemplars(self._config, folder)
        self._gpt = (
            read_narrow(self._config, folder, n_threads)
            if self._manner.int8_gpt
            else weights.read_gpt(self._config, folder)
        )
        self._manners = Remembered[np.ndarray](N_CLIPS)
        words = folder / self._config.files["qwen_emo_path"]
        # Reads descriptions of a manner, where the release's own language model is at hand; loaded when first asked.
        self.reader = Describer(words) if words.is_dir() else None

    @cached_property
    def digest(self) -> str:
        """Of what voices are learnt with."""
        return voice.digest(self._config, self._folder)

    def builtin(self, name: str) -> Conditioning:
        """There is none; UnknownName."""
        self.card.voice(name)
        raise AssertionError("the card has no voices")

    @torch.inference_mode()
    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """A voice from clips at 22.05 kHz, of which the first 15 seconds are heard; see the contract."""
        pace = 0.0
        if transcript:
            from kouji.text import analyse

            n_syllables = sum(span.syllables(utterance) for utterance in analyse(transcript).utterances)
            pace = n_syllables / (sum(map(len, clips)) / config.SAMPLE_RATE)
        regulator = self._s2mel.length_regulator
        return voice.learn(self._config, self._folder, regulator, clips, pace).conditioning()

    def describe(self, description: str) -> tuple[float, ...]:
        """Eight weights for a manner in words, as the release's own language model understands it.

        Raises:
            MissingWeights: its folder is not there; `kouji.control` reads descriptions without it.
            MissingExtra: transformers is not installed.
        """
        if self.reader is None:
            name = self._config.files["qwen_emo_path"]
            raise MissingWeights(f"{self._folder} has no {name}.", "It is part of IndexTeam/IndexTTS-2.")
        return self.reader.weights(description)

    def check(self, utterance: Utterance) -> None:
        """Refuse options and characters that cannot be; see contract.Checker."""
        Options.of(utterance.controls, self._manner.sampling)
        check(utterance, self._pieces, self._glossary)

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        """An estimate; see the contract. What is asked for is met all the same, within half to twice as long."""
        return span.estimated(utterance, float(Voice.of(conditioning).pace))

    def synthesize(self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        """Say one utterance, segment by segment, each in chunks as the vocoder has them; see the contract."""
        options = Options.of(utterance.controls, self._manner.sampling)
        speaker = Voice.of(conditioning)
        # Each segment gets a start and a stop, and may have a quote behind its last mark.
        longest = min(options.max_pieces, self._config.gpt.max_text - 3)
        segments = script(utterance, self._pieces, self._glossary, longest)
        n_pause = round(options.interval_silence * config.SAMPLE_RATE)
        targets = span.targets(utterance.delivery, [len(ids) for ids in segments], n_pause)
        with torch.inference_mode():
            emotion = self._emotion(utterance, speaker, options, rng)
            pairs = zip(segments, targets, strict=True)
            drawn: Iterator[tuple[Tensor, Tensor]]
            drawn = (self._codes(ids, speaker, emotion, target, options, rng) for ids, target in pairs)
            if utterance.delivery.duration is not None:
                # A length that cannot be met is told before the first sound, and one factor holds for all segments:
                # so all codes come before any sound. Otherwise a segment sounds as soon as it can.
                taken = list(drawn)
                targets, drawn = span.settled(targets, [len(codes) for codes, _ in taken]), iter(taken)
        n_done = 0
        for number, target in enumerate(targets):
            if number and n_pause:
                yield Chunk(np.zeros(n_pause, np.float32))
                n_done += n_pause
            with torch.inference_mode():
                codes, latents = next(drawn)
                pieces = self._spoken(codes, latents, speaker, target, rng)
            for samples in pieces:
                n_done += len(samples)
                yield Chunk(samples)
        end = n_done / config.SAMPLE_RATE
        yield Chunk(np.zeros(0, np.float32), (Mark("sentence", utterance.text, 0.0, end),))

    def _emotion(self, utterance: Utterance, speaker: Voice, options: Options, rng: np.random.Generator) -> Tensor:
        """The vector (D,) that the GPT adds to the speaker."""
        delivery, base = utterance.delivery, speaker.emotion
        if delivery.emotion_clip is not None:
            other = self._of_clip(delivery.emotion_clip)
            return torch.from_numpy(base + np.float32(delivery.intensity) * (other - base))
        if not any(delivery.emotion):
            return torch.from_numpy(base)
        rows = self._exemplars.chosen(speaker.speaker_embedding, rng if options.emotion_matrix == "random" else None)
        return torch.from_numpy(self._exemplars.mixed(held_back(delivery.emotion, delivery.intensity), rows, base))

    def _of_clip(self, clip: np.ndarray) -> np.ndarray:
        """The emotion vector of a clip at 22.05 kHz; those of late are remembered."""
        samples = voice.checked([clip])

        def heard() -> np.ndarray:
            return voice.manner(self._config, self._folder, samples)

        return self._manners.get(sha256(samples.tobytes()).hexdigest(), heard)

    def _codes(
        self, ids: Sequence[int], speaker: Voice, emotion: Tensor, target: Target, options: Options,
        rng: np.random.Generator,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Codes (N,) of a segment, and their latents (1, N, D)."""
        told = target.ideal_codes if options.duration_slot else None
        prompt = self._gpt.prompt(torch.from_numpy(speaker.speaker), emotion, torch.tensor(ids), told)
        cache = self._gpt.start(prompt)
        limits, best, least = self._limits(target), np.zeros(0, np.int64), np.inf
        for _ in range(N_TAKES):
            cache.rewind()
            codes = generate(stepper(self._gpt, cache), options.sampling, limits, _gumbel(rng))
            is_whole = len(codes) < limits.longest or target.n_codes is not None
            strain = target.strain(len(codes)) if is_whole else np.inf
            if strain < least:
                best, least = codes, strain
            if not least or not options.sampling.is_drawn:
                break
        if not len(best):
            raise InvalidInput(
                f"IndexTTS 2 came to no end within {limits.longest / config.CODE_RATE:.0f} s.",
                "Try another seed, or shorter sentences (max_pieces).",
            )
        found = torch.from_numpy(best)
        return found, self._gpt.latents(found, cache)  # type: ignore[arg-type]

    def _limits(self, target: Target) -> Limits:
        size = self._gpt.config
        room = min(LONGEST, size.max_codes - 3)
        shortest = 1
        if target.n_codes is not None:
            if target.n_codes > room:
                raise InvalidInput(f"{target.n_codes} tokens are too many.", f"Ask for at most {room} per segment.")
            shortest = room = target.n_codes
        elif target.ideal_codes is not None:
            # What would have to be stretched or pressed further than the regulator can is not drawn in the first place.
            shortest = -(-target.ideal_codes // int(span.STRETCH[1])) + 1
            if shortest >= room:
                seconds = span.STRETCH[1] * room / config.CODE_RATE
                raise InvalidInput(
                    f"{target.ideal_codes / config.CODE_RATE:.1f} s are too long for one segment.",
                    f"Ask for at most {seconds:.0f} s per sentence.",
                )
            room = max(shortest + 1, min(room, int(target.ideal_codes / span.STRETCH[0])))
        return Limits(size.start_code, size.stop_code, room, shortest, never=(size.start_code,))

    def _spoken(
        self, codes: Tensor, latents: Tensor, speaker: Voice, target: Target, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """The samples of one segment."""
        n_frames = target.frames(len(codes))
        x = self._quantizer.embed(codes[None]) + self._s2mel.gpt_layer(latents)
        mel, condition = speaker.prompt(self._manner.prompt_seconds)
        conditions = torch.cat([condition, self._s2mel.length_regulator(x, n_frames)], 1)
        noise = rng.standard_normal((1, mel.shape[1], conditions.shape[1]), np.float32)
        embedding = torch.from_numpy(speaker.speaker_embedding)[None]
        made = solve(
            self._s2mel.estimator, torch.from_numpy(noise), conditions, mel, embedding, self._manner.n_timesteps,
            self._manner.cfg_rate,
        )  # fmt: skip
        return vocoded(self._vocoder, made, target.n_samples or n_frames * config.HOP_LENGTH)


def _gumbel(rng: np.random.Generator) -> Noise:
    return lambda n: rng.gumbel(size=n).astype(np.float32)


def _glossary(folder: Path) -> dict[str, str | dict[str, str]]:
    """The folder's own readings, where it has any.

    Raises:
        BadCheckpoint: a file that is no such table.
    """
    path = folder / "glossary.yaml"
    if not path.is_file():
        return {}
    table = config.read_yaml(path)
    for term, reading in table.items():
        readings = list(reading.values()) if isinstance(reading, dict) else [reading]
        if not isinstance(term, str) or not all(isinstance(each, str) for each in readings):
            raise BadCheckpoint(f"{path} has no reading for {term!r}.", 'Write TERM: "reading".')
    return table


def _exemplars(sizes: config.ModelConfig, folder: Path) -> Exemplars:
    """feat1.pt and feat2.pt.

    Raises:
        BadCheckpoint: other numbers of rows than config.yaml says.
    """
    n = sum(sizes.emotion_counts)
    speakers = weights.read_matrix(folder / sizes.files["spk_matrix"], (n, sizes.dit.speaker_dim))
    emotions = weights.read_matrix(folder / sizes.files["emo_matrix"], (n, sizes.gpt.dim))
    return Exemplars(speakers, emotions, sizes.emotion_counts)
