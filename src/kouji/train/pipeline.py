"""The whole recipe: from a folder of recordings to the voice pack of the native engine.

    prepare → align → acoustic model → vocoder → vocoder on predicted mels → export
                    → recogniser, the judge of what no other listener hears
            → emotional copies → emotion encoder

Every stage leaves its result in the working folder and is skipped, or gone on with, when it is run again. The same
corpus, seed and sizes give the same pack.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from kouji.audio.corpus import Recording, read_manifest
from kouji.errors import InvalidInput

from . import (
    acoustic_training,
    align,
    copies,
    emotion_encoder,
    emotion_figures,
    emotional_copies,
    export,
    features,
    labels,
    licences,
    predict,
    recogniser,
    teacher,
    unpack,
    vocoder_training,
    voices,
)
from .acoustic import Acoustic
from .examples import Examples
from .vocoder import Vocoder

Report = Callable[[str], None]
JUDGE_ALONE = 300  # steps that a new discriminator learns before a trained model listens to it
# Styles whose predicted mels the vocoder is polished on: the speakers of the built-in voices.
POLISHED = ("zh_word", "zh_syllable", "en_read", "en_story", "ja_word", "ja_word_2")


@dataclass(frozen=True)
class Recipe:
    """How much work the pack is worth. The defaults are the published pack's."""

    acoustic_steps: int = 20000
    adversarial_from: float = 0.5  # share of the acoustic steps after which the discriminator joins
    vocoder_steps: int = 10000
    polish_steps: int = 2500  # more, on predicted mels
    recogniser_steps: int = 8000  # 0: none
    emotion_steps: int = 900  # of the encoder of emotional clips; 0: none
    transcribe: bool = True  # have pocketsphinx listen to what has no text
    teacher: bool = True  # Korean and Cantonese from espeak-ng
    start: Path | None = None  # a voice pack to go on from; None begins with nothing
    licence: str = ""  # of the pack, as its owner says: SPDX; "": that of `start`, else the owner's own
    credits: str = ""  # whom whoever speaks with it must name
    use: str = ""  # of the deployment that trains: personal, research, commercial; "": not stated
    n_threads: int = 1
    seed: int = 0


def run(corpus: Path, work: Path, output: Path, recipe: Recipe, report: Report) -> None:
    """Train a voice pack.

    Args:
        corpus: folder with manifest.jsonl and its sound files.
        work: folder for everything between; resumable.
        output: folder for the pack: six ONNX graphs and voices.npz; and the recogniser, where one is trained.
        recipe: how much work.
        report: told of the progress, a line at a time.

    Raises:
        InvalidInput: the corpus has no manifest, or nothing in it can be used; or the pack to go on from is none.
        LicenceDenied: the licence of a recording does not allow it, see `licences.of_pack`.
        SpeechError: espeak-ng is wanted and not installed.
    """
    if recipe.start is None and min(recipe.acoustic_steps, recipe.vocoder_steps) == 0:
        raise InvalidInput("Without a single step there is no voice.", "Give steps, or a pack to go on from.")
    torch.set_num_threads(recipe.n_threads)
    licence = licences.of_pack(read_corpus(corpus), recipe)  # before the work
    before = (None, None) if recipe.start is None else unpack.unpack(recipe.start)
    examples = prepare(corpus, work, recipe, report)
    acoustic = train_acoustic(examples, work, recipe, report, before[0])
    vocoder = train_vocoder(examples, acoustic, work, recipe, report, before[1])
    pack(acoustic, vocoder, examples, output, recipe.seed)
    train_emotions(work, output, recipe, report)
    train_recogniser(work, output, recipe, report)
    licence.write(output)
    report(f"the voice pack is in {output}")


def read_corpus(corpus: Path) -> list[Recording]:
    """The recordings of a corpus. Raises InvalidInput where there is no manifest."""
    if not (corpus / "manifest.jsonl").is_file():
        raise InvalidInput(f"There is no manifest.jsonl in {corpus}.", "Give the folder of a corpus.")
    return read_manifest(corpus)


def prepare(corpus: Path, work: Path, recipe: Recipe, report: Report) -> Examples:
    """Features, labels and alignments of the corpus, and of the teacher's."""
    recordings = read_corpus(corpus)
    report(f"prepare: {len(recordings)} recordings")
    store = features.extract(recordings, work / "features", recipe.n_threads)
    words: dict[str, str] = {}
    if recipe.transcribe:
        from .transcribe import transcribe

        silent = [r for r in recordings if r.language == "en" and r.text is None]
        words = transcribe(silent, work / "transcripts.jsonl", recipe.n_threads)
    found = labels.make(store.rows, words, work / "labels.jsonl")
    if not found:
        raise InvalidInput("No recording of the corpus has a text that can be read.", "See the manifest's texts.")
    report(f"align: {len(found)} recordings with labels")
    aligned = align.align(store, found, work / "alignment", recipe.seed)
    if recipe.teacher:
        taught = teacher.make(work / "teacher" / "corpus", recipe.seed)
        spoken = read_manifest(work / "teacher" / "corpus")
        said = features.extract(spoken, work / "teacher" / "features", recipe.n_threads)
        by_teacher = align.align(said, taught, work / "teacher" / "alignment", recipe.seed)
        store, aligned, found = store.joined(said), aligned.joined(by_teacher), found + taught
    store = store.joined(copies.make(store, work / "copies", recipe.seed))
    return Examples(store, aligned, found)


