"""Chinese text -> Chinese characters and six marks, by the steps of PaddleSpeech's normaliser (Apache-2.0).

Order and patterns follow `zh_normalization` as GPT-SoVITS ships it, its slips included, since the model was trained on
what it says: in a range of times the minutes of the second are 半 where those of the first are 30.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from .tables import table
from .zh_numbers import cardinal, number, one_by_one

GIVEN = "\ue000"  # stands behind a character whose reading the user gave; passes through every step
_MARKS = "!?…,.\\-"

_POWERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ", "0123456789xyn", strict=True))
_RAISED = f"[{''.join(_POWERS)}]"
_TERM = rf"(?:-?\d+(?:\.\d+)?{_RAISED}*)|(?:\.\d+{_RAISED}*)|(?:[A-Za-z]{_RAISED}*)"
_SIGNS = {"+": "加", "-": "减", "×": "乘", "÷": "除", "=": "等于"}
_MEASURES = {  # put in wherever they stand, in this order: "mm" is 米米
    "cm2": "平方厘米", "cm²": "平方厘米", "cm3": "立方厘米", "cm³": "立方厘米", "cm": "厘米", "db": "分贝",
    "ds": "毫秒", "kg": "千克", "km": "千米", "m2": "平方米", "m²": "平方米", "m³": "立方米", "m3": "立方米",
    "ml": "毫升", "m": "米", "s": "秒",
}  # fmt: skip
_CLOCK = r"([0-1]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
_MEASURE = r"(?:%|°C|℃|度|摄氏度|cm2|cm²|cm3|cm³|cm|db|ds|kg|km|m2|m²|m³|m3|ml|m|mm|s)"
_AMOUNT = r"(?:(?:-?\d+(?:\.\d+)?)|(?:\.\d+))"
_WORDS = {
    "/": "每", **dict(zip("①②③④⑤⑥⑦⑧⑨⑩", "一二三四五六七八九十", strict=True)),
    "α": "阿尔法", "β": "贝塔", "γ": "伽玛", "Γ": "伽玛", "δ": "德尔塔", "Δ": "德尔塔", "ε": "艾普西龙", "ζ": "捷塔",
    "η": "依塔", "θ": "西塔", "Θ": "西塔", "ι": "艾欧塔", "κ": "喀帕", "λ": "拉姆达", "Λ": "拉姆达", "μ": "缪",
    "ν": "拗", "ξ": "克西", "Ξ": "克西", "ο": "欧米克伦", "π": "派", "Π": "派", "ρ": "肉", "ς": "西格玛", "Σ": "西格玛",
    "σ": "西格玛", "τ": "套", "υ": "宇普西龙", "φ": "服艾", "Φ": "服艾", "χ": "器", "ψ": "普赛", "Ψ": "普赛",
    "ω": "欧米伽", "Ω": "欧米伽", "+": "加", "-": "减", "×": "乘", "÷": "除", "=": "等",
}  # fmt: skip
_HALF_WIDTH = {code + 0xFEE0: chr(code) for code in range(0x30, 0x7B) if chr(code).isalnum()}


def normalise(text: str, marks: Mapping[str, str]) -> tuple[str, str]:
    """What is said of a Chinese text.

    Args:
        text: anything; characters may carry `GIVEN`.
        marks: punctuation and what stands for it: Mandarin and Cantonese differ.

    Returns:
        Characters U+4E00 to U+9FA5 and the marks "!?…,.-"; and what was left out that is no mark: letters, digits of
        other scripts, pictures.
    """
    said, lost = "", []
    for sentence in _sentences(text):
        worded = _replaced(_in_words(sentence), marks)
        kept = re.sub(rf"[^\u4e00-\u9fa5{_MARKS}{GIVEN}]+", "", worded)
        if len(kept) < len(worded):
            lost += [c for c in worded if not re.match(rf"[\u4e00-\u9fa5{_MARKS}{GIVEN}]", c) and is_content(c)]
        said += kept
    return said, "".join(lost)


def without_marks(marked: str, given: Sequence[str]) -> tuple[str, dict[int, str]]:
    """The text, and where in it the given readings belong."""
    stretches = marked.split(GIVEN)
    fixed, end = {}, 0
    for stretch, syllable in zip(stretches, given, strict=False):
        end += len(stretch)
        fixed[end - 1] = syllable
    return "".join(stretches), fixed


def is_content(character: str) -> bool:
    """Whether somebody would miss it: letters, digits and symbols, not punctuation, space or what only joins."""
    return unicodedata.category(character)[0] in "LNS"


@lru_cache(maxsize=4)
def _pattern(keys: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, keys)))


def _replaced(sentence: str, marks: Mapping[str, str]) -> str:
    return _pattern(tuple(marks)).sub(lambda found: marks[found[0]], sentence)


def _sentences(text: str) -> list[str]:
    bare = re.sub(r"[—《》【】<>{}()（）#&@“”^_|\\]", "", text.replace(" ", ""))
    return [part.strip() for part in re.split(r"\n+", re.sub(r"([：、，；。？！,;?!][”’]?)", r"\1\n", bare).strip())]


def _in_words(sentence: str) -> str:
    sentence = sentence.translate(_simplified()).translate(_HALF_WIDTH)
    sentence = _LONG_DECIMAL.sub(lambda match: number(match[0]), sentence)
    sentence = _LONG_NUMBER.sub(lambda match: one_by_one(match[0], on_telephone=True), sentence)
    for pattern, replacement in _STEPS[:_BEFORE_MEASURES]:
        sentence = pattern.sub(replacement, sentence)
    for symbol, words in _MEASURES.items():
        sentence = sentence.replace(symbol, words)
    while _SUM.search(sentence):
        sentence = _SUM.sub(_sum, sentence)
    for pattern, replacement in _STEPS[_BEFORE_MEASURES:]:
        sentence = pattern.sub(replacement, sentence)
    for symbol, words in _WORDS.items():
        sentence = sentence.replace(symbol, words)
    return re.sub(r"[-—《》【】<=>{}()（）#&@“”^_|\\]", "", sentence)


@cache
def _simplified() -> dict[int, str]:
    return {ord(old): new for old, new in table("zh_simplified").items()}


Match = re.Match[str]


def _date(match: Match) -> str:
    said = f"{one_by_one(match['year'])}年"
    said += f"{cardinal(match['month'])}月" if match["month"] else ""
    return said + (f"{cardinal(match['day'])}{match['name']}" if match["day"] else "")


def _short_date(match: Match) -> str:
    return f"{one_by_one(match[1])}年{cardinal(match[3])}月{cardinal(match[4])}日"


def _clock(hour: str, minute: str, second: str | None, is_half: bool) -> str:
    said = f"{number(hour)}点"
    if minute.lstrip("0"):
        said += "半" if is_half else f"{_after_zero(minute)}分"
    return said + (f"{_after_zero(second)}秒" if second and second.lstrip("0") else "")


def _after_zero(digits: str) -> str:
    return ("零" if digits.startswith("0") else "") + number(digits.lstrip("0"))


def _time(match: Match) -> str:
    return _clock(match[1], match[2], match[3], match[2] == "30")


def _times(match: Match) -> str:
    return f"{_time(match)}至{_clock(match[5], match[6], match[7], match[2] == '30')}"


def _temperature(match: Match) -> str:
    return f"{'零下' if match[1] else ''}{number(match[2])}{'摄氏度' if match[3] == '摄氏度' else '度'}"


def _sum(match: Match) -> str:
    return f"{match[1]}{_SIGNS[match[2]]}{match[3]}"


def _power(match: Match) -> str:
    return f"的{''.join(_POWERS[c] for c in match[0])}次方"


def _fraction(match: Match) -> str:
    return f"{'负' if match[1] else ''}{number(match[3])}分之{number(match[2])}"


def _percent(match: Match) -> str:
    return f"{'负' if match[1] else ''}百分之{number(match[2])}"


def _mobile(match: Match) -> str:
    return one_by_one(match[0].strip("+"), on_telephone=True)


def _telephone(match: Match) -> str:
    return "，".join(one_by_one(part, on_telephone=True) for part in match[0].split("-"))


def _range(match: Match) -> str:
    return f"{_signed(match[1])}到{_signed(match[2])}"


def _signed(written: str) -> str:
    return f"{'负' if written.startswith('-') else ''}{number(written.removeprefix('-'))}"


def _version(match: Match) -> str:
    return "".join("点" if c == "." else number(c) for c in match[0])


def _counted(match: Match) -> str:
    said = number(match[1])
    more = "多" if match[2] == "+" else match[2] or ""
    return f"{'两' if said == '二' else said}{more}{match[3]}"


# So long a number has one reading, and looking for the others in it would take time that grows with its square.
_LONG_DECIMAL = re.compile(r"(?<![0-9.])[0-9]{1,40}\.[0-9]{41,}")
_LONG_NUMBER = re.compile(r"[0-9]{41,}")
_SUM = re.compile(rf"({_TERM})([+\-×÷=])({_TERM})", re.ASCII)
_QUANTIFIERS = (
    "处|台|架|枚|趟|幅|平|方|堵|间|床|株|批|项|例|列|篇|栋|注|亩|封|艘|把|目|套|段|人|所|朵|匹|张|座|回|场|尾|条|个|首|阙|阵|网|炮|顶|丘|棵|只|支|袭|辆|"
    "挑|担|颗|壳|窠|曲|墙|群|腔|砣|座|客|贯|扎|捆|刀|令|打|手|罗|坡|山|岭|江|溪|钟|队|单|双|对|出|口|头|脚|板|跳|枝|件|贴|针|线|管|名|位|身|堂|课|本|页|"
    "家|户|层|丝|毫|厘|分|钱|两|斤|担|铢|石|钧|锱|忽|(?:千|毫|微)克|毫|厘|(?:公)分|分|寸|尺|丈|里|寻|常|铺|程|(?:千|分|厘|毫|微)米|米|撮|勺|合|升|斗|"
    "石|盘|碗|碟|叠|桶|笼|盆|盒|杯|钟|斛|锅|簋|篮|盘|桶|罐|瓶|壶|卮|盏|箩|箱|煲|啖|袋|钵|年|月|日|季|刻|时|周|天|秒|分|小时|旬|纪|岁|世|更|夜|春|夏|秋|"
    "冬|代|伏|辈|丸|泡|粒|颗|幢|堆|条|根|支|道|面|片|张|颗|块|元|(?:亿|千万|百万|万|千|百)|(?:亿|千万|百万|万|千|百|美|)元|"
    "(?:亿|千万|百万|万|千|百|十|)吨|(?:亿|千万|百万|万|千|百)块|角|毛|分"
)
_STEPS: list[tuple[re.Pattern[str], str | Callable[[Match], str]]] = [
    (re.compile(pattern, re.ASCII), replacement)
    for pattern, replacement in (
        (
            r"(?P<year>\d{4}|\d{2})年(?:(?P<month>0?[1-9]|1[0-2])月)?"
            r"(?:(?P<day>0?[1-9]|[12][0-9]|30|31)(?P<name>[日号]))?",
            _date,
        ),
        (r"(\d{4})([- /.])(0[1-9]|1[012])\2(0[1-9]|[12][0-9]|3[01])", _short_date),
        (rf"{_CLOCK}(~|-){_CLOCK}", _times),
        (_CLOCK, _time),
        (rf"{_AMOUNT}{_MEASURE}~{_AMOUNT}{_MEASURE}", lambda match: match[0].replace("~", "至")),
        (r"(-?)(\d+(?:\.\d+)?)(°C|℃|度|摄氏度)", _temperature),
        (rf"{_RAISED}+", _power),
        (r"(-?)(\d+)/(\d+)", _fraction),
        (r"(-?)(\d+(?:\.\d+)?)%", _percent),
        (r"(?<!\d)((\+?86 ?)?1([38]\d|5[0-35-9]|7[678]|9[89])\d{8})(?!\d)", _mobile),
        (r"(?<!\d)((0(10|2[1-3]|[3-9]\d{2})-?)?[1-9]\d{6,7})(?!\d)", _telephone),
        (r"400-?\d{3}-?\d{4}", _telephone),
        (r"(?<![\d+\-×÷=])(-?\d+(?:\.\d+)?)[-~](-?\d+(?:\.\d+)?)(?![\d+\-×÷=])", _range),
        (r"-(\d+)", lambda match: f"负{number(match[1])}"),
        (r"\d+\.\d+(?:\.\d+)?(?:\.\d+)+", _version),
        (r"(-?\d+\.\d+)|(\.\d+)", lambda match: _signed(match[0])),
        (rf"(\d+)([多余几+])?({_QUANTIFIERS})", _counted),
        (r"\d{3}\d*", lambda match: one_by_one(match[0], on_telephone=True)),
        (r"(-?\d+(?:\.\d+)?)|(\.\d+)", lambda match: _signed(match[0])),
    )
]
_BEFORE_MEASURES = 6  # steps; then the names of measures are put in, then sums
