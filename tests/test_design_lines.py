"""The lines of Python that people know from elsewhere run as they stand, on the native engine."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

import kouji
from kouji import engines
from kouji.errors import UnknownName
from kouji.utils import save_wav

DATA = Path(__file__).parent / "data"
LINES = '''
import kouji
tts = kouji.load("native")
speech = tts.synthesize("欢迎来到未来世界。", reference_audio="voice_sample.wav")
kouji.utils.save_wav(speech, "output.wav", sr=24000)
tts.synthesize("这个消息太惊人了!", speaker_reference="zhangsan.wav")
tts.register_speaker("user_001", tts.encode_speaker("new_voice_5s.wav"))
tts.synthesize("你好,我是你的智能助手。", speaker_id="user_001")
'''


def test_the_lines_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, person in (("voice_sample", "female"), ("zhangsan", "male"), ("new_voice_5s", "female")):
        samples, rate = soundfile.read(DATA / f"english_{person}.flac")
        soundfile.write(f"{name}.wav", np.tile(samples, 2)[: 5 * rate], rate)
    exec(LINES, {})
    assert soundfile.info("output.wav").samplerate == 24000
    assert soundfile.info("output.wav").duration > 1


def test_an_engine_by_its_folder(tmp_path: Path) -> None:
    if "indextts2" in engines.names():
        pytest.skip("tested with the engine")
    with pytest.raises(UnknownName, match="indextts2"):
        kouji.IndexTTS2(model_path=tmp_path)


def test_save_wav_is_there() -> None:
    assert kouji.utils.save_wav is save_wav
