"""The official numbers of ChatTTS's networks: same weights in, same numbers out.

Tolerances are those of the cases' description: float32, another order of summation; integers are exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from kouji.engines.chattts import gfsq, mel, sampling, speaker, spectrum
from kouji.engines.chattts.gpt import KVCache
from kouji.engines.chattts.torch_stages import projections
from kouji_parity import ROOT, Case, cases

Network = Callable[[str], Any]


def tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array))


def close(ours: Any, theirs: np.ndarray, atol: float) -> None:
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=0, atol=atol)


def mel_tolerance(case: Case) -> float:
    return 1e-3 if "full" in case.path.parts else 1e-4


@pytest.mark.parametrize("case", cases("chattts/*/embed"))
def test_rows(case: Case, network: Network) -> None:
    model, ids, is_text = network("embed"), tensor(case["input_ids"]), tensor(case["text_mask"])
    ours = torch.where(is_text[..., None], model.text(ids[..., 0]), model.codes(ids.clamp(max=model.n_codes - 1)))
    close(ours, case["emb"], 1e-6)
    where = (case["input_ids"][..., 0] == int(case["spk_emb_ids"])) & case["text_mask"]
    ours[tensor(where)] = tensor(speaker.unit(case["spk_emb_f16"]).astype(np.float32))
    close(ours, case["emb_with_spk"], 1e-6)


@pytest.mark.parametrize("case", cases("chattts/*/gpt_prefill"))
def test_the_prompt(case: Case, network: Network) -> None:
    model, heads, there = network("gpt"), network("embed"), tensor(case["attention_mask"]).bool()
    cache = KVCache(model.config, there)
    close(torch.where(there, cache.places(there.shape[1]), 1), case["position_ids"], 0)
    hidden = model(tensor(case["inputs_embeds"]), cache)
    close(hidden[there], case["hidden"][there.numpy()], 1e-4)
    stride = int(case["text_logits_stride"])
    close(heads.text_logits(hidden[:, -1])[:, ::stride], case["text_logits_last"], 1e-3)
    close(heads.code_logits(hidden[:, -1]), case["code_logits_last"], 1e-3)


@pytest.mark.parametrize("case", cases("chattts/*/processors"))
def test_probabilities(case: Case) -> None:
    for row in json.loads(str(case["cases_json"])):
        how = sampling.Sampling(row["temperature"], row["top_p"], row["top_k"], row["repetition_penalty"])
        said = case["history"][:, : row["history_used"]]
        for name, end in ((f"probs_{row['case']}", None), (f"probs_noeos_{row['case']}", 625)):
            ours = sampling.probabilities(case["logits"], said, how, end)
            assert ((ours > 0) == (case[name] > 0)).all(), name
            close(ours, case[name], 1e-6)


@pytest.mark.parametrize("case", cases("chattts/*/gfsq"))
def test_the_quantiser(case: Case, network: Network) -> None:
    groups = projections(network("dvae"))
    for row, codes in zip(case["x"], case["codes"], strict=True):
        assert (gfsq.encode(row, groups) == codes).all()
    stride = int(case["feat_channel_stride"])
    for ids, theirs in zip(case["ids"], case["feat"], strict=True):
        close(gfsq.decode(ids, groups)[::stride], theirs, 1e-5)


@pytest.mark.parametrize("case", cases("chattts/gfsq_library_variants"))
@pytest.mark.parametrize(("letter", "release"), [("a", "1.18.0"), ("b", "1.18.5"), ("c", "1.26")])
def test_the_rules_of_other_releases(case: Case, letter: str, release: str) -> None:
    from .conftest import built

    groups, rule = projections(built("dvae", case.path.parent / "tiny")), gfsq.RULES[release]
    assert (gfsq.encode(case["x"][0], groups, rule) == case[f"codes_{letter}"][0]).all()
    close(gfsq.decode(case["ids"][0], groups, rule), case[f"feat_{letter}"][0], 1e-5)


@pytest.mark.parametrize("case", cases("chattts/*/dvae_encode", "chattts/*/dvae_encode_short"))
def test_sound_to_codes(case: Case, network: Network) -> None:
    model, found = network("dvae"), mel.log_mel(case["wav"])
    encoded = model.encode(tensor(found)[None])
    if "log_mel" in case.arrays:
        close(found, case["log_mel"], 1e-4)
        close(encoded[:, :: int(case["encoded_stride"])], case["encoded"], 1e-3)
    assert (gfsq.encode(encoded[0].numpy(), projections(model)) == case["codes"]).all()


@pytest.mark.parametrize("case", cases("chattts/*/dvae_decode", "chattts/*/dvae_decode_batch"))
def test_codes_to_mel(case: Case, network: Network) -> None:
    model = network("dvae")
    for codes, theirs in zip(case["ids"], case["mel"], strict=True):
        features = gfsq.decode(codes, projections(model))
        close(model.to_mel(tensor(features)[None])[0], theirs, mel_tolerance(case))


@pytest.mark.parametrize("case", cases("chattts/*/decoder"))
def test_hidden_states_to_mel(case: Case, network: Network) -> None:
    close(network("decoder").to_mel(tensor(case["hiddens"])), case["mel"], mel_tolerance(case))


@pytest.mark.parametrize("case", cases("chattts/*/vocos"))
def test_mel_to_sound(case: Case, network: Network) -> None:
    model, heard, stride = network("vocos"), tensor(case["mel"]), int(case["stride"])
    close(model.backbone(heard)[..., ::stride], case["backbone"], 1e-3)
    drawn = model(heard)
    close(drawn[..., ::stride], case["head_out"], 1e-3)
    close(spectrum.overlapped(drawn[0].numpy()), case["wav"][0], 1e-4)


def test_the_folder_of_the_chattts_parity_cases_is_there() -> None:
    assert (ROOT / "chattts").is_dir()
