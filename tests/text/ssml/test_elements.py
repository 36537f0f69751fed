"""SSML: what each element asks for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kouji.errors import EmptyText, InvalidInput, UnknownName
from kouji.text import Analysis, Lexicon, analyse
from kouji.text.ssml import SUPPORTED, elements
from kouji.types import Cue


def ssml(body: str, attributes: str = "", **given: Any) -> Analysis:
    return analyse(f"<speak{attributes}>{body}</speak>", **given)


def said(body: str) -> list[tuple[str, dict[str, object]]]:
    return [(u.normalized, dict(u.controls)) for u in ssml(body).utterances]


def controls(body: str) -> dict[str, object]:
    return dict(ssml(body).utterances[0].controls)


def words(analysis: Analysis) -> str:
    return " ".join(u.normalized for u in analysis.utterances)


def notices(body: str) -> list[tuple[str, str]]:
    return [(notice.code, notice.message) for notice in ssml(body).notices]


# ---- the document --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    ["<speak>你好。</speak>", "\ufeff <speak>你好。</speak>", '<?xml version="1.0"?>\n<!-- a --><speak>你好。</speak>\n',
     '<?xml version="1.0" encoding="gb2312"?><speak>你好。</speak>', "<speak><![CDATA[你好]]>。</speak>",
     '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="zh-CN">\n  你好。\n</speak>'],
)  # fmt: skip
def test_a_document_is_known_by_its_beginning(document: str) -> None:
    (utterance,) = analyse(document).utterances
    assert (utterance.text, utterance.normalized) == ("你好。", "你好。")


def test_white_space_is_as_in_xml() -> None:
    assert said("\n  你好，\n  世界。\n\n  One\n   two.\n") == [("你好，世界。", {}), ("One two.", {})]


def test_paragraphs_and_sentences_end_where_they_end() -> None:
    analysis = ssml("<p><s>第一句</s><s>第二句</s></p><p>第三句</p>")
    assert [(u.normalized, u.units[-1].pause) for u in analysis.utterances] == [
        ("第一句", "."), ("第二句", "."), ("第三句", "."),
    ]  # fmt: skip


def test_signs_may_be_written_as_entities_of_xml() -> None:
    assert words(ssml("A &amp; B, &#x49;s 1 &lt; 2", ' xml:lang="en"')) == "A and B, Is one less than two"


def test_inline_pronunciations_work_within() -> None:
    assert ssml("重{chong2}复").utterances[0].units[0].reading == "chong2"


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(EmptyText):
        ssml("<break time='1s'/>")


# ---- who and how ---------------------------------------------------------------------------------


def test_a_voice_speaks_what_is_within() -> None:
    assert said("<voice name='a'>一。<voice name='b'>二。</voice>三。</voice>四。") == [
        ("一。", {"voice": "a"}), ("二。", {"voice": "b"}), ("三。", {"voice": "a"}), ("四。", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "speed"),
    [("1.2", 1.2), ("120%", 1.2), ("+20%", 1.2), ("-20%", 0.8), ("x-slow", 0.5), ("slow", 0.64), ("medium", 1.0),
     ("fast", 1.55), ("x-fast", 2.0)],
)  # fmt: skip
def test_rates(rate: str, speed: float) -> None:
    assert controls(f"<prosody rate='{rate}'>好</prosody>") == {"speed": pytest.approx(speed)}


@pytest.mark.parametrize(
    ("pitch", "semitones"),
    [("+2st", 2), ("-3.5st", -3.5), ("+10%", 12 * math.log2(1.1)), ("-50%", -12), ("high", 2), ("x-low", -4), ("medium", 0)],
)  # fmt: skip
def test_pitches(pitch: str, semitones: float) -> None:
    assert controls(f"<prosody pitch='{pitch}'>好</prosody>") == {"pitch": pytest.approx(semitones, abs=1e-6)}


@pytest.mark.parametrize(
    ("volume", "decibels"),
    [("+6dB", 6), ("-6dB", -6), ("x-soft", -12), ("loud", 6), ("default", 0), ("50", -6.0206), ("-50%", -6.0206)],
)  # fmt: skip
def test_volumes(volume: str, decibels: float) -> None:
    assert controls(f"<prosody volume='{volume}'>好</prosody>") == {"volume": pytest.approx(decibels, abs=1e-4)}


def test_prosody_within_prosody_multiplies_rates_and_adds_pitches_and_volumes() -> None:
    outer, inner = "rate='1.2' pitch='+1st' volume='-3dB'", "rate='50%' pitch='+2st' volume='-3dB'"
    (_, first), (_, second), (_, third) = said(f"<prosody {outer}>一。<prosody {inner}>二。</prosody>三。</prosody>")
    assert first == third == {"speed": 1.2, "pitch": 1.0, "volume": -3.0}
    assert second == {"speed": 0.6, "pitch": 3.0, "volume": -6.0}


def test_a_duration_is_one_target_for_all_sentences_within() -> None:
    assert said("<prosody duration='2.4s'>一。二。</prosody><prosody duration='800ms'>三。</prosody>") == [
        ("一。", {"duration": 2.4, "duration_group": 0}),
        ("二。", {"duration": 2.4, "duration_group": 0}),
        ("三。", {"duration": 0.8, "duration_group": 1}),
    ]


def test_an_audioduration_is_of_the_element_around_it() -> None:
    found = said("零。<voice name='a'><mstts:audioduration value='3s'/>一。<prosody rate='fast'>二。</prosody></voice>三。")
    assert [asked.get("duration") for _, asked in found] == [None, 3.0, 3.0, None]
    assert found[2][1] == {"voice": "a", "speed": 1.55, "duration": 3.0, "duration_group": 0}


@pytest.mark.parametrize(
    ("style", "emotion", "intensity"),
    [("style='cheerful'", "happy", 0.6), ("style='Sad' styledegree='2'", "sad", 1.0), ("style='fearful'", "afraid", 0.6),
     ("style='disgruntled' styledegree='0.5'", "disgusted", 0.3), ("style='gentle'", "calm", 0.5),
     ("style='melancholic'", "melancholic", 0.6), ("style='excited' styledegree='1.5'", "happy", 1.0)],
)  # fmt: skip
def test_styles_are_emotions(style: str, emotion: str, intensity: float) -> None:
    asked = {"emotion": emotion, "intensity": pytest.approx(intensity)}
    assert controls(f"<mstts:express-as {style}>好</mstts:express-as>") == asked


def test_a_style_that_is_no_emotion_keeps_its_text_with_a_notice() -> None:
    body = "<mstts:express-as style='newscast' role='Girl'>好</mstts:express-as>"
    assert said(body) == [("好", {})]
    ((code, message),) = notices(body)
    assert code == "ignored_markup"
    assert "role of <mstts:express-as>" in message
    assert "'newscast'" in message


def test_neutral_ends_the_emotion_around_it() -> None:
    inner = "<mstts:express-as style='neutral'>二。</mstts:express-as>"
    found = said(f"<mstts:express-as style='sad'>一。{inner}</mstts:express-as>")
    assert [asked.get("emotion") for _, asked in found] == ["sad", None]


# ---- what is said --------------------------------------------------------------------------------


def test_a_substitute_is_said_and_the_text_kept_for_captions() -> None:
    (utterance,) = ssml("关于<sub alias='万维网联盟'>W3C</sub>的事。").utterances
    assert utterance.normalized == "关于万维网联盟的事。"
    assert utterance.text == "关于W3C的事。"


@pytest.mark.parametrize(
    ("language", "kind", "text", "spoken"),
    [
        ("zh", "cardinal", "12345", "一万二千三百四十五"), ("en", "number", "-3.5", "negative three point five"),
        ("zh", "ordinal", "3", "第三"), ("en", "ordinal", "21st", "twenty first"), ("ja", "ordinal", "3", "三番目"),
        ("ko", "ordinal", "1", "첫 번째"), ("zh", "digits", "2024", "二零二四"), ("en", "digits", "110", "one one zero"),
        ("en", "characters", "abc", "A B C"), ("zh", "spell-out", "a1", "A 一"), ("en", "spell-out", "a@b", "A at B"),
        ("zh", "date", "2024-03-05", "二零二四年三月五日"), ("en", "date", "20240305", "March fifth, twenty twenty four"),
        ("zh", "time", "2:30pm", "下午两点三十分"), ("en", "time", "14:05", "fourteen oh five"),
        ("zh", "telephone", "138-0000-1234", "幺三八零零零零幺二三四"),
        ("en", "telephone", "555-0123", "five five five, zero one two three"),
        ("en", "currency", "$45.30", "forty five dollars and thirty cents"), ("zh", "currency", "USD 5", "五美元"),
        ("en", "fraction", "3/4", "three quarters"), ("zh", "fraction", "3/4", "四分之三"),
        ("en", "fraction", "2 1/2", "two and one half"), ("en", "unit", "10km", "ten kilometers"),
    ],
)  # fmt: skip
def test_say_as(language: str, kind: str, text: str, spoken: str) -> None:
    body = f"<say-as interpret-as='{kind}'>{text}</say-as>"
    assert words(ssml(body, language=language)) == spoken


@pytest.mark.parametrize(
    ("form", "text", "spoken"),
    [("mdy", "03/05/2024", "March fifth, twenty twenty four"), ("dmy", "03.05.2024", "May third, twenty twenty four"),
     ("ym", "2024-03", "March twenty twenty four"), ("md", "3/5", "March fifth"), ("y", "1999", "nineteen ninety nine")],
)  # fmt: skip
def test_a_date_is_read_in_the_order_of_its_format(form: str, text: str, spoken: str) -> None:
    body = f"<say-as interpret-as='date' format='{form}'>{text}</say-as>"
    assert words(ssml(body, language="en")) == spoken


def test_say_as_speaks_the_language_around_it() -> None:
    number = "<say-as interpret-as='cardinal'>12</say-as>"
    assert words(ssml(f"<s>一共{number}个。</s><s>It is {number} today.</s>")) == "一共十二个。 It is twelve today."


def test_the_letter_a_is_spelled_as_a_letter() -> None:
    units = ssml("<say-as interpret-as='characters'>BA</say-as>", language="en").utterances[0].units
    assert [unit.reading for unit in units] == ["B IY1", "EY1"]


@pytest.mark.parametrize(
    ("language", "attributes", "text", "readings"),
    [
        (None, "alphabet='pinyin' ph='chong2 qing4'", "重庆", ["chong2", "qing4"]),
        (None, "alphabet='pinyin' ph='chóng-qìng'", "重慶", ["chong2", "qing4"]),
        (None, "alphabet='sapi' ph='lü4'", "绿", ["lv4"]),
        (None, "alphabet='pinyin' ph='wanr2'", "玩儿", ["wanr2"]),
        ("yue", "alphabet='jyutping' ph='gwong2 dung1'", "廣東", ["gwong2", "dung1"]),
        ("en", "alphabet='arpabet' ph='r eh1 d'", "read", ["R EH1 D"]),
        ("en", "ph='ɹɛd'", "read", ["R EH1 D"]),
        ("en", "alphabet='x-sampa' ph='h@&quot;l@U'", "hello", ["HH AH0 L OW1"]),
        (None, "alphabet='ipa' ph='ʈʂʰʊŋ˧˥ tɕʰiŋ˥˩'", "重庆", ["chong2", "qing4"]),
        ("yue", "alphabet='ipa' ph='kʷɔːŋ˧˥ tʊŋ˥'", "廣東", ["gwong2", "dung1"]),
        ("ko", "ph='kuŋmul'", "국물", ["궁물"]),
        ("ko", "alphabet='hangul' ph='궁물'", "국물", ["궁물"]),
    ],
)  # fmt: skip
def test_phonemes_of_every_alphabet(language: str | None, attributes: str, text: str, readings: list[str]) -> None:
    (utterance,) = ssml(f"<phoneme {attributes}>{text}</phoneme>", language=language).utterances
    assert [unit.reading for unit in utterance.units] == readings
    assert utterance.units[0].phonemes


def test_phonemes_of_japanese() -> None:
    pytest.importorskip("pyopenjtalk")
    for attributes in ("alphabet='kana' ph=\"ハシ'\"", "ph='haɕiꜜ'"):
        units = ssml(f"<phoneme {attributes}>橋</phoneme>です", language="ja").utterances[0].units
        assert units[0].phonemes == ("h", "a1", "ɕ", "i2")


def test_a_language_is_that_of_its_stretch() -> None:
    pytest.importorskip("pyopenjtalk")
    units = ssml("他说<lang xml:lang='ja-JP'>東京</lang>很大。").utterances[0].units
    assert [unit.language for unit in units] == ["zh", "zh", "ja", "zh", "zh"]


@pytest.mark.parametrize(("tag", "language"), [("zh-CN", "zh"), ("cmn-Hans", "zh"), ("zh-HK", "yue"), ("yue", "yue")])
def test_the_names_of_languages(tag: str, language: str) -> None:
    assert ssml("飲茶", f' xml:lang="{tag}"').utterances[0].language == language


def test_a_lexicon_may_be_named_if_it_is_in_force(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "words.txt"
    file.write_text("重庆\tzh\tzhong4 qing4\n", "utf-8")
    analysis = ssml("<lexicon uri='words.txt'/>重庆", lexicon=Lexicon.read(file))
    assert analysis.utterances[0].units[0].reading == "zhong4"
    with pytest.raises(InvalidInput, match="no registered lexicon 'http://a/b'"):
        ssml("<lexicon uri='http://a/b'/>重庆")


# ---- moments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [("time='500ms'", 0.5), ("time='1.25s'", 1.25), ("strength='weak'", 0.25), ("strength='medium'", 0.5),
     ("strength='strong'", 1.0), ("strength='x-strong'", 1.5), ("", 0.5)],
)  # fmt: skip
def test_breaks(attributes: str, seconds: float) -> None:
    analysis = ssml(f"<break {attributes}/>你好。<break {attributes}/>世界。<break {attributes}/>")
    assert (analysis.lead, [u.pause for u in analysis.utterances]) == (seconds, [seconds, seconds])


@pytest.mark.parametrize("attributes", ["time='0s'", "strength='none'", "strength='x-weak'"])
def test_a_break_of_nothing_leaves_no_pause(attributes: str) -> None:
    (utterance,) = ssml(f"你好，<break {attributes}/>世界").utterances
    assert [unit.pause for unit in utterance.units] == ["", "", "", "."]


def test_marks_know_before_which_word_they_stand() -> None:
    first, second = ssml("<mark name='a'/>你<bookmark mark='b'/>好。<mark name='c'/>世<mark name='d'/>界。<mark name='e'/>").utterances
    assert first.cues == (Cue("a", 0), Cue("b", 1))
    assert second.cues == (Cue("c", 0), Cue("d", 1), Cue("e", 2))
    assert len(first.units) == 2  # a mark does not cut


def test_marks_around_silence_stand_on_their_side() -> None:
    analysis = ssml("<mark name='0'/><break/><mark name='1'/>你好。<mark name='a'/><break/><mark name='b'/>世界。<break/><mark name='c'/>")
    first, second = analysis.utterances
    assert first.cues == (Cue("0", -1), Cue("1", 0), Cue("a", 2))
    assert second.cues == (Cue("b", 0), Cue("c", 3))


# ---- what is not understood ----------------------------------------------------------------------


def test_unknown_tags_keep_their_text_with_a_notice() -> None:
    body = "<amazon:effect name='whispered'>悄悄</amazon:effect>说<emphasis>吧</emphasis>"
    assert said(body) == [("悄悄说吧", {})]
    ((code, message),) = notices(body)
    assert code == "skipped_tags"
    assert "<amazon:effect> <emphasis>" in message


def test_unknown_attributes_are_named() -> None:
    ((code, message),) = notices("<prosody contour='(0%,+20Hz)' rate='fast'>好</prosody>")
    assert code == "ignored_markup"
    assert "contour of <prosody>" in message


def test_audio_is_not_played_and_descriptions_are_not_read() -> None:
    body = "<metadata>secret</metadata><audio src='file:///etc/passwd'><desc>a bell</desc>叮</audio>"
    assert said(body) == [("叮", {})]
    assert "<audio>" in notices(body)[0][1]


@pytest.mark.parametrize(
    "body",
    ["<prosody rate='-1'>a</prosody>", "<prosody rate='0'>a</prosody>", "<prosody rate='quick'>a</prosody>",
     "<prosody rate='+0.2'>a</prosody>", "<prosody pitch='120Hz'>a</prosody>", "<prosody pitch='+10Hz'>a</prosody>",
     "<prosody pitch='-100%'>a</prosody>", "<prosody volume='silent'>a</prosody>", "<prosody volume='0'>a</prosody>",
     "<prosody volume='101'>a</prosody>", "<prosody duration='2'>a</prosody>", "<prosody duration='0s'>a</prosody>",
     "<prosody duration='2h'>a</prosody>", "<prosody duration='-2s'>a</prosody>", "<prosody rate=''>a</prosody>",
     "<break time='1'/>", "<break time='61s'/>", "<break time='nan s'/>", "<break strength='mighty'/>",
     "<break>a</break>", "<mark/>", "<mark name='a'>b</mark>", "<voice>a</voice>", "<voice name=' '>a</voice>",
     "<sub>a</sub>", "<sub alias=' '>a</sub>", "<sub alias='b'><s>a</s></sub>", "<say-as>a</say-as>",
     "<say-as interpret-as='cardinal'>many</say-as>", "<say-as interpret-as='date' format='xyz'>1/2/3</say-as>",
     "<say-as interpret-as='date' format='mdy'>13/05/2024</say-as>", "<say-as interpret-as='time'>25:00</say-as>",
     "<say-as interpret-as='fraction'>1/0</say-as>", "<say-as interpret-as='currency'>XYZ 5</say-as>",
     "<say-as interpret-as='ordinal'>" + "9" * 5000 + "</say-as>", "<phoneme>a</phoneme>",
     "<phoneme ph='a'></phoneme>", "<phoneme ph=''>a</phoneme>", "<phoneme alphabet='pinyin' ph='chong2'>重庆</phoneme>",
     "<phoneme alphabet='pinyin' ph='foo1'>重</phoneme>", "<phoneme alphabet='pinyin' ph='ni3'>you</phoneme>",
     "<phoneme alphabet='jyutping' ph='zzz9'>重</phoneme>", "<phoneme alphabet='arpabet' ph='QQ'>a</phoneme>",
     "<phoneme alphabet='kana' ph='abc'>橋</phoneme>", "<phoneme alphabet='hangul' ph='abc'>국</phoneme>",
     "<phoneme ph='qχʘ'>read</phoneme>", "<phoneme alphabet='x-sampa' ph='§'>read</phoneme>",
     "<mstts:express-as style='sad' styledegree='3'>a</mstts:express-as>",
     "<mstts:express-as style='sad' styledegree='0'>a</mstts:express-as>", "<mstts:audioduration/>a",
     "<mstts:audioduration value='x'/>a", "<prosody duration='2s'><prosody duration='1s'>a</prosody></prosody>",
     "<voice name='v'><mstts:audioduration value='2s'/><prosody duration='1s'>a</prosody></voice>",
     "<speak>a</speak>", "<lang>a</lang>", "<lexicon/>"],
)  # fmt: skip
def test_what_cannot_be_done_is_an_error_with_line_and_column(body: str) -> None:
    with pytest.raises(InvalidInput, match=r"SSML, line 2, column \d+\)") as caught:
        ssml(f"\n b{body}")
    assert caught.value.hint


@pytest.mark.parametrize(
    "body", ["<lang xml:lang='fr-FR'>a</lang>", "<phoneme alphabet='klingon' ph='a'>a</phoneme>"]
)
def test_names_that_do_not_exist(body: str) -> None:
    with pytest.raises(UnknownName):
        ssml(body)


def test_two_pronunciations_of_one_word_contradict_each_other() -> None:
    with pytest.raises(InvalidInput, match="Two pronunciations"):
        ssml("<phoneme alphabet='pinyin' ph='chong2'>重</phoneme>{zhong4}复")


def test_the_published_table_names_every_element_that_has_an_effect() -> None:
    assert set(elements._HANDLERS) | set(elements._SILENT) == set(SUPPORTED)
    for name, tag in SUPPORTED.items():
        assert set(tag.attributes) <= set(elements._KNOWN.get(name, "").split())
