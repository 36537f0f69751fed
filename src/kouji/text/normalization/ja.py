"""Japanese: numbers in Chinese characters, which the pronunciation reads with their counters."""

from __future__ import annotations

import re
from typing import ClassVar

from . import patterns as p
from .numbers import japanese
from .patterns import rx
from .reader import CAPITALS, Reader, Rule, spell
from .units import unit

LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケー エル エム エヌ オー ピー キュー アール エス "
        "ティー ユー ブイ ダブリュー エックス ワイ ゼット".split(),
        strict=True,
    )
)


class Japanese(Reader):
    """Japanese."""

    language = "ja"
    minus, plus, plus_minus = "マイナス", "プラス", "プラスマイナス"
    point, to, at, dot, slash = "点", "から", "アット", "ドット", "スラッシュ"
    digit_names = "ゼロ 一 二 三 四 五 六 七 八 九".split()
    operators: ClassVar[dict[str, str]] = {
        "+": "たす", "-": "ひく", "*": "かける", "÷": "わる", "/": "わる", "^": "の", "=": "イコール",
        "≈": "ニアリーイコール", "≠": "ノットイコール", "<": "小なり", ">": "大なり", "≤": "以下", "≥": "以上",
    }  # fmt: skip
    symbols: ClassVar[dict[str, str]] = {
        "`": "", "¢": "", "≥": "以上", "≤": "以下", "≈": "約", "≠": "ノットイコール", "±": "プラスマイナス",
        "√": "ルート", "∞": "無限大", "×": "かける", "÷": "わる", "=": "イコール", "%": "パーセント", "‰": "パーミル",
        "℃": "度", "℉": "華氏", "°": "度", "$": "ドル", "€": "ユーロ", "£": "ポンド", "¥": "円", "₩": "ウォン",
        "@": "アット", "#": "シャープ", "*": "アスタリスク", "&": "アンド", "+": "プラス", "²": "の二乗",
        "³": "の三乗", "→": "から", "<": "小なり", ">": "大なり", "^": " ", "_": " ", "|": "、", "\\": " ", "~": "～",
    }  # fmt: skip
    signs_in_addresses: ClassVar[dict[str, str]] = {
        "-": "ハイフン", "_": "アンダーバー", "?": "はてな", "=": "イコール", "&": "アンド", "#": "シャープ",
        ":": "コロン", "+": "プラス", "%": "パーセント", "~": "チルダ",
    }  # fmt: skip

    def cardinal(self, n: int) -> str:
        return japanese(n)

    def phone(self, written: str) -> str:
        return "の".join(self.digits(g) for g in re.findall(r"\d+", written))

    def before(self) -> list[Rule]:
        return [
            (rx(r"(?<![A-Za-z])[Nn]o\.\s?(?=\d)|№\s?(?=\d)"), lambda m: "ナンバー"),
            (rx(r"\bC\+\+"), lambda m: "シープラスプラス"),
            (rx(rf"(?<![\d.])({p.N})時間"), lambda m: f"{self.number(m[1])}時間"),
            (rx("(?<![一二三四五六七八九〇])〇(?![一二三四五六七八九〇])"), lambda m: "まる"),
            (rx(r"(?<!\d)110番"), lambda m: "ひゃくとおばん"),
        ]

    def after(self) -> list[Rule]:
        return [(CAPITALS, lambda m: spell(m, LETTERS))]

    def date(self, year: str, month: int, day: int) -> str:
        return f"{japanese(int(year))}年{japanese(month)}月{japanese(day)}日"

    def year_month(self, year: str, month: int) -> str:
        return f"{japanese(int(year))}年{japanese(month)}月"

    def time(self, hour: int, minute: int, second: int | None, noon: str) -> str:
        said = {"am": "午前", "pm": "午後", "": ""}[noon] + f"{japanese(hour)}時"
        if minute or second is not None:
            said += f"{japanese(minute)}分"
        return said + (f"{japanese(second)}秒" if second is not None else "")

    def scale(self, written: str) -> str:
        return {"million": "百万", "billion": "十億", "k": "千", "m": "百万", "b": "十億"}.get(
            written.strip().lower(), written
        )

    def code(self, code: str) -> str:
        return "JPY" if code == "CNY" else code

    def percent(self, said: str, mark: str) -> str:
        return said + ("パーセント" if mark == "%" else "パーミル")

    def fraction(self, numerator: int, denominator: int) -> str:
        return f"{japanese(denominator)}分の{japanese(numerator)}"

    def ratio(self, a: str, b: str) -> str:
        return f"{self.number(a)}対{self.number(b)}"

    def measure(self, value: str, said: str, written: str, per: str, many: str) -> str:
        name = unit(written, "ja")
        if per == "h" or per == "s":
            name = {"h": "時速", "s": "秒速"}[per] + said + name if not many else f"{said}{name}毎時"
            return name
        if name == "華氏":
            return f"華氏{said}度"
        return f"{said}{name}" + (f"パー{self.number(many) if many else ''}{unit(per, 'ja')}" if per else "")
