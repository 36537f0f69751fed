"""Same weights and inputs as the official modules, same numbers."""

from __future__ import annotations

import zlib
from copy import deepcopy
from functools import lru_cache

import numpy as np
import pytest
import torch
from torch import Tensor

from kouji.audio import fbank, sinc, vocoder_mel
from kouji.engines.indextts2 import features, weights
from kouji.engines.indextts2.bigvgan import BigVGAN, BigVGANConfig
from kouji.engines.indextts2.codec import CodecConfig, SemanticCodec
from kouji.engines.indextts2.config import ModelConfig
from kouji.engines.indextts2.dit import DiT
from kouji.engines.indextts2.emotion import Exemplars
from kouji.engines.indextts2.encoders import Encoders
from kouji.engines.indextts2.flow import solve
from kouji.engines.indextts2.gpt import GPT
from kouji.engines.indextts2.regulator import LengthRegulator, RegulatorConfig, latent_projection, natural_frames
from kouji.engines.indextts2.sampling import Limits, Sampling, generate
from kouji.engines.indextts2.steps import stepper
from kouji.engines.indextts2.w2vbert import W2vBert, W2vBertConfig
from kouji.layers.campplus import CAMPPlus, CAMPPlusConfig
from kouji_parity import SALT, Case, cases, thinned

from . import parity_sizes as sizes
from .parity_sizes import official, tensor

pytestmark = pytest.mark.usefixtures("no_gradients")


