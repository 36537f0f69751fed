"""Any text becomes phonemes or a clean error; what the user wrote about a pronunciation is said."""

from __future__ import annotations

import hashlib
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kouji.engines.gptsovits.text import cuts, en, zh
from kouji.engines.gptsovits.text.front import LANGUAGES, Reading, notices, phonemise
from kouji.engines.gptsovits.text.identify import FastText
from kouji.engines.gptsovits.text.symbols import ids, symbols
from kouji.engines.gptsovits.text.tables import table
from kouji.errors import EmptyText, InvalidInput, MissingWeights, SpeechError, UnknownName
from kouji.text import markup
from kouji.text.en import lexicon

SCRIPTS = st.one_of(
    st.text("今天长重行不一儿个了嗯哼這間學乾喺咗𠮷〇", max_size=8),
    st.text("東京でまいごのカレーっ々ヶー", max_size=8),
    st.text("안녕값밟ㅋᄀ을 를라면", max_size=8),
    st.text("abXYZ'e.gA ", max_size=12),
    st.text("0123456789０٣²①Ⅳ.,:/%-+~=", max_size=8),
    st.text("，。！？、…—~·,.!?;:-'\"()《》 \n\t\u3000", max_size=5),
    st.sampled_from(["😀", "👨\u200d👩\u200d👧", "é", "Привет", "\ue000", "\x00", "￥", "^", "$5", "℃", "km/h", "1/2"]),
    st.text(max_size=4),
)
TEXTS = st.lists(SCRIPTS, max_size=6).map("".join)


def phones(text: str, language: str) -> str:
    """Of a text with pronunciations in braces."""
    marked = markup.parse(text, language)
    return " ".join(phone for each in phonemise(marked.text, language, marked.fixed) for phone in each.phones)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
def test_any_text_becomes_phonemes_or_a_clean_error(text: str, language: str) -> None:
    try:
        segments = phonemise(text, language)
    except SpeechError:
        return
    notices(segments)
    for segment in segments:
        assert set(segment.phones) <= symbols().keys()
        if segment.language in ("zh", "yue"):
            assert len(segment.word2ph) == len(segment.normalised)
            assert sum(segment.word2ph) == len(segment.phones)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sampled_from(list(cuts.METHODS)))
def test_pieces_keep_every_word_in_order(text: str, method: str) -> None:
    try:
        pieces = cuts.pieces(text, "zh", method)
    except SpeechError:
        return
    assert [c for c in "".join(pieces) if c.isalnum()] == [c for c in text if c.isalnum()]
    assert all(piece[-1] in cuts.SPLITTERS or len(piece) > 510 for piece in pieces)


