"""GPT-SoVITS: a text and a voice to samples.

    utterance ─ script.py → phones, features ─ generation.py → codes ─ frames ─ render.py → samples
    recording ─ listening.py → style, codes;  its transcript ─ script.py → phones, features

The first network goes on from the recording's codes and transcript: from there come manner and pace. The second hears
the style: from there comes the timbre. So the manner of one clip and the timbre of another can be put together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore
from typing import cast

import numpy as np

from kouji.audio.fitting import cut_to, resized, shared
from kouji.audio.resample import resample
from kouji.engines.contract import Card, Conditioning
from kouji.errors import InvalidInput, MissingWeights
from kouji.runtime.remembered import Remembered
from kouji.types import Chunk, Mark, Timing, Utterance

from . import generation, listening, loading, script, span, spectrogram
from .card import V2, V2PRO, V2PROPLUS, V4
from .config import HOP_LENGTH, N_MELS_V4, SAMPLE_RATE, SAMPLE_RATE_V4, STEPS
from .options import Options
from .presets import PRESETS
from .prompted import Prompted, Start
from .render import FADE, n_frames_at
from .span import Target
from .stages import Decoder, DecoderV4, Text
from .streaming import flowing, streamed
from .voice import Prompt, Voice

N_CLIPS = 32  # emotion clips that are remembered
N_STARTS = 16  # voices whose start before the flow of v4 is remembered, 1.2 MB each


class GPTSoVITSv2:
    """v2; see kouji.engines.contract.Engine."""

    card: Card = V2
    version = "v2"
    sample_rate, hop_length = SAMPLE_RATE, HOP_LENGTH  # Hz; samples of a frame
    steps: tuple[int, ...] = ()  # that a flow can take

    def __init__(self, n_threads: int = 1, folder: Path | None = None, preset: str = "") -> None:
        if folder is None:
            raise MissingWeights(f"The engine {self.card.id!r} needs its files.", f"kouji models pull {self.card.id}")
        levers = PRESETS[preset or self.card.presets[0].name]
        self._open(loading.load(folder, self.version, n_threads, levers.int8), preset)

    @classmethod
    def assembled(cls, parts: loading.Parts, preset: str = "") -> GPTSoVITSv2:
        """From parts that are open already, of any size."""
        engine = cls.__new__(cls)
        engine._open(parts, preset)
        return engine

    def _open(self, parts: loading.Parts, preset: str) -> None:
        self.preset = preset or self.card.presets[0].name
        self._parts, self._levers = parts, PRESETS[self.preset]
        self._speaker = generation.Speaker(parts.reader)
        # Requests that are decoded together get their codes at the same time. More of them than there are processors
        # would be rendered no sooner at once, and take memory.
        self._rendering = BoundedSemaphore(os.cpu_count() or 1)
        self._manners = Remembered[Prompt](N_CLIPS)
        self._starts = Remembered[Start](N_STARTS)

    @property
    def digest(self) -> str:
        """Of what voices are learnt with."""
        return self._parts.ears.digest

    def builtin(self, name: str) -> Conditioning:
        """There is none; UnknownName."""
        self.card.voice(name)
        raise AssertionError("the card has no voices")

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """Learn a voice. The style is the mean of all clips; what is said is gone on from in the first.

        Without a transcript only the style is kept: the manner is then the model's own.

        Raises:
            InvalidInput: with a transcript, a first clip shorter than 3 or longer than 10 seconds.
        """
        heard = [self._heard(clip) for clip in clips]
        prompt = self._prompt(heard[0], transcript) if transcript else Prompt.none()
        style = listening.style(self._parts.ears, heard)
        return Conditioning(self.card.id, Voice(style, prompt, self._mel(heard[0])).arrays())

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        """How long it will take, estimated: this model decides while it speaks."""
        options = Options.of(utterance.controls, self.steps)
        pieces = script.pieces(utterance, options.cut, self._parts.meaning)
        n_phones = sum(len(piece.phones) for piece in pieces)
        voice = Voice.of(conditioning)
        return span.estimated(utterance, voice.prompt, n_phones, len(pieces) - 1, options.interval_silence)

    def synthesize(self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        """Say one utterance; see the contract."""
        options, voice = Options.of(utterance.controls, self.steps), Voice.of(conditioning)
        pieces = script.pieces(utterance, options.cut, self._parts.meaning)
        n_pause = round(options.interval_silence * self.sample_rate)
        targets = span.targets(utterance.delivery, pieces, n_pause, self.sample_rate)
        prompt = self._manner(utterance, voice, options)
        n_done = 0
        for number, samples in self._pieces(pieces, targets, prompt, voice, utterance, options, rng):
            if number and n_pause:
                n_done += n_pause
                yield Chunk(np.zeros(n_pause, np.float32))
            for part in samples:
                n_done += len(part)
                yield Chunk(part)
        yield Chunk(np.zeros(0, np.float32), (Mark("sentence", utterance.text, 0.0, n_done / self.sample_rate),))

    def _pieces(
        self, pieces: list[script.Piece], targets: list[Target], prompt: Prompt, voice: Voice, utterance: Utterance,
        options: Options, rng: np.random.Generator,
    ) -> Iterator[tuple[int, Iterator[np.ndarray]]]:  # fmt: skip
        """The number of each piece, and its samples as they are ready."""
        # Of their own each: a piece must not depend on how often another was drawn.
        rngs = [each.spawn(2) for each in rng.spawn(len(pieces))]
        decoder, speed = self._decoder(voice, options), utterance.delivery.speed
        noises = [_Noise(decoder, of_noise) for _, of_noise in rngs]
        exponentials = [_exponential(of_codes) for of_codes, _ in rngs]
        if self._levers.streaming is not None and speed == 1 and targets[0] == Target():
            for number, piece in enumerate(pieces):
                stream = self._streamed(decoder, piece, prompt, voice, options, exponentials[number], noises[number])
                yield number, stream
            return
        bounds = [_bounds(piece, target) for piece, target in zip(pieces, targets, strict=True)]
        texts = [self._text(piece, prompt) for piece in pieces]
        taken = self._speaker.takes(texts, prompt.codes, bounds, options.sampling, exponentials)
        # Each piece gets the share of a wanted time that its codes ask for.
        total = sum(target.n_samples or 0 for target in targets)
        lengths = shared(total, [len(codes) for codes in taken]) if total else [0] * len(taken)
        for number, (codes, n_samples) in enumerate(zip(taken, lengths, strict=True)):
            with self._rendering:
                frames = decoder.frames(codes, pieces[number].phones, voice.style)
                n_frames = -(-n_samples // self.hop_length) if n_samples else n_frames_at(frames.shape[1], speed)
                samples = decoder.render(resized(frames, n_frames), noises[number](0, n_frames), voice.style)
            yield number, iter([cut_to(samples, n_samples, FADE) if n_samples else samples])

    def _streamed(
        self, decoder: Decoder, piece: script.Piece, prompt: Prompt, voice: Voice, options: Options,
        exponential: generation.Exponential, noise: _Noise,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        bounds = generation.Bounds.of(len(piece.phones))
        codes = self._speaker.codes(self._text(piece, prompt), prompt.codes, bounds, options.sampling, exponential)
        return self._chunks(decoder, codes, piece, voice, noise)

    def _chunks(
        self, decoder: Decoder, codes: Iterator[int], piece: script.Piece, voice: Voice, noise: _Noise
    ) -> Iterator[np.ndarray]:
        """Samples of codes as they are drawn."""
        assert self._levers.streaming is not None

        def frames(said: np.ndarray) -> np.ndarray:
            with self._rendering:
                return decoder.frames(said, piece.phones, voice.style)

        def render(some: np.ndarray, start: int) -> np.ndarray:
            with self._rendering:
                return decoder.render(some, noise(start, some.shape[1]), voice.style)

        return streamed(codes, self._levers.streaming, frames, render)

    def _text(self, piece: script.Piece, prompt: Prompt) -> Text:
        """What is read: the words of the prompt, then those of the piece."""
        features = np.concatenate([prompt.features, piece.features], 1)
        return np.concatenate([prompt.phones, piece.phones]), features

    def _prompt(self, clip: np.ndarray, transcript: str) -> Prompt:
        codes = listening.codes(self._parts.ears, clip)
        said = script.transcript(transcript, self._parts.meaning)
        return Prompt(codes, said.phones, said.features)

    def _manner(self, utterance: Utterance, voice: Voice, options: Options) -> Prompt:
        """What the first network goes on from: the clip whose manner is asked for, else the voice's own."""
        clip = utterance.delivery.emotion_clip
        if clip is None:
            return voice.prompt
        if not options.emotion_text.strip():
            hint = "Give emotion_reference_text."
            raise InvalidInput("GPT-SoVITS has to be told what is said in the clip whose manner it takes.", hint)
        key = sha256(clip.tobytes() + options.emotion_text.encode()).hexdigest()
        return self._manners.get(key, lambda: self._prompt(self._heard(clip), options.emotion_text))

    def _heard(self, clip: np.ndarray) -> np.ndarray:
        """A clip at the rate that all versions hear at."""
        return resample(clip, self.sample_rate, SAMPLE_RATE)

    def _mel(self, clip: np.ndarray) -> np.ndarray:
        """What the second network goes on from: of these versions, nothing."""
        return np.zeros((N_MELS_V4, 0), np.float32)

    def _decoder(self, voice: Voice, options: Options) -> Decoder:
        """The second network, for one voice."""
        return cast(Decoder, self._parts.decoder)


