"""A voice in one file, to carry to another house: a zip that holds data alone.

    metadata.json           format, version, name, language, …, consent, findings, weight and sha256 of every clip
    embedding.npy           (256,) float32
    clips/000.flac …        the references
    conditioning/ID.npz     what an engine has learnt of the clips, with these weights

Read with care: whatever does not fit the format to the letter is refused, and nothing is unpacked to the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import soundfile

from kouji.errors import InvalidInput

from .mend import HIGHEST
from .voice import checked_name

FORMAT, VERSION = "kouji-voice", 1
LARGEST = 64 << 20  # bytes, of the file and of what it unpacks to
MOST_CLIPS = 32
LONGEST = 31.0  # seconds of a clip
_NAME = re.compile(r"metadata\.json|embedding\.npy|clips/\d{3}\.flac|conditioning/[a-z0-9._-]{1,64}\.npz")
_TEXTS = {"name": 64, "language": 16, "gender": 16, "description": 10_000, "transcript": 100_000}
_CONSENT = {"person": 2000, "statement": 2000}


@dataclass(frozen=True)
class Portable:
    """All that the file says of a voice."""

    name: str
    language: str
    gender: str
    description: str
    transcript: str
    created_at: datetime
    consent: Mapping[str, Any]  # person, statement, until (date | None), clips, recorded_at
    embedding: np.ndarray  # (256,)
    findings: list[list[dict[str, object]]]
    clips: tuple[bytes, ...]  # FLAC
    weights: tuple[float, ...]
    durations: tuple[float, ...]  # seconds
    conditioning: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)  # engine -> digest of weights, npz


def pack(voice: Portable) -> bytes:
    """The file. The same voice gives the same bytes."""
    members = {f"clips/{k:03}.flac": clip for k, clip in enumerate(voice.clips)}
    members["embedding.npy"] = _npy(voice.embedding)
    members |= {f"conditioning/{engine}.npz": data for engine, (_, data) in voice.conditioning.items()}
    until = voice.consent["until"]
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(voice, name) for name in _TEXTS},
        "created_at": voice.created_at.isoformat(),
        "consent": {
            "person": voice.consent["person"],
            "statement": voice.consent["statement"],
            "until": until and until.isoformat(),
            "clips": list(voice.consent["clips"]),
            "recorded_at": voice.consent["recorded_at"].isoformat(),
        },
        "findings": voice.findings,
        "clips": [
            {"weight": weight, "duration": duration}
            for weight, duration in zip(voice.weights, voice.durations, strict=True)
        ],
        "conditioning": {engine: weights for engine, (weights, _) in voice.conditioning.items()},
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())},
    }
    members["metadata.json"] = json.dumps(metadata, ensure_ascii=False, indent=1, sort_keys=True).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return file.getvalue()


def unpack(data: bytes) -> Portable:
    """What a file says.

    Raises:
        InvalidInput: it is not such a file, was changed, is too large, or comes from a newer kouji.
    """
    members = _members(data)
    try:
        metadata = json.loads(members.pop("metadata.json").decode())
    except (KeyError, ValueError) as error:
        raise _bad("metadata.json is missing or no JSON") from error
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise _bad(f"its format is not {FORMAT!r}")
    if metadata.get("version") != VERSION:
        raise InvalidInput(f"The voice has version {metadata.get('version')!r} of the format.", "Update kouji.")
    sums = metadata.get("sha256")
    if not isinstance(sums, dict) or sums != {n: hashlib.sha256(d).hexdigest() for n, d in members.items()}:
        raise _bad("its contents are not those it was made with")
    return _portable(metadata, members)


def _members(data: bytes) -> dict[str, bytes]:
    """Every file in the zip, by a name that we know; nothing is read beyond `LARGEST`."""
    if len(data) > LARGEST:
        raise _bad(f"it is larger than {LARGEST >> 20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
                raise _bad("it holds files that do not belong there")
            if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in infos):
                raise _bad("it is compressed or encrypted")
            if sum(info.file_size for info in infos) > LARGEST:
                raise _bad(f"it unpacks to more than {LARGEST >> 20} MB")
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise _bad(str(error)) from error


def _portable(metadata: dict[str, Any], members: dict[str, bytes]) -> Portable:
    texts = _texts(metadata, _TEXTS)
    about = metadata.get("clips")
    clips = tuple(members.get(f"clips/{k:03}.flac", b"") for k in range(len(about) if isinstance(about, list) else 0))
    n_found = sum(name.startswith("clips/") for name in members)
    if not 1 <= len(clips) <= MOST_CLIPS or not all(clips) or len(clips) != n_found:
        raise _bad("its clips are not those it lists")
    for clip in clips:
        _check_clip(clip)
    findings = metadata.get("findings")
    if not isinstance(findings, list) or not all(isinstance(each, list) for each in findings):
        raise _bad("its findings are no list")
    return Portable(
        **(texts | {"name": checked_name(texts["name"])}),
        created_at=_moment(metadata.get("created_at")),
        consent=_consent(metadata.get("consent")),
        embedding=_embedding(members.get("embedding.npy", b"")),
        findings=findings,
        clips=clips,
        weights=tuple(_number(each, "weight", 0, 1) for each in about),  # type: ignore[union-attr]
        durations=tuple(_number(each, "duration", 0, 3600) for each in about),  # type: ignore[union-attr]
        conditioning=_conditioning(metadata.get("conditioning"), members),
    )


def _check_clip(data: bytes) -> None:
    """One channel of FLAC, no longer than a reference may be: what an engine will be handed as it is."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            fits = (file.format, file.subtype, file.channels) == ("FLAC", "PCM_16", 1)
            if not fits or not 4000 <= file.samplerate <= HIGHEST or file.frames > LONGEST * file.samplerate:
                raise _bad("a clip is not as voices keep them")
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise _bad(f"a clip cannot be read ({error})") from error