@pytest.mark.parametrize("text", ["", " ", "。。。", "！？…", "😀", "\n"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_without_anything_to_say_is_refused(text: str, language: str) -> None:
    with pytest.raises(EmptyText):
        phonemise(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("今天天气真不错，我们去公园散步吧。明年的计划已经定下来了！", "zh"),
        ("不長", "zh"),
        ("The quick brown fox can read the lead. ", "en"),
        ("xqzv", "en"),
        ("今日はとても天気がいいですね。", "ja"),
        ("東京", "ja"),
        ("오늘 날씨가 정말 좋네요! 사과 3개 주세요. ", "ko"),
        ("我哋去邊度玩呀？", "yue"),
        ("今天iPhone很贵，東京でNiceな天気。", "auto"),
        ("1234567890", "zh"),
        ("9", "en"),
        ("1+", "zh"),
    ],
)
def test_the_time_grows_with_the_text_and_not_faster(text: str, language: str) -> None:
    def seconds(n_characters: int) -> float:
        start = time.process_time()
        phonemise((text * (n_characters // len(text) + 1))[:n_characters], language)
        return time.process_time() - start

    seconds(2000)  # loads what it needs
    assert seconds(8000) < 10  # some tenths; what grows with the square of the text takes a minute


def test_an_unknown_language_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="all_zh"):
        phonemise("你好", "all_zn")


def test_characters_without_a_sound_are_told() -> None:
    told = [notice.message for notice in notices(phonemise("你好😀世界，Привет！", "zh"))]
    assert len(told) == 1
    assert "😀" in told[0]
    assert notices(phonemise("“你好”——（世界）。", "zh")) == ()


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("重{chong2}新开始吧。", "zh", "ch ong2"),
        ("我重{zhong4}新开始吧。", "zh", "zh ong4"),
        ("我们去玩儿{wanr2}吧。", "zh", "w an2 EE er2"),
        ("一{yi1}个不够吧。", "zh", "y i1 g e5"),  # sandhi would have it yi2
        ("I read{R EH1 D} it.", "en", "R EH1 D"),
        ("Ask Zyxqa{Z IH1 K S AH0} now.", "en", "Z IH1 K S AH0"),
        ("橋{はし2}を渡る。", "ja", "h a [ sh i ] o"),
        ("箸{ハ'シ}を持つ。", "ja", "h a ] sh i o"),
        ("값이{갑씨} 비싸다.", "ko", "ㄱ ㅏ ㅂ ㅆ ㅣ"),
        ("行{hong4}啦，佢好叻。", "yue", "Yh Yong4"),
        ("说Hello重{chong2}来，read{R EH1 D}过。", "zh", "ch ong2"),
        ("2024年5月1日重{chong2}申3次。", "zh", "s an1 c i04"),
    ],
)
def test_a_pronunciation_in_braces_is_said(text: str, language: str, said: str) -> None:
    assert f" {said} " in f" {phones(text, language)} "


def test_a_pronunciation_stays_with_its_word_through_cuts() -> None:
    marked = markup.parse("第一句……重{chong2}来。第二句，重{zhong4}要！", "zh")
    found = cuts.pieces_with(marked.text, marked.fixed, "zh", "cut5")
    said = [(piece[fixed.start : fixed.end], fixed.readings) for piece, own in found for fixed in own]
    assert said == [("重", ("chong2",)), ("重", ("zhong4",))]
    assert "".join(piece for piece, _ in found) == "".join(cuts.pieces(marked.text, "zh", "cut5"))


def test_a_pronunciation_of_a_short_text_stays_in_place() -> None:
    assert phones("重{chong2}", "zh") == ". ch ong2"


def test_a_reading_that_is_no_kana_is_refused() -> None:
    mark = markup.Fixed(0, 1, "ja", ("hashi",))
    with pytest.raises(InvalidInput, match="hashi"):
        phonemise("橋を渡る。", "ja", [mark])


def test_homographs_follow_the_tagger_or_the_sentence() -> None:
    def past(tokens: object) -> list[str]:
        return ["VBD" for _ in tokens]  # type: ignore[attr-defined]

    assert en.phonemise("They read books.", tag=past).phones[2:5] == ("R", "EH1", "D")
    assert en.phonemise("They will read books.").phones[5:8] == ("R", "IY1", "D")
    assert en.phonemise("Yesterday they read books.").phones[9:12] == ("R", "EH1", "D")


def test_long_pauses_are_asked_for_by_a_sign() -> None:
    assert phonemise("停一下￥再说，好吗？", "zh")[0].phones.count("SP2") == 2
    assert phonemise("停一下^再说，好吗？", "zh")[0].phones.count("SP3") == 2


def test_pinyin_may_come_from_elsewhere() -> None:
    reading = Reading(pinyin=lambda parts: [["chang2" for _ in part[:-1]] + [part[-1]] for part in parts])
    assert phonemise("长长长。", "zh", reading=reading)[0].phones[:2] == ("ch", "ang2")


def test_a_character_that_no_dictionary_reads_is_unknown_and_told() -> None:
    found = zh.phonemise("你好龤", read=lambda parts: [["ni3", "hao3", "龤"]])
    assert found.phones == ("n", "i2", "h", "ao3", "UNK")
    assert (found.word2ph, found.lost) == ((2, 2, 1), "龤")


def test_the_symbols_of_both_versions_are_counted() -> None:
    assert (len(symbols("v1")), len(symbols("v2"))) == (322, 732)
    assert ids(["!", "nothing"]).tolist() == [symbols()["!"], symbols()["UNK"]]
    with pytest.raises(UnknownName, match="v2Pro"):
        symbols("v2pro")


def test_an_identifier_that_is_not_there_says_so() -> None:
    with pytest.raises(MissingWeights, match=r"nowhere\.bin"):
        FastText(Path("nowhere.bin"))


def test_the_english_dictionary_is_the_releases_whatever_kouji_learns() -> None:
    """`en_words.json.z` is a difference to Kouji's lexicon; where that one changes, it has to be made anew."""
    words = {line.split(b"\t")[0].decode() for line in zlib.decompress(lexicon.FILE.read_bytes()).splitlines()}
    words |= table("en_words")["said"].keys()
    told = [f"{word} {said}" for word in sorted(words)[::10] if (said := en.dictionary(word)) is not None]
    assert hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] == "6ab327e8cd235ed6"
