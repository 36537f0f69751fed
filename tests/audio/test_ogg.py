"""Ogg pages."""

from pathlib import Path

import pytest

from kouji.audio.ogg import check_sum, fix_serial


def test_the_check_sum_is_that_of_the_standard() -> None:
    # One set bit leaves the polynomial itself; nothing set leaves nothing (the start value is 0).
    assert check_sum(bytes([1])) == (0x04C11DB7).to_bytes(4, "little")
    assert check_sum(bytes(30)) == bytes(4)


@pytest.mark.parametrize("content", [b"RIFF" + bytes(100), b"OggS", b"OggS" + bytes(22) + b"\x01\xff"])
def test_what_is_no_ogg_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ogg").write_bytes(content)
    with pytest.raises(ValueError, match="byte 0"):
        fix_serial(tmp_path / "a.ogg")