def _conditioning(weights: object, members: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    found = {
        name.removeprefix("conditioning/").removesuffix(".npz"): data
        for name, data in members.items()
        if name.startswith("conditioning/")
    }
    if not isinstance(weights, dict) or set(weights) != set(found):
        raise _bad("what engines have learnt is not what it lists")
    return {engine: (str(weights[engine]), data) for engine, data in found.items()}


def _texts(found: dict[str, Any], wanted: Mapping[str, int]) -> dict[str, str]:
    for name, longest in wanted.items():
        if not isinstance(found.get(name), str) or len(found[name]) > longest:
            raise _bad(f"its {name} is no text of at most {longest} characters")
    return {name: found[name] for name in wanted}


def _consent(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _bad("it comes without a consent")
    clips, until = found.get("clips"), found.get("until")
    if not isinstance(clips, list) or not all(
        isinstance(key, str) and re.fullmatch("[0-9a-f]{64}", key) for key in clips
    ):
        raise _bad("the clips of its consent are no list of sha256")
    try:
        last = None if until is None else date.fromisoformat(until)
    except (TypeError, ValueError) as error:
        raise _bad("the last day of its consent is no day") from error
    moment = _moment(found.get("recorded_at"))
    return {**_texts(found, _CONSENT), "until": last, "clips": tuple(clips), "recorded_at": moment}


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _bad(f"{str(text)[:40]!r} is no time") from error


def _number(found: object, name: str, low: float, high: float) -> float:
    value = found.get(name) if isinstance(found, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise _bad(f"the {name} of a clip is not {low} to {high}")
    return float(value)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array, "<f4"), allow_pickle=False)
    return file.getvalue()


def _embedding(data: bytes) -> np.ndarray:
    ours = _npy(np.zeros(256))  # the header is the same for every embedding: what differs is none
    header = len(ours) - 1024
    if len(data) != len(ours) or data[:header] != ours[:header]:
        raise _bad("its embedding cannot be read")
    array = np.frombuffer(data[header:], "<f4")
    if not math.isclose(float(np.linalg.norm(array)), 1, abs_tol=1e-3):
        raise _bad("its embedding has not the length 1")
    return array


def _bad(why: str) -> InvalidInput:
    return InvalidInput(f"This is no voice file: {why}.", "Export it again with `kouji voices export`.")
