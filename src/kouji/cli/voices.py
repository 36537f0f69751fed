"""`kouji voices`: who can speak; register, examine, carry and protect voices."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kouji.casting import Library
    from kouji.casting.library import Registered
    from kouji.speak import Session
    from kouji.voices.doctor import Finding

app = typer.Typer(help="List the voices that can speak; register, examine, carry and protect voices.")

Name = Annotated[str, typer.Argument(help="Name of a registered voice.")]
Clips = Annotated[list[Path], typer.Argument(help="Sound files of one person speaking.")]


@app.callback(invoke_without_command=True)
def voices(
    context: typer.Context,
    engine: options.Engine = None,
    language: options.Language = None,
    json: options.Json = False,
) -> None:
    """List the voices that can speak, with --language those that grew up with it; or do what the subcommand says."""
    if context.invoked_subcommand is None:
        list_(engine, language, json)


@app.command("list")
def list_(engine: options.Engine = None, language: options.Language = None, json: options.Json = False) -> None:
    """List the voices that can speak, with --language those that grew up with it."""
    from kouji.engines import card, cards
    from kouji.errors import UnknownName

    chosen = [card(engine)] if engine else list(cards())
    languages = {name for each in chosen for name in each.languages}
    if language and language not in languages:
        raise UnknownName("language", language, sorted(languages))
    columns = ("id", "name", "language", "gender", "engine", "licence")
    told = [asdict(voice) | {"engine": each.id} for each in chosen for voice in each.voices]
    rows = [{column: row[column] for column in columns} for row in told]
    library = _session().library
    if library.exists:
        rows += [_row(each) for each in library.voices()]
    rows = [row for row in rows if language in (None, row["language"])]
    if json:
        options.print_json(rows)
        return
    options.print_table([columns, *(tuple(row[column] for column in columns) for row in rows)])


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the voice is to be called.")],
    clips: Clips,
    consent: Annotated[str, typer.Option("--consent", help="What the person agreed to, in words.")],
    consent_by: Annotated[str, typer.Option("--consent-by", help="Who consents: the person whose voice it is.")],
    until: Annotated[str | None, typer.Option("--until", help="Last day of the consent, as 2027-12-31.")] = None,
    language: Annotated[str, typer.Option("--language", "-l", help="zh, en, ja, ko, yue: grew up with it.")] = "",
    gender: Annotated[str, typer.Option("--gender", help="female or male.")] = "",
    description: Annotated[str, typer.Option("--description", help="A line for people.")] = "",
    transcript: Annotated[str, typer.Option("--transcript", help="What is said in the clip.")] = "",
    engine: options.Engine = None,
    json: options.Json = False,
) -> None:
    """Register a voice from 3 to 30 seconds of speech, with the consent of its owner."""
    from kouji.policy import Consent
    from kouji.policy.consent import parse_day

    agreed = Consent(consent_by, consent, parse_day(until) if until else None)
    session = _session(engine)
    about = {"language": language, "gender": gender, "description": description, "transcript": transcript}
    voice, sample = session.casting.add(name, list(clips), agreed, **about)
    for finding in _noteworthy(sample.findings):
        typer.echo(f"note:  {finding.item}: {finding.message} {finding.advice}".rstrip(), err=True)
    if json:
        options.print_json(_shown(session.library, voice.name))
    else:
        seconds = sum(clip.duration for clip in voice.clips)
        typer.echo(f"{voice.name}: registered from {seconds:.1f} s of speech")


@app.command()
def show(name: Name, json: options.Json = False) -> None:
    """Show all that is kept of a registered voice."""
    shown = _shown(_session().library, name)
    if json:
        options.print_json(shown)
        return
    for key, value in shown.items():
        if isinstance(value, dict):
            value = ", ".join(f"{part}: {what}" for part, what in value.items() if what not in (None, []))
        if key == "findings":
            value = (
                "; ".join(each["message"] for clip in value for each in clip if each["verdict"] != "ok") or "all good"
            )
        if key == "clips":
            value = ", ".join(f"{clip['duration']:.1f} s (quality {clip['weight']:.2f})" for clip in value)
        if value:
            typer.echo(f"{key:12} {value}")


@app.command()
def remove(name: Name) -> None:
    """Take a voice out, with its clips and all that engines have learnt of it."""
    _session().library.remove(name)
    typer.echo(f"{name}: removed")


@app.command()
def rename(name: Name, new: Annotated[str, typer.Argument(help="What it is to be called.")]) -> None:
    """Call a registered voice otherwise."""
    _session().library.rename(name, new)
    typer.echo(f"{name}: now {new}")


@app.command()
def export(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The file to write; - is stdout.")],
    engine: options.Engine = None,
) -> None:
    """Write a voice to one file, with its clips, its consent and what the engine has learnt."""
    import sys

    from kouji.audio.writer import check_writable, mended
    from kouji.drafts import whole

    data = _session(engine).casting.export(name)
    if str(file) == "-":
        sys.stdout.buffer.write(data)
        return
    check_writable(file)
    with mended(file), whole(file) as draft:
        draft.write_bytes(data)
    typer.echo(f"{file}: {len(data) / 1e6:.2f} MB", err=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `kouji voices export` wrote.")],
    name: Annotated[str, typer.Option("--name", help="Another name than it had.")] = "",
    trust: Annotated[bool, typer.Option("--trust", help="Take over what engines have learnt, unchecked.")] = False,
    json: options.Json = False,
) -> None:
    """Register a voice that was exported elsewhere, under the consent that came with it."""
    from kouji.errors import InvalidInput

    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{file} cannot be read: {error}", "Give a file that `kouji voices export` wrote."
        ) from error
    session = _session()
    voice = session.casting.import_(data, name, trust)
    if json:
        options.print_json(_shown(session.library, voice.name))
    else:
        typer.echo(f"{voice.name}: imported")


@app.command()
def check(clips: Clips, json: options.Json = False) -> None:
    """Examine clips: can a voice be learnt from them? Nothing is stored. Exit code 2 where one cannot be used."""
    from kouji.voices.clips import read_clip
    from kouji.voices.doctor import examine

    reports = [(path, examine(read_clip(path))) for path in clips]
    if json:
        options.print_json(
            [
                {"clip": str(path), "verdict": report.verdict, "findings": [asdict(each) for each in report.findings]}
                for path, report in reports
            ]
        )
    for path, report in [] if json else reports:
        typer.echo(f"{path}: {report.verdict}")
        rows = [
            (each.item, each.verdict, f"{each.value:.4g} {each.unit}".strip(), f"{each.message} {each.advice}".strip())
            for each in report.findings
        ]
        options.print_table([("item", "verdict", "value", "what"), *rows])
    if any(report.verdict == "refused" for _, report in reports):
        raise typer.Exit(2)


@app.command()
def revoke(name: Name) -> None:
    """Take the consent back: the voice does not speak any more."""
    _session().library.revoke(name)
    typer.echo(f"{name}: consent revoked")


@app.command()
def protect(
    name: Annotated[str, typer.Argument(help="Whose voice it is.")],
    clips: Clips,
    note: Annotated[str, typer.Option("--note", help="Why, or who asked for it.")] = "",
) -> None:
    """Put a voice on the deny list: clips too close to it are refused. The clip itself is not kept."""
    near = _session().library.protect(name, list(clips), note)
    typer.echo(f"{name}: protected")
    for voice in near:
        typer.echo(
            f"note:  the registered voice {voice!r} is too close to it; revoke or remove it if it must not speak.",
            err=True,
        )


@app.command()
def unprotect(name: Annotated[str, typer.Argument(help="A name on the deny list.")]) -> None:
    """Take a voice off the deny list."""
    _session().library.unprotect(name)
    typer.echo(f"{name}: no longer protected")


@app.command()
def protected(json: options.Json = False) -> None:
    """List the protected voices."""
    rows = [
        {"name": each.name, "added_at": f"{each.added_at:%Y-%m-%d %H:%M}", "note": each.note}
        for each in _session().library.protected()
    ]
    if json:
        options.print_json(rows)
    else:
        options.print_table([("name", "added_at", "note"), *(tuple(row.values()) for row in rows)])


@app.command()
def verify(name: Name, clips: Clips, json: options.Json = False) -> None:
    """Is it this registered voice that speaks in these clips? Goes into the log; no proof of who it is."""
    found = _session().library.verify(name, list(clips))
    if json:
        options.print_json({**asdict(found), "same": found.same})
        return
    verdict = "the same voice" if found.same else "another voice"
    typer.echo(f"{name}: {verdict}, likeness {found.likeness:.3f} (the same from {found.threshold:.2f} on)")


@app.command()
def identify(clips: Clips, json: options.Json = False) -> None:
    """Which registered voices, of those with a consent in force, are most like these clips? Goes into the log."""
    found = _session().library.identify(list(clips))
    if json:
        options.print_json({"found": found.found, **asdict(found)})
        return
    typer.echo(f"found: {found.found or 'nobody'} (from a likeness of {found.threshold:.2f} on)")
    if found.voices:
        options.print_table([("voice", "likeness"), *((each.name, f"{each.likeness:.3f}") for each in found.voices)])


@app.command()
def log(
    name: Annotated[str | None, typer.Argument(help="Only of this voice.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="No more lines.")] = 50,
    json: options.Json = False,
) -> None:
    """Show what was done with voices, the newest first."""
    rows: list[dict[str, Any]] = [
        {
            "at": each.at.isoformat(timespec="seconds"),
            "action": each.action,
            "voice": each.voice,
            "details": each.details,
        }
        for each in _session().library.events(name, limit)
    ]
    if json:
        options.print_json(rows)
        return
    lines = [
        (row["at"], row["action"], row["voice"] or "-", " ".join(f"{k}={v}" for k, v in row["details"].items()))
        for row in rows
    ]
    options.print_table([("at", "action", "voice", "details"), *lines])


def _session(engine: str | None = None) -> Session:
    """An engine by the settings; it is started only by what needs it."""
    from kouji import load

    return load(engine)


def _row(registered: Registered) -> dict[str, Any]:
    """A registered voice among the built-in ones: every engine that learns voices can speak with it."""
    voice, consent = registered.voice, registered.consent
    ends = f" to {consent.until}" if consent.until else ""
    return {
        "id": voice.name,
        "name": voice.description or voice.name,
        "language": voice.language,
        "gender": voice.gender,
        "licence": "consent revoked" if consent.revoked_at else f"consent{ends}",
        "engine": "any",
    }


def _shown(library: Library, name: str) -> dict[str, Any]:
    found = library.get(name)
    voice, consent = found.voice, found.consent
    return {
        "name": voice.name,
        "language": voice.language,
        "gender": voice.gender,
        "description": voice.description,
        "transcript": voice.transcript,
        "created_at": voice.created_at.isoformat(timespec="seconds"),
        "consent": {
            "person": consent.person,
            "statement": consent.statement,
            "until": consent.until and consent.until.isoformat(),
            "recorded_at": consent.recorded_at and consent.recorded_at.isoformat(timespec="seconds"),
            "revoked_at": consent.revoked_at and consent.revoked_at.isoformat(timespec="seconds"),
            "clips": list(consent.clips),
        },
        "clips": [asdict(clip) for clip in voice.clips],
        "findings": voice.findings,
    }


def _noteworthy(findings: Iterable[tuple[Finding, ...]]) -> list[Finding]:
    return [finding for clip in findings for finding in clip if finding.verdict != "ok"]
