"""Cantonese: as Mandarin where the grammar is the same, in its own words and characters."""

from __future__ import annotations

import re
from typing import ClassVar

from .numbers import cantonese
from .patterns import rx
from .reader import Rule
from .zh import Mandarin


class Cantonese(Mandarin):
    """Written Cantonese in traditional characters."""

    language = "yue"
    minus, plus, plus_minus = "負", "正", "正負"
    point, to, at, dot, slash = "點", "至", " at ", "點", "斜線"
    two, oclock, below_zero = "兩", "點", "零下"
    phone_names = ""
    operators: ClassVar[dict[str, str]] = {
        "+": "加", "-": "減", "*": "乘", "÷": "除以", "/": "除以", "^": "嘅", "=": "等於", "≈": "約等於",
        "≠": "唔等於", "<": "細過", ">": "大過", "≤": "細過或等於", "≥": "大過或等於",
    }  # fmt: skip
    symbols: ClassVar[dict[str, str]] = Mandarin.symbols | {
        "≥": "大過或等於", "≤": "細過或等於", "≈": "約等於", "≠": "唔等於", "±": "正負", "√": "開方", "∞": "無限大",
        "=": "等於", "%": "巴仙", "℃": "度", "℉": "華氏度", "€": "歐元", "£": "英鎊", "₩": "韓圜", "@": " at ",
        "#": "井號", "*": "星號", "&": "同", "<": "細過", ">": "大過", "→": "到",
    }  # fmt: skip
    signs_in_addresses: ClassVar[dict[str, str]] = Mandarin.signs_in_addresses | {
        "_": "底線",
        "?": "問號",
        "=": "等於",
        "&": "同",
        "#": "井號",
        ":": "冒號",
    }

    def cardinal(self, n: int) -> str:
        return cantonese(n)

    def phone(self, written: str) -> str:
        return self.join(self.digits(g) for g in re.findall(r"\d+", written))

    def time(self, hour: int, minute: int, second: int | None, noon: str) -> str:
        said = {"am": "上晝", "pm": "下晝", "": ""}[noon]
        said += (self.two if hour == 2 else self.cardinal(hour)) + "點"
        if minute == 30 and second is None:
            return said + "半"
        if minute or second is not None:
            said += ("零" if 0 < minute < 10 else "") + self.cardinal(minute) + "分"
        return said + (f"{self.cardinal(second)}秒" if second is not None else "")

    def before(self) -> list[Rule]:
        return [
            (rx(r"(?<![\w$])\$\s?([\d,.]*\d)(?![\d萬億])"), lambda m: f"{self.counted(m[1], '蚊')}蚊"),
            (rx(r"(?<![\d-])[2-9]\d{3}[ -]\d{4}(?![\d-])"), lambda m: self.phone(m[0])),
            *super().before(),
        ]
