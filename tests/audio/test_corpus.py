"""The corpus reader, and the one rule of what no training may see."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.audio.corpus import Recording, held_out, read_manifest, read_samples

ROW = {
    "id": "x", "path": "a.flac", "start": 0.5, "dur": 0.25, "text": "hello", "language": "en", "speaker": "s",
    "unit": "word", "emotion": "neutral", "licence": "CC0-1.0", "source": "here", "sr_orig": 16000,
}  # fmt: skip


def recording(**changes: str) -> Recording:
    row = {**ROW, **changes}
    return Recording(
        row["id"], Path("a.flac"), 0, 1, row["text"], None, "en", row["speaker"], "word", "neutral", "", "", 8000
    )


@pytest.mark.parametrize(
    ("changes", "kept_back"),
    [
        ({"id": "en-kathleen-arctic_b0400_1592530146"}, True),
        ({"id": "en-kathleen-arctic_b0539_1592524722"}, True),
        ({"id": "en-kathleen-arctic_b0399_1592530146"}, False),
        ({"id": "en-kathleen-arctic_a0450_1592530146"}, False),
        ({"id": "en-asp-0262-03"}, True),
        ({"id": "en-asp-0263-03"}, False),
        ({"id": "en-lj-LJ001-0001"}, True),
        ({"id": "cmn-aishell3-SSB00050112"}, True),
        ({"id": "cmn-aishell3-SSB03070366"}, False),
        ({"speaker": "en_ls2033_m"}, True),
        ({"speaker": "en_ls103_f"}, False),
        ({"speaker": "cmn_yue_tan_f", "text": "东南"}, True),
        ({"speaker": "cmn_yue_tan_f", "text": "西北"}, False),
        ({"speaker": "somebody_else", "text": "东南"}, False),
    ],
)
def test_what_is_held_out(changes: dict[str, str], kept_back: bool) -> None:
    assert held_out(recording(**changes)) is kept_back


def test_both_readings_of_a_text_are_held_out_together() -> None:
    texts = [chr(0x4E00 + i) for i in range(2000)]
    once = [held_out(recording(speaker="cmn_yue_tan_f", text=text, id="one")) for text in texts]
    again = [held_out(recording(speaker="cmn_yue_tan_f", text=text, id="two")) for text in texts]
    assert once == again
    assert 15 < sum(once) < 45  # one in seventy


def test_samples_are_cut_where_the_manifest_says(tmp_path: Path) -> None:
    ramp = np.linspace(0, 0.9, 24000, dtype=np.float32)
    soundfile.write(tmp_path / "a.flac", ramp, 24000, subtype="PCM_24")
    (tmp_path / "manifest.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    (only,) = read_manifest(tmp_path)
    assert read_samples(only) == pytest.approx(ramp[12000:18000], abs=1e-6)
    assert only.bandwidth == 8000


def test_another_sample_rate_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(16000), 16000)
    (tmp_path / "manifest.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="24000"):
        read_samples(read_manifest(tmp_path)[0])
