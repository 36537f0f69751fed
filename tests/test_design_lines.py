"""The lines of Python that people know from elsewhere run as they stand, on the native engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import kouji
from kouji.cli.main import main
from kouji.errors import MissingWeights
from kouji.utils import save_wav

DATA = Path(__file__).parent / "data"
LINES = '''
import kouji
tts = kouji.load("native")
speech = tts.synthesize("欢迎来到未来世界。", reference_audio="voice_sample.wav",
                        config={"duration_control": "ratio", "duration_ratio": 1.1, "mode": "controlled"})
kouji.utils.save_wav(speech, "output_1.1x.wav", sr=24000)
shocked = tts.synthesize("这个消息太惊人了!", speaker_reference="zhangsan.wav", emotion_reference="lisi_angry.wav",
                         emotion_mode="reference")
strict = tts.synthesize("请你立刻停下来。", speaker_reference="zhangsan.wav", emotion_text="严厉且带有压迫感地命令",
                        emotion_mode="text")
tts.register_speaker("user_001", tts.encode_speaker("new_voice_5s.wav"))
tts.synthesize("你好,我是你的智能助手。", speaker_id="user_001")
'''


def test_the_lines_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clips = {"voice_sample": "female", "zhangsan": "male", "lisi_angry": "female", "new_voice_5s": "female"}
    for name, person in clips.items():
        samples, rate = soundfile.read(DATA / f"english_{person}.flac")
        soundfile.write(f"{name}.wav", np.tile(samples, 2)[: 5 * rate], rate)
    made: dict[str, Any] = {}
    exec(LINES, made)
    told = made["speech"].metadata["duration"]
    assert soundfile.info("output_1.1x.wav").samplerate == 24000
    assert soundfile.info("output_1.1x.wav").duration == pytest.approx(1.1 * told["natural"], abs=0.01)
    assert made["strict"].metadata["emotion"]["angry"] > 0
    assert made["shocked"].metadata["emotion"] == "reference"


def test_an_engine_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOUJI_USE", "research")
    monkeypatch.setenv("KOUJI_HOME", str(tmp_path / "home"))
    assert main(["licences", "accept", "indextts2", "--by", "the tests"]) == 0
    with pytest.raises(MissingWeights, match="gpt"):
        kouji.IndexTTS2(model_path=tmp_path)


def test_save_wav_is_there() -> None:
    assert kouji.utils.save_wav is save_wav
