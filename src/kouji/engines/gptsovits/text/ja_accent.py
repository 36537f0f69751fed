"""Accent phrases and their accents as OpenJTalk sets them, which is what the networks were trained on.

The package that Kouji uses, pyopenjtalk-plus, has its own opinion of both (している is one phrase to it). So its words
are taken, and the rules of njd_set_accent_phrase and njd_set_accent_type are applied to them anew.
Source: Open JTalk 1.11 (modified BSD, © 2008-2016 Nagoya Institute of Technology).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any

from .tables import table

Word = dict[str, Any]  # as the NJD stage of OpenJTalk describes it: string, pos, pos_group1, acc, mora_size, …

_KEY = ("pos", "pos_group1", "pos_group2", "pos_group3", "ctype", "cform", "orig", "read")
_ALONE = ("副詞", "接続詞", "連体詞")
_BOUND = ("助詞", "助動詞")
_DIGITS = "一二三四五六七八九"


def words(openjtalk: ModuleType, text: str) -> list[Word]:
    """The words of a text, each with the accent that it has by itself."""
    features = openjtalk.run_mecab(text)
    found: list[Word] = openjtalk.run_njd_from_mecab(features, modify_numeral_reading=False)
    alone: list[Word] = [word for feature in features for word in openjtalk.run_njd_from_mecab([feature])]
    _restore(found, alone)
    return found


def phrases(found: Sequence[Word], is_inner: Sequence[bool]) -> list[Word]:
    """The words in accent phrases with their accents, ready for labels.

    Args:
        found: of a text without marks.
        is_inner: which of them go on with the word before in any case: parts of a reading that the user gave.
    """
    for at, (before, word) in enumerate(pairwise(found), 1):
        if is_inner[at]:
            word["chain_flag"], word["chain_rule"] = 1, "*"
        elif not (_is_number(before) or _is_number(word)):
            word["chain_flag"] = int(_is_joined(before, word))
    _set_accents(found)
    return list(found)


def _restore(found: Sequence[Word], alone: Sequence[Word]) -> None:
    """Give every word the accent that it has by itself, as far as the words are still those of the dictionary."""
    at = 0
    for word in found:
        place = next((i for i in range(at, len(alone)) if alone[i]["string"] == word["string"]), None)
        if place is not None:
            word["acc"], word["chain_rule"] = alone[place]["acc"], alone[place]["chain_rule"]
            at = place + 1
        known = table("ja_accents").get(",".join(word[name] for name in _KEY))
        if known is not None:
            accent, word["chain_rule"] = known.split()
            word["acc"] = int(accent)


def _is_number(word: Word) -> bool:
    return bool(word["pos_group1"] == "数")


def _is_joined(before: Word, word: Word) -> bool:
    """Whether a word belongs to the accent phrase of the word before it."""
    pos, pos_before = word["pos"], before["pos"]
    group, group_before = word["pos_group1"], before["pos_group1"]
    if group == "接尾":
        return True
    if pos == "名詞" and before["pos_group3"] == "姓":
        return False
    if pos_before == "名詞" and word["pos_group3"] == "名":
        return False
    if pos == "接頭詞" or "記号" in (pos, pos_before):
        return False
    if pos_before == "名詞" and (pos in ("動詞", "形容詞") or group == "形容動詞語幹"):
        return False
    if group == "非自立" and pos in ("動詞", "形容詞") and _leans(before, word):
        return True
    if pos == "名詞" and group_before == "接尾":
        return False
    if pos_before in _BOUND and pos not in _BOUND:
        return False
    if pos in _BOUND:
        return True
    if (pos_before == "名詞" and group_before == "副詞可能") or (pos == "名詞" and group == "副詞可能"):
        return False
    if pos in _ALONE or pos_before in _ALONE:
        return False
    if pos_before == "動詞" and pos in ("形容詞", "名詞"):
        return False
    return not (pos == "名詞" and (pos_before == "形容詞" or (pos_before == "名詞" and group_before == "形容動詞語幹")))


def _leans(before: Word, word: Word) -> bool:
    """Auxiliary verbs and adjectives lean on a form that goes on."""
    goes_on = before["cform"].startswith("連用")
    if word["pos"] == "動詞":
        is_verbal_noun = before["pos"] == "名詞" and before["pos_group1"] == "サ変接続"
        return bool(is_verbal_noun or (before["pos"] == "動詞" and goes_on))
    if before["pos"] in ("動詞", "形容詞"):
        return bool(goes_on)
    return bool(before["pos"] == "助詞" and before["pos_group1"] == "接続助詞" and before["string"] in ("て", "で"))


def _set_accents(found: Sequence[Word]) -> None:
    """The accent of each phrase, on its first word: the mora after which the pitch falls, 0 for none."""
    first: Word | None = None
    n_moras = 0  # of the phrase before this word
    for at, word in enumerate(found):
        before = found[at - 1] if at else None
        after = found[at + 1] if at + 1 < len(found) else None
        if before is None or first is None or word["chain_flag"] != 1:
            first, n_moras = word, 0
        else:
            _change(first, word, *_rule(word["chain_rule"], before["pos"]), n_moras)
            if _is_number(before) and _is_number(word):
                _count(before, word, after)
        if word["string"] == "十" and word["chain_flag"] != 1 and after and _is_number(after):
            word["acc"] = 0
        n_moras += word["mora_size"]


def _rule(rules: str, pos_before: str) -> tuple[str, int]:
    """ "名詞%F1/動詞%F2@1" after a verb -> ("F2", 1)."""
    for each in rules.split("/"):
        condition, _, rule = each.rpartition("%")
        if not condition or condition in pos_before:
            name, _, added = rule.partition("@")
            return name, int(added or 0)
    return "*", 0


def _change(first: Word, word: Word, rule: str, added: int, n_moras: int) -> None:
    accent = first["acc"]
    own = word["acc"]
    match rule:
        case "F2" if accent == 0:
            first["acc"] = n_moras + added
        case "F3" if accent != 0:
            first["acc"] = n_moras + added
        case "F4":
            first["acc"] = n_moras + added
        case "C1":
            first["acc"] = n_moras + own
        case "C2":
            first["acc"] = n_moras + 1
        case "C3":
            first["acc"] = n_moras
        case "F5" | "C4" | "P6":
            first["acc"] = 0
        case "P1":
            first["acc"] = n_moras + own if own else 0
        case "P2":
            first["acc"] = n_moras + (own or 1)
        case "P14" if own:
            first["acc"] = n_moras + own


def _count(before: Word, word: Word, after: Word | None) -> None:
    """Digits before a power of ten."""
    digit, power = before["string"], word["string"]
    if power == "十":
        is_flat = digit in "五六八" and after is not None and after["string"] in tuple(_DIGITS)
        before["acc"] = 0 if is_flat else 1
    elif power == "百":
        usual = before["mora_size"] + word["mora_size"]
        before["acc"] = {"七": 2, "三": 1, "四": 1, "九": 1, "何": 1}.get(digit, usual)
    elif power in ("千", "万"):
        before["acc"] = before["mora_size"] + 1
    elif power == "億":
        before["acc"] = 2 if digit in ("一", "六", "七", "八", "幾") else 1
    elif power == "兆":
        before["acc"] = 2 if digit in ("六", "七") else 1
