"""The route of ChatTTS' example server: what its client sends is understood, or refused by name."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest

from kouji import engines
from kouji.errors import InvalidInput
from kouji.serve.chattts import GenerateVoice, asked_of

# As examples/api/client.py of the official repository sends it.
OFFICIAL: dict[str, Any] = {
    "text": ["Hello there.", "Good bye."], "stream": False, "lang": None, "skip_refine_text": True,
    "refine_text_only": False, "use_decoder": True, "audio_seed": 12345678, "text_seed": 87654321,
    "do_text_normalization": True, "do_homophone_replacement": False,
    "params_refine_text": {
        "prompt": "", "top_P": 0.7, "top_K": 20, "temperature": 0.7, "repetition_penalty": 1, "max_new_token": 384,
        "min_new_token": 0, "show_tqdm": True, "ensure_non_empty": True, "stream_batch": 24,
    },
    "params_infer_code": {
        "prompt": "[speed_5]", "top_P": 0.1, "top_K": 20, "temperature": 0.3, "repetition_penalty": 1.05,
        "max_new_token": 2048, "min_new_token": 0, "show_tqdm": True, "ensure_non_empty": True, "stream_batch": True,
        "spk_emb": None,
    },
}  # fmt: skip


def body(**changes: Any) -> dict[str, Any]:
    """For an engine with voices of its own: no speaker is drawn, the sampling is the usual."""
    code = {**OFFICIAL["params_infer_code"], "top_P": 0.7, "spk_emb": "english_1", **changes.pop("code", {})}
    refine = {**OFFICIAL["params_refine_text"], **changes.pop("refine", {})}
    return {**OFFICIAL, "audio_seed": 0, "params_infer_code": code, "params_refine_text": refine, **changes}


def asked(**sent: Any) -> dict[str, Any]:
    return asked_of(GenerateVoice.model_validate(sent), engines.card("chattts")).model_dump(exclude_none=True)


def test_the_official_client_asks_for_its_speaker_its_seed_and_its_sampling() -> None:
    assert asked(**OFFICIAL) == {
        "model": "", "response_format": "mp3", "voice": "seed_12345678", "seed": 87654321, "sampling": {"top_p": 0.1},
    }  # fmt: skip


def test_every_field_that_can_be_honoured_is() -> None:
    speaker = "蘁淰" + "一" * 900
    found = asked(
        text=["你好。"], lang="zh", use_decoder=False, do_text_normalization=False, do_homophone_replacement=True,
        params_refine_text={"prompt": "[oral_2][laugh_0][break_6]"},
        params_infer_code={"spk_emb": speaker, "top_K": 5, "temperature": 0.1, "manual_seed": 7},
    )  # fmt: skip
    assert (found["language"], found["preset"], found["normalize"], found["homophones"]) == ("zh", "codes", "off", True)
    assert (found["voice"], found["refine"]) == (speaker, "[oral_2][laugh_0][break_6]")
    assert found["sampling"] == {"top_k": 5, "temperature": 0.1, "manual_seed": 7}
    assert asked(text=["a"])["refine"] is True


def test_each_text_is_a_file_in_the_zip_as_the_openai_door_says_it(http: httpx.Client) -> None:
    answer = http.post("/generate_voice", json=body())
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], answer.headers["x-dialect"]) == ("application/zip", "chattts")
    assert (answer.headers["x-voice-id"], answer.headers["x-seed"]) == ("english_1", "87654321")
    assert answer.headers["x-marking"] != "none"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["0.mp3", "1.mp3"]
        for name, text in zip(archive.namelist(), OFFICIAL["text"], strict=True):
            same = {"model": "native", "input": text, "voice": "english_1", "seed": OFFICIAL["text_seed"]}
            assert archive.read(name) == http.post("/v1/audio/speech", json={**same, "stream": False}).content


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"stream": True}, "stream"),
        ({"refine_text_only": True}, "refine_text_only"),
        ({"audio_seed": 5, "code": {"spk_emb": None}}, "audio_seed"),
        ({"audio_seed": 5}, "audio_seed"),
        ({"code": {"spk_smp": "x"}}, "params_infer_code.spk_smp"),
        ({"code": {"txt_smp": "x"}}, "params_infer_code.txt_smp"),
        ({"code": {"prompt": "[speed_3]"}}, "params_infer_code.prompt"),
        ({"code": {"max_new_token": 100}}, "params_infer_code.max_new_token"),
        ({"code": {"top_P": 7}}, "params_infer_code.top_P"),
        ({"code": {"unheard_of": 7}}, "params_infer_code.unheard_of"),
        ({"skip_refine_text": False, "refine": {"top_K": 3}}, "params_refine_text.top_K"),
        ({"skip_refine_text": False}, "skip_refine_text"),
        ({"do_homophone_replacement": True}, "do_homophone_replacement"),
        ({"code": {"top_P": 0.1}}, "params_infer_code"),
        ({"text": []}, "text"),
        ({"text": "one"}, "text"),
        ({"text": ["Hello.", " "]}, "input"),
        ({"use_decoder": False}, "use_decoder"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(http: httpx.Client, changes: dict[str, Any], param: str) -> None:
    answer = http.post("/generate_voice", json=body(**changes))
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["param"] == param, error


def test_a_refining_pass_that_is_left_out_may_be_set_as_one_likes(http: httpx.Client) -> None:
    assert http.post("/generate_voice", json=body(refine={"top_K": 3})).status_code == 200


def test_a_speaker_that_is_drawn_and_one_that_is_named_contradict_each_other() -> None:
    with pytest.raises(InvalidInput, match="both name a speaker"):
        asked(text=["a"], audio_seed=3, params_infer_code={"spk_emb": "4"})
