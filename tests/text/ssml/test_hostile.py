"""SSML from a stranger: refused with the place, never a crash, a file read or a wait."""

from __future__ import annotations

import random
import time

import pytest

from kouji.errors import InvalidInput, SpeechError
from kouji.text import Analysis, analyse

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
VALID = (
    '<?xml version="1.0"?><speak version="1.0" xml:lang="zh-CN"><p><s>你好，<break time="500ms"/>世界。</s></p>'
    '<voice name="male_1"><prosody rate="+20%" pitch="+2st" volume="-6dB">重{chong2}复<mark name="m"/>三次。</prosody></voice>'
    '<mstts:express-as style="cheerful" styledegree="1.2">太好了！</mstts:express-as><sub alias="万维网">W3C</sub>'
    '<say-as interpret-as="date" format="ymd">2024-03-05</say-as><phoneme alphabet="pinyin" ph="chong2 qing4">重庆</phoneme>'
    '<lang xml:lang="en-US">I <phoneme alphabet="ipa" ph="ɹɛd">read</phoneme> it.</lang>'
    '<prosody duration="2.4s">一句话。又一句。</prosody><say-as interpret-as="characters">ABC</say-as></speak>'
)


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE speak [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>',
        '<!DOCTYPE speak SYSTEM "http://127.0.0.1:1/a.dtd"><speak>a</speak>',
        f'<!DOCTYPE speak [<!ENTITY l0 "ha">{LAUGHS}]><speak>&l9;</speak>',
        '<?xml version="1.0"?><!DOCTYPE speak><speak>a</speak>',
        "<speak>&unknown;</speak>",
        "<speak>" * 10_000,
        f"<speak>{'<p>' * 10}a{'</p>' * 10}</speak>",
        "<speak>a",
        "<speak>a</speak><speak>b</speak>",
        "<speak>a</p></speak>",
        "<speak a=1>a</speak>",
        "<speak a='1' a='2'>a</speak>",
        "<speak>a\x00b</speak>",
        "<speak>\ud800</speak>",
        "<speak>\ufffe</speak>",
        "<speak>a & b</speak>",
        "<speak/ >",
        "<speak>a</speak> and more",
    ],
    ids=range(18),
)
def test_it_is_refused_with_line_and_column(document: str) -> None:
    start = time.process_time()
    with pytest.raises(InvalidInput, match=r"SSML, line 1, column \d+\)"):
        analyse(document)
    assert time.process_time() - start < 10  # some milliseconds; ten would be work without end


def test_another_root_is_refused() -> None:
    with pytest.raises(InvalidInput, match="root"):
        analyse('<?xml version="1.0"?><vxml>a</vxml>')


def test_a_document_without_end_is_refused() -> None:
    with pytest.raises(InvalidInput, match="too long"):
        analyse(f"<speak>{'a' * 2_000_001}</speak>")


@pytest.mark.parametrize(
    "attribute", ["rate", "pitch", "volume", "duration"], ids=lambda name: f"huge-{name}"
)
@pytest.mark.parametrize("value", ["9" * 100_000, "+" * 100_000, "1." + "0" * 100_000 + "s"], ids=range(3))
def test_huge_attributes_are_refused_at_once(attribute: str, value: str) -> None:
    start = time.process_time()
    with pytest.raises(InvalidInput):
        analyse(f"<speak><prosody {attribute}='{value}'>a</prosody></speak>")
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "body",
    ["<break time='90ms'/>" * 5000 + "a", "<mark name='m'/>" * 5000 + "a", "<s>你</s>" * 2000, "<prosody rate='fast'>你</prosody>" * 300,
     "<foo>" * 8 + "你" + "</foo>" * 8, "<voice name='a'>你</voice>" * 500],
    ids=range(6),
)  # fmt: skip
def test_many_elements_take_time_in_proportion(body: str) -> None:
    start = time.process_time()
    assert analyse(f"<speak>{body}</speak>").utterances
    assert time.process_time() - start < 5  # well under one second each on an idle core


def _mutated(rng: random.Random) -> str:
    """A valid document with one to six things wrong."""
    text = VALID
    for _ in range(rng.randint(1, 6)):
        a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + rng.randint(0, 40))
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:a] + text[b:]
        elif kind == 1:
            text = text[:a] + text[a:b] * rng.randint(2, 3) + text[b:]
        elif kind == 2:
            text = text[:a] + rng.choice("<>&\"'/= \x00\ud800\ufeff{}9-+.%~ʘ˥你a\n") + text[a:]
        elif kind == 3:  # another value for an attribute: the document stays well-formed
            parts = text.split('"')
            where = rng.randrange(1, len(parts), 2) if len(parts) > 2 else 0
            parts[where] = rng.choice(["", "0", "-1", "1e9", "nan", "99999999", "x-low", "ja", "ipa", "ə", "㈱", "1s"])
            text = '"'.join(parts)
        elif kind == 4:
            c = rng.randrange(len(text) + 1)
            text = text[:a] + text[c : c + 20] + text[a:]
        else:
            names = ["voice", "s", "p", "break", "prosody", "foo", "mark", "sub", "phoneme", "lang", "audio", "desc"]
            text = text.replace(rng.choice(names), rng.choice(names), rng.randint(1, 4))
    return text


def test_two_thousand_mutations_are_spoken_or_refused_but_never_break_anything() -> None:
    rng = random.Random(3)
    n_spoken = 0
    for _ in range(2000):
        document = _mutated(rng)
        try:
            analysis = analyse(document, rng.choice([None, "zh", "en"]))
        except SpeechError:
            continue
        assert isinstance(analysis, Analysis)
        assert all(u.units and u.units[-1].pause for u in analysis.utterances), document
        n_spoken += 1
    assert 100 < n_spoken < 1900  # both ways are walked
