"""Settings: defaults < file < environment < flags. Nothing else reads the environment.

The file is `$KOUJI_CONFIG`, else `$XDG_CONFIG_HOME/kouji/config.toml`, else `~/.config/kouji/config.toml`:

    voice = "male_1"
    threads = 2
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from kouji.drafts import whole
from kouji.errors import InvalidInput, OutputFailed, UnknownName
from kouji.terms import USES


def _setting(default: object, meaning: str):  # type: ignore[no-untyped-def]  # as dataclasses.field
    return field(default=default, metadata={"meaning": meaning})


RULES = ("always", "request", "off")  # who may leave a mark out: nobody, a request, or the house has
LABELS = ("none", "start", "end", "both", "tone")  # where a sound says aloud that a machine made it
_WORDS = {"use": ("", *USES), "watermark": RULES, "marks": RULES, "label": LABELS, "c2pa": ("on", "off")}
DEVICES = ("cpu", "cuda", "tensorrt", "mps")
PRECISIONS = ("float32", "float16", "bfloat16")
_WORDS |= {"device": ("", *DEVICES), "precision": ("", *PRECISIONS)}
_WORDS["unknown_fields"] = ("warn", "refuse")
_PORT = (0, 65535)
_RANGES = {
    "port": _PORT, "wyoming_port": _PORT, "gptsovits_port": _PORT, "max_concurrency": (1, 1000),
    "max_waiting": (0, 100_000), "max_characters": (1, 10_000_000), "max_body_mb": (1, 4096),
    "rate_limit": (0, 1_000_000), "cache_mb": (0, 1_000_000), "cache_dir_mb": (0, 100_000_000),
    "idle_minutes": (0, 1_000_000),
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """Every setting there is. An empty text means "not set"."""

    engine: str = _setting("native", "the engine that speaks")
    voice: str = _setting("", "who speaks; unset: the engine's own voice for the language of the text")
    language: str = _setting("", "zh, en, ja, ko or yue; unset: found out from the text")
    format: str = _setting("wav", "wav, flac, mp3, ogg or m4a, where a file name does not say it")
    threads: int = _setting(1, "processor threads of one engine, 1 to 64")
    device: str = _setting("", "where networks run: cpu, cuda, tensorrt or mps; unset: the engine's own choice")
    precision: str = _setting("", "of what runs in torch: float32, float16 or bfloat16; unset: float32")
    lexicon: str = _setting("", "file of own pronunciations")
    models: str = _setting("", "folder of downloaded models")
    home: str = _setting("", "folder of what is kept: registered voices, their records, models")
    database: str = _setting("", "records of voices and jobs: sqlite:///FILE or postgresql+psycopg://…; unset: in home")
    preset: str = _setting("", "one of the engine's presets, see `kouji engines NAME`; unset: its first")
    use: str = _setting("", "what it is for: personal, research or commercial; decides which weights may speak")
    watermark: str = _setting("always", "mark in every sound: always, request (one may ask for none) or off")
    marks: str = _setting("always", "marks in files: always, request (a request may leave them out) or off")
    label: str = _setting("none", "what every sound says aloud: none, start, end, both or tone")
    producer: str = _setting("", "name or code of who runs this, for the label of GB 45438; unset: kouji")
    c2pa: str = _setting("off", "on: whole wav, mp3 and flac files are signed with a C2PA manifest")
    c2pa_certificate: str = _setting("", "file of certificates to sign with, PEM; unset: one of our own, in home")
    c2pa_key: str = _setting("", "file of their key, PEM without a password")
    host: str = _setting("127.0.0.1", "address that `kouji serve` listens on; 0.0.0.0 is every one")
    port: int = _setting(7860, "port of the HTTP server")
    tls_certificate: str = _setting("", "file of the server's certificate and those above it, PEM; unset: no TLS")
    tls_key: str = _setting("", "file of its key, PEM without a password; unset: in the file of the certificate")
    wyoming_port: int = _setting(0, "port of the Wyoming server, of Home Assistant; 0: none")
    wyoming_name: str = _setting("", "name by which Home Assistant finds it by itself; unset: it is not announced")
    gptsovits_port: int = _setting(0, "further port that speaks GPT-SoVITS' api_v2 alone; 0: none")
    preload: str = _setting("", "engines to load when the server starts, parted by commas, beside its own")
    max_concurrency: int = _setting(32, "requests of one engine that are spoken at once, 1 to 1000")
    max_waiting: int = _setting(64, "requests that may wait for one engine; further ones are refused")
    max_characters: int = _setting(20000, "characters of one request")
    max_body_mb: int = _setting(32, "megabytes of one request")
    rate_limit: int = _setting(0, "requests a minute of one client; 0: any number")
    api_keys: str = _setting("", "file of the keys that open the server; unset: it is open")
    cors: str = _setting("", "web pages that may use the server from a browser: origins, parted by commas, or *")
    unknown_fields: str = _setting("warn", "warn or refuse, when a request has a field that nobody knows")
    aliases: str = _setting("", "file of further names for models and voices")
    cache_mb: int = _setting(128, "megabytes of finished audio kept in memory")
    cache_dir: str = _setting("", "folder of finished audio that outlives the server; unset: none")
    cache_dir_mb: int = _setting(2048, "megabytes of finished audio kept there")
    cache_url: str = _setting("", "Redis of finished audio that servers share: redis://HOST:6379/1; unset: none")
    idle_minutes: int = _setting(0, "minutes after which an unused engine leaves memory; 0: never")
    queue: str = _setting("table:", "how workers hear of jobs: table: or redis://HOST:6379/0")
    results: str = _setting("", "store of the sound of jobs: file:///FOLDER or s3://BUCKET/PREFIX; unset: in home")
    job_clips: str = _setting("", "store of the clips of jobs while they run: file:///… or s3://…; unset: in results")
    callback_secret: str = _setting("", "file that holds what callbacks are signed with; unset: there are none")
    callback_hosts: str = _setting("", "private names that callbacks may go to, parted by commas: host or host:port")
    sources: Mapping[str, str] = field(default_factory=dict)  # setting -> where its value came from

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= 64:
            raise InvalidInput(f"threads = {self.threads} is not possible.", "Give 1 to 64.")
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise InvalidInput(f"{name} = {getattr(self, name)} is not possible.", f"Give {low} to {high}.")
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                hint = f"Give {', '.join(filter(None, words))}."  # "" stands for one that is not set
                raise InvalidInput(f"{name} = {getattr(self, name)!r} is not possible.", hint)


SETTINGS = {setting.name: setting for setting in fields(Config) if setting.name != "sources"}


def load(environment: Mapping[str, str] | None = None, **flags: object) -> Config:
    """Put the settings together; a flag that is None was not given.

    Raises:
        UnknownName: a setting that does not exist, in the file or among the flags.
        InvalidInput: a value of the wrong type, or a file that cannot be read.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    sources = dict.fromkeys(SETTINGS, "default")
    path = file(environment)
    for source, layer in (
        (str(path), _from_file(path, required="KOUJI_CONFIG" in environment)),
        ("environment", {name: environment[key] for name, key in _VARIABLES.items() if key in environment}),
        ("flag", {name: value for name, value in flags.items() if value is not None}),
    ):
        for name, value in layer.items():
            values[name] = _parsed(name, value, source)
            sources[name] = f"{_VARIABLES[name]} (environment)" if source == "environment" else source
    return Config(**values, sources=sources)  # type: ignore[arg-type]  # _parsed has checked them


