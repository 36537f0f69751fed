"""Scripts: what is read from tables and JSON, and what is told of faults."""

from pathlib import Path

import pytest

from kouji.errors import InvalidInput, UnknownName
from kouji.jobs import script
from kouji.types import Request

NOBODY = Request("")


def rows(folder: Path, name: str, content: str, defaults: Request = NOBODY) -> list[script.Row]:
    path = folder / name
    path.write_text(content, "utf-8")
    found, faults = script.read(path, defaults)
    assert faults == []
    return found


def faults(folder: Path, name: str, content: str) -> dict[int, str]:
    path = folder / name
    path.write_text(content, "utf-8")
    return {fault.number: fault.message for fault in script.read(path, NOBODY)[1]}


def test_a_table_gives_lines_with_their_controls(tmp_path: Path) -> None:
    content = '\ufeffid,text,voice,seed,speed,emotion\na,"你好, 世界",male_1,3,1.5,happy\n\nb,Hey,,,,"{""sad"": 0.5}"\n'
    first, second = rows(tmp_path, "s.csv", content)
    assert first.number == 2
    assert first.line == script.Line("a", Request("你好, 世界", "male_1", "", 3, {"speed": 1.5, "emotion": "happy"}))
    assert (second.number, second.line.request) == (4, Request("Hey", controls={"emotion": {"sad": 0.5}}))


def test_a_text_over_several_lines_stands_where_it_begins(tmp_path: Path) -> None:
    found = rows(tmp_path, "s.csv", 'text\n"one\ntwo"\nthree\n')
    assert [(row.number, row.line.request.text) for row in found] == [(2, "one\ntwo"), (4, "three")]


def test_tabs_and_json_lines_are_read_too(tmp_path: Path) -> None:
    (tabbed,) = rows(tmp_path, "s.tsv", "text\tseed\nhey, you\t2\n")
    (json,) = rows(tmp_path, "s.jsonl", '\n{"text": "hey, you", "seed": 2, "voice": null}\n')
    assert tabbed.line == json.line
    assert (tabbed.number, json.number) == (2, 2)


def test_lines_without_an_id_are_called_by_their_number(tmp_path: Path) -> None:
    assert [row.line.name for row in rows(tmp_path, "s.csv", "text\na\nb\n")] == ["0001", "0002"]


def test_what_a_line_does_not_say_comes_from_the_command(tmp_path: Path) -> None:
    defaults = Request("", "polly", "en", 7)
    one, two = rows(tmp_path, "s.jsonl", '{"text": "a"}\n{"text": "b", "voice": "ara", "seed": 0}\n', defaults)
    assert one.line.request == Request("a", "polly", "en", 7)
    assert two.line.request == Request("b", "ara", "en", 0)


def test_controls_of_one_engine_are_columns_and_those_of_the_command_hold_for_all_lines(tmp_path: Path) -> None:
    content = "text,refine,homophones,sampling,text_split_method,interval_silence\n"
    content += 'a,[oral_2],true,"{""manual_seed"": 42}",cut2,0.3\nb,,,,,\n'
    one, two = rows(tmp_path, "s.csv", content, Request("", controls={"refine": True, "speed": 1.1}))
    assert one.line.request.controls == {
        "refine": "[oral_2]", "homophones": True, "sampling": {"manual_seed": 42}, "text_split_method": "cut2",
        "interval_silence": 0.3, "speed": 1.1,
    }  # fmt: skip
    assert two.line.request.controls == {"refine": True, "speed": 1.1}


def test_clips_are_looked_for_beside_the_script_and_outweigh_the_voice_of_the_command(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "s.csv", "text,reference_audio\nhey,clips/ann.wav\n", Request("", "polly"))
    assert row.line.request.voice == ""
    assert row.line.request.controls == {"reference_audio": str(tmp_path / "clips" / "ann.wav")}


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    content = "id,text,speed\nok,hey,\nok,again,\n../up,hey,\nc,hey,quick\nd,hey,nan\ne,hey,1,2\n"
    told = faults(tmp_path, "s.csv", content)
    assert sorted(told) == [3, 4, 5, 6, 7]
    assert "line 2" in told[3]
    assert "no name of a file" in told[4]
    assert "'quick' is no number" in told[5]


def test_every_fault_of_json_is_told_with_its_line(tmp_path: Path) -> None:
    content = '{"text": "a"}\n{"text": \n[1]\n{"text": 1}\n{"text": "a", "speeed": 1}\n{"text": "a", "speed": NaN}\n'
    told = faults(tmp_path, "s.jsonl", content)
    assert sorted(told) == [2, 3, 4, 5, 6]
    assert "speed" in told[5]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.csv", ""), ("s.csv", "a,b\n1,2\n"), ("s.csv", "text\n"), ("s.csv", "text,text\na,b\n"), ("s.txt", "hey"),
        ("s.csv", 'text\n"open\n'), ("s.csv", "text,speeed\na,1\n"), ("s.jsonl", "\n"),
    ],
)  # fmt: skip
def test_what_is_no_script_is_told(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises((InvalidInput, UnknownName)):
        script.read(tmp_path / name, NOBODY)


def test_a_script_that_is_not_there_or_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("text\nZo\xeb\n".encode("latin-1"))
    for name in ("latin.csv", "nowhere.csv"):
        with pytest.raises(InvalidInput):
            script.read(tmp_path / name, NOBODY)
