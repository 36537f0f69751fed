"""Polyphonic function words and verbs, by the words around them (得 地 了 还 为 当 倒 教 数 量 …).

Each rule sees one character that is a word of its own and returns a reading and how strongly it speaks for it, on
the scale of `contexts.Evidence.weight`; None where it has no opinion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .lexicon import lexicon

Opinion = tuple[str, float] | None

_PEOPLE = frozenset(
    "我 你 他 她 它 您 咱 谁 我们 你们 他们 她们 它们 咱们 大家 自己 人家 别人 孩子 孩子们 同学们 人们 老师 妈妈 爸爸".split()
)
_MODALS = frozenset(
    "会 能 要 想 该 可 可以 应该 应当 必须 敢 肯 愿意 能够 不会 不能 不要 不想 没 没有 别 不 再 来 去 就 先 请".split()
)
_NAMERS = frozenset(  # X 为 Y: called, chosen, turned into
    "选 推选 当选 选举 评 评选 称 誉 拜 尊 封 聘 任命 命名 视 定 改 改名 作 变 化 分 译 列 判 认 以 奉 立 升 降 转 约 取名 起名 翻译 转化 变化 "
    "调整 确定 定义 解释 理解 统一 合并 分解 设 设定 划分 发展 演变 缩短 延长 增加 增至 减少 提高".split()
)


@dataclass(frozen=True)
class Place:
    """A word and its neighbours."""

    words: list[str]
    index: int

    def word(self, offset: int) -> str:
        """Empty beyond the ends of the run."""
        index = self.index + offset
        return self.words[index] if 0 <= index < len(self.words) else ""

    def tag(self, offset: int) -> str:
        """Part of speech; "#" beyond the ends."""
        word = self.word(offset)
        return lexicon().tag(word) if word else "#"

    def is_verb(self, offset: int) -> bool:
        """A verb or adjective that is neither a helper nor a person."""
        word = self.word(offset)
        return self.tag(offset) in "vaz" and word not in _MODALS and word not in _PEOPLE

    def before(self) -> list[str]:
        """Words of the run before this one."""
        return self.words[: self.index]


def opinion(words: list[str], index: int) -> Opinion:
    """The opinion on `words[index]`, a single character."""
    rule = _RULES.get(words[index])
    return rule(Place(words, index)) if rule else None


def _de_adverb(place: Place) -> Opinion:
    """地: gao1 xing4 de5 shuo1, but zai4 di4."""
    if place.tag(1) not in "vpdailz#" or not place.word(1) or not place.word(-1):
        return None
    if place.tag(-1) in "adzilo":
        return "de5", 1.5
    return ("de5", 1.1) if len(place.word(-1)) > 1 and place.tag(-1) not in "mrqtL" else None


def _de_result(place: Place) -> Opinion:
    """得: pao3 de5 kuai4, wo3 dei3 zou3, de2 jiu3 shi2 fen1."""
    if place.is_verb(-1) and place.word(1):
        return "de5", 0.9
    if place.tag(1) == "m":  # 也得三天, but 得九十分
        return ("dei3", 1.2) if place.tag(-1) == "d" else ("de2", 1.1)
    if place.tag(-1) in "#ndrtcfsP" and place.tag(1) in "vdpa":
        return "dei3", 1.2
    return None


def _le(place: Place) -> Opinion:
    """了: chi1 de5 liao3, zou3 bu4 liao3."""
    can = place.word(-1) in ("得", "不") and place.is_verb(-2) and len(place.word(-2)) < 3
    return ("liao3", 1.3) if can and place.tag(1) not in "m" else None


def _return(place: Place) -> Opinion:
    """还: ba3 qian2 huan2 gei3 wo3, but ta1 hai2 gei3 wo3 mai3 le5."""
    if place.word(1) != "给":
        return None
    rest = place.words[place.index + 3 :]
    moved = any(word in ("把", "将") for word in place.before())
    return ("huan2", 3.0) if moved or place.word(2) == "了" or not rest or rest[0] in "了的吧吗" else ("hai2", 2.5)


def _for(place: Place) -> Opinion:
    """为: for somebody (wei4) if a verb comes later; to be, to become (wei2) otherwise."""
    if any(word in _NAMERS for word in place.before()) or place.tag(1) not in "nrPLv":
        return None
    later = any(lexicon().tag(word) == "v" for word in place.words[place.index + 2 :])
    helped = place.word(-1) in _PEOPLE or place.tag(-1) in "#nrdPL" or place.word(-1) in _MODALS
    return ("wei4", 0.9) if later and helped else None


def _take_for(place: Place) -> Opinion:
    """当: ba3 wo3 dang4 peng2 you5; at the head of a clause dang1 … de5 shi2 hou5."""
    tail = place.words[-1]
    if tail.endswith(("时", "时候")) and place.index <= 1:
        return "dang1", 3.0
    return ("dang4", 1.3) if any(word in ("把", "拿", "将", "被") for word in place.before()[-6:]) else None


def _pour(place: Place) -> Opinion:
    """倒: moved by somebody dao4, fallen dao3, on the contrary dao4."""
    if place.is_verb(-1) and len(place.word(-1)) == 1:
        return "dao3", 1.1
    if any(word == "把" for word in place.before()) and place.word(1) not in ("", "了"):
        return "dao4", 1.2
    if any(word in ("被", "让") for word in place.before()):
        return "dao3", 1.0
    return ("dao4", 1.1) if place.tag(-1) in "rndc#" and place.tag(1) in "dvarl" else None


def _teach(place: Place) -> Opinion:
    """教 as a word of its own is the verb."""
    return ("jiao1", 1.0) if place.word(1) or place.word(-1) in _MODALS else None


def _count(place: Place) -> Opinion:
    """数: the verb after people, helpers and adverbs, or before how much."""
    acts = place.word(-1) in _PEOPLE or place.word(-1) in _MODALS or place.tag(-1) in "dP"
    return ("shu3", 1.0) if acts or place.word(1) in ("了", "着", "得", "不", "一") else None


def _measure(place: Place) -> Opinion:
    """量: the verb after people and helpers."""
    acts = place.word(-1) in _PEOPLE or place.word(-1) in _MODALS or place.tag(-1) in "P"
    return ("liang2", 1.1) if acts or place.word(1) in ("了", "着", "一下", "过") else None


def _plant(place: Place) -> Opinion:
    """种: a kind after this, that, each; the verb after people and helpers."""
    if place.tag(-1) in "m" or place.word(-1) in ("这", "那", "哪", "各", "每", "某", "几", "多", "何", "此"):
        return "zhong3", 1.4
    acts = place.word(-1) in _PEOPLE or place.word(-1) in _MODALS or place.tag(-1) in "P"
    return ("zhong4", 1.2) if acts else None


def _grow(place: Place) -> Opinion:
    """长: 又黑又长."""
    return (
        ("chang2", 1.6) if place.word(-1) in ("又", "那么", "这么", "越", "更", "比较") and not place.word(1) else None
    )


def _only(place: Place) -> Opinion:
    """只: the measure word after a number, this, that; before a verb only."""
    if place.tag(-1) == "m" or place.word(-1) in ("这", "那", "哪", "每", "几", "另"):
        return None if place.tag(1) in "vd" else ("zhi1", 1.2)
    return "zhi3", 0.6


_RULES: dict[str, Callable[[Place], Opinion]] = {
    "地": _de_adverb, "得": _de_result, "了": _le, "还": _return, "为": _for, "当": _take_for, "倒": _pour, "教": _teach,
    "数": _count, "量": _measure, "种": _plant, "长": _grow, "只": _only,
}  # fmt: skip
