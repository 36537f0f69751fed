"""Bytes in Chinese characters, 14 bits to each: how speakers travel as text.

Seven bytes are four characters from U+4E00 on, the most significant bits first. What is left at the end is filled up
with zeros, and a last character from U+3D00 on says how many bytes it was.
"""

from __future__ import annotations

from kouji.errors import InvalidInput

FIRST, LAST_BLOCK = 0x4E00, 0x3D00
BITS, BLOCK = 14, 7


def encode(data: bytes) -> str:
    """Bytes -> text."""
    characters = []
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        n_characters = -(-8 * len(block) // BITS)
        number = int.from_bytes(block, "big") << (BITS * n_characters - 8 * len(block))
        for place in range(n_characters - 1, -1, -1):
            characters.append(chr(FIRST + (number >> (BITS * place) & (1 << BITS) - 1)))
    rest = len(data) % BLOCK
    return "".join(characters) + (chr(LAST_BLOCK + rest) if rest else "")


def decode(text: str) -> bytes:
    """Text -> bytes.

    Raises:
        InvalidInput: it is none of this kind, or was cut off.
    """
    rest = 0
    if text and LAST_BLOCK < ord(text[-1]) < LAST_BLOCK + BLOCK:
        text, rest = text[:-1], ord(text[-1]) - LAST_BLOCK
    groups = [ord(character) - FIRST for character in text]
    n_last = -(-8 * rest // BITS)
    if any(not 0 <= group < 1 << BITS for group in groups) or len(groups) % 4 != n_last % 4 or len(groups) < n_last:
        raise InvalidInput("A speaker's text is cut off, or none.", "Copy it whole, from 蘁淰 to its end.")
    data = bytearray()
    for start in range(0, len(groups), 4):
        block = groups[start : start + 4]
        number = 0
        for group in block:
            number = number << BITS | group
        is_last = rest and start + 4 >= len(groups)
        n_bytes = rest if is_last else BLOCK
        data += (number >> (BITS * len(block) - 8 * n_bytes)).to_bytes(n_bytes, "big")
    return bytes(data)
