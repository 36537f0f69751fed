"""CosyVoice-300M: a text and a voice to samples, in the ways that the three published variants know.

    utterance ─ prose.py → ids ─ generation.py → codes ─ render.py or streaming.py → samples

| way | the language model reads | the flow hears |
| --- | --- | --- |
| built-in speaker | speaker, text | speaker |
| zero-shot: a recording with its transcript | transcript, speaker, text, its codes | speaker, its codes and mel |
| cross-lingual: a recording without | speaker, <|language|> text | speaker, its codes and mel |
| instruct | description, text | speaker |
| voice conversion | nothing: codes come from a recording | speaker, codes and mel of another |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from kouji.audio import pace
from kouji.audio.fitting import cut_to, shared
from kouji.engines.contract import Card, Conditioning, Device
from kouji.errors import EmptyText, InvalidInput, MissingWeights
from kouji.types import Chunk, Mark, Timing, Utterance

from . import generation, listening, loading, prose, render, streaming
from .card import BASE, INSTRUCT, SFT, SPEAKERS
from .config import HOP_LENGTH, SAMPLE_RATE, TOKEN_RATE
from .presets import PRESETS
from .stages import Speaking, Stages

FADE = SAMPLE_RATE // 200  # samples: 5 ms


class CosyVoice:
    """The base variant; see kouji.engines.contract.Engine."""

    card: Card = BASE

    def __init__(
        self, n_threads: int = 1, folder: Path | None = None, preset: str = "", device: Device | None = None
    ) -> None:
        if folder is None:
            raise MissingWeights(f"The engine {self.card.id!r} needs its files.", f"kouji models pull {self.card.id}")
        self.preset = preset or self.card.presets[0].name
        self._levers, self._n_threads = PRESETS[self.preset], n_threads
        self._ears: loading.Listener = listening.Ears(folder, n_threads)
        self._stages, self._speakers = loading.load(
            folder, n_threads, self._levers.int8, device, needs_speakers=bool(self.card.voices)
        )

    @classmethod
    def assembled(
        cls, stages: Stages, ears: loading.Listener, speakers: Mapping[str, np.ndarray], preset: str = "",
        n_threads: int = 1,
    ) -> CosyVoice:  # fmt: skip
        """From parts that are open already, of any size."""
        engine = cls.__new__(cls)
        engine.preset = preset or cls.card.presets[0].name
        engine._levers, engine._n_threads = PRESETS[engine.preset], n_threads
        engine._ears, engine._stages, engine._speakers = ears, stages, speakers
        return engine

    @property
    def digest(self) -> str:
        """Of what voices are learnt with."""
        return self._ears.digest

    def builtin(self, name: str) -> Conditioning:
        """One of the seven speakers; UnknownName where the variant has none."""
        self.card.voice(name)
        official = SPEAKERS[name][0]
        if official not in self._speakers:
            known = ", ".join(self._speakers) or "nobody"
            raise InvalidInput(f"spk2info.pt has no speaker {official!r}.", f"It has {known}: another edition?")
        return Conditioning(self.card.id, {"embedding": self._speakers[official]})

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """Learn a voice; with the transcript zero-shot, without it cross-lingual.

        Raises:
            InvalidInput: less than half a second, or more than 30.
        """
        prompt = listening.prepared(np.concatenate(list(clips)))
        mel, mel_24k = listening.mels(prompt)
        arrays = {
            "embedding": self._ears.embedding(prompt),
            "codes": self._ears.codes(prompt),
            "mel": mel,
            "mel_24k": mel_24k,
        }
        self._heard()
        if transcript:
            arrays["prompt_ids"] = prose.prompt_ids(transcript, self.card.id)
        return Conditioning(self.card.id, arrays)

    def check(self, utterance: Utterance) -> None:
        """Refuse tags and readings that this variant cannot be told; see contract.Checker."""
        prose.segments(utterance, False, "tags" in self.card.controls, self.card.id)

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        """How long it will take, estimated: this model decides while it speaks."""
        arrays = conditioning.arrays
        if "prompt_ids" in arrays and len(arrays["prompt_ids"]):
            n_text = sum(segment.n_text for segment in self._segments(utterance, conditioning))
            natural = n_text * len(arrays["codes"]) / len(arrays["prompt_ids"]) / TOKEN_RATE
        else:
            natural = pace.natural(utterance.units)
        return Timing.estimated(natural / utterance.delivery.speed)

    def synthesize(self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        """Say one utterance; see the contract."""
        segments = self._segments(utterance, conditioning)
        if not segments:
            raise EmptyText(utterance.text)
        delivery = utterance.delivery
        # Of their own each: tokens may be drawn in another thread than noise, and must not depend on who is first.
        rng, of_noise = rng.spawn(2)
        renderer = self._renderer(conditioning, of_noise)
        whole = delivery.duration is not None or delivery.n_tokens is not None or delivery.speed != 1
        n_done = 0
        sounds = (
            self._whole(segments, utterance, conditioning, renderer, rng)
            if whole or self._levers.streaming is None
            else self._streamed(segments, utterance, conditioning, renderer, rng)
        )
        for samples in sounds:
            start, n_done = n_done / SAMPLE_RATE, n_done + len(samples)
            yield Chunk(samples, (Mark("sentence", utterance.text, start, n_done / SAMPLE_RATE),))

    def convert(
        self, samples: np.ndarray, conditioning: Conditioning, rng: np.random.Generator
    ) -> Iterator[Chunk]:
        """Voice conversion: what is said stays, and when; who says it changes.

        Args:
            samples: (n_samples,) float32 at 22.05 kHz, of any length.
            conditioning: of the voice that is to say it.
            rng: all randomness.
        """
        for piece in listening.at_pauses(samples):
            renderer = self._renderer(conditioning, rng)
            mel = renderer.mel(self._ears.codes(piece))
            yield Chunk(cut_to(renderer.vocode(mel)[0], len(piece), FADE))
        self._heard()

    def _heard(self) -> None:
        """A recording is done with. Where memory is short, what heard it makes room."""
        if self._levers.int8:
            self._ears.rest()

    def _segments(self, utterance: Utterance, conditioning: Conditioning) -> list[prose.Segment]:
        arrays = conditioning.arrays
        cross_lingual = "codes" in arrays and "prompt_ids" not in arrays
        return prose.segments(utterance, cross_lingual, "tags" in self.card.controls, self.card.id)

    def _renderer(self, conditioning: Conditioning, rng: np.random.Generator) -> render.Renderer:
        arrays = dict(conditioning.arrays)
        if self._levers.prompt_at_24k and "mel_24k" in arrays:
            arrays["mel"] = arrays["mel_24k"]
        return render.Renderer(self._stages, render.Prompt.of(arrays), self._levers, render.Drawn(rng))

    def _begin(self, segment: prose.Segment, utterance: Utterance, conditioning: Conditioning) -> Speaking:
        """The language model, with all that it reads before its first token."""
        arrays, description = conditioning.arrays, utterance.delivery.emotion_text
        before, codes = np.zeros(0, np.int64), np.zeros(0, np.int64)
        speaker: np.ndarray | None = arrays["embedding"]
        if description:
            before = prose.instruction_ids(description, self._levers.end_mark, self.card.id)
            speaker = None
        elif "prompt_ids" in arrays:
            before, codes = arrays["prompt_ids"], arrays["codes"]
        text = self._stages.encode_text(np.concatenate([before, segment.ids]))
        return self._stages.begin(text, speaker, codes)

    def _streamed(
        self, segments: list[prose.Segment], utterance: Utterance, conditioning: Conditioning,
        renderer: render.Renderer, rng: np.random.Generator,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        settings = self._levers.streaming
        assert settings is not None
        for segment in segments:
            speaking = self._begin(segment, utterance, conditioning)
            tokens = generation.tokens(speaking, generation.Bounds.of(segment.n_text), rng)
            if self._n_threads > 1:
                # Not before the first chunk has all cores: that is the one somebody waits for.
                tokens = chain(islice(tokens, settings.first_hop + settings.overlap), streaming.ahead(tokens))
            yield from streaming.Streamer(renderer, settings).run(tokens)

    def _whole(
        self, segments: list[prose.Segment], utterance: Utterance, conditioning: Conditioning,
        renderer: render.Renderer, rng: np.random.Generator,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        delivery = utterance.delivery
        wanted = _n_tokens_wanted(utterance)
        budget = [0] * len(segments) if wanted is None else shared(wanted, [each.n_text for each in segments])
        takes = []
        for segment, n_tokens in zip(segments, budget, strict=True):
            bounds = generation.Bounds.of(segment.n_text)
            if wanted is not None:
                bounds = generation.Bounds.exactly(n_tokens) if delivery.n_tokens else bounds.towards(n_tokens)
            begin = partial(self._begin, segment, utterance, conditioning)
            takes.append(np.array(generation.take(begin, bounds, rng), np.int64))
        if delivery.duration is None:
            for codes in takes:
                yield renderer.vocode(render.at_tempo(renderer.mel(codes), delivery.speed))[0]
            return
        n_samples = round(delivery.duration * SAMPLE_RATE)
        frames = shared(max(len(takes), round(n_samples / HOP_LENGTH)), [len(codes) for codes in takes])
        sounds = [renderer.vocode(renderer.mel(codes, n))[0] for codes, n in zip(takes, frames, strict=True)]
        yield cut_to(np.concatenate(sounds), n_samples, FADE)


class CosyVoiceSFT(CosyVoice):
    """The variant with built-in speakers: a recording gives it a new one, by its embedding alone."""

    card = SFT

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """A speaker: the mean of the embeddings of all clips, upstream's own recipe. The transcript is not needed."""
        embeddings = [self._ears.embedding(listening.prepared(clip)) for clip in clips]
        self._heard()
        return Conditioning(self.card.id, {"embedding": np.asarray(np.mean(embeddings, 0), np.float32)})


class CosyVoiceInstruct(CosyVoiceSFT):
    """The variant that takes direction."""

    card = INSTRUCT


def _n_tokens_wanted(utterance: Utterance) -> int | None:
    delivery = utterance.delivery
    if delivery.n_tokens is not None:
        return delivery.n_tokens
    return None if delivery.duration is None else max(1, round(delivery.duration * TOKEN_RATE))
