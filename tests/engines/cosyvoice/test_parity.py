"""The official numbers of CosyVoice: same weights and same noise in, same numbers out.

Tolerances are those of the cases' description: float32, another order of summation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from kouji.engines.cosyvoice import cfm, flow, sampling, source
from kouji.engines.cosyvoice.config import n_frames
from kouji.engines.cosyvoice.encoder import KVCache
from kouji_parity import Case, cases

Network = Callable[[str], Any]


def tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array))


def close(ours: Any, theirs: np.ndarray, atol: float) -> None:
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("case", cases("cosyvoice/*/text_encoder"))
def test_the_text_encoder(case: Case, network: Network) -> None:
    model = network("llm")
    ids = tensor(case["text"][0])
    embedded = model.text_embedding(ids)
    close(embedded[-case["embedded"].shape[1] :] if len(embedded) == len(case["embedded"][0]) else embedded[:2],
          case["embedded"][0], 0)  # fmt: skip
    close(model.text_encoder(embedded[None]), case["encoder_out"], 1e-4)
    close(model.encode_text(ids), case["out"][0], 1e-4)


def lm_rows(case: Case, model: Any) -> Tensor:
    text = model.encode_text(tensor(np.concatenate([case["prompt_text"][0], case["text"][0]])))
    speaker = tensor(case["spk_embedding"][0]) if len(case["spk_embedding"]) else None
    return model.rows(text, speaker, tensor(case["prompt_speech"][0]))


def greedy(model: Any, rows: Tensor, n_text: int, n_most: int) -> tuple[list[int], list[np.ndarray]]:
    """Tokens and log-probabilities, by the rules of length."""
    cache, end = KVCache(model.config.lm.n_layers), model.config.n_codes
    tokens: list[int] = []
    seen = []
    while len(tokens) < min(20 * n_text, n_most):
        log_probs = model(rows, cache)
        if len(tokens) < 2 * n_text:
            log_probs[end] = -torch.inf
        seen.append(log_probs.numpy())
        token = int(log_probs.argmax())
        if token == end:
            break
        tokens.append(token)
        rows = model.speech_embedding(torch.tensor([token]))
    return tokens, seen


@pytest.mark.parametrize("case", cases("cosyvoice/*/lm_zero_shot", "cosyvoice/*/lm_sft", "cosyvoice/*/lm_instruct"))
def test_the_language_model(case: Case, network: Network) -> None:
    model = network("llm")
    rows = lm_rows(case, model)
    close(rows, case["lm_input"][0], 1e-4)
    cache, layers = KVCache(model.config.lm.n_layers), []
    close(model.llm(rows[None], cache, layers), case["prefill_hidden"], 2e-4)
    if "layer_out" in case.arrays:
        close(torch.cat(layers), case["layer_out"], 1e-4)
        for number, theirs in enumerate(case["kv"]):
            close(torch.cat(cache[number], -1)[0], theirs, 1e-4)
    else:
        close(torch.stack([layer[0, -1] for layer in layers]), case["layer_out_last"], 2e-4)
        close(torch.cat(cache[0], -1)[0, 0], case["kv_0_0"], 1e-4)
        close(torch.cat(cache[len(layers) - 1], -1)[0, -1], case["kv_last"], 2e-4)
    tokens, seen = greedy(model, rows, case["text"].shape[1], len(case["tokens"]))
    assert tokens == case["tokens"].tolist()
    close(np.stack(seen), case["logp"], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/lm_length"))
@pytest.mark.parametrize(("bias", "expected"), [(60, "tokens_eos_high"), (-60, "tokens_eos_low")])
def test_the_shortest_and_the_longest_speech(case: Case, network: Network, bias: float, expected: str) -> None:
    model = network("llm")
    before = model.llm_decoder.bias.data.clone()
    model.llm_decoder.bias.data[-1] = bias
    try:
        tokens, _ = greedy(model, lm_rows(case, model), case["text"].shape[1], 1000)
    finally:
        model.llm_decoder.bias.data.copy_(before)
    assert tokens == case[expected].tolist()


@pytest.mark.parametrize("case", cases("cosyvoice/*/ras"))
def test_repetition_aware_sampling(case: Case) -> None:
    for row, log_probs in enumerate(case["logp"]):
        log_probs = log_probs.copy()
        if case["eos_ignored"][row]:
            log_probs[-1] = -np.inf
        said = [int(token) for token in case["decoded"][row] if token >= 0]
        kept, probs = sampling.nucleus(log_probs)
        assert kept.tolist() == [token for token in case["candidates"][row].tolist() if token >= 0]
        close(probs, case["candidate_p"][row][: len(kept)], 1e-6)
        assert sampling.repetition_aware(log_probs, said, case["u"][row]) == case["out"][row]


def conditions(case: Case, model: Any, codes: np.ndarray, n_prompt: int, frames: int) -> cfm.Conditions:
    """What the flow is told of codes (prompt first), for a prompt mel of the case."""
    prompt = case["prompt_feat"][0]
    rows = model.encode(tensor(codes).clamp(min=0))
    mu = model.regulate(rows, n_prompt, len(prompt), frames).numpy()
    cond = np.zeros_like(mu)
    cond[:, : len(prompt)] = prompt.T
    return cfm.Conditions(mu, model.speaker(tensor(case["spk_embedding"][0])).numpy(), cond)


def velocity(model: Any) -> cfm.Velocity:
    def field(*arrays: np.ndarray) -> np.ndarray:
        x, mu, time, speaker, cond = map(tensor, arrays)
        return model.unet(x, torch.ones_like(x[:, :1]), mu, time, speaker, cond).numpy()

    return field


@pytest.mark.parametrize("case", cases("cosyvoice/*/flow_*prompt", "cosyvoice/*/flow_short"))
def test_the_flow(case: Case, network: Network) -> None:
    model = network("flow")
    n_prompt, n_new = case["prompt_token"].shape[1], case["token"].shape[1]
    codes = np.concatenate([case["prompt_token"][0], case["token"][0]])
    hidden = model.encoder(model.input_embedding(tensor(codes))[None])
    close(hidden, case["encoder_out"], 1e-4)
    close(model.encode(tensor(codes)), case["encoder_proj"][0], 1e-4)
    told = conditions(case, model, codes, n_prompt, n_frames(n_new))
    close(told.mu.T, case["mu"][0], 1e-5)
    mel = cfm.solve(velocity(model), case["z"][0], told, cfm.cosine_schedule())
    close(mel[:, case["prompt_feat"].shape[1] :], case["mel"][0], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/regulator"))
@pytest.mark.parametrize("name", ["stretch", "squeeze", "short", "formula"])
def test_the_length_regulator_gives_any_length(case: Case, network: Network, name: str) -> None:
    model = network("flow")
    prompt, rows = tensor(case[f"{name}_x1"]), tensor(case[f"{name}_x2"])
    frames = flow.to_frames(prompt, rows, *case[f"{name}_len"].tolist())
    close(model.length_regulator(frames), case[f"{name}_out"], 1e-5)


@pytest.mark.parametrize("case", cases("cosyvoice/*/unet_even", "cosyvoice/*/unet_odd"))
def test_the_velocity_field(case: Case, network: Network) -> None:
    unet = network("flow").unet
    inputs = [tensor(case[name]) for name in ("x", "mask", "mu", "t", "spks", "cond")]
    close(unet.embed_time(inputs[3]), case["time"], 1e-4)
    close(unet(*inputs), case["out"], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/cfm"))
def test_the_flow_is_followed_step_by_step(case: Case, network: Network) -> None:
    times = cfm.cosine_schedule()
    close(times, case["t_span"], 1e-6)
    told = cfm.Conditions(case["mu"][0], case["spks"][0], case["cond"][0])
    field, seen = velocity(network("flow")), []

    def watched(x: np.ndarray, *rest: np.ndarray) -> np.ndarray:
        seen.append(x[0])
        return field(x, *rest)

    close(cfm.solve(watched, case["z"][0], told, times), case["out"][0], 1e-4)
    close(seen[1], case["x_1"][0], 1e-4)
    close(seen[5], case["x_5"][0], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/f0"))
def test_the_pitch(case: Case, network: Network) -> None:
    close(network("hift").f0_predictor(tensor(case["mel"])), case["f0"], 1e-2)


def phases(uniform: np.ndarray) -> np.ndarray:
    phase = (-np.pi + 2 * np.pi * uniform.reshape(-1)).astype(np.float32)
    phase[0] = 0
    return phase


def excitation(case: Case, model: Any, f0: np.ndarray, name: str) -> Tensor:
    noise = case.noise(f"{name}/sine", (1, 9, 256 * len(f0)))[0]
    waves = source.harmonics(f0, phases(case.noise(f"{name}/phase", (1, 9, 1))), noise)
    return model.m_source(tensor(waves))


@pytest.mark.parametrize("case", cases("cosyvoice/*/source"))
def test_the_source(case: Case, network: Network) -> None:
    f0, model = case["f0"][0], network("hift")
    noise = case.noise("source/sine", (1, 9, 256 * len(f0)))[0]
    close(noise[:, : case["sine_noise"].shape[2]], case["sine_noise"][0], 0)
    waves = source.harmonics(f0, phases(case["phase_u"]), noise)
    close(waves[: case["sine_waves"].shape[1]], case["sine_waves"][0], 1e-4)
    close(excitation(case, model, f0, "source"), case["source"][0, :, 0], 1e-4)
    close(np.repeat(f0 > source.VOICED_ABOVE, 256), case["uv"][0, :, 0], 0)


@pytest.mark.parametrize("case", cases("cosyvoice/*/hift_decode", "cosyvoice/*/hift_parametrized"))
def test_the_vocoder_on_a_given_source(case: Case, network: Network) -> None:
    maps: dict[str, Tensor] = {}
    model = network("hift" if case.name == "hift_decode" else case.name)
    close(model.decode(tensor(case["mel"][0]), tensor(case["source"].reshape(-1)), maps), case["wave"][0], 1e-5)
    for name, ours in maps.items():
        if name in case.arrays:
            close(ours, case[name], 1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/*/hift", "cosyvoice/*/hift_cache"))
def test_the_vocoder_from_the_mel_alone(case: Case, network: Network) -> None:
    model = network("hift")
    f0 = model.f0_predictor(tensor(case["mel"]))[0].numpy()
    excited = excitation(case, model, f0, case.name)
    if "cache_source" in case.arrays:
        kept = case["cache_source"].reshape(-1)
        excited[: len(kept)] = tensor(kept)
    wave = model.decode(tensor(case["mel"][0]), excited).numpy()
    assert np.corrcoef(wave, case["wave"][0])[0, 1] > 0.999
