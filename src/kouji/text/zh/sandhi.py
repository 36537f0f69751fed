"""From lexical readings to what is said: neutral tone, 一 and 不, third tones, erhua.

Input is one run without a pause, cut into words. Each syllable is a `Syllable`; the rules change `said` only, and
never a syllable whose reading the user fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise

from ..phonemes import ZH_ERHUA, split_pinyin
from .lexicon import lexicon

_DIGITS = frozenset("零〇一二三四五六七八九十幺两")
_DIRECTIONS = frozenset("起来 出来 出去 进来 进去 上来 上去 下来 下去 回来 回去 过来".split())
_KEPT_REDUPLICATIONS = frozenset("等等 常常 渐渐 刚刚 往往 恰恰 偏偏 纷纷 通通 处处 好好 多多 早早".split())
_ER_IS_A_SYLLABLE = frozenset(  # 儿 "child" at the end of these
    "女儿 婴儿 幼儿 孤儿 少儿 胎儿 健儿 宠儿 男儿 孩儿 侄儿 混血儿 新生儿 幸运儿 早产儿 弃儿 患儿 病儿 育儿 小儿 孪生儿 生儿 弄潮儿 聋儿 "
    "畸形儿 连体儿 低能儿 低智儿 流浪儿 娇儿 麟儿 孙儿 妻儿 私生儿 巨婴儿 红孩儿 哪吒儿 试管婴儿 产儿 死婴儿 孤生儿 双生儿 中国健儿 优生儿".split()
)
_ER_STARTS = frozenset("童女子媳孙科戏歌时")  # 儿 before these is a syllable
_ORDINAL_BEFORE = frozenset("第初周期拜月")  # 第一 初一 周一 星期一 礼拜一 九月一日
_MEASURED_AFTER = frozenset("同 这 那 每 某 哪 另 任 有 是".split())
_THIRD_BEFORE_NEUTRAL = frozenset("小姐 哪里 手里 嘴里 眼里 想法 把里 晌午 法子里 水里 碗里 井里 早里 小伙".split())


@dataclass
class Syllable:
    """One character on its way through the rules."""

    character: str  # simplified
    reading: str  # lexical
    said: str
    given: bool = False  # the user fixed it: it is said as given

    @property
    def tone(self) -> str:
        """Lexical tone, "1" to "5"."""
        return self.reading[-1]

    def say(self, tone: str) -> None:
        """Change the tone that is said."""
        if not self.given:
            self.said = self.said[:-1] + tone


def apply(words: list[list[Syllable]]) -> None:
    """All rules, on the words of one run without a pause."""
    syllables = [s for word in words for s in word]
    for i, word in enumerate(words):
        _neutral(word, words[i - 1] if i else [])
    _reduplication(words)
    _bu(syllables)
    _yi(words, syllables)
    _third_tones(words)
    _erhua(words)


def _text(word: list[Syllable]) -> str:
    return "".join(s.character for s in word)


@cache
def _neutral_words() -> dict[str, tuple[int, ...]]:
    """Word -> positions of its neutral syllables."""
    found = {}
    for line in files("kouji.text.data").joinpath("zh_neutral.txt").read_text(encoding="utf-8").splitlines():
        for entry in () if line.startswith("#") else line.split():
            parts = entry.split("+")
            starts = accumulate(len(part) for part in parts[:-1])
            word = "".join(parts)
            found[word] = (*starts, len(word) - 1)
    return found


def _neutral(word: list[Syllable], before: list[Syllable]) -> None:
    text = _text(word)
    neutral = _neutral_words()
    for start in range(len(text) - 1):  # 小朋友, but not 大学生
        if start and text.endswith("学生"):
            break
        for position in neutral.get(text[start:], ()):
            word[start + position].say("5")
    if text[-1] in "们人家儿":  # 朋友们
        for position in neutral.get(text[:-1], ()):
            word[position].say("5")
    if len(word) > 1 and text[-1] == "们":
        word[-1].say("5")
    follows_verb = bool(before) and lexicon().tag(_text(before)) in "va"
    if text in _DIRECTIONS or (text == "过去" and follows_verb):
        word[-1].say("5")
    elif len(word) > 2 and text[-2:] in _DIRECTIONS:
        word[-1].say("5")


def _reduplication(words: list[list[Syllable]]) -> None:
    """看看 想一想 好不好: the second is light."""
    for i, word in enumerate(words):
        text = _text(word)
        if len(word) == 2 and text[0] == text[1] and text not in _KEPT_REDUPLICATIONS:
            if lexicon().tag(text[0]) == "v" and lexicon().tag(text) not in "dmqnr":
                word[1].say("5")
        elif len(word) == 1 and i and _text(words[i - 1]) == text and lexicon().tag(text) == "v":
            word[0].say("5")
    syllables = [s for word in words for s in word]
    for first, middle, last in zip(syllables, syllables[1:], syllables[2:], strict=False):
        if first.character == last.character and middle.character in "一不" and first.character not in _DIGITS:
            middle.say("5")


def _bu(syllables: list[Syllable]) -> None:
    for this, after in pairwise(syllables):
        if this.character == "不" and this.reading == "bu4" and this.said[-1] == "4" and after.tone == "4":
            this.say("2")


def _yi(words: list[list[Syllable]], syllables: list[Syllable]) -> None:
    ends = {id(word[-1]) for word in words if len(word) > 1}
    for i, this in enumerate(syllables):
        if this.character != "一" or this.reading != "yi1" or this.said[-1] == "5" or i + 1 == len(syllables):
            continue
        before = syllables[i - 1].character if i else ""
        after = syllables[i + 1]
        counting = before in _DIGITS or after.character in _DIGITS or before in _ORDINAL_BEFORE or before == "点"
        final = id(this) in ends and before not in _MEASURED_AFTER  # 统一 唯一 之一
        month = after.character in "月号" and not (i + 2 < len(syllables) and syllables[i + 2].character in "个")
        if not (counting or final or month):
            this.say("2" if after.tone == "4" or after.character == "个" else "4")


def _third_tones(words: list[list[Syllable]]) -> None:
    """Third before third becomes second: inside words, then in feet of two short words, then between feet."""
    feet: list[list[Syllable]] = []
    for word in words:
        _third_in_word(word)
        if len(word) == 1 and feet and len(feet[-1]) == 1:
            feet[-1] = feet[-1] + word
            _raise(feet[-1][0], feet[-1][1])
        else:
            feet.append(list(word))
    for left, right in pairwise(feet):
        _raise(left[-1], right[0])


def _third_in_word(word: list[Syllable]) -> None:
    if len(word) == 3 and not _is_word(word[:2]) and _is_word(word[1:]):
        pairs = [(1, 2), (0, 1)]  # 小老虎
    elif len(word) == 4:
        pairs = [(0, 1), (2, 3), (1, 2)]
    else:
        pairs = [(i, i + 1) for i in range(len(word) - 1)]
    for i, j in pairs:
        _raise(word[i], word[j])


def _is_word(syllables: list[Syllable]) -> bool:
    return _text(syllables) in lexicon().words


def _raise(first: Syllable, second: Syllable) -> None:
    light = second.said[-1] == "5" and second.tone == "3" and (
        first.character + second.character in _THIRD_BEFORE_NEUTRAL
        or (first.character == second.character and first.character not in "姐奶姥嫂宝")
    )  # fmt: skip
    if first.said[-1] == "3" and (second.said[-1] == "3" or light):
        first.say("2")


def _erhua(words: list[list[Syllable]]) -> None:
    """花儿 becomes one syllable: the character before takes the r, 儿 itself is no longer said."""
    for i, word in enumerate(words):
        if word[-1].character != "儿" or word[-1].given or _text(word) in _ER_IS_A_SYLLABLE:
            continue
        if len(word) > 1:
            base = word[-2]
        elif i and not (i + 1 < len(words) and words[i + 1][0].character in _ER_STARTS):
            base = words[i - 1][-1]
        else:
            continue
        if not base.said:  # 儿儿: the first has merged already
            continue
        merged = base.said[:-1] + "r" + base.said[-1]
        if not base.given and split_pinyin(base.said)[1] in ZH_ERHUA:
            base.said, word[-1].said = merged, ""
