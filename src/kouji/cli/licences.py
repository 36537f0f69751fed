"""`kouji licences`: what is licensed how, what it is used for here, and what was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options

if TYPE_CHECKING:
    from kouji.errors import LicenceDenied
    from kouji.terms import Licence

app = typer.Typer(help="What is licensed how, and what may speak here.")
_By = Annotated[str, typer.Option("--by", help="Who does; else the name of the account.")]


@app.callback(invoke_without_command=True)
def licences(context: typer.Context, json: options.Json = False) -> None:
    """Show what is licensed how, with the credits that must be passed on."""
    if context.invoked_subcommand is not None:
        return
    from kouji import config
    from kouji.engines.licences import licences as found

    known = found(config.load())
    if json:
        options.print_json(known)
        return
    heads = ("engine", "part", "licence", "for")
    rows = [
        (row["engine"] or "-", row["part"], row["name"], "any use" if len(row["uses"]) == 3 else ", ".join(row["uses"]))
        for row in known["licences"]
    ]
    options.print_table([heads, *rows])
    typer.echo(f"\nuse: {known['use'] or '(not stated)'}")
    for state in known["engines"]:
        what = "may speak" if state["allowed"] else f"may not: {state['reason']} {state['hint']}"
        typer.echo(f"{state['engine']}: {what}")
    for each in known["accepted"]:
        typer.echo(f"{each['engine']}: {each['licence']} accepted by {each['person']} at {each['accepted_at']}")
    for text in filter(None, known["attribution"].values()):
        typer.echo(f"\n{text.strip()}")


@app.command()
def accept(engine: Annotated[str, typer.Argument(help="Engine, see `kouji engines`.")], by: _By = "") -> None:
    """Accept the terms of an engine's weights for this house; who and when is kept."""
    from kouji import config, engines
    from kouji.policy import Gate

    card = engines.card(engine)
    for licence in card.licences:
        if licence.terms.accept:
            _show(licence)
    written = Gate(config.load()).accept(card.id, card.licences, by or _account())
    for each in written:
        typer.echo(f"{engine}: {each.licence} accepted by {each.person}.")
    if not written:
        typer.echo(f"{engine}: there is nothing to accept.")


@app.command()
def use(
    what: Annotated[str, typer.Argument(help="personal, research or commercial.")], by: _By = ""
) -> None:
    """Say what this house uses speech for; it stands in the settings file, and in the log."""
    from kouji import config
    from kouji.policy import Gate

    typer.echo(f"{Gate(config.load()).state(what, by or _account())}: use = {what}")


def asked(denied: LicenceDenied) -> bool:
    """Ask at the terminal for what a refusal lacks; says whether it is there now, written down for good."""
    import sys

    if not denied.lacks or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    from kouji import config, engines
    from kouji.policy import Gate
    from kouji.terms import USES

    typer.echo(denied.message, err=True)
    card = engines.card(denied.engine)
    if denied.lacks == "use":
        answer = typer.prompt(f"What is it for here? ({', '.join(USES)})", err=True).strip().lower()
        if answer not in USES:
            return False
        path = Gate(config.load()).state(answer, _account())
        typer.echo(f"note:  Kept in {path}; you will not be asked again.", err=True)
        return True
    for licence in card.licences:
        if licence.terms.accept:
            _show(licence)
    if not typer.confirm(f"Do you accept this for {denied.engine}?", err=True):
        return False
    Gate(config.load()).accept(card.id, card.licences, _account())
    return True


def _show(licence: Licence) -> None:
    terms: Any = licence.terms
    typer.echo(f"{terms.title}, {terms.url}", err=True)
    for line in (*(f"A licence of your own from {each} on." for each in terms.thresholds), *terms.duties):
        typer.echo(f"- {line}", err=True)


def _account() -> str:
    """Who runs the command. Raises InvalidInput where the system cannot tell."""
    import getpass

    from kouji.errors import InvalidInput

    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise InvalidInput("The system does not say who you are.", "Give --by NAME.") from error
