"""A recording said again with another voice, through every door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.audio import files
from kouji.cli.main import main
from kouji.errors import InvalidInput, UnknownName, UnsupportedControl
from kouji.speak import Session, load

CLIP = str(Path(__file__).parent / "data" / "english_female.flac")


@pytest.fixture
def session() -> Session:
    return load("parrot")


def test_a_recording_keeps_its_length_and_tells_who_says_it(session: Session) -> None:
    samples, rate = files.read(CLIP)
    speech = session.convert(CLIP, "ara", seed=3)
    assert abs(speech.duration - len(samples) / rate) < 0.01
    told = {"engine": "parrot", "voice": "ara", "seed": 3, "made": "conversion"}
    assert told.items() <= speech.metadata.items()
    again = session.convert((samples, rate), speaker_id="ara", seed=3)
    np.testing.assert_array_equal(again.samples, speech.samples)
    assert not np.array_equal(session.convert(CLIP, "polly").samples, speech.samples)


def test_what_cannot_be_converted_is_said_before_any_sound(session: Session) -> None:
    with pytest.raises(UnsupportedControl, match="conversion") as told:
        load("native").convert(CLIP, "female_1")
    assert "cosyvoice-300m" in told.value.hint
    with pytest.raises(UnknownName, match="nobody"):
        session.conversion(CLIP, "nobody")
    with pytest.raises(UnknownName, match="speed"):
        session.conversion(CLIP, "ara", speed=2)
    with pytest.raises(UnsupportedControl):
        session.conversion(CLIP, reference_audio=CLIP)
    with pytest.raises(InvalidInput, match="silent"):
        session.conversion((np.zeros(16000, np.float32), 16000), "ara")
    with pytest.raises(InvalidInput, match="seed"):
        session.conversion(CLIP, "ara", seed=-1)


def test_the_command_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.wav"
    assert main(["convert", CLIP, "--engine", "parrot", "--voice", "ara", "-o", str(output)]) == 0
    samples, rate = files.read(output)
    assert rate == 16000
    assert len(samples) > rate
    assert "ara" in capsys.readouterr().err
    assert main(["convert", CLIP, "--engine", "native", "-o", str(tmp_path / "none.wav")]) == 2
    assert not (tmp_path / "none.wav").exists()
    assert main(["convert", str(tmp_path / "none.wav"), "--engine", "parrot", "--voice", "ara"]) == 2