def file(environment: Mapping[str, str] | None = None) -> Path:
    """Where the settings file is, or would be."""
    environment = os.environ if environment is None else environment
    if named := environment.get("KOUJI_CONFIG"):
        return Path(named)
    home = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home(), ".config")
    return Path(home, "kouji", "config.toml")


def home_folder(settings: Config, environment: Mapping[str, str] | None = None) -> Path:
    """The setting, else `$XDG_DATA_HOME/kouji`, else `~/.local/share/kouji`."""
    environment = os.environ if environment is None else environment
    if settings.home:
        return Path(settings.home).expanduser().absolute()
    data = environment.get("XDG_DATA_HOME") or Path(environment.get("HOME") or Path.home(), ".local", "share")
    return Path(data, "kouji")


def database_url(settings: Config) -> str:
    """The setting, else a file in the home folder."""
    return settings.database or f"sqlite:///{home_folder(settings) / 'kouji.db'}"


def results_url(settings: Config) -> str:
    """The setting, else a folder in the home folder."""
    return settings.results or (home_folder(settings) / "results").as_uri()


def models_folder(settings: Config, environment: Mapping[str, str] | None = None) -> Path:
    """The setting, else `models` in the home folder."""
    return Path(settings.models) if settings.models else home_folder(settings, environment) / "models"


def remember(name: str, value: str) -> Path:
    """Write a setting of text into the settings file, in place of what it said; returns the file.

    Raises:
        UnknownName, InvalidInput: no such setting, or no such value.
        OutputFailed: the file cannot be written.
    """
    _parsed(name, value, "given")
    replace(Config(), **{name: value})  # type: ignore[arg-type]  # refuses what is not possible
    path = file()
    try:
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        kept = [line for line in lines if line.partition("=")[0].strip() != name]
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as draft:
            draft.write_text("\n".join([f'{name} = "{value}"', *kept]) + "\n", "utf-8")
    except OSError as error:
        hint = f"Set {_VARIABLES[name]} instead."
        raise OutputFailed(f"{path} cannot be written: {error.strerror}.", hint) from error
    return path


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """KOUJI_* in the environment that no setting reads: a misspelling, or another program's."""
    environment = os.environ if environment is None else environment
    known = {*_VARIABLES.values(), "KOUJI_CONFIG"}
    return sorted(name for name in environment if name.startswith("KOUJI_") and name not in known)


_VARIABLES = {name: f"KOUJI_{name.upper()}" for name in SETTINGS}


def _from_file(path: Path, required: bool) -> dict[str, object]:
    if not required and not path.is_file():
        return {}
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The settings in {path} cannot be read: {error}", "It must be a TOML file.") from error


def _parsed(name: str, value: object, source: str) -> object:
    """The value in the type of the setting."""
    if name not in SETTINGS:
        raise UnknownName("setting", name, list(SETTINGS))
    wanted = type(SETTINGS[name].default)
    if wanted is int and isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if type(value) is not wanted:
        hint = f"It is {SETTINGS[name].metadata['meaning']}."
        raise InvalidInput(f"{name} = {value!r} ({source}) is not possible.", hint)
    return value
