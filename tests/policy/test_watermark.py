"""Every sound of the house is marked, and who leaves the mark out is written down."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import kouji
from kouji import config, engines
from kouji.audio.encoder import Encoder
from kouji.audio.join import collect
from kouji.audio.watermark import ENGINES, detect, engine_number
from kouji.cli.main import main
from kouji.errors import InvalidInput, NotPermitted
from kouji.policy import watermark

TEXT = "The children walked slowly along the river until the evening came."


def session(home: Path, rule: str = "always", engine: str = "parrot") -> kouji.Session:
    return kouji.Session(engines.card(engine), config.Config(watermark=rule, home=str(home)))


def unmarked(tts: kouji.Session) -> list[dict[str, Any]]:
    """What the log knows of it."""
    return [event.details for event in tts.library.events() if event.action == "unmark"]


def test_what_is_said_can_be_traced_to_its_request(tmp_path: Path) -> None:
    speech = session(tmp_path, engine="native").synthesize(TEXT)
    found = detect(speech.samples, speech.sample_rate)
    assert found is not None
    assert (found.engine, found.id) == ("native", speech.metadata["watermark"])
    assert speech.metadata["marking"] == ["watermark"]


def test_a_stream_that_was_encoded_can_be_traced_too(tmp_path: Path) -> None:
    stream = session(tmp_path, engine="native").stream(TEXT, voice="english_2")
    encoder = Encoder("mp3", stream.sample_rate, bit_rate=64000)
    data = b"".join(encoder.add(chunk.samples) for chunk in stream) + encoder.finish()
    found = detect(*soundfile.read(io.BytesIO(data), dtype="float32"))
    assert found is not None
    assert found.id == stream.metadata["watermark"]


def test_the_first_sound_waits_for_one_window_at_most(tmp_path: Path) -> None:
    def first(rule: str) -> int:
        return len(next(session(tmp_path, rule).stream("你好，世界。")).samples)

    assert 0 <= first("off") - first("always") <= 0.020 * 16000


def test_the_mark_changes_neither_length_nor_words(tmp_path: Path) -> None:
    marked, plain = (session(tmp_path, rule).synthesize("你好，世界。再见。") for rule in ("always", "off"))
    assert len(marked.samples) == len(plain.samples)
    assert marked.marks == plain.marks
    difference = marked.samples - plain.samples
    assert 0 < (difference**2).sum() < 0.01 * (plain.samples**2).sum()
    assert not difference[plain.samples == 0].any()


def test_other_requests_have_other_ids(tmp_path: Path) -> None:
    tts = session(tmp_path)
    asked: list[dict[str, Any]] = [{}, {"seed": 1}, {"voice": "polly"}, {"text": "再见"}]
    ids = [tts.synthesize(**{"text": "你好", **each}).metadata["watermark"] for each in asked]
    assert len(set(ids)) == len(ids)
    assert tts.synthesize("你好").metadata["watermark"] == ids[0]


def test_every_engine_of_ours_has_a_number_of_its_own() -> None:
    assert [name for name in engines.ENGINES if engine_number(name) == 0] == []
    assert len(set(ENGINES)) == len(ENGINES)


def test_by_default_nobody_may_leave_it_out(tmp_path: Path) -> None:
    with pytest.raises(NotPermitted, match="watermark = request"):
        session(tmp_path).synthesize("你好", watermark=False)
    assert not (tmp_path / "kouji.db").exists()


def test_where_a_request_may_its_wish_is_written_down(tmp_path: Path) -> None:
    tts = session(tmp_path, "request")
    assert tts.synthesize("你好").metadata["marking"] == ["watermark"]
    assert "marking" not in tts.synthesize("你好", config={"watermark": False}).metadata
    (line,) = unmarked(tts)
    assert line["by"] == "request"
    assert line["engine"] == "parrot"
    assert line["id"] == tts.synthesize("你好").metadata["watermark"]


def test_a_house_without_marks_writes_that_down_and_still_marks_on_request(tmp_path: Path) -> None:
    tts = session(tmp_path, "off")
    assert "marking" not in tts.synthesize("你好").metadata
    assert [line["by"] for line in unmarked(tts)] == ["house"]
    assert tts.synthesize("你好", watermark=True).metadata["marking"] == ["watermark"]


@pytest.mark.parametrize("wrong", ["no", 0, "false"])
def test_a_wish_is_true_or_false(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(InvalidInput, match="watermark"):
        session(tmp_path, "request").synthesize("你好", watermark=wrong)


def test_the_setting_has_three_values() -> None:
    with pytest.raises(InvalidInput, match="Give always, request, off"):
        config.Config(watermark="never")
    assert [watermark.is_wanted(rule, None) for rule in ("always", "request", "off")] == [True, True, False]


def test_the_command_line_asks_for_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOUJI_HOME", str(tmp_path))
    path = tmp_path / "plain.wav"
    command = ["say", "你好", "-e", "parrot", "--no-watermark", "-o", str(path)]
    assert main(command) == 2
    assert "error: The watermark cannot be left out here." in capsys.readouterr().err
    assert not path.exists()
    monkeypatch.setenv("KOUJI_WATERMARK", "request")
    assert main(command) == 0
    samples, _ = soundfile.read(path, dtype="float32")
    plain = session(tmp_path, "off").stream("你好")
    np.testing.assert_allclose(samples, collect(plain)[0], atol=1e-4)
