"""IPA and X-SAMPA to the readings of each language."""

from __future__ import annotations

import pytest

from kouji.errors import InvalidInput
from kouji.text.ipa import reading, to_ipa
from kouji.text.phonemes import (
    EN_PHONEMES,
    YUE_INITIALS,
    is_vowel,
    jyutping_to_phonemes,
    pinyin_to_phonemes,
    split_tone,
)
from kouji.text.zh.lexicon import lexicon


@pytest.mark.parametrize(
    ("language", "ipa", "said"),
    [
        ("zh", "ʈʂʊŋ˥ kwo˧˥", "zhong1 guo2"), ("zh", "/t͡ɕʰyɛn˧˥/", "quan2"), ("zh", "ni˨˩˦ xɑʊ˨˩˦", "ni3 hao3"),
        ("zh", "kwɔ35", "guo2"), ("zh", "ni214xau214", "ni3 hao3"), ("zh", "ma1 ma0", "ma1 ma5"), ("zh", "ʂʐ̩⁵¹", "shi4"), ("zh", "sɿ˥˩", "si4"),
        ("zh", "ɚ˥˩", "er4"), ("zh", "ly4", "lv4"), ("zh", "ɕiɑŋ˥˩", "xiang4"), ("zh", "ʐən35", "ren2"),
        ("yue", "kʷɔːŋ˧˥ tʊŋ˥", "gwong2 dung1"), ("yue", "jyt22", "jyut6"), ("yue", "ŋɔː˩˧", "ngo5"), ("yue", "sɐp̚6", "sap6"),
        ("yue", "wu55", "wu1"), ("yue", "kuːi˨", "gui6"), ("yue", "kwɐj33", "gwai3"), ("yue", "m̩11", "m4"),
        ("en", "həˈləʊ", "HH AH0 L OW1"), ("en", "ˈwɔːtɚ", "W AO1 T ER0"), ("en", "ɹɛd", "R EH1 D"), ("en", "rɪˈdjuːs", "R IH0 D Y UW1 S"),
        ("en", "ˌɪntəˈnæʃn̩l", "IH2 N T AH0 N AE1 SH AH0 N L"), ("en", "bəˈnɑːnə", "B AH0 N AA1 N AH0"),
        ("en", "ˈbʌtn̩", "B AH1 T AH0 N"), ("en", "ˈt͡ʃɜːt͡ʃ", "CH ER1 CH"), ("en", "[skwɛə]", "S K W EH1 R"),
        ("ja", "toːkjoː", "トーキョー"), ("ja", "haꜜɕi", "ハ'シ"), ("ja", "nippoɴ", "ニッポン"), ("ja", "kaŋɡae", "カンガエ"),
        ("ja", "mattɕa", "マッチャ"), ("ja", "ɸɯ̥dʑisaɴ", "フジサン"), ("ja", "ɲihoɴ", "ニホン"), ("ja", "kitːe", "キッテ"),
        ("ko", "kuŋmul", "궁물"), ("ko", "annjʌŋhasejo", "안녕하세요"), ("ko", "hanɡuk̚", "한국"), ("ko", "s͈ɯɾeɡi", "쓰레기"),
        ("ko", "moktɕ͈i", "목찌"), ("ko", "tɕʰʌlsu", "철수"), ("ko", "ɰisa", "의사"), ("ko", "pallɛ", "발래"),
    ],
)  # fmt: skip
def test_readings(language: str, ipa: str, said: str) -> None:
    assert " ".join(reading(ipa, language)) == said


@pytest.mark.parametrize(
    ("language", "ipa", "named"),
    [("zh", "θa˥", "'θ'"), ("zh", "ma", "no tone"), ("zh", "pei˩˥", "'˩˥'"), ("zh", "tsʰiŋ˥", "no syllable"),
     ("yue", "ʘa1", "'ʘ'"), ("en", "χa", "'χ'"), ("en", "pst", "no vowel"), ("en", "kæˈt", "'ˈ'"), ("ja", "θa", "'θ'"),
     ("ja", "ː", "'ː'"), ("ko", "θa", "'θ'"), ("ko", "k", "'k'"), ("ko", "aktpa", "ㄱㄷ"), ("en", "//", "empty")],
)  # fmt: skip
def test_what_a_language_cannot_say_is_named(language: str, ipa: str, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        reading(ipa, language)


def test_every_syllable_of_mandarin_comes_back_from_its_own_ipa() -> None:
    contours = {"1": "˥", "2": "˧˥", "3": "˨˩˦", "4": "˥˩", "5": "0"}
    n_read = 0
    for pinyin in {one for said in lexicon().characters.values() for one in said.split(",")}:
        try:
            phonemes = pinyin_to_phonemes(pinyin)
        except ValueError:
            continue
        ipa = "".join(split_tone(phoneme)[0] for phoneme in phonemes) + contours[pinyin[-1]]
        assert pinyin_to_phonemes(reading(ipa, "zh")[0]) == phonemes, pinyin
        n_read += 1
    assert n_read > 1400


def test_the_syllables_of_cantonese_come_back_from_their_own_ipa() -> None:
    for initial in YUE_INITIALS:
        for final in ("aa", "aan", "an", "at", "aai", "ai", "ing", "ung", "oeng", "eoi", "ou", "ik", "eng", "ui", "uk"):
            phonemes = jyutping_to_phonemes(f"{initial}{final}3")
            ipa = "".join(split_tone(phoneme)[0] for phoneme in phonemes) + "˧"
            assert jyutping_to_phonemes(reading(ipa, "yue")[0]) == phonemes, initial + final


def test_every_phoneme_of_english_comes_back() -> None:
    for arpabet, ipa in EN_PHONEMES.items():
        said = reading(ipa if is_vowel(ipa) else f"{ipa}iː", "en")[0]
        assert said == (f"{arpabet}1" if is_vowel(ipa) else f"{arpabet} IY1")


@pytest.mark.parametrize(
    ("xsampa", "ipa"),
    [('h@"l@U', "həˈləʊ"), ("t`s`_hUN_M_H", "ʈʂʰʊŋ˧˦"), ("r\\Ed", "ɹɛd"), ("to:kjo:", "toːkjoː"), ('"{p@l', "ˈæpəl")],
)
def test_x_sampa_is_ipa_in_ascii(xsampa: str, ipa: str) -> None:
    assert to_ipa(xsampa) == ipa


def test_an_unknown_symbol_of_x_sampa_is_named() -> None:
    with pytest.raises(InvalidInput, match="'§'"):
        to_ipa("h§")
