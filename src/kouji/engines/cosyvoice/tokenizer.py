"""Whisper's multilingual text tokenizer: what CosyVoice reads.

Byte-level BPE over `data/multilingual.tiktoken` (openai/whisper, MIT), in plain Python: a sentence takes a millisecond.
Tags such as <|zh|> are tokens of their own; [laughter] or <strong> are not, they are spelled out, as in training.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue"
).split()  # in Whisper's order
SPECIAL = (
    "endoftext", "startoftranscript", *LANGUAGES, "translate", "transcribe", "startoflm", "startofprev", "nospeech",
    "notimestamps", *(f"{k * 0.02:.2f}" for k in range(1501)),
)  # fmt: skip
_TAG = re.compile(r"<\|([A-Za-z0-9.]+)\|>")
_CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def encode(text: str) -> list[int]:
    """Ids, nothing added at either end."""
    ids: list[int] = []
    start = 0
    for tag in _TAG.finditer(text):
        if (token := _special().get(tag[1])) is not None:
            ids += _encode_plain(text[start : tag.start()])
            ids.append(token)
            start = tag.end()
    return ids + _encode_plain(text[start:])


@cache
def _ranks() -> dict[bytes, int]:
    lines = (files("kouji.engines.cosyvoice") / "data" / "multilingual.tiktoken").read_text("ascii").splitlines()
    return {base64.b64decode(piece): int(rank) for piece, rank in (line.split() for line in lines)}


@cache
def _special() -> dict[str, int]:
    return {name: len(_ranks()) + k for k, name in enumerate(SPECIAL)}


def _encode_plain(text: str) -> list[int]:
    return [token for piece in _pieces(text) for token in _merged(piece.encode("utf-8"))]


def _merged(piece: bytes) -> list[int]:
    """Join the two neighbours of lowest rank, until no pair is a token."""
    ranks = _ranks()
    parts = [piece[k : k + 1] for k in range(len(piece))]
    while len(parts) > 1:
        rank, place = min((ranks.get(a + b, len(ranks)), k) for k, (a, b) in enumerate(pairwise(parts)))
        if rank == len(ranks):
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return [ranks[part] for part in parts]


def _pieces(text: str) -> Iterator[str]:
    r"""GPT-2's split: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+."""
    kinds = [_kind(character) for character in text]
    start = 0
    while start < len(text):
        end = _end_of_piece(text, kinds, start)
        yield text[start:end]
        start = end


def _end_of_piece(text: str, kinds: list[str], start: int) -> int:
    for ending in _CONTRACTIONS:
        if text.startswith(ending, start):
            return start + len(ending)
    first = start + 1 if text[start] == " " and kinds[start + 1 : start + 2] not in ([], ["space"]) else start
    end = first + 1
    while end < len(text) and kinds[end] == kinds[first]:
        end += 1
    # Of several blanks before a word, the last one stays with the word.
    return end - 1 if kinds[first] == "space" and end < len(text) and end - first > 1 else end


def _kind(character: str) -> str:
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":  # Python counts these as blanks, \s of others not
        return "space"
    return {"L": "letter", "N": "number"}.get(unicodedata.category(character)[0], "other")
