"""A recording said again with another voice, through every door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kouji.audio import files
from kouji.audio.loudness import loudness
from kouji.cli.main import main
from kouji.engines.contract import DENOISE, VOLUME
from kouji.errors import InvalidInput, NotPermitted, UnknownName, UnsupportedControl
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


def test_a_conversion_has_less_noise_and_is_as_loud_as_is_asked(session: Session) -> None:
    card = session.card
    able = Session(replace(card, controls={**card.controls, "denoise": DENOISE, "volume": VOLUME}))
    clip, rate = files.read(CLIP)
    hiss = 0.01 * np.random.default_rng(1).standard_normal(len(clip)).astype(np.float32)
    plain, less, softer = (
        able.convert((clip + hiss, rate), "ara", **asked) for asked in ({}, {"denoise": 1.0}, {"volume": -6.0})
    )
    assert len(plain.samples) == len(less.samples) == len(softer.samples)
    quietest = np.argsort(np.convolve(plain.samples**2, np.ones(800), "same"))[: len(plain.samples) // 10]
    assert np.mean(less.samples[quietest] ** 2) < 0.5 * np.mean(plain.samples[quietest] ** 2)
    assert loudness(softer.samples, 16000) == pytest.approx(loudness(plain.samples, 16000) - 6, abs=0.1)
    assert less.tags != plain.tags  # the id in its marks
    for name in ("denoise", "volume"):
        with pytest.raises(UnsupportedControl, match=name):
            session.conversion(CLIP, "ara", **{name: 0.5})
    with pytest.raises(InvalidInput, match=r"denoise=2 .* Give 0\.0 to 1\.0"):
        able.conversion(CLIP, "ara", denoise=2)


@pytest.mark.parametrize(
    ("label", "n_before", "n_after"), [("start", 1, 0), ("end", 0, 1), ("both", 1, 1), ("tone", 1, 0)]
)
def test_the_label_is_heard_where_it_is_wanted(session: Session, label: str, n_before: int, n_after: int) -> None:
    clip = np.zeros(16000, np.float32)
    clip[4000:12000] = 0.3 * np.cos(np.arange(8000))
    plain, labelled = (session.convert((clip, 16000), "ara", label=each).samples for each in ("", label))
    n_tone = (len(labelled) - len(plain)) / (n_before + n_after)
    assert n_tone > 16000
    assert (np.abs(labelled[:3000]).max() > 0.1) == bool(n_before)
    assert (np.abs(labelled[-3000:]).max() > 0.1) == bool(n_after)
    assert "label" in session.convert((clip, 16000), "ara", label=label).metadata["marking"]  # type: ignore[operator]


def test_a_conversion_is_marked_as_the_house_says(session: Session) -> None:
    for mark in ("marks", "watermark"):
        with pytest.raises(NotPermitted):
            session.conversion(CLIP, "ara", **{mark: False})
    free = Session(session.card, replace(session.settings, marks="request", watermark="request"))
    plain = free.convert(CLIP, "ara", marks=False, watermark=False)
    assert plain.tags == {}
    assert "marking" not in plain.metadata
    assert session.convert(CLIP, "ara").metadata["marking"] == ["watermark"]


def test_the_command_brings_a_conversion_to_a_loudness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.flac"
    asked = ["convert", CLIP, "--engine", "parrot", "--voice", "ara", "-o", str(output)]
    assert main([*asked, "--loudness", "-27"]) == 0
    assert loudness(*files.read(output)) == pytest.approx(-27, abs=0.2)
    assert main([*asked, "--denoise", "0.5"]) == 2
    assert "'denoise'" in capsys.readouterr().err
    assert main([*asked, "--loudness", "loud"]) == 2


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
