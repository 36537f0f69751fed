"""Both kinds of stages, torch and ONNX Runtime, give the official numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kouji.engines.cosyvoice import cfm, render, streaming
from kouji.engines.cosyvoice.config import n_frames
from kouji.engines.cosyvoice.presets import PRESETS
from kouji.engines.cosyvoice.stages import Stages
from kouji_parity import Case, cases
from kouji_parity.noise import ByRule

Made = Callable[..., Stages]


def close(ours: np.ndarray, theirs: np.ndarray, atol: float) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("case", cases("cosyvoice/*/text_encoder"))
def test_text(case: Case, stages: Made) -> None:
    close(stages("llm").encode_text(case["text"][0]), case["out"][0], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/lm_zero_shot", "cosyvoice/*/lm_sft", "cosyvoice/*/lm_instruct"))
def test_tokens_one_by_one(case: Case, stages: Made) -> None:
    made = stages("llm")
    text = made.encode_text(np.concatenate([case["prompt_text"][0], case["text"][0]]))
    speaker = case["spk_embedding"][0] if len(case["spk_embedding"]) else None
    speaking = made.begin(text, speaker, case["prompt_speech"][0])
    for token, theirs in zip(case["tokens"], case["logp"], strict=True):
        seen = np.isfinite(theirs)
        close(speaking.log_probs[seen], theirs[seen], 1e-4)
        assert int(np.where(seen, speaking.log_probs, -np.inf).argmax()) == token
        speaking.say(int(token))


@pytest.mark.parametrize("case", cases("cosyvoice/*/flow_*prompt", "cosyvoice/*/flow_short"))
def test_mels(case: Case, stages: Made) -> None:
    made = stages("flow")
    n_prompt = case["prompt_token"].shape[1]
    rows = made.encode_codes(np.concatenate([case["prompt_token"][0], case["token"][0]]))
    close(rows, case["encoder_proj"][0], 1e-4)
    prompt = case["prompt_feat"][0]
    mu = made.regulate(rows, n_prompt, len(prompt), n_frames(case["token"].shape[1]))
    close(mu.T, case["mu"][0], 1e-5)
    cond = np.zeros_like(mu)
    cond[:, : len(prompt)] = prompt.T
    told = cfm.Conditions(mu, made.speaker(case["spk_embedding"][0]), cond)
    mel = cfm.solve(made.velocity, case["z"][0], told, cfm.cosine_schedule())
    close(mel[:, len(prompt) :], case["mel"][0], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/unet_even", "cosyvoice/*/unet_odd"))
def test_velocities(case: Case, stages: Made) -> None:
    assert case["mask"].all()
    inputs = [case[name] for name in ("x", "mu", "t", "spks", "cond")]
    close(stages("flow").velocity(*inputs), case["out"], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/f0"))
def test_pitch(case: Case, stages: Made) -> None:
    close(stages("hift").f0(case["mel"][0]), case["f0"][0], 1e-2)


@pytest.mark.parametrize("case", cases("cosyvoice/*/hift_decode"))
def test_samples(case: Case, stages: Made) -> None:
    close(stages("hift").decode(case["mel"][0], case["source"].reshape(-1)), case["wave"][0], 1e-5)


@pytest.mark.parametrize("case", cases("cosyvoice/*/stream"))
def test_a_whole_stream(case: Case, stages: Made) -> None:
    made = stages("flow", "hift")
    prompt = render.Prompt(case["spk_embedding"][0], case["prompt_token"][0], case["prompt_feat"][0])
    levers = PRESETS["upstream-stream"]
    ours = render.Renderer(made, prompt, levers, ByRule(case, numbered=True))
    assert levers.streaming is not None
    wave = np.concatenate(list(streaming.Streamer(ours, levers.streaming).run(case["token"][0].tolist())))
    assert np.corrcoef(wave, case["wave"][0])[0, 1] > 0.999


@pytest.fixture(params=["torch", "onnx"])
def stages(request: pytest.FixtureRequest, case: Case, network: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Only the networks that a test needs are made: those of the official size take time."""

    def made(*names: str) -> Stages:
        from kouji.engines.cosyvoice import convert
        from kouji.engines.cosyvoice.onnx_stages import OnnxStages
        from kouji.engines.cosyvoice.torch_stages import TorchStages
        from kouji.runtime import converted

        if request.param == "torch":
            return TorchStages(*(network(name if name in names else names[0]) for name in ("llm", "flow", "hift")))
        key = (case.path.parent, names)
        if key not in PACKS:
            place = tmp_path_factory.mktemp("onnx")
            for name in names:
                convert.write(network(name), place, int8=False)
            converted.finish(place, int8=False)
            PACKS[key] = OnnxStages(place, 1)
        return PACKS[key]

    return made


PACKS: dict[tuple[Path, tuple[str, ...]], Stages] = {}
