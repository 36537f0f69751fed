"""`save_wav`, for those who know it from elsewhere (`Speech.save` does more), and `sign`, for files that are saved."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from kouji import config
from kouji.types import Speech


def save_wav(speech: Speech, path: str | PathLike[str], sr: int | None = None) -> None:
    """Write a wav file, at `sr` Hz if that is given. (Raises as `Speech.save` does.)"""
    from kouji.audio.files import write
    from kouji.audio.resample import resample

    sample_rate = sr or speech.sample_rate
    write(path, resample(speech.samples, speech.sample_rate, sample_rate), sample_rate, "wav", speech.tags)


def sign(path: str | PathLike[str]) -> None:
    """Put a C2PA manifest into a wav, mp3, flac or m4a file of ours, with the certificate of the settings.

    Raises:
        InvalidInput: it is no such file, says nothing of itself, or the certificate cannot be used.
        MissingExtra: c2pa is not installed.
        OutputFailed: the file cannot be written.
    """
    from kouji.audio import tags
    from kouji.audio.writer import mended
    from kouji.drafts import whole
    from kouji.errors import InvalidInput
    from kouji.policy import provenance
    from kouji.policy.verify import format_of

    file = Path(path)
    with mended(file):
        with file.open("rb") as content:
            said = tags.read(content)
        data = file.read_bytes()
        if format_of(data) not in provenance.MEDIA_TYPES or "KOUJI" not in said:
            raise InvalidInput(f"{file} is no marked wav, mp3, flac or m4a file of ours.", "Save it with its marks.")
        with whole(file) as draft:
            draft.write_bytes(provenance.signed(data, format_of(data), said, config.load()))
