"""`kouji config`: every setting, and where its value came from."""

from __future__ import annotations

import typer

from . import options


def config(
    context: typer.Context,
    engine: options.Engine = None,
    voice: options.Voice = None,
    language: options.Language = None,
    format: options.Format = None,
    threads: options.Threads = None,
    lexicon: options.Lexicon = None,
    models: options.Models = None,
    preset: options.Preset = None,
    json: options.Json = False,
) -> None:
    """Print the settings as a command with these flags would see them: defaults < file < environment < flags."""
    from kouji import config as settings

    found = options.settings_of(context)
    rows = [
        {"setting": name, "value": getattr(found, name), "source": found.sources[name]} for name in settings.SETTINGS
    ]
    if json:
        options.print_json({"file": str(settings.file()), "settings": rows})
        return
    shown = [(str(row["setting"]), str(row["value"]) or "(unset)", str(row["source"])) for row in rows]
    options.print_table([("setting", "value", "from"), *shown])
    exists = "" if settings.file().is_file() else " (does not exist)"
    typer.echo(f"file: {settings.file()}{exists}")
    for variable in settings.unknown_variables():
        typer.echo(f"note:  {variable} is set, but there is no such setting.", err=True)