class GPTSoVITSv2Pro(GPTSoVITSv2):
    """v2Pro: the style also hears who speaks."""

    card, version = V2PRO, "v2Pro"


class GPTSoVITSv2ProPlus(GPTSoVITSv2):
    """v2ProPlus: with a larger generator."""

    card, version = V2PROPLUS, "v2ProPlus"


class GPTSoVITSv4(GPTSoVITSv2):
    """v4: a flow goes on from the recording itself, whose transcript it needs; 48 kHz."""

    card, version = V4, "v4"
    sample_rate, hop_length = SAMPLE_RATE_V4, SAMPLE_RATE_V4 // 50
    steps = STEPS

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """Learn a voice from one recording and what is said in it.

        Raises:
            InvalidInput: no transcript, or shorter than 3 or longer than 10 seconds.
        """
        if not transcript:
            raise InvalidInput("v4 has to be told what is said in the recording.", "Give reference_text.")
        return super().condition(clips[:1], transcript)

    def _mel(self, clip: np.ndarray) -> np.ndarray:
        return spectrogram.normalized(spectrogram.mel(clip))

    def _decoder(self, voice: Voice, options: Options) -> Decoder:
        networks = cast(DecoderV4, self._parts.decoder)
        key = sha256(b"".join(voice.arrays()[name].tobytes() for name in ("style", "codes", "phones", "mel")))
        start = self._starts.get(key.hexdigest(), lambda: Start.of(networks, voice, self._levers.n_prompt))
        return Prompted(networks, start, options.n_timesteps or self._levers.n_timesteps)

    def _chunks(
        self, decoder: Decoder, codes: Iterator[int], piece: script.Piece, voice: Voice, noise: _Noise
    ) -> Iterator[np.ndarray]:
        assert self._levers.streaming is not None
        stream = cast(Prompted, decoder).stream(piece.phones, voice.style, noise)

        def go_on(said: np.ndarray, start: int, end: int) -> np.ndarray:
            with self._rendering:
                return stream(said, start, end)

        return flowing(codes, self._levers.streaming, go_on)


def _bounds(piece: script.Piece, target: Target) -> generation.Bounds:
    if target.n_codes is not None:
        return generation.Bounds.exactly(target.n_codes)
    bounds = generation.Bounds.of(len(piece.phones))
    return bounds if target.about is None else bounds.towards(target.about)


class _Noise:
    """Noise of any stretch of frames, the same however often it is asked for."""

    def __init__(self, decoder: Decoder, rng: np.random.Generator) -> None:
        self._dim, self._per_frame, self._scale = decoder.dim_noise, decoder.noise_per_frame, decoder.noise_scale
        self._rng = rng
        self._rows = np.zeros((0, self._dim), np.float32)

    def __call__(self, start: int, n: int) -> np.ndarray:
        """(dim_noise, n times noise_per_frame), with its scale."""
        end = (start + n) * self._per_frame
        if end > len(self._rows):
            more = self._rng.standard_normal((end - len(self._rows), self._dim), np.float32)
            self._rows = np.concatenate([self._rows, more])
        return np.ascontiguousarray(self._rows[start * self._per_frame : end].T) * np.float32(self._scale)


def _exponential(rng: np.random.Generator) -> generation.Exponential:
    return lambda n: rng.standard_exponential(n, np.float32)
