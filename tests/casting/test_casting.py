"""Whose voice speaks: named, heard, registered or built in; and what the native engine learns of people."""

import io
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import soundfile

import kouji
from kouji import config, engines
from kouji.audio.speaker import speaker_embedding
from kouji.errors import AlreadyExists, InvalidInput, NotPermitted, UnknownName, UnsupportedControl

CONSENT = kouji.Consent("Ann", "for tests", date(2999, 1, 1))
TEXT = "The children walked slowly along the river until the evening came."
Sound = tuple[np.ndarray, int]


@pytest.fixture(scope="module")
def tts(tmp_path_factory: pytest.TempPathFactory) -> kouji.Session:
    home = str(tmp_path_factory.mktemp("home"))
    return kouji.Session(engines.card("native"), config.Config(home=home))


@pytest.fixture(scope="module")
def ann(tts: kouji.Session, her: Sound) -> str:
    tts.register_speaker("ann", tts.encode_speaker(her), CONSENT, language="en")
    return "ann"


def likeness(speech: kouji.Speech, sound: Sound) -> float:
    return float(speaker_embedding(speech.samples, speech.sample_rate) @ speaker_embedding(*sound))


def test_a_clone_is_more_like_its_person_than_like_another(tts: kouji.Session, her: Sound, him: Sound) -> None:
    hers, his = (tts.synthesize(TEXT, reference_audio=sound) for sound in (her, him))
    assert likeness(hers, her) > likeness(his, her) + 0.05
    assert likeness(his, him) > likeness(hers, him) + 0.05
    assert likeness(hers, her) > likeness(tts.synthesize(TEXT, voice="japanese_1"), her) + 0.05


def test_a_path_its_bytes_and_samples_give_the_same_voice(tts: kouji.Session, her: Sound, tmp_path: Path) -> None:
    path = tmp_path / "her.wav"
    soundfile.write(path, *her, subtype="FLOAT")
    said = [tts.synthesize("Hello.", reference_audio=clip) for clip in (path, str(path), path.read_bytes(), her)]
    said.append(tts.synthesize("Hello.", config={"speaker_reference": her}))
    for speech in said[1:]:
        np.testing.assert_array_equal(speech.samples, said[0].samples)


def test_what_the_doctor_says_comes_with_the_sound(tts: kouji.Session, her: Sound) -> None:
    speech = tts.synthesize("Hello.", reference_audio=(her[0][: 2 * 16000], 16000))
    assert [notice.code for notice in speech.notices] == ["clip_length"]
    assert str(speech.metadata["voice"]).startswith("clip:")


def test_a_registered_voice_speaks_in_every_session_and_says_the_same(tts: kouji.Session, ann: str, her: Sound) -> None:
    speech = tts.synthesize(TEXT, voice=ann)
    assert speech.metadata["voice"] == "ann"
    again = kouji.Session(tts.card, tts.settings).synthesize(TEXT, speaker_id=ann)
    np.testing.assert_array_equal(again.samples, speech.samples)
    assert likeness(speech, her) > 0.6
    assert tts.library.events("ann")[0].action == "use"


def test_without_consent_a_voice_lives_in_its_session_alone(tts: kouji.Session, him: Sound) -> None:
    before = len(tts.library.voices())
    tts.register_speaker("guest", tts.encode_speaker(him))
    assert tts.synthesize("Hello.", voice="guest").metadata["voice"] == "guest"
    assert len(tts.library.voices()) == before
    with pytest.raises(UnknownName):
        kouji.Session(tts.card, tts.settings).synthesize("Hello.", voice="guest")
    with pytest.raises(AlreadyExists):
        tts.register_speaker("guest", tts.encode_speaker(him))


def test_a_voice_of_somebody_else_or_built_in_cannot_be_renamed_over(tts: kouji.Session, him: Sound, ann: str) -> None:
    speaker = tts.encode_speaker(him)
    for name, consent in (("female_1", None), ("female_1", CONSENT), (ann, CONSENT)):
        with pytest.raises(AlreadyExists):
            tts.register_speaker(name, speaker, consent)
    with pytest.raises(InvalidInput, match="no consent"):
        tts.register_speaker("x", speaker, "yes")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="encode_speaker"):
        tts.register_speaker("x", speaker.embedding)  # type: ignore[arg-type]


def test_an_unregistered_clip_leaves_nothing_on_the_disk_but_a_line_in_the_log(her: Sound, tmp_path: Path) -> None:
    tts = kouji.Session(engines.card("native"), config.Config(home=str(tmp_path)))
    tts.synthesize("Hello.", reference_audio=her)
    assert {path.name.split("-")[0] for path in tmp_path.rglob("*") if path.is_file()} == {"kouji.db"}
    (event,) = tts.library.events()
    assert (event.action, event.voice, event.details["engine"]) == ("use", "", "native")


def test_a_protected_voice_is_refused_also_when_it_was_heard_before(him: Sound, tmp_path: Path) -> None:
    tts = kouji.Session(engines.card("native"), config.Config(home=str(tmp_path)))
    tts.synthesize("Hello.", reference_audio=him)
    tts.library.protect("Him", him)
    for attempt in (lambda: tts.synthesize("Hello.", reference_audio=him), lambda: tts.encode_speaker(him)):
        with pytest.raises(NotPermitted, match="Him"):
            attempt()


