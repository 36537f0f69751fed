"""Scripts of many lines, as people upload them."""

import pytest

from kouji.errors import InvalidInput
from kouji.serve.page.script import MOST, rows


def test_a_csv_has_the_fields_of_its_first_line_and_leaves_out_what_is_empty() -> None:
    data = '\ufefftext,voice,seed\n"你好，世界。",male_1,7\nHello.,,\n,,\n'.encode()
    assert rows(data) == [{"text": "你好，世界。", "voice": "male_1", "seed": "7"}, {"text": "Hello."}]


def test_jsonl_has_an_object_a_line() -> None:
    assert rows(b'{"text": "a", "seed": 1}\n\n{"input": "b"}\n') == [{"text": "a", "seed": 1}, {"input": "b"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "no text in UTF-8"),
        (b"", "no column"),
        (b"text\n", "no line to say"),
        (b"words\nHello.\n", "no column"),
        (b"text\nHello, world.\n", "Row 2 has more cells"),
        (b'text\n"Hello\n', "cannot be read"),
        (b'{"text": "a"}\n{"text": \n', "Line 2 is no JSON"),
        (b'{"text": "a"}\n[1]\n', "Line 2 is no object"),
        (b"text\n" + b"a\n" * (MOST + 1), f"has {MOST + 1} lines"),
    ],
)
def test_what_cannot_be_said_is_told_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rows(data)
