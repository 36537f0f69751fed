"""Those who read Chinese are told in Chinese what went wrong, what the doctor minds and what an engine can do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kouji
from kouji import engines
from kouji.errors import AlreadyExists, EmptyText, UnknownName, UnsupportedControl
from kouji.jobs.script import Fault, FaultyScript

pytest.importorskip("gradio", reason="pip install 'kouji[ui]'")

from kouji.serve.page.chinese import chinese, sentences
from kouji.serve.page.words import Words

SOURCE = Path(kouji.__file__).parent
# Where all is said that a visitor can bring about with a text, a clip, a voice, a length, an emotion or a script.
HEARD = """
asked.py control/clip.py control/closing.py control/description.py control/duration.py text/tags.py text/markup.py
text/amounts.py text/zh/__init__.py text/yue.py text/ja/sentence.py text/ko/reading.py text/ssml/tree.py
voices/doctor.py voices/clone.py voices/voice.py policy/protection.py jobs/script.py serve/refusals.py serve/gate.py
serve/page/work.py serve/page/desk.py
""".split()
TELLERS = {"InvalidInput", "NotPermitted", "Finding", "Notice", "TooManyRequests", "Overloaded", "_wrong"}
HAN = re.compile(r"[\u4e00-\u9fff]")


def template(node: ast.expr) -> str | None:
    """A text as it is written, with 1 for all that varies; None where it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
    return None


def told_in(file: str) -> Iterator[str]:
    """Messages and hints that stand in a file, where they are written out; those of Python callers alone left aside."""
    for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TELLERS:
            skipped = {"Finding": 4, "Notice": 1}.get(node.func.id, 0)  # type: ignore[attr-defined]
            texts = (template(each) or "" for each in node.args[skipped:])
            yield from (text for text in texts if re.search("[a-z]{2}", text) and text != "Give 1. 1")


@pytest.mark.parametrize("file", HEARD)
def test_what_is_told_of_a_text_a_clip_or_a_script_is_known_in_chinese(file: str) -> None:
    assert [text for text in told_in(file) if not HAN.search(chinese(text))] == []


def test_engines_their_presets_and_controls_are_known_in_chinese() -> None:
    texts = {card.summary for card in engines.cards() if card.factory.startswith("kouji.")}
    for card in engines.cards():
        if card.factory.startswith("kouji."):
            texts |= {preset.summary for preset in card.presets}
            texts |= {control.meaning for control in card.controls.values()}
    assert sorted(text for text in texts if not HAN.search(chinese(text))) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnknownName("voice", "nobdy", ["nobody"]), "没有名为 'nobdy' 的音色。|您是想写 'nobody' 吗？"),
        (AlreadyExists("voice", "anna"), "已有名为 'anna' 的音色。|请换一个名称，或先删除原有的。"),
        (EmptyText("What? Me. {name}"), "'What? Me. {name}' 中没有可读的内容。|请至少写一个字、字母或数字。"),
        (UnsupportedControl("native", "tags", ["chattts"]), "引擎 'native' 不支持 'tags'。|支持的引擎：chattts。"),
        (
            FaultyScript("a.csv", [Fault(3, str(UnknownName("column", "txt", ["text"])))]),
            "a.csv 中有 1 行不能读：\n  第 3 行：没有名为 'txt' 的列。您是想写 'text' 吗？"
            "|还没有读任何一行。请改正后再提交。",
        ),
    ],
)
def test_an_error_is_told_in_chinese_and_what_somebody_wrote_stays(error: kouji.SpeechError, said: str) -> None:
    assert f"{chinese(error.message)}|{chinese(error.hint)}" == said


def test_each_control_of_ours_has_a_name_in_both_languages() -> None:
    names = {name for card in engines.cards() if card.factory.startswith("kouji.") for name in card.controls}
    assert sorted(name for name in names - {"tags"} if Words("zh").of(name) == name) == []


def test_several_sentences_are_told_one_after_the_other() -> None:
    told = chinese("Give 2.25 to 8.99 s. A longer text, or a <break>, fills more time.")
    assert told == "请给 2.25 到 8.99 秒。加长文本或加入 <break> 可填满更长的时间。"
    assert chinese("ref_audio cannot be used: There is no voice in it.") == "ref_audio 不可用：其中没有人声。"


def test_what_is_not_known_stays_and_english_stays_english() -> None:
    assert chinese("Something else. It is silent.") == "Something else. It is silent."
    assert Words("en").told("It is silent.") == "It is silent."


def test_each_sentence_is_there_once_and_every_place_in_both_languages() -> None:
    table = sentences()
    assert len({english for english, _ in table}) == len(table)
    place = re.compile(r"\{[a-z]+\}")
    assert [pair for pair in table if sorted(place.findall(pair[0])) != sorted(place.findall(pair[1]))] == []
    assert [pair for pair in table if not HAN.search(pair[1]) and pair[1] != "{message}（{where}）"] == []


def test_a_place_at_the_head_takes_nothing_of_another_sentence() -> None:
    told = chinese("  line 3: '{x9}' at character 2 is not a pronunciation of the text before it (…重).")
    assert told == "  第 3 行：第 2 个字符处的 '{x9}' 不是前面文字（…重）的读音。"
