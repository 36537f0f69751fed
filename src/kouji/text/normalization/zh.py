"""Mandarin: numbers, dates, money … in characters."""

from __future__ import annotations

import re
from typing import ClassVar

from . import patterns as p
from .numbers import chinese, english
from .patterns import rx
from .reader import Reader, Rule
from .units import unit

# Counted things before which 2 is 两.
_TWO = (
    "个斤两块米升吨克天周年岁次本只张把条件种位名台辆匹头双对杯碗瓶盒箱包袋支枝根片家间座栋层套份篇首部倍步句段项批组排串颗粒棵朵门场"
    "趟遍遭回番顿阵处点钟秒公里毫厘千万亿百分小平立人元角毛盘幅面架艘棒轮株笔道行页滴届扇口"
    "個塊噸週條張種輛頭雙對間層歲隻顆點鐘萬億蚊餐樽碟籮嚿"
)
_NOT_TWO = rx(r"[0-9]*(?:月|日|号|楼|班|号线|中|等|级|度|年级|进制|手|维|战|线|胎|哥|姐|次元|百五|分之|年[级月]|座\d)")
_DURATION = rx(r"(?:[前后来内间多历以里期的有]|左右|时间|寿命|工龄|经验)")
_CALLING = re.compile("拨打|打|电话|電話|热线|熱線|报警|報警|急救|致电|致電|客服|号码|號碼")
_DIGITS = "零幺二三四五六七八九"


