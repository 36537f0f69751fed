"""Ogg pages."""

import pytest

from kouji.audio.ogg import check_sum, with_fixed_serial


def test_the_check_sum_is_that_of_the_standard() -> None:
    # CRC-32/MPEG-2 without its start value: polynomial 0x04C11DB7 applied to one set bit gives the polynomial.
    assert check_sum(bytes([1])) == (0x04C11DB7).to_bytes(4, "little")
    assert check_sum(bytes(30)) == bytes(4)


def test_what_is_no_ogg_is_refused() -> None:
    with pytest.raises(ValueError, match="byte 0"):
        with_fixed_serial(b"RIFF" + bytes(100))
