"""Which characters survive, and in which form."""

from __future__ import annotations

from kouji.text.normalization.characters import clean


def test_full_width_forms_are_folded_and_chinese_marks_keep_their_width() -> None:
    assert clean("ＡＢＣ１２３％，。！？：").text == "ABC123%，。！？："


def test_accents_are_composed_and_half_width_kana_made_whole() -> None:
    assert clean("cafe\u0301 ｶﾞﾝﾊﾞﾚ \u1112\u1161\u11ab").text == "café ガンバレ 한"


def test_compatibility_forms_say_what_they_mean() -> None:
    assert clean("m² ㎏ ½ ① Ⅳ № 𝐀 ﬁ").text == "m² kg 1/2 1 4 No. A fi"


def test_what_has_no_sound_is_dropped_and_named() -> None:
    cleaned = clean("\ufeff你\u200b好👋世\ud800界\x07")
    assert cleaned.text == "你好 世界"
    assert cleaned.dropped == ("\ufeff", "\u200b", "👋", "\ud800", "\x07")


def test_every_character_knows_where_it_came_from() -> None:
    cleaned = clean("a👋e\u0301½好")
    assert [(c, cleaned.origins[i]) for i, c in enumerate(cleaned.text)] == [
        ("a", 0), (" ", 1), ("é", 2), ("1", 4), ("/", 4), ("2", 4), ("好", 5),
    ]  # fmt: skip


def test_only_an_apostrophe_between_letters_becomes_straight() -> None:
    assert clean("don’t ‘你好’").text == "don't ‘你好’"
