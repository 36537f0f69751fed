"""Opening an engine by its name."""

from __future__ import annotations

from pathlib import Path

from kouji import config, engines

from .session import Session


def load(
    engine: str | None = None,
    *,
    threads: int | None = None,
    lexicon: str | Path | None = None,
    models: str | Path | None = None,
    preset: str | None = None,
) -> Session:
    """Open an engine by name; what is not given comes from the settings (see `kouji config`).

    Args:
        engine: "native", or another that `kouji engines` lists.
        threads: processor threads, 1 to 64.
        lexicon: file of own pronunciations.
        models: folder of downloaded models.
        preset: one of the engine's, such as "fast"; by default its first.

    Raises:
        UnknownName: no such engine.
    """
    words, place = (None if path is None else str(path) for path in (lexicon, models))
    flags = config.load(engine=engine, threads=threads, lexicon=words, models=place, preset=preset)
    return Session(engines.card(flags.engine), flags)


def IndexTTS2(  # its name elsewhere
    model_path: str | Path = "checkpoints", *, threads: int | None = None, preset: str | None = None
) -> Session:
    """`load("indextts2")` from a folder of its official files.

    Raises:
        UnknownName: this kouji has no such engine.
        LicenceDenied: its terms do not allow this use, or were not accepted; see docs/licences.md.
        MissingWeights, BadCheckpoint: the folder is not what it should be.
    """
    settings = config.load(engine="indextts2", threads=threads, preset=preset)
    session = Session(engines.card("indextts2"), settings, folder=Path(model_path))
    session.open()
    return session
