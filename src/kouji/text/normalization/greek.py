"""Greek letters by name."""

from __future__ import annotations

import unicodedata

_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
_NAMES = {
    "en": "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
    "chi psi omega",
    "zh": "阿尔法 贝塔 伽马 德尔塔 艾普西龙 泽塔 伊塔 西塔 约塔 卡帕 拉姆达 缪 纽 克西 奥密克戎 派 柔 西格玛 陶 宇普西龙 斐 希 普西 "
    "欧米伽",
    "ja": "アルファ ベータ ガンマ デルタ イプシロン ゼータ イータ シータ イオタ カッパ ラムダ ミュー ニュー クサイ オミクロン パイ ロー "
    "シグマ タウ ウプシロン ファイ カイ プサイ オメガ",
    "ko": "알파 베타 감마 델타 엡실론 제타 에타 세타 요타 카파 람다 뮤 뉴 크시 오미크론 파이 로 시그마 타우 입실론 파이 카이 프사이 "
    "오메가",
}
_TABLE = {language: dict(zip(_LETTERS, names.split(), strict=True)) for language, names in _NAMES.items()}


def name(letter: str, language: str) -> str:
    """ "π" -> 派, pi, パイ, 파이; accents and case make no difference. Cantonese uses the English names."""
    plain = unicodedata.normalize("NFD", letter)[0].lower().replace("ς", "σ")
    said = _TABLE.get(language, _TABLE["en"]).get(plain, "")
    return said if language in ("zh", "ja") else f" {said} "
