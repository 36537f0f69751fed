"""`kouji train native`: the recipe of the built-in voices, from recordings to the pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Train a voice of your own.")


@app.callback()
def train() -> None:
    """Train a voice of your own."""


@app.command()
def native(
    corpus: Annotated[Path, typer.Option("--corpus", help="Folder with manifest.jsonl and the recordings it names.")],
    work: Annotated[Path, typer.Option("--work", help="Folder of all between; go on by naming it.")] = Path("work"),
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the finished voice pack.")] = Path("pack"),
    start: Annotated[
        str, typer.Option("--from", help="A voice pack to go on from: its folder, or builtin for the package's own.")
    ] = "",
    acoustic_steps: Annotated[int, typer.Option(min=0, help="Steps of the acoustic model.")] = 20000,
    vocoder_steps: Annotated[int, typer.Option(min=0, help="Steps of the vocoder.")] = 10000,
    polish_steps: Annotated[int, typer.Option(min=0, help="Steps of the vocoder on predicted mels.")] = 2500,
    recogniser_steps: Annotated[int, typer.Option(min=0, help="Steps of the recogniser; 0 trains none.")] = 8000,
    emotion_steps: Annotated[int, typer.Option(min=0, help="Steps of what hears emotions; 0 trains none.")] = 900,
    transcribe: Annotated[bool, typer.Option(help="Have pocketsphinx listen to what has no text.")] = True,
    teacher: Annotated[bool, typer.Option(help="Korean and Cantonese from espeak-ng.")] = True,
    evaluate: Annotated[bool, typer.Option(help="Judge the pack at the end, as `kouji eval` does.")] = True,
    licence: Annotated[str, typer.Option(help="Licence of the pack, as an SPDX id.")] = "",
    credits: Annotated[str, typer.Option(help="Whom must be named by who speaks with the pack.")] = "",
    threads: Annotated[int, typer.Option(min=1, max=64, help="Processor threads.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same pack.")] = 0,
) -> None:
    """Prepare, align, train the acoustic model and the vocoder, export, evaluate.

    With --from, begin with the weights of a voice pack instead of nothing, and take gentler steps.
    Ctrl-C stops it; the same command goes on where it stopped. Losses are plotted to WORK/losses.png.
    """
    from importlib.resources import files
    from importlib.util import find_spec

    from kouji import config
    from kouji.errors import MissingExtra

    if any(find_spec(name) is None for name in ("torch", "numba", "onnx")):
        raise MissingExtra("Training", "train")
    from kouji.train import pipeline
    from kouji.train.plots import plot_losses

    packs = {"": None, "builtin": Path(str(files("kouji.engines.native"))) / "weights"}
    recipe = pipeline.Recipe(
        acoustic_steps=acoustic_steps, vocoder_steps=vocoder_steps, polish_steps=polish_steps,
        recogniser_steps=recogniser_steps, emotion_steps=emotion_steps, transcribe=transcribe, teacher=teacher,
        start=packs.get(start, Path(start)), licence=licence, credits=credits, use=config.load().use,
        n_threads=threads, seed=seed,
    )  # fmt: skip

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        pipeline.run(corpus, work, output, recipe, report)
    finally:
        plot_losses(work / "model", work / "losses.png")
    if evaluate:
        _judge(corpus, output)


def _judge(corpus: Path, pack: Path) -> None:
    """The report of a pack, in its folder."""
    from kouji.engines.native.card import CARD
    from kouji.engines.native.engine import Native
    from kouji.eval.report import check_folder
    from kouji.eval.sets import text_sets
    from kouji.speak import Session

    from .evaluate import judge

    check_folder(pack / "report")
    session = Session(CARD, engine=Native(folder=pack))
    own = pack / "recogniser.onnx"
    judge(
        session, text_sets(corpus), corpus, pack / "report", "espeak-ng", recogniser=own if own.is_file() else None
    )
