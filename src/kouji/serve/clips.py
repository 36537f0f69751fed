"""Sound that comes with a request: as a data URL, or fetched from the web. Never from a path of this machine."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import TYPE_CHECKING

import soundfile

from kouji.audio.files import Source, length_of
from kouji.engines import that_can
from kouji.errors import UnsupportedControl

from .outgoing import fetch
from .refusals import unusable

if TYPE_CHECKING:
    from kouji.engines.contract import Card

MAX_CLIP = 20_000_000  # bytes
MAX_SAMPLES = 60_000_000  # of all channels: ten minutes of stereo at 48 kHz


Hear = Callable[[str, str, "Card", str], Awaitable[bytes]]  # arguments of `clip_of`


async def clip_of(source: str, field: str, card: Card, control: str) -> bytes:
    """The bytes of a sound file.

    Args:
        source: `data:audio/…;base64,…` or an https URL.
        field: of the request, for messages.
        card: of the engine that will hear it: where it has no such `control`, nothing is fetched.

    Raises:
        UnsupportedControl: the engine listens to no clips.
        InvalidInput: neither of both, or too large, or it cannot be fetched.
    """
    if control not in card.controls:
        raise UnsupportedControl(card.id, field, that_can(control))
    data = await sound_of(source, field)
    check_clip(data, field)
    return data


async def sound_of(source: str, field: str) -> bytes:
    """The bytes behind a data URL or a web address.

    Raises:
        InvalidInput: neither of both, or too large, or it cannot be fetched.
    """
    if source.startswith("data:"):
        return _inline(source, field)
    if source.startswith(("https://", "http://")):
        return await fetch(source, field, MAX_CLIP)
    raise unusable(field, "is neither a data URL nor a web address", "Paths of the server are not read.")


def check_clip(data: bytes, field: str) -> None:
    """Look at the head of a sound file: a few kilobytes can unpack to hours. What does not say it is counted.

    Raises:
        InvalidInput: it is no sound, or would be more than `MAX_SAMPLES`.
    """
    try:
        with Source(BytesIO(data)) as source:
            n_samples = length_of(source, MAX_SAMPLES // source.channels) * source.channels
        reason = "it is too long" if n_samples > MAX_SAMPLES else ""
    except soundfile.LibsndfileError as problem:
        reason = f"{problem}".rpartition(": ")[2].rstrip(".").lower()
        if "does not exist" in reason:  # so it says of what begins like mp3, and is none
            reason = "format not recognised"
    if reason:
        hint = "Send a sound file (wav, flac, mp3, ogg or opus) of at most ten minutes."
        raise unusable(field, f"cannot be read: {reason}", hint)


def _inline(source: str, field: str) -> bytes:
    head, comma, data = source.partition(",")
    try:
        if not comma or not head.endswith(";base64"):
            raise ValueError("no base64")
        if len(data) > MAX_CLIP * 4 // 3 + 4:
            raise ValueError(f"more than {MAX_CLIP // 1_000_000} MB")
        return base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as reason:
        raise unusable(field, f"is no data URL: {reason}", "Send data:audio/wav;base64,… .") from reason