class Mandarin(Reader):
    """Mandarin in simplified characters."""

    language = "zh"
    minus, plus, plus_minus = "负", "正", "正负"
    point, to, at, dot, slash = "点", "到", "艾特", "点", "斜杠"
    operators: ClassVar[dict[str, str]] = {
        "+": "加", "-": "减", "*": "乘", "÷": "除以", "/": "除以", "^": "的", "=": "等于", "≈": "约等于",
        "≠": "不等于", "<": "小于", ">": "大于", "≤": "小于等于", "≥": "大于等于",
    }  # fmt: skip
    symbols: ClassVar[dict[str, str]] = {
        "`": "", "¢": "", "≥": "大于等于", "≤": "小于等于", "≈": "约等于", "≠": "不等于", "±": "正负", "√": "根号",
        "∞": "无穷大", "×": "乘", "÷": "除以", "=": "等于", "%": "百分号", "‰": "千分号", "℃": "摄氏度",
        "℉": "华氏度", "°": "度", "$": "美元", "€": "欧元", "£": "英镑", "¥": "元", "₩": "韩元", "@": "艾特",
        "#": "井号", "*": "星号", "&": "和", "+": "加", "²": "平方", "³": "立方", "→": "到", "<": "小于", ">": "大于",
        "∑": "求和", "^": "", "_": " ", "|": "，", "\\": " ", "~": "～",
    }  # fmt: skip
    signs_in_addresses: ClassVar[dict[str, str]] = {
        "-": "杠", "_": "下划线", "?": "问号", "=": "等于", "&": "和", "#": "井号", ":": "冒号", "+": "加",
        "%": "百分号", "~": "波浪号",
    }  # fmt: skip
    below_zero = "零下"

    def cardinal(self, n: int) -> str:
        return chinese(n)

    def counted(self, written: str, following: str) -> str:
        """A number before `following`: 2 is 两 before a measure word."""
        if written == "2" and following[:1] and following[0] in _TWO and not _NOT_TWO.match(following):
            return self.two
        return self.number(written)

    two = "两"

    def before(self) -> list[Rule]:
        N = p.N
        return [
            (rx(r"(?<![\w.])[Nn]o\.\s?(\d+)"), lambda m: f"number {_english(m[1])}"),
            (rx(r"(?<![\w.])[Vv]ol\.\s?(\d+)"), lambda m: f"volume {_english(m[1])}"),
            (rx(r"\bC\+\+"), lambda m: "C plus plus"),
            (rx(r"\b([CF])#"), lambda m: f"{m[1]} sharp"),
            (rx(r"(?<=\d)(?<![A-Za-z]\d)w(?=[+]?(?:[一-鿿，。、！？\s]|$))"), lambda m: "万"),
            (rx(r"(?<=[A-Za-z])\+\+?(?![\w+])"), lambda m: " plus" * len(m[0])),
            (rx(r"(?<=[A-Za-z])\s?&\s?(?=[A-Za-z])"), lambda m: " and "),
            (rx(r"(?<!\d)24/7(?!\d)"), lambda m: "twenty four seven"),
            (rx(r"(?<![\d.,-])\d{1,5}(?:-\d{1,5}){2,}(?![\d-])(?<!\d{4}-\d-\d)(?<!\d{4}-\d\d-\d\d)"), self._groups),
            (rx(r"(?<=[A-Za-z])-(\d{1,3})-(?=\d)"), lambda m: f" {self.number(m[1])} "),
            # scores
            (
                rx(r"(比分\D{0,6}|[以赢胜输负平]\s?)(\d+)\s?[-:：–—]\s?(\d+)(?!\d)"),
                lambda m: f"{m[1]}{self.number(m[2])}比{self.number(m[3])}",
            ),
            # telephone and other numbers that are names
            (rx(r"(?<![\d.,])(?:999|11[0-9]|12[02]|12\d{3}|100\d\d|9[56]\d{3})(?![\d.,]|元|年)"), self._service),
            (
                rx(
                    r"((?:电话|手机|号码|编号|房号|房间号|门牌号?|学号|工号|卡号|账号|帐号|密码|验证码|邮编|身份证号?|车牌号?|尾号|代码"
                    r"|订单号?|单号|QQ|转)[是为：:\s]{0,3}[A-Za-z]?座?)(\d{3,}(?:-\d+| \d{3,})*)(?![\d.年月元个%])"
                ),
                lambda m: m[1] + self.phone(m[2]),
            ),
            (rx(r"(?<![\d.,])(\d{3,4})(?=室|房间|号房|次列车|次航班)"), lambda m: self.digits(m[1], self.phone_names)),
            (rx(r"(?<=[A-Za-z])\d{3,}(?![\d.,]\d|\d)"), self._name),
            (rx(r"(?<![\d.])\d{3,4}(?=[pP](?![A-Za-z]))"), self._name),
            # years
            (rx(r"(?<![\d.])(\d[05])(?=后(?!来|期|面|续|边|方))"), lambda m: self.digits(m[0])),
            (rx(r"#([^#\s]{1,30})#"), lambda m: m[1]),
            (rx(r"(?<=[一二三四五六日天])\s?[-–—~～]\s?(?=周|週|星期|礼拜|禮拜)"), lambda m: self.to),
            (rx(r"(?<=[A-Za-z)])\^(\d+)"), lambda m: f"的{self.number(m[1])}次方"),
            (rx(r"(?<=波音|空客)\d{3}(?!\d)|(?<=RTX |GTX |ISO )\d{4}(?!\d)|(?<![\d.,])\d{3}(?=MAX)"), self._name),
            (
                rx(r"(?<=[A-Za-z]\d)-(\d{4,})(?=[A-Z]?(?![A-Za-z\d]))"),
                lambda m: f" {self.digits(m[1], self.phone_names)}",
            ),
            (rx(r"(?<=[年月日号號点點时時分秒元块塊岁歲个個天人米斤])\s?[-–—~～]\s?(?=\d)"), lambda m: self.to),
            (rx(r"(?<=[歼轰运直警])-(?=\d)|(?<=东风|长征|神舟|天宫|嫦娥|鹰击|红旗)-(?=\d)"), lambda m: ""),
            (rx(rf"(?<!\d)(\d{{4}})({p.DASH})(\d{{4}})\s?年"), lambda m: f"{self.digits(m[1])}到{self.digits(m[3])}年"),
            (rx(r"(?<![\d.,第])(\d{4})\s?年"), self._year),
            (
                rx(r"(?<![\d.,第有约近满共过了达已整前后])([05-9]\d)年(?!前|后|来|内|间|多|代|历|以|里|期|左右|的历)"),
                lambda m: f"{self.digits(m[1])}年",
            ),
            (rx(r"(?<![\d.,])(\d{2})年(?=\d{1,2}月)"), lambda m: f"{self.digits(m[1])}年"),
            (rx(r"(?<!\d)((?:19|20)\d{2})(?=\s?Q[1-4])"), lambda m: self.digits(m[1])),
            # one metre seventy-five
            (rx(r"(?<![\d.])(\d)([米块])(\d{1,2})(?![\d.米万个%元厘]|分)"), self._short_measure),
            (
                rx(r"(?<!\d)([01]?\d|2[0-4])点([0-5]\d)(?!\d|分钟)分?"),
                lambda m: self.time(int(m[1]), int(m[2]), None, ""),
            ),
            (rx(r"(\d+)又(\d+)/(\d+)"), lambda m: f"{self.number(m[1])}又{self.fraction(int(m[2]), int(m[3]))}"),
            (rx(rf"(?<![\w)])-\s?({N})(?=\s?(?:℃|°C|度|摄氏度))"), lambda m: f"{self.below_zero}{self.number(m[1])}"),
            (
                rx(r"(?<![\d/])(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])(?![\d/])"),
                lambda m: f"{self.cardinal(int(m[1]))}月{self.cardinal(int(m[2]))}日",
            ),
            (rx(r"(?<!\d)(\d+)'\s?(\d+)\"(?!\w)"), lambda m: f"{self.number(m[1])}分{self.number(m[2])}秒"),
            (rx(r"(?<=\d)°\s?(\d+)'"), lambda m: f"度{self.number(m[1])}分"),
        ]

    def after(self) -> list[Rule]:
        return [
            (
                rx(rf"(?<![\d.,])(?:19|20)\d{{2}}(?<!00)(?![\d.,]|\s?(?:[{_TWO}人名元美欧港日万亿多余]|[A-Za-z]))"),
                lambda m: self.digits(m[0]),
            ),
            (rx(r"(?<![\d.,-])1[3-9]\d{9}(?!\d)|(?<![\d.,])\d{8,}(?<!0000)(?![\d.,])"), lambda m: self.phone(m[0])),
            (rx(r"(?<![\d.,第])2(?=\s?[一-鿿])"), lambda m: self.counted("2", m.string[m.end() :].lstrip())),
            (rx(r"(?<![\d.,])(\d[\d.]*)(?:\+|＋)(?=[一-鿿，。、！？,.!?\s]|$)"), lambda m: f"{self.number(m[1])}加"),
        ]

    def _service(self, m: re.Match[str]) -> str:
        """110, 12306 … where the words around speak of calling."""
        around = m.string[max(0, m.start() - 16) : m.end() + 4]
        return self.digits(m[0], self.phone_names) if _CALLING.search(around) else m[0]

    def _name(self, m: re.Match[str]) -> str:
        """CA1234, A12345: digit by digit, except round hundreds."""
        return self.number(m[0]) if len(m[0]) == 3 and m[0].endswith("00") else self.digits(m[0], self.phone_names)

    def _groups(self, m: re.Match[str]) -> str:
        return " ".join(self.digits(g) for g in m[0].split("-"))

    def phone(self, written: str) -> str:
        """Mobile, service and identity numbers with 幺 for 1, area codes and 400 numbers with 一."""
        digits = re.sub(r"\D", "", written)
        landline = written[0] == "0" or written[:3] in ("400", "800")
        return (
            self.join(self.digits(g, "" if landline else _DIGITS) for g in re.findall(r"\d+", written))
            if digits
            else written
        )

    phone_names = _DIGITS

    def _year(self, m: re.Match[str]) -> str:
        following = m.string[m.end() :]
        if int(m[1]) % 100 == 0 and _DURATION.match(following):
            return f"{self.cardinal(int(m[1]))}年"
        return f"{self.digits(m[1])}年"

    def _short_measure(self, m: re.Match[str]) -> str:
        return f"{self.counted(m[1], m[2])}{m[2]}{self.digits(m[3])}"

    def date(self, year: str, month: int, day: int) -> str:
        return f"{self.digits(year)}年{self.cardinal(month)}月{self.cardinal(day)}日"

    def year_month(self, year: str, month: int) -> str:
        return f"{self.digits(year)}年{self.cardinal(month)}月"

    def time(self, hour: int, minute: int, second: int | None, noon: str) -> str:
        said = {"am": "上午", "pm": "下午", "": ""}[noon]
        said += (self.two if hour == 2 else self.cardinal(hour)) + self.oclock
        if minute or second is not None:
            said += ("零" if 0 < minute < 10 else "") + self.cardinal(minute) + "分"
        if second is not None:
            said += f"{self.cardinal(second)}秒"
        return said

    oclock = "点"

    def percent(self, said: str, mark: str) -> str:
        sign = next((word for word in (self.minus, self.plus_minus, self.plus) if said.startswith(word)), "")
        return sign + ("百分之" if mark == "%" else "千分之") + said.removeprefix(sign)

    def percent_range(self, a: str, b: str) -> str:
        return self.range(self.percent(a, "%"), self.percent(b, "%"))

    def fraction(self, numerator: int, denominator: int) -> str:
        return f"{self.cardinal(denominator)}分之{self.cardinal(numerator)}"

    def ratio(self, a: str, b: str) -> str:
        return f"{self.number(a)}比{self.number(b)}"

    def measure(self, value: str, said: str, written: str, per: str, many: str) -> str:
        name = unit(written, self.language)
        if value == "2" and said == self.number("2") and name[0] in _TWO:
            said = self.two
        space = " " if name[0].isascii() else ""
        if per:
            count = self.cardinal(int(many)) if many else ""
            return f"每{count}{unit(per, self.language)}{said}{space}{name}"
        return f"{said}{space}{name}"

    def _equation(self, m: re.Match[str]) -> str:
        said = super()._equation(m)
        return re.sub(r"的([零一二三四五六七八九十百千万]+)", r"的\1次方", said) if "^" in m[0] else said

    def _range(self, m: re.Match[str]) -> str:
        a, b = m["a"], m["b"]
        following = m.string[m.end() :].lstrip()
        if "-" in m["dash"] and float(a.replace(",", "")) > float(b.replace(",", "")) and not following[:1].isalpha():
            return f"{self.number(a)}减{self.number(b)}"
        return self.range(self.number(a), self.counted(b, following))


def _english(written: str) -> str:
    return english(int(written)) if len(written) < 16 else " ".join(written)