def train_acoustic(
    examples: Examples, work: Path, recipe: Recipe, report: Report, start: Acoustic | None = None
) -> Acoustic:
    """The acoustic model, from its checkpoint on; where there is none, from the weights of `start`."""
    n_steps = recipe.acoustic_steps
    config = acoustic_training.AcousticTraining(
        n_steps=n_steps, adversarial_from=int(n_steps * recipe.adversarial_from), seed=recipe.seed
    )
    if start is not None:
        # What it can already is not to be unlearnt: gentler steps, and a discriminator that knows what it objects to.
        config = replace(
            config, adversarial_from=0, judge_alone=min(JUDGE_ALONE, n_steps // 10), peak_rate=2e-4, decay=0.6,
            disguise=0.35,
        )  # fmt: skip
    return acoustic_training.train(
        examples, work / "model", config, lambda row: report(f"acoustic {json.dumps(row)}"), start
    )


def train_vocoder(
    examples: Examples,
    acoustic: Acoustic,
    work: Path,
    recipe: Recipe,
    report: Report,
    start: Vocoder | None = None,
) -> Vocoder:
    """The vocoder on recordings, then on what the acoustic model makes of them; `start` as for the acoustic model."""

    def tell(row: dict[str, float]) -> None:
        report(f"vocoder {json.dumps(row)}")

    total = recipe.vocoder_steps + recipe.polish_steps
    config = vocoder_training.VocoderTraining(
        n_steps=total, adversarial_from=recipe.vocoder_steps // 4, seed=recipe.seed
    )
    if start is not None:
        config = replace(config, adversarial_from=0, judges_alone=min(JUDGE_ALONE, total // 10), peak_rate=1e-4)
    first = replace(config, stop=recipe.vocoder_steps)
    vocoder = vocoder_training.train(examples.store, work / "model", first, None, tell, start)
    if recipe.polish_steps == 0:
        return vocoder
    known = [style for style in POLISHED if examples.rows.get(style)]
    heard = predict.predict(acoustic, examples, known, work / "predicted", report)
    return vocoder_training.train(examples.store, work / "model", config, heard, tell, start)


def train_recogniser(work: Path, output: Path, recipe: Recipe, report: Report) -> None:
    """The judge, trained on the recordings alone: what the model says it never hears in training."""
    if recipe.recogniser_steps == 0:
        return
    store, aligned = features.Store(work / "features"), align.Alignments.load(work / "alignment")
    training = recogniser.RecogniserTraining(n_steps=recipe.recogniser_steps, seed=recipe.seed)
    recogniser.train(
        store, aligned, work / "recogniser", training, progress=lambda share, line: report(f"recogniser {line}")
    )
    for name in ("recogniser.onnx", "recogniser.json"):
        (output / name).write_bytes((work / "recogniser" / name).read_bytes())


def train_emotions(work: Path, output: Path, recipe: Recipe, report: Report) -> None:
    """What hears the emotion of a clip, from labelled copies of the recordings; its figures stay in `work`."""
    if recipe.emotion_steps == 0:
        if recipe.start is not None and (recipe.start / "emotion.onnx").is_file():  # it knows none of the voices
            (output / "emotion.onnx").write_bytes((recipe.start / "emotion.onnx").read_bytes())
        return
    made = emotional_copies.make(features.Store(work / "features"), work / "emotional_copies", recipe.seed)
    training = emotion_encoder.EncoderTraining(n_steps=recipe.emotion_steps, seed=recipe.seed)
    encoder = emotion_encoder.train(
        made, work / "emotion", training, lambda row: report(f"emotion {json.dumps(row)}")
    )
    emotion_encoder.export(encoder, output / "emotion.onnx", *emotion_encoder.calibration(encoder, made))
    figures = json.dumps(emotion_figures.evaluate(encoder, made), indent=1)
    (work / "emotion" / "figures.json").write_text(figures + "\n", encoding="utf-8")
    report(f"emotion {figures}")


def pack(acoustic: Acoustic, vocoder: Vocoder, examples: Examples, output: Path, seed: int) -> None:
    """Write what the engine reads."""
    export.export(acoustic, vocoder, output)
    spread, pace = voices.prosody(acoustic, examples, seed)
    known = voices.embeddings(acoustic, examples, seed)
    export.save_voices(output / "voices.npz", known, spread, pace)
    heard = voices.heard_pace(output, examples, seed)
    export.save_voices(
        output / "voices.npz", known, spread, {style: pace[style] * heard.get(style, 1.0) for style in pace}
    )
