"""`kouji serve`: the server, for clients of OpenAI, ElevenLabs, GPT-SoVITS, CosyVoice and Home Assistant."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options

if TYPE_CHECKING:
    from kouji.config import Config

_NEEDED = ("fastapi", "uvicorn", "multipart", "websockets", "httpx", "prometheus_client", "wyoming", "av")
Number = int | None
Text = str | None


def serve(
    context: typer.Context,
    host: Annotated[Text, typer.Option("--host", help="Address to listen on; 0.0.0.0 is every one.")] = None,
    port: Annotated[Number, typer.Option("--port", "-p", help="Port of the HTTP server.")] = None,
    tls_certificate: Annotated[Text, typer.Option("--tls-certificate", help="Certificate, PEM: speak HTTPS.")] = None,
    tls_key: Annotated[Text, typer.Option("--tls-key", help="Its key, where it is in a file of its own.")] = None,
    engine: options.Engine = None,
    voice: options.Voice = None,
    threads: options.Threads = None,
    lexicon: options.Lexicon = None,
    models: options.Models = None,
    preset: options.Preset = None,
    preload: Annotated[Text, typer.Option("--preload", help="Further engines to load now: a,b.")] = None,
    max_concurrency: Annotated[Number, typer.Option("--max-concurrency", help="Requests spoken at once.")] = None,
    max_waiting: Annotated[Number, typer.Option("--max-waiting", help="Requests that may wait.")] = None,
    rate_limit: Annotated[Number, typer.Option("--rate-limit", help="Requests a minute of one client.")] = None,
    api_keys: Annotated[Text, typer.Option("--api-keys", help="File of the keys that open the server.")] = None,
    new_key: Annotated[Text, typer.Option("--new-key", help="Make a key of that name, and do no more.")] = None,
    scopes: Annotated[str, typer.Option("--scopes", help="What a new key opens: a,b.")] = "speech",
    cors: Annotated[Text, typer.Option("--cors", help="Origins of web pages that may use it: a,b or *.")] = None,
    unknown_fields: Annotated[Text, typer.Option("--unknown-fields", help="warn or refuse.")] = None,
    aliases: Annotated[Text, typer.Option("--aliases", help="File of names for models and voices.")] = None,
    cache_mb: Annotated[Number, typer.Option("--cache-mb", help="Finished audio in memory.")] = None,
    cache_url: Annotated[Text, typer.Option("--cache-url", help="Redis of finished audio that servers share.")] = None,
    cache_dir: Annotated[Text, typer.Option("--cache-dir", help="Folder of finished audio.")] = None,
    idle_minutes: Annotated[Number, typer.Option("--idle-minutes", help="Unload engines unused so long.")] = None,
    wyoming_port: Annotated[Number, typer.Option("--wyoming-port", help="Port for Home Assistant.")] = None,
    wyoming_name: Annotated[Text, typer.Option("--wyoming-name", help="Announce it to Home Assistant so.")] = None,
    gptsovits_port: Annotated[Number, typer.Option("--gptsovits-port", help="Port for clients of api_v2.")] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="The web page too, where it is installed.")] = True,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "info",
) -> None:
    """Answer requests over HTTP until Ctrl-C."""
    from kouji import config

    settings = options.settings_of(context, config.SETTINGS)
    check_installed()
    if new_key is not None:
        _make_key(settings, new_key, scopes)
        return
    import logging

    from kouji import engines
    from kouji.errors import UnknownName
    from kouji.serve.run import run
    from kouji.speak import Session

    levels = ("debug", "info", "warning", "error")
    if log_level not in levels:
        raise UnknownName("log level", log_level, levels)
    logging.basicConfig(level=log_level.upper(), format="%(levelname)s:     %(message)s")
    Session(engines.card(settings.engine), settings).permit()  # told, or asked for, before anybody waits for it
    run(settings, log_level, page)


def check_installed(extra: str = "serve", needed: tuple[str, ...] = _NEEDED) -> None:
    """Raises MissingExtra where a package of the server is not installed."""
    from kouji.errors import MissingExtra

    if any(find_spec(name) is None for name in needed):
        raise MissingExtra("The server", extra)


def _make_key(settings: Config, name: str, scopes: str) -> None:
    from kouji.errors import InvalidInput
    from kouji.serve.auth import new_key

    if not settings.api_keys:
        raise InvalidInput("There is no file to keep the key in.", "Name it with --api-keys FILE.")
    key = new_key(Path(settings.api_keys), name, [scope.strip() for scope in scopes.split(",") if scope.strip()])
    typer.echo(key)
    typer.echo(f"note:  It is told only now; {settings.api_keys} keeps a hash.", err=True)
