"""Japanese kana -> moras -> phonemes, without a dictionary."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kouji.errors import InvalidInput
from kouji.text.phonemes import JA_PHONEMES

# Rows of the kana table: the consonant (OpenJTalk's name), then the kana of a i u e o; "-" where there is none.
_ROWS = """
  ア イ ウ エ オ; k カ キ ク ケ コ; g ガ ギ グ ゲ ゴ; s サ - ス セ ソ; z ザ - ズ ゼ ゾ; t タ - - テ ト; d ダ - - デ ド
n ナ ニ ヌ ネ ノ; h ハ ヒ - ヘ ホ; b バ ビ ブ ベ ボ; p パ ピ プ ペ ポ; m マ ミ ム メ モ; r ラ リ ル レ ロ; y ヤ - ユ - ヨ
w ワ ウィ - ウェ ウォ; sh シャ シ シュ シェ ショ; j ジャ ジ ジュ ジェ ジョ; ch チャ チ チュ チェ チョ; ts ツァ ツィ ツ ツェ ツォ
f ファ フィ フ フェ フォ; v ヴァ ヴィ ヴ ヴェ ヴォ; ky キャ - キュ キェ キョ; gy ギャ - ギュ ギェ ギョ; ny ニャ - ニュ ニェ ニョ
hy ヒャ - ヒュ ヒェ ヒョ; by ビャ - ビュ ビェ ビョ; py ピャ - ピュ ピェ ピョ; my ミャ - ミュ ミェ ミョ; ry リャ - リュ リェ リョ
t - ティ トゥ - -; d - ディ ドゥ - -; ty テャ - テュ - テョ; dy デャ - デュ - デョ; kw クァ クィ - クェ クォ; gw グァ グィ - グェ グォ
j ヂャ ヂ ヂュ ヂェ ヂョ; z - - ヅ - -; s - スィ - - -; z - ズィ - - -; kw クヮ - - - -; gw グヮ - - - -; y - - - イェ -
z ヅァ ヅィ - ヅェ ヅォ; f フャ - フュ - フョ; v ヴャ - ヴュ - ヴョ; - - ヰ - ヱ ヲ; w ヷ ヸ - ヹ ヺ; h - - ホゥ - -
"""
_SMALL = dict(zip("ァィゥェォャュョヮヵヶ", "アイウエオヤユヨワカケ", strict=True))
_VOICELESS = frozenset("k ky kw s sh t ty ts ch h hy f p py".split())
_STRETCHED = {"o": "u", "e": "i"}  # オウ and エイ are long オ and エ


def _table() -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for row in re.split(r"[;\n]", _ROWS.strip("\n")):
        cells = row.split()
        consonant = cells.pop(0) if len(cells) == 6 else ""
        table |= {
            kana: (consonant.strip("-"), vowel) for kana, vowel in zip(cells, "aiueo", strict=True) if kana != "-"
        }
    return (
        table | {small: ("", table[large][1]) for small, large in _SMALL.items()} | {"ヵ": ("k", "a"), "ヶ": ("k", "e")}
    )


_MORAS = _table()


def mora_table() -> Mapping[str, tuple[str, str]]:
    """Kana of one mora -> its consonant ("" for none) and its vowel, by OpenJTalk's names."""
    return _MORAS


@dataclass(frozen=True)
class Mora:
    """One beat: a consonant and a vowel, by OpenJTalk's names; ン is ("", "N"), ッ ("", "cl")."""

    kana: str
    consonant: str
    vowel: str

    @property
    def names(self) -> tuple[str, ...]:
        """("k", "a"), ("a",), ("N",)."""
        return (self.consonant, self.vowel) if self.consonant else (self.vowel,)


def to_katakana(kana: str) -> str:
    """Hiragana and half-width kana as full-width katakana, composed."""
    kana = unicodedata.normalize("NFKC", kana)
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" or c in "ゝゞ" else c for c in kana)


def moras(kana: str, written: str = "") -> list[Mora]:
    """The beats of a word in kana.

    Args:
        kana: hiragana or katakana.
        written: the same word as it is usually written; a final う that is written in kana there (思う) ends a verb
            and does not lengthen the vowel before it.

    Raises:
        InvalidInput: a character that is not kana.
    """
    text = re.sub(r"[\s・·゠=]", "", to_katakana(kana))
    found: list[Mora] = []
    i = 0
    while i < len(text):
        length = 2 if text[i : i + 2] in _MORAS else 1
        piece = text[i : i + length]
        found.append(_mora(piece, found, kana))
        i += length
    verb = to_katakana(written).endswith("ウ") and not re.fullmatch(r"[ァ-ヶー]*", to_katakana(written))
    return [_lengthened(found, i, verb) for i in range(len(found))]


def _mora(piece: str, before: list[Mora], kana: str) -> Mora:
    if piece == "ン":
        return Mora(piece, "", "N")
    if piece == "ッ":
        return Mora(piece, "", "cl")
    if piece in ("ー", "〜", "～", "−") and before:
        vowel = before[-1].vowel
        return Mora("ー", "", vowel)
    if piece == "ヽ" and before:
        return before[-1]
    if piece in _MORAS:
        return Mora(piece, *_MORAS[piece])
    raise InvalidInput(f"{piece!r} in {kana!r} is not kana.", "Write the reading in hiragana or katakana.")


def _lengthened(found: list[Mora], i: int, verb: bool) -> Mora:
    """オウ -> オオ, エイ -> エエ."""
    mora = found[i]
    final_of_verb = verb and i == len(found) - 1
    if i and not mora.consonant and mora.kana in "ウイ" and mora.vowel == _STRETCHED.get(found[i - 1].vowel):
        return mora if final_of_verb else Mora(mora.kana, "", found[i - 1].vowel)
    return mora


def devoiced(beats: list[Mora]) -> list[Mora]:
    """I and U between voiceless consonants are whispered (キタ, スキ); never in two beats that follow each other."""
    result = list(beats)
    for i, (mora, after) in enumerate(itertools.pairwise(beats)):
        voiceless = mora.consonant in _VOICELESS and (after.consonant in _VOICELESS or after.vowel == "cl")
        if voiceless and mora.vowel in ("i", "u") and not (i and result[i - 1].vowel in ("I", "U")):
            result[i] = Mora(mora.kana, mora.consonant, mora.vowel.upper())
    return result


def kana_to_phonemes(kana: str, *, written: str = "", devoice: bool = False) -> tuple[str, ...]:
    """ "とうきょう" -> ("t", "o", "o", "kj", "o", "o"): no pitch digits, because kana does not tell the accent.

    Args:
        kana: hiragana or katakana of one word.
        written: the word as usually written, if known (see `moras`).
        devoice: whisper I and U between voiceless consonants.

    Raises:
        InvalidInput: a character that is not kana.
    """
    beats = moras(kana, written)
    if devoice:
        beats = devoiced(beats)
    return tuple(JA_PHONEMES[name] for mora in beats for name in mora.names)
