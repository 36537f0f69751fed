"""`kouji lexicon`: the user's own pronunciations, in the file of the settings or in another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options

if TYPE_CHECKING:
    from kouji.text import Lexicon
    from kouji.text.lexicon import Entry

app = typer.Typer(no_args_is_help=True, help="Own pronunciations: list, show, add, remove, check.")

LexiconFile = Annotated[str | None, typer.Option("--file", "-f", help="The lexicon; else that of the settings.")]
Word = Annotated[str, typer.Argument(help="The word as it is written.")]


@app.callback()
def lexicon() -> None:
    """Own pronunciations: list, show, add, remove, check."""


@app.command("list")
def list_entries(file: LexiconFile = None, language: options.Language = None, json: options.Json = False) -> None:
    """List the entries, with --language those of one language."""
    found = _read(_path(file))
    rows = [row for word in found.entries for row in _rows(found, word) if language in (None, row["language"])]
    if json:
        options.print_json(rows)
    else:
        options.print_table([("word", "language", "said"), *((r["word"], r["language"], r["said"]) for r in rows)])


@app.command()
def show(word: Word, file: LexiconFile = None, json: options.Json = False) -> None:
    """Show how a word is said with the lexicon: its entries, and the phonemes that they become."""
    from kouji.errors import UnknownName
    from kouji.text import analyse
    from kouji.text.normalization.characters import clean

    found = _read(_path(file))
    key = clean(word).text.strip()
    if key not in found.entries:
        raise UnknownName("word in the lexicon", word, list(found.entries))
    rows = []
    for row in _rows(found, key):
        units = [unit for utterance in analyse(key, row["language"], found).utterances for unit in utterance.units]
        rows.append(row | {"phonemes": " ".join(" ".join(unit.phonemes) for unit in units)})
    if json:
        options.print_json(rows)
    else:
        heads = ("word", "language", "said", "phonemes")
        options.print_table([heads, *(tuple(row[head] for head in heads) for row in rows)])


@app.command()
def add(
    word: Word,
    said: Annotated[str, typer.Argument(help="Pinyin, jyutping, ARPABET, kana or hangul; or =other text to say.")],
    file: LexiconFile = None,
    language: options.Language = None,
) -> None:
    """Add a word, or change how it is said. Without --language its letters tell it (Chinese characters: zh)."""
    from kouji.text import Lexicon

    path = _path(file)
    found = Lexicon.read(path) if path.exists() else Lexicon()
    chosen = language or _language(word)
    found.add(word, chosen, said).save(path)
    typer.echo(f"{path}: {word.strip()} ({chosen}) is said {said.strip()}", err=True)


@app.command()
def remove(word: Word, file: LexiconFile = None, language: options.Language = None) -> None:
    """Remove a word, with --language only what is said for it in that language."""
    path = _path(file)
    _read(path).remove(word, language).save(path)
    typer.echo(f"{path}: {word.strip()} is removed", err=True)


@app.command()
def check(file: LexiconFile = None) -> None:
    """Check every line of the file; the first that is wrong is named."""
    path = _path(file)
    n_entries = sum(len(by_language) for by_language in _read(path).entries.values())
    typer.echo(f"{path}: {n_entries} entries, all can be said")


def _path(file: str | None) -> Path:
    from kouji import config
    from kouji.errors import InvalidInput

    named = file or config.load().lexicon
    if not named:
        raise InvalidInput("There is no lexicon in the settings.", "Give --file FILE, or set `lexicon`.")
    return Path(named)


def _read(path: Path) -> Lexicon:
    from kouji.text import Lexicon

    return Lexicon.read(path)


def _rows(lexicon: Lexicon, word: str) -> list[dict[str, str]]:
    return [
        {"word": word, "language": language, "said": _said(entry)}
        for language, entry in lexicon.entries[word].items()
    ]


def _said(entry: Entry) -> str:
    return f"={entry.instead}" if entry.instead else " ".join(entry.readings)


def _language(word: str) -> str:
    """The language of the word's first letter."""
    from kouji.text.normalization.characters import script

    kinds = {"han": "zh", "kana": "ja", "hangul": "ko"}
    return next((kinds.get(kind, "en") for kind in map(script, word) if kind), "en")
