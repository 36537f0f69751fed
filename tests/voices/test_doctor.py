"""The reference doctor tells good clips from bad ones, and says why."""

import numpy as np
import pytest

from kouji.errors import InvalidInput
from kouji.voices.clips import Clip, read_clip
from kouji.voices.clone import prepare
from kouji.voices.doctor import Report, bandwidth, examine, held_tones
from kouji.voices.frames import frames_of

RATE = 16000


def clip(samples: np.ndarray, sample_rate: int = RATE) -> Clip:
    return read_clip((np.asarray(samples, np.float32), sample_rate))


def verdicts(report: Report) -> dict[str, str]:
    return {finding.item: finding.verdict for finding in report.findings if finding.verdict != "ok"}


def chords(seconds: float) -> np.ndarray:
    """Music without a voice: a chord every half second, dying away."""
    time = np.arange(int(RATE * 0.5)) / RATE
    pieces = [
        sum(np.sin(2 * np.pi * root * tone * part * time) / part for tone in (1, 1.26, 1.5) for part in (1, 2, 3, 4))
        for root in (220, 294, 330, 262, 247, 392)
    ]
    return np.tile(0.1 * np.concatenate(pieces), 9)[: int(seconds * RATE)]


@pytest.mark.parametrize("name", ["her", "him"])
def test_a_good_clip_is_good(request: pytest.FixtureRequest, name: str) -> None:
    report = examine(clip(request.getfixturevalue(name)))
    assert verdicts(report) == {}
    assert report.verdict == "ok"


def test_every_finding_has_a_value_and_every_complaint_an_advice(her: np.ndarray) -> None:
    report = examine(clip(her[: 2 * RATE]))
    assert verdicts(report) == {"length": "warning"}
    for finding in report.findings:
        assert finding.message
        assert np.isfinite(finding.value)
        assert finding.advice or finding.verdict in ("ok", "mended")


@pytest.mark.parametrize("name", ["her", "him"])
def test_the_silence_around_speech_makes_it_no_less_a_voice(request: pytest.FixtureRequest, name: str) -> None:
    silence = np.zeros(20 * RATE)
    report = examine(clip(np.concatenate([silence, request.getfixturevalue(name)[: 4 * RATE], silence])))
    assert "voice" not in verdicts(report)
    assert report.verdict == "mended"


def test_silence_is_refused() -> None:
    report = examine(clip(np.zeros(5 * RATE)))
    assert verdicts(report) == {"level": "refused"}
    with pytest.raises(InvalidInput, match=r"x cannot be used: It is silent\."):
        report.refuse("x")


def test_half_a_second_is_too_short(her: np.ndarray) -> None:
    assert verdicts(examine(clip(her[: RATE // 2])))["length"] == "refused"


def test_a_quiet_clip_is_raised(her: np.ndarray) -> None:
    found = verdicts(examine(clip(0.01 * her)))
    assert found["level"] == "mended"


@pytest.mark.parametrize(("gain", "verdict"), [(2.2, "warning"), (20.0, "refused")])
def test_a_clipped_recording_is_told(him: np.ndarray, gain: float, verdict: str) -> None:
    loud = np.clip(gain * him / np.abs(him).max(), -1, 1)
    assert verdicts(examine(clip(0.8 * loud)))["clipping"] == verdict  # also where it was made softer afterwards


@pytest.mark.parametrize(("snr", "verdict"), [(20, "mended"), (8, "warning"), (0, "refused")])
def test_noise_is_heard(her: np.ndarray, snr: float, verdict: str) -> None:
    frames = frames_of(her, RATE)
    power = float(np.mean(10 ** (frames.level[frames.speech] / 10)))
    noise = np.random.default_rng(1).standard_normal(len(her)) * np.sqrt(power) * 10 ** (-snr / 20)
    assert verdicts(examine(clip(her + noise)))["noise"] == verdict


def test_a_telephone_is_told_by_its_bandwidth(her: np.ndarray) -> None:
    from kouji.audio.resample import resample

    telephone = resample(her, RATE, 8000)
    assert verdicts(examine(clip(telephone, 8000)))["bandwidth"] == "warning"
    # Also where somebody has resampled it up: no more is in it.
    assert bandwidth(resample(telephone, 8000, 48000), 48000) < 4500
    assert bandwidth(her, RATE) > 7000


def test_two_people_are_told_apart(her: np.ndarray, him: np.ndarray) -> None:
    assert verdicts(examine(clip(np.concatenate([her, him]))))["speakers"] == "refused"


def test_music_alone_and_a_voice_over_music_are_told(her: np.ndarray) -> None:
    music = chords(len(her) / RATE)
    assert verdicts(examine(clip(music)))["music"] == "refused"
    soft = her[: len(music)] + 0.1 * music[: len(her)]
    assert verdicts(examine(clip(soft)))["music"] in ("warning", "refused")
    assert held_tones(her) < 0.02


def test_noise_alone_and_a_tone_alone_are_no_voice() -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal(5 * RATE)
    tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(5 * RATE) / RATE)
    for samples in (noise, tone):
        assert verdicts(examine(clip(samples)))["voice"] == "refused"


def test_what_can_be_mended_is_mended(her: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    quiet = np.concatenate([np.zeros(3 * RATE), her[: len(her) // 2], np.zeros(3 * RATE), her[len(her) // 2 :]])
    poor = 0.02 * quiet + 0.01 + 1e-5 * rng.standard_normal(len(quiet))
    report = examine(clip(np.stack([poor, poor], 1)))
    assert verdicts(report) == {"level": "mended", "offset": "mended", "silence": "mended", "channels": "mended"}
    (reference,) = prepare([clip(poor)]).references
    assert reference.duration == pytest.approx(len(her) / RATE, abs=0.8)
    assert abs(reference.samples.mean()) < 1e-3
    assert -30 < np.quantile(frames_of(reference.samples, RATE).level, 0.95) < -15
    assert examine(clip(reference.samples)).verdict == "ok"


def test_light_noise_becomes_less_and_speech_stays(her: np.ndarray) -> None:
    noisy = her + 0.01 * np.random.default_rng(4).standard_normal(len(her))
    before = examine(clip(noisy))
    assert verdicts(before)["noise"] in ("mended", "warning")
    (reference,) = prepare([clip(noisy)]).references
    assert frames_of(reference.samples, RATE).snr > frames_of(noisy.astype(np.float32), RATE).snr + 3
    assert np.std(reference.samples) > 0.8 * np.std(her)


def test_of_a_long_clip_the_best_thirty_seconds_are_used(her: np.ndarray) -> None:
    noise = 0.006 * np.random.default_rng(5).standard_normal(len(her) * 6)
    long = np.concatenate([np.tile(her, 6) + noise, np.tile(her, 6)]).astype(np.float32)
    sample = prepare([clip(long)])
    (reference,) = sample.references
    assert reference.duration == pytest.approx(30, abs=0.1)
    assert frames_of(reference.samples, RATE).snr > 25  # the half without the noise
    assert {f.item: f.verdict for f in sample.findings[0]}["length"] == "mended"


def test_several_clips_become_one_voice_and_the_better_weighs_more(her: np.ndarray) -> None:
    half = len(her) // 2
    sample = prepare([clip(her[:half]), clip(her[half:])])
    alone = prepare([clip(her)])
    assert len(sample.references) == 2
    assert sample.embedding @ alone.embedding > 0.97
    assert np.linalg.norm(sample.embedding) == pytest.approx(1, abs=1e-5)


def test_clips_of_two_people_are_no_voice(her: np.ndarray, him: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="not of one person"):
        prepare([clip(her), clip(him)])