def assert_near(got: Tensor | np.ndarray, case: Case, name: str, tolerance: float = 1e-4) -> None:
    """Within the tolerance of the largest number; a case of the official size may hold every n-th of an axis.

    1e-4 (tiny) and 1e-3 (full) are what the makers of the cases suggest for float32; most arrays agree to 2e-6.
    """
    got, expected = np.asarray(got), case[name]
    if expected.dtype.kind in "iu":
        np.testing.assert_array_equal(got, expected)
        return
    got = thinned(got, expected.shape)
    largest = np.abs(expected).max()
    if "full" in case.path.parts:
        tolerance *= 10
    np.testing.assert_allclose(got / largest, expected / largest, rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", cases("indextts2/*/w2vbert"))
def test_semantic_features_are_the_official_ones(case: Case) -> None:
    config = case.json()["config"]
    size = W2vBertConfig(
        config["feature_projection_input_dim"],
        config["hidden_size"],
        config["intermediate_size"],
        config["num_attention_heads"],
    )
    network = weights.filled(
        lambda: W2vBert(size), official(case, "w2vbert.tensors.json", weights.W2VBERT_NAMES), str(case)
    )
    stats = features.Statistics(case["stat_mean"], np.sqrt(case["stat_var"]))
    for suffix in ("", "_padded"):
        hidden = network(tensor(case, "input_features"), tensor(case, f"attention_mask{suffix}").bool())
        assert_near(hidden, case, f"hidden17{suffix}")
        assert_near(stats.normalized(hidden), case, f"features{suffix}")


@pytest.mark.parametrize("case", cases("indextts2/*/frontend"))
def test_sound_is_prepared_as_officially(case: Case) -> None:
    def near(got: np.ndarray, name: str, tolerance: float) -> None:
        np.testing.assert_allclose(got, case[name], rtol=0, atol=tolerance)

    near(sinc.resample(case["wave_24k"], 24000, 22050), "wave_24k_to_22050", 1e-4)
    heard = sinc.resample(case["wave_24k"], 24000, 16000)
    near(heard, "wave_24k_to_16000", 1e-4)
    near(sinc.resample(case["wave_44100"], 44100, 22050), "wave_44100_to_22050", 1e-4)
    near(sinc.resample(case["wave_24k_to_22050"], 22050, 16000), "wave_22050_to_16000", 1e-4)
    near(vocoder_mel.log_mel(case["wave_24k_to_22050"], 11025.0)[None], "logmel_22050", 1e-3)
    bands = fbank.fbank(heard)
    near(bands, "fbank_16k", 1e-2)
    near(fbank.without_mean(bands), "fbank_16k_mean_removed", 1e-2)
    for kind in ("odd", "even"):
        frames, mask = features.stacked_bands(case[f"w2v_wave_{kind}"])
        near(frames[None], f"w2v_features_{kind}", 1e-3)
        near(mask[None], f"w2v_mask_{kind}", 0)


@pytest.mark.parametrize("case", cases("indextts2/*/codec"))
def test_codes_are_the_official_ones(case: Case) -> None:
    config = case.json()["config"]
    size = CodecConfig(
        config["codebook_size"], config["codebook_dim"], config["hidden_size"], config["vocos_dim"],
        config["vocos_intermediate_dim"], config["vocos_num_layers"],
    )  # fmt: skip
    network = weights.filled(
        lambda: SemanticCodec(size), official(case, "codec.tensors.json", weights.CODEC_NAMES), str(case)
    )
    codes = network.encode(tensor(case, "features"))
    assert_near(codes, case, "codes_from_features")
    assert_near(network.embed(codes), case, "quantized")
    assert_near(network.embed(tensor(case, "codes")), case, "embedding")


@pytest.mark.parametrize("case", cases("indextts2/*/campplus"))
def test_the_speaker_embedding_is_the_official_one(case: Case) -> None:
    config = case.json()["config"]
    size = CAMPPlusConfig(
        config["feat_dim"], config["embedding_size"], config.get("growth_rate", 32), config.get("bn_size", 4),
        config.get("init_channels", 128),
    )  # fmt: skip
    network = weights.filled(lambda: CAMPPlus(size), official(case, "campplus.tensors.json", ()), str(case))
    assert_near(network(tensor(case, "fbank")), case, "embedding")
    bands = fbank.without_mean(fbank.fbank(case["wave_16k"]))
    assert_near(network(torch.from_numpy(bands)[None]), case, "embedding_from_wave")


@pytest.mark.parametrize("case", cases("indextts2/*/conditioning"))
def test_speaker_and_emotion_are_the_official_ones(case: Case) -> None:
    network = _encoders(case)
    assert_near(network.conditioning_encoder(tensor(case, "spk_features")), case, "conformer_out")
    assert_near(network.speaker(tensor(case, "spk_features"))[None], case, "cond_latents")
    heard = network.emo_conditioning_encoder(tensor(case, "emo_features"))
    assert_near(heard, case, "emo_conformer_out")
    assert_near(network.emo_perceiver_encoder(heard)[:, 0], case, "emo_perceiver_out")
    base, other = network.emotion(tensor(case, "spk_features")), network.emotion(tensor(case, "emo_features"))
    assert_near(other[None], case, "emovec")
    assert_near(base[None], case, "base_emovec")
    assert_near((base + 0.6 * (other - base))[None], case, "merged_emovec_alpha06")
    exemplars = Exemplars(case["feat1"], _feat2(case), tuple(case["emo_num"].tolist()))
    rows = exemplars.chosen(case["style"][0])
    starts = np.cumsum(exemplars.counts) - exemplars.counts
    assert_near(rows - starts, case, "selected")
    mixed = exemplars.mixed(case["emo_vector"], rows, case["merged_emovec_alpha06"][0])
    assert_near(mixed[None], case, "final_emovec")


@pytest.mark.parametrize("case", cases("indextts2/*/gpt"))
def test_the_gpt_chooses_the_official_codes(case: Case) -> None:
    network, prompt = _gpt(case), _prompt(case)
    assert_near(prompt, case, "prompt_embeds")
    limits = Limits(network.config.start_code, network.config.stop_code, 20)

    def chosen(sampling: Sampling) -> np.ndarray:
        rows = iter(_gumbel(network.config.n_codes))
        step = stepper(network, network.start(prompt))
        return generate(step, sampling, limits, lambda n: next(rows)[:n])

    for name, sampling in {
        "greedy20": Sampling(is_drawn=False, n_beams=1, repetition_penalty=1.0),
        "greedy20_rep10": Sampling(is_drawn=False, n_beams=1),
        "beam3_rep10_lp0": Sampling(is_drawn=False),
        "beam_sample_gumbel": Sampling(),
        "beam_sample_gumbel_hot": Sampling(temperature=2.5, top_k=40, top_p=0.95, repetition_penalty=1.5),
        "sample_gumbel": Sampling(n_beams=1),
    }.items():
        expected = case[name][0]
        np.testing.assert_array_equal(chosen(sampling), expected[expected != limits.stop], name)


@pytest.mark.parametrize("case", cases("indextts2/*/gpt"))
def test_the_gpt_thinks_the_official_logits_in_both_ways_to_count_positions(case: Case) -> None:
    network, prompt = _gpt(case), _prompt(case)
    given = [network.config.start_code, *case["greedy20"][0, :-1].tolist()]
    for name, skips in (("logits_teacher", True), ("logits_plain_positions", False)):
        step = stepper(network, network.start(prompt), skips)
        logits = [step(np.array([code]), n, np.zeros(1, np.int64)) for n, code in enumerate(given)]
        if name == "logits_teacher":
            assert_near(logits[0], case, "logits_first")
        assert_near(np.stack(logits, 1), case, name)


@pytest.mark.parametrize("case", cases("indextts2/*/latent"))
def test_latents_are_the_official_ones(case: Case) -> None:
    network = _gpt(case)
    prompt = network.prompt(_speaker(case), tensor(case, "emovec")[0], tensor(case, "text_ids")[0])
    assert_near(network.latents(tensor(case, "codes")[0], network.start(prompt)), case, "latent")


@pytest.mark.parametrize("case", cases("indextts2/*/regulator"))
def test_codes_become_as_many_frames_as_officially(case: Case) -> None:
    config, depth = case.json()["config"], _depth(case)
    state = official(case, "s2mel.tensors.json", weights.s2mel_names(depth))
    size = RegulatorConfig(config["in_channels"], config["channels"], len(config["sampling_ratios"]))
    regulator = weights.filled(lambda: LengthRegulator(size), _part(state, "length_regulator."), str(case))
    projection = weights.filled(latent_projection, _part(state, "gpt_layer."), str(case))
    projected = projection(tensor(case, "latent"))
    assert_near(projected, case, "gpt_layer_out")
    x = tensor(case, "code_embedding") + projected
    n_frames = int(case["target_length"][0])
    assert natural_frames(x.shape[1]) == n_frames
    assert_near(regulator(x, n_frames), case, "cond")
    assert_near(regulator(x, 61), case, "cond_stretch")
    assert_near(regulator(x, 30), case, "cond_shrink")
    prompt = regulator(tensor(case, "prompt_features"), int(case["prompt_frames"][0]))
    assert_near(prompt, case, "prompt_cond")


@pytest.mark.parametrize("case", cases("indextts2/*/dit"))
def test_the_velocity_is_the_official_one(case: Case) -> None:
    estimator = _estimator(case)
    prompt, mu, speaker = tensor(case, "prompt_mel"), tensor(case, "mu"), tensor(case, "style")
    x = tensor(case, "noise").clone()
    x[..., : prompt.shape[2]] = 0
    known = torch.zeros_like(x)
    known[..., : prompt.shape[2]] = prompt
    context = [estimator.context(known, mu, speaker), estimator.context(*map(torch.zeros_like, (known, mu, speaker)))]
    with_conditions, without = estimator(
        x.expand(2, -1, -1),
        torch.cat(context),
        estimator.times(tensor(case, "t")),
        0,
        estimator.turns(x.shape[2]),
    ).split(1)
    assert_near(with_conditions, case, "velocity_cond")
    assert_near(without, case, "velocity_uncond")
    assert_near(1.7 * with_conditions - 0.7 * without, case, "velocity_cfg07")


@pytest.mark.parametrize("case", cases("indextts2/*/cfm"))
@pytest.mark.parametrize("is_tiled", [False, True], ids=["plain", "tiled"])
def test_the_flow_ends_at_the_official_mel(case: Case, is_tiled: bool) -> None:
    estimator = _estimator(case)
    if is_tiled:
        estimator = deepcopy(estimator)
        estimator.wavenet.tile()
    given = [tensor(case, name) for name in ("noise", "mu", "prompt_mel", "style")]
    for name, n_timesteps, cfg_rate in (("mel_25_cfg07", 25, 0.7), ("mel_4_cfg07", 4, 0.7), ("mel_10_nocfg", 10, 0.0)):
        assert_near(solve(estimator, *given, n_timesteps, cfg_rate), case, name, tolerance=5e-4)


@pytest.mark.parametrize("case", cases("indextts2/*/bigvgan"))
def test_the_vocoder_makes_the_official_samples(case: Case) -> None:
    size = BigVGANConfig(width=case.json()["config"]["upsample_initial_channel"])
    network = weights.filled(
        lambda: BigVGAN(size), official(case, "bigvgan.tensors.json", weights.BIGVGAN_NAMES), str(case)
    )
    assert_near(network(tensor(case, "mel"))[:, None], case, "wave", tolerance=5e-4)


# ---- networks of a case ----------------------------------------------------------------------------


def _beside(case: Case, name: str) -> Case:
    """Another case of the same folder."""
    return Case(case.path.with_name(f"{name}.npz"))


def _part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _depth(case: Case) -> int:
    return int(_beside(case, "dit").json()["config"]["DiT"]["depth"])


def _encoders(case: Case) -> Encoders:
    size = sizes.encoders(_beside(case, "conditioning").json()["config"])
    return weights.filled(
        lambda: Encoders(size), official(case, "gpt.tensors.json", weights.ENCODER_NAMES), str(case)
    )


@lru_cache(maxsize=1)
def _gpt(case: Case) -> GPT:
    config = ModelConfig(gpt=sizes.gpt(_beside(case, "gpt").json()["config"]))
    return weights.gpt(config, official(case, "gpt.tensors.json", weights.GPT_NAMES), str(case))


@lru_cache(maxsize=1)
def _speaker(case: Case) -> Tensor:
    return _encoders(case).speaker(tensor(_beside(case, "conditioning"), "spk_features"))


def _prompt(case: Case) -> Tensor:
    return _gpt(case).prompt(_speaker(case), tensor(case, "emovec")[0], tensor(case, "text_ids")[0])


@lru_cache(maxsize=1)
def _estimator(case: Case) -> DiT:
    state = _part(official(case, "s2mel.tensors.json", weights.s2mel_names(_depth(case))), "cfm.estimator.")
    size = sizes.dit(_beside(case, "dit").json()["config"])
    return weights.filled(lambda: DiT(size), state, str(case))


def _gumbel(n_codes: int) -> np.ndarray:
    """(20, 3 * n_codes) noise by rule."""
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(b"gpt:gumbel") + SALT))
    uniform = rng.random((20, 3 * n_codes)).clip(1e-9, 1 - 1e-9)
    return -np.log(-np.log(uniform)).astype(np.float32)


def _feat2(case: Case) -> np.ndarray:
    """Emotion vectors of the exemplars; at the official size by rule."""
    if "feat2" in case.arrays:
        return case["feat2"]
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(b"gpt:feat2") + SALT))
    shape = (len(case["feat1"]), case["base_emovec"].shape[1])
    return 0.5 * rng.standard_normal(shape, dtype=np.float32)
