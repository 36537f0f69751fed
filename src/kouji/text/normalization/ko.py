"""Korean: native numerals before counters, Sino-Korean ones elsewhere."""

from __future__ import annotations

import re
from typing import ClassVar

from .numbers import korean, korean_native
from .patterns import rx
from .reader import CAPITALS, Reader, Rule, spell
from .units import unit

LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "에이 비 시 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 아르 에스 티 유 브이 더블유 엑스 "
        "와이 제트".split(),
        strict=True,
    )
)
# Counters that take native numerals. 시간 and 번째 before 시 and 번.
_COUNTERS = (
    r"시간|개(?!월|년)|명|사람|살|마리|권|잔|병(?!원)|대(?!\s?\d)|벌|번째|군데|가지|송이|그루|채|척|곳|달(?!러)|켤레"
    r"|장|줄|알|자루|그릇|쌍|판|통|컵|곡|박스|봉지|조각|모금|걸음|마디|차례|다발|묶음|토막|끼|갑|접시|상자|방울|가닥|포기"
    r"|쪽(?=\s?다)|배(?=\s?(?:나|로|가|의|이상|더|쯤))"
)


class Korean(Reader):
    """Korean."""

    language = "ko"
    minus, plus, plus_minus = "마이너스 ", "플러스 ", "플러스마이너스 "
    point, to, at, dot, slash = "점", "에서 ", "골뱅이", "점", "슬래시"
    digit_names = "영일이삼사오육칠팔구"
    phone_names = "공일이삼사오육칠팔구"
    operators: ClassVar[dict[str, str]] = {
        "+": " 더하기 ", "-": " 빼기 ", "*": " 곱하기 ", "÷": " 나누기 ", "/": " 나누기 ", "^": "의 ", "=": "은 ",
        "≈": " 약 ", "≠": " 같지 않다 ", "<": " 작다 ", ">": " 크다 ", "≤": " 이하 ", "≥": " 이상 ",
    }  # fmt: skip
    symbols: ClassVar[dict[str, str]] = {
        "`": "", "¢": "", "≥": " 이상 ", "≤": " 이하 ", "≈": " 약 ", "≠": " 같지 않은 ", "±": " 플러스마이너스 ",
        "√": " 루트 ", "∞": "무한대", "×": " 곱하기 ", "÷": " 나누기 ", "=": " 는 ", "%": "퍼센트", "‰": "퍼밀",
        "℃": "도", "℉": "화씨", "°": "도", "$": "달러", "€": "유로", "£": "파운드", "¥": "엔", "₩": "원",
        "@": "골뱅이", "#": "샵", "*": "별표", "&": " 앤드 ", "+": " 플러스 ", "²": "의 제곱", "³": "의 세제곱",
        "→": "에서 ", "<": " ", ">": " ", "^": " ", "_": " ", "|": ", ", "\\": " ", "~": "~",
    }  # fmt: skip
    signs_in_addresses: ClassVar[dict[str, str]] = {
        "-": "하이픈", "_": "언더바", "?": "물음표", "=": "이퀄", "&": "앤드", "#": "샵", ":": "콜론", "+": "플러스",
        "%": "퍼센트", "~": "물결",
    }  # fmt: skip

    def cardinal(self, n: int) -> str:
        return korean(n)

    def phone(self, written: str) -> str:
        return " ".join(self.digits(g, self.phone_names) for g in re.findall(r"\d+", written))

    def before(self) -> list[Rule]:
        native = rf"(?<![\d.,])(\d{{1,3}})(?:\s?[~–-]\s?(\d{{1,3}}))?\s?({_COUNTERS})(?!략)"
        return [
            (rx(r"(?<![A-Za-z])[Nn]o\.\s?(?=\d)"), lambda m: "넘버 "),
            (rx(r"(?<![\d.])6월"), lambda m: "유월"),
            (rx(r"(?<![\d.])10월"), lambda m: "시월"),
            (
                rx(r"(?<![\d.:])(\d{1,2})시\s?(\d{1,2})분(?:\s?(\d{1,2})초)?"),
                lambda m: self.time(int(m[1]), int(m[2]), int(m[3]) if m[3] else None, ""),
            ),
            (rx(r"(?<![\d.])(\d{1,2})시(?!간)(?!리즈|즌)"), lambda m: f"{self._hour(int(m[1]))}시"),
            (rx(native), self._counted),
            (
                rx(r"((?:하루|일주일|한 달|매일|매주|총|벌써|다시|딱)에?\s?)(\d{1,2})번"),
                lambda m: f"{m[1]}{korean_native(int(m[2]))}번",
            ),
            (rx(r"(?<![\d.,])(?:112|114|119|911)(?![\d.,]|원|명|개|년)"), lambda m: self.digits(m[0])),
        ]

    def _counted(self, m: re.Match[str]) -> str:
        said = self._native(int(m[1]), m[3])
        if m[2]:
            said += f"에서 {self._native(int(m[2]), m[3])}"
        return said + m[3]

    def _native(self, n: int, counter: str) -> str:
        if counter == "번째" and n == 1:
            return "첫"
        return korean_native(n)

    def _hour(self, hour: int) -> str:
        return korean_native(hour) if 1 <= hour <= 12 else korean(hour)

    def after(self) -> list[Rule]:
        return [(CAPITALS, lambda m: spell(m, LETTERS))]

    def date(self, year: str, month: int, day: int) -> str:
        return f"{korean(int(year))}년 {self._month(month)}월 {korean(day)}일"

    def year_month(self, year: str, month: int) -> str:
        return f"{korean(int(year))}년 {self._month(month)}월"

    def _month(self, month: int) -> str:
        return {6: "유", 10: "시"}.get(month) or korean(month)

    def time(self, hour: int, minute: int, second: int | None, noon: str) -> str:
        said = {"am": "오전 ", "pm": "오후 ", "": ""}[noon] + f"{self._hour(hour)}시"
        if minute or second is not None:
            said += f" {korean(minute)}분"
        return said + (f" {korean(second)}초" if second is not None else "")

    def scale(self, written: str) -> str:
        return {"million": "백만", "billion": "십억", "k": "천", "m": "백만", "b": "십억"}.get(
            written.strip().lower(), written
        )

    def code(self, code: str) -> str:
        return "JPY" if code == "CNY" else code

    def percent(self, said: str, mark: str) -> str:
        return said + ("퍼센트" if mark == "%" else "퍼밀")

    def fraction(self, numerator: int, denominator: int) -> str:
        return f"{korean(denominator)}분의 {korean(numerator)}"

    def ratio(self, a: str, b: str) -> str:
        return f"{self.number(a)} 대 {self.number(b)}"

    def measure(self, value: str, said: str, written: str, per: str, many: str) -> str:
        name = unit(written, "ko")
        if per in ("h", "s") and not many:
            return f"{ {'h': '시속', 's': '초속'}[per] } {said}{name}"
        if name == "화씨":
            return f"화씨 {said}도"
        return f"{said}{name}" + (f" 퍼 {self.number(many) if many else ''}{unit(per, 'ko')}" if per else "")
