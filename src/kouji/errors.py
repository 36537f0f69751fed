"""Everything that can go wrong in a way the user can mend.

    SpeechError
    ├── UnknownName            a voice, engine, language, format … that does not exist
    ├── InvalidInput           the text, clip or value cannot be used
    │   └── EmptyText          nothing in it can be said
    ├── UnsupportedControl     this engine cannot do that; these can
    ├── UnsupportedDevice      the engine, or what is installed, does not run there
    ├── MissingExtra           a package is not installed
    ├── MissingWeights         an engine's files are not here yet
    ├── BadCheckpoint          a file of weights is not what it should be
    ├── DownloadFailed         a file could not be fetched
    ├── OutputFailed           the result could not be written
    ├── NotPermitted           consent is missing, expired or revoked, or the voice is protected
    │   └── LicenceDenied      the terms of weights, or of sound to learn from, do not allow it
    ├── AlreadyExists          a name that is taken
    └── StoreFailed            what is kept cannot be read or written
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches


class SpeechError(Exception):
    """`message` says what happened, `hint` what to do. Command line, HTTP and notebook show both."""

    status = 400  # HTTP
    param = ""  # the argument at fault, where that is known

    def __init__(self, message: str, hint: str = "", param: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.param = param or self.param

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UnknownName(SpeechError):
    """A name that is not in the list it should be from; None: a list that is nobody else's business."""

    status = 404

    def __init__(self, kind: str, name: str, known: Sequence[str] | None) -> None:
        near = get_close_matches(name, known or (), n=1)
        listed = f"Known: {', '.join(sorted({*known}))}." if known else "None is known yet."
        hint = f"Did you mean {near[0]!r}?" if near else "" if known is None else listed
        super().__init__(f"There is no {kind} called {name!r}.", hint)
        self.kind, self.name = kind, name


class InvalidInput(SpeechError):
    """The text, clip or value cannot be used."""


class EmptyText(InvalidInput):
    """Nothing in the text can be said."""

    def __init__(self, text: str) -> None:
        shown = text if len(text) <= 40 else text[:40] + "…"
        super().__init__(
            f"There is nothing to say in {shown!r}.", "Give at least one letter, digit or character."
        )


class UnsupportedControl(SpeechError):
    """A control that the engine does not have."""

    def __init__(self, engine: str, control: str, engines_that_can: Sequence[str]) -> None:
        others = ", ".join(engines_that_can)
        super().__init__(
            f"The engine {engine!r} has no control {control!r}.",
            f"These have: {others}." if others else "No installed engine has it.",
        )
        self.param = control


class UnsupportedDevice(SpeechError):
    """The engine, or what is installed, does not run on that device, or not in that precision."""

    param = "device"


class MissingExtra(SpeechError):
    """A feature whose packages are not installed."""

    status = 501

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} is not installed.", f"pip install 'kouji[{extra}]'")


@contextmanager
def needs(extra: str, feature: str) -> Iterator[None]:
    """Around imports of what an extra brings: with needs("ja", "Japanese"). Raises MissingExtra."""
    try:
        yield
    except ImportError as missing:
        raise MissingExtra(feature, extra) from missing


class MissingWeights(SpeechError):
    """Files that an engine needs and that nobody has downloaded yet."""

    status = 503


class BadCheckpoint(SpeechError):
    """A file of weights that is cut off, altered, of another model, or not mere data. Nothing in it was run."""

    status = 500


class DownloadFailed(SpeechError):
    """A file that could not be fetched whole."""

    status = 502


class OutputFailed(SpeechError):
    """The result could not be written."""

    status = 500


class NotPermitted(SpeechError):
    """Consent is missing, expired or revoked, or the voice is protected."""

    status = 403


class LicenceDenied(NotPermitted):
    """The terms of weights do not allow this use, or nobody has accepted them."""

    def __init__(self, message: str, hint: str = "", engine: str = "", lacks: str = "") -> None:
        super().__init__(message, hint)
        self.engine = engine  # whose weights
        self.lacks = lacks  # what would mend it: "use" is to be stated | "acceptance" of the terms | "": nothing


class AlreadyExists(SpeechError):
    """A name that is taken."""

    status = 409

    def __init__(self, kind: str, name: str) -> None:
        hint = "Choose another name, or remove that one first."
        super().__init__(f"There is a {kind} called {name!r} already.", hint)
        self.kind, self.name = kind, name


class StoreFailed(SpeechError):
    """The records or files that kouji keeps cannot be read or written; nothing is stored half."""

    status = 503

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint or "See `kouji config` for where they lie; nothing was stored half.")