def test_a_revoked_voice_is_silent_at_once(tts: kouji.Session, him: Sound) -> None:
    tts.register_speaker("bob", tts.encode_speaker(him), CONSENT)
    tts.synthesize("Hello.", voice="bob")
    kouji.Session(tts.card, tts.settings).library.revoke("bob")  # from elsewhere
    with pytest.raises(NotPermitted, match="revoked"):
        tts.stream("Hello.", voice="bob")


def test_an_exported_voice_sounds_the_same_in_another_house(tts: kouji.Session, ann: str, tmp_path: Path) -> None:
    data = tts.casting.export(ann)
    said = tts.synthesize("Hello.", voice=ann).samples
    for trusted in (False, True):
        other = kouji.Session(tts.card, config.Config(home=str(tmp_path / str(trusted))))
        other.casting.import_(data, trusted=trusted)
        assert bool(list(tmp_path.glob(f"{trusted}/conditionings/*/*.npz"))) == trusted
        np.testing.assert_array_equal(other.synthesize("Hello.", voice=ann).samples, said)


def test_a_hot_voice_takes_about_as_long_as_a_built_in_one(tts: kouji.Session, ann: str, her: Sound) -> None:
    from time import process_time

    samples = np.tile(her[0], 2)[: 8 * 16000]
    before = process_time()
    tts.casting.add("eight", [(samples, 16000)], CONSENT)
    assert process_time() - before < 10  # it takes 0.7 s: the bound tells of an encoder loaded or a clip read anew
    tts.library.remove("eight")

    def spent(voice: str) -> float:
        before = process_time()
        tts.synthesize(TEXT, voice=voice)
        return process_time() - before

    both = [(spent(ann), spent("english_1")) for _ in range(5)]
    assert min(a for a, _ in both) < 2 * min(b for _, b in both)  # learning the voice anew takes ten times as long


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"voice": "female_1", "speaker_id": "female_1"}, InvalidInput),
        ({"speaker_id": "female_1", "reference_audio": "a.wav"}, InvalidInput),
        ({"reference_audio": "a.wav", "speaker_reference": "a.wav"}, InvalidInput),
        ({"reference_audio": "no such.wav"}, InvalidInput),
        ({"reference_audio": b""}, InvalidInput),
        ({"reference_audio": None}, InvalidInput),
        ({"reference_audio": (np.zeros(48000, np.float32), 16000)}, InvalidInput),
        ({"reference_text": "hello"}, InvalidInput),
        ({"speaker_id": 7}, InvalidInput),
        ({"voice": "../../etc/passwd"}, UnknownName),
        ({"speaker_id": "nobody"}, UnknownName),
    ],
)
def test_a_voice_that_cannot_speak_is_told_before_any_sound(
    tts: kouji.Session, arguments: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        tts.stream("Hello.", **arguments)  # type: ignore[arg-type]


def test_a_voice_of_the_settings_gives_way_to_a_clip(tts: kouji.Session, him: Sound, tmp_path: Path) -> None:
    other = kouji.Session(tts.card, config.Config(home=str(tmp_path), voice="female_1"))
    assert other.synthesize("Hello.").metadata["voice"] == "female_1"
    assert str(other.synthesize("Hello.", reference_audio=him).metadata["voice"]).startswith("clip:")


def test_an_engine_that_cannot_learn_voices_says_which_can(her: Sound, tmp_path: Path) -> None:
    parrot = kouji.Session(engines.card("parrot"), config.Config(home=str(tmp_path)))
    with pytest.raises(UnsupportedControl, match="native"):
        parrot.synthesize("Hello.", reference_audio=her)
    with pytest.raises(UnsupportedControl, match="native"):
        parrot.encode_speaker(her)


def test_built_in_voices_speak_without_any_database(tmp_path: Path) -> None:
    tts = kouji.Session(engines.card("parrot"), config.Config(home=str(tmp_path), database="nonsense"))
    out = io.BytesIO()
    tts.synthesize("Hello.").save(out, "wav")
    assert list(tmp_path.iterdir()) == []


def test_a_voice_of_another_engine_is_not_suggested_for_itself(tts: kouji.Session) -> None:
    with pytest.raises(UnknownName, match=r"no voice called 'polly'\. It is one of the engine 'parrot'"):
        tts.synthesize("Hello.", voice="polly")


def test_words_of_which_only_a_part_is_heard_are_refused(tts: kouji.Session, her: Sound) -> None:
    samples, rate = her
    long = np.resize(samples, 35 * rate), rate
    assert tts.encode_speaker(long).transcript == ""
    with pytest.raises(InvalidInput, match="the transcript does not fit"):
        tts.encode_speaker(long, "All that is said in 35 seconds.")
    with pytest.raises(InvalidInput, match="the transcript does not fit"):
        tts.casting.add("longer", [long, her], CONSENT, transcript="And more.")
    assert tts.encode_speaker(her, "What she says.").transcript == "What she says."
