"""Same weights and inputs as the official modules, same numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from kouji.audio import fbank, sinc
from kouji.engines.gptsovits import bert, eres2net, hubert, spectrogram
from kouji.engines.gptsovits.generation import Bounds, Speaker
from kouji.engines.gptsovits.sampling import Sampling, draw, penalised, probabilities
from kouji.engines.gptsovits.stages import Reader
from kouji.engines.gptsovits.torch_stages import TorchDecoder, TorchReader
from kouji.layers import checkpoint
from kouji_parity import Case, cases, thinned

from .parity_sizes import noise, official, size, sovits, t2s, tensor, version

pytestmark = pytest.mark.usefixtures("no_gradients")


def assert_near(got: Tensor | np.ndarray, expected: np.ndarray, tolerance: float = 1e-4) -> None:
    """The tolerance is what the makers of the cases suggest for numbers of about 1; most agree to 3e-6.

    A case may hold every n-th of an axis.
    """
    got = np.asarray(got)
    got = thinned(got, expected.shape)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def logits_after(reader: Reader, case: Case, prompt: np.ndarray) -> Iterator[np.ndarray]:
    """Of each of the greedy codes of a case."""
    begun, side = reader.begin(*texts(case, ""), prompt), reader.side()
    side.join(begun, 1000)
    logits = begun.logits
    for code in case["greedy_tokens"]:
        yield logits
        (logits,) = side.step(np.array([code]))


GREEDY = Sampling(is_drawn=False, repetition_penalty=1.0)


def texts(case: Case, *names: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Phones and features of a case; at the official size the features are made by rule."""
    found = []
    for name in names:
        phones, features = case[f"phones{name}"].reshape(-1), case[f"bert{name}"]
        if size(case) == "full":
            features = 0.5 * noise(f"s1.full.bert{name.replace('_', '').upper()}", (1024, len(phones)))
            if not name:
                features = 0.5 * noise("s1.full.bert", (1, 1024, len(phones)))[0]
                features[:, 20:] = 0
        found.append((phones, features.reshape(-1, len(phones))))
    return found


def exponentials(case: Case) -> Iterator[np.ndarray]:
    """The noise of each step."""
    if size(case) == "full":
        return (noise(f"s1.full.q{step}", (1, 1025), "exp")[0] for step in itertools.count())
    return iter(case["q_exponential"])


@pytest.mark.parametrize("case", cases("gptsovits/*/s1/decode"))
def test_the_next_codes_are_the_official_ones(case: Case) -> None:
    stages = TorchReader(t2s(case))
    prompt = case["prompt"][0]

    def said(sampling: Sampling, history: np.ndarray, n_codes: int, rows: Iterator[np.ndarray]) -> list[int]:
        bounds = Bounds(11, max(n_codes, 12))
        found = Speaker(stages).codes(*texts(case, ""), history, bounds, sampling, lambda _: next(rows))
        return list(itertools.islice(found, n_codes))

    assert_near(stages.begin(*texts(case, ""), prompt).logits, case["prefill_logits"], 5e-4)
    for logits, row in zip(logits_after(stages, case, prompt), case["greedy_logits"], strict=True):
        assert_near(logits, row, 5e-4)
    none = np.zeros(0, np.int64)
    for name, sampling, history, drawn in (
        ("greedy_tokens", GREEDY, prompt, iter(())),
        ("reppen135_tokens", Sampling(is_drawn=False), prompt, iter(())),
        ("sampled_topk15_tokens", Sampling(), prompt, exponentials(case)),
        ("sampled_k5_p08_t07_rp12_tokens", Sampling(True, 0.7, 5, 0.8, 1.2), prompt, exponentials(case)),
        ("noprompt_greedy_tokens", GREEDY, none, iter(())),
    ):
        expected = case[name]
        assert said(sampling, history, len(expected), drawn) == expected.tolist(), name


@pytest.mark.parametrize("case", cases("gptsovits/*/s1/eos"))
def test_it_ends_where_the_official_one_ends(case: Case) -> None:
    network = t2s(case)
    row = network.head.weight[-1].clone()
    beside = Case(case.path.with_name("decode.npz"))
    try:
        network.head.weight[-1] = tensor(case, "eos_row")
        speaker, prompt = Speaker(TorchReader(network)), beside["prompt"][0]
        found = list(speaker.codes(*texts(beside, ""), prompt, Bounds(), GREEDY, lambda n: np.ones(n)))
    finally:
        network.head.weight[-1] = row
    assert found == case["tokens"].tolist()


@pytest.mark.parametrize("case", cases("gptsovits/*/s1/batch"))
def test_sentences_together_are_the_same_as_alone(case: Case) -> None:
    stages = TorchReader(t2s(case))
    prompt, read = case["prompt"][0], texts(case, "_a", "_b")
    assert_near(np.stack([stages.begin(text, prompt).logits for text in read]), case["first_logits"], 5e-4)
    none = [lambda n: np.ones(n)] * 2
    found = Speaker(stages).sentences(read, prompt, [Bounds.exactly(21)] * 2, GREEDY, none)
    for name, row in zip("ab", found, strict=True):
        expected = case[f"single_{name}"]
        assert row is not None
        assert row[: len(expected)].tolist() == expected.tolist()
        assert row[:20].tolist() == case[f"tokens_{name}"].tolist()


@pytest.mark.parametrize("case", cases("gptsovits/*/s1/sampling"))
def test_codes_are_drawn_by_the_official_rules(case: Case) -> None:
    for number, (top_k, top_p, temperature, penalty) in enumerate(case["combos_topk_topp_temp_reppen"].tolist()):
        sampling = Sampling(True, temperature, int(top_k), top_p, penalty)
        for row, (logits, before, q) in enumerate(zip(case["logits"], case["previous"], case["q"], strict=True)):
            probs = probabilities(penalised(logits, before.tolist(), penalty), sampling)
            assert draw(probs, q) == case[f"c{number}_token"][row]
            assert (probs > 0).sum() == case[f"c{number}_n"][row]
            known = case[f"c{number}_top5p"][row] > 0
            assert_near(probs[case[f"c{number}_top5i"][row][known]], case[f"c{number}_top5p"][row][known])


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/quantizer"))
def test_a_recording_has_the_official_codes(case: Case) -> None:
    network = sovits(case)
    projected = network.ssl_proj(tensor(case, "ssl"))
    assert_near(projected, case["ssl_proj"])
    found = network.encode(tensor(case, "ssl"))
    np.testing.assert_array_equal(found, case["codes"][0, 0])
    assert_near(network.codes(found).T[None], case["quantized"])


def speaker(case: Case, number: int) -> Tensor | None:
    """The vector of ERes2NetV2, for the Pro family."""
    if version(case) == "v2":
        return None
    return torch.from_numpy(0.5 * np.abs(noise(f"{version(case)}.{size(case)}.sv{number}", (1, 20480))))


def style(case: Case, number: int) -> Tensor:
    samples = case[f"ref_wave{number}_i16"].astype(np.float32) / 32768
    return sovits(case).style(torch.from_numpy(spectrogram.linear(samples))[None], speaker(case, number))


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/speaker"))
def test_a_recording_has_the_official_style(case: Case) -> None:
    network, found = sovits(case), [style(case, 0), style(case, 1)]
    for number in (0, 1):
        spec = spectrogram.linear(case[f"ref_wave{number}_i16"].astype(np.float32) / 32768)
        assert spec.shape[1] == case["spec_frames"][number]
        assert_near(network.ref_enc(torch.from_numpy(spec)[None]), case[f"style{number}"])
        assert_near(found[number], case[f"ge{number}"])
    mean = (found[0] + found[1]) / 2
    assert_near(mean, case["ge_mean"])
    assert_near(network.style_of_text(found[0]), case["ge512"])


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/enc_p"))
def test_frames_are_the_official_ones(case: Case) -> None:
    network = sovits(case)
    quantized = network.codes(tensor(case, "codes")[0]).transpose(1, 2)
    frames = network.enc_p(quantized, tensor(case, "text"), tensor(case, "ge512"))
    assert_near(frames, case["hidden"])
    for suffix, frames_ in (("", frames), ("_speed13", at_speed(frames, 1.3))):
        mean, log_deviation = network.enc_p.latent(frames_)
        assert_near(mean, case[f"m_p{suffix}"])
        assert_near(log_deviation, case[f"logs_p{suffix}"])


def at_speed(frames: Tensor, speed: float) -> Tensor:
    from kouji.audio.fitting import resized
    from kouji.engines.gptsovits.render import n_frames_at

    rows = resized(frames[0].numpy(), n_frames_at(frames.shape[2], speed))
    return torch.from_numpy(rows)[None]


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/flow"))
def test_the_flow_is_the_official_one(case: Case) -> None:
    assert_near(sovits(case).flow.inverse(tensor(case, "z_p"), tensor(case, "ge")), case["z"])


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/generator"))
def test_samples_are_the_official_ones(case: Case) -> None:
    assert_near(sovits(case).dec(tensor(case, "z"), tensor(case, "ge")), case["wave"])


def drawn(case: Case, suffix: str, scale: float) -> np.ndarray:
    return case[f"eps{suffix}"][0] * np.float32(scale)


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/decode"))
def test_codes_become_the_official_samples(case: Case) -> None:
    from kouji.audio.fitting import resized
    from kouji.engines.gptsovits.render import n_frames_at

    heard = Case(case.path.with_name("speaker.npz"))
    one = style(heard, 0)[0, :, 0].numpy()
    two = ((style(heard, 0) + style(heard, 1)) / 2)[0, :, 0].numpy()
    stages = TorchDecoder(sovits(case))
    given = case["codes"][0, 0], case["text"][0]
    for name, told, suffix, speed, scale in (
        ("wave_one_ref_ns05", one, "", 1.0, 0.5),
        ("wave_two_refs_ns035_s3", two, "", 1.0, 0.35),
        ("wave_speed13_s3", one, "_speed13", 1.3, 0.5),
        ("wave_speed07_s3", one, "_speed07", 0.7, 0.5),
    ):
        frames = stages.frames(*given, told)
        frames = resized(frames, n_frames_at(frames.shape[1], speed))
        samples = stages.render(frames, drawn(case, suffix, scale), told)
        assert_near(samples, case[name][0, 0])


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/decode_streaming"))
def test_a_stream_has_the_official_samples(case: Case) -> None:
    from kouji.engines.gptsovits.streaming import joined

    heard = Case(case.path.with_name("speaker.npz"))
    told = style(heard, 0)[0, :, 0].numpy()
    stages = TorchDecoder(sovits(case))
    all_codes, phones = case["codes"][0, 0], case["text"][0]
    n_first, n_second = case["eps_a"].shape[2], case["eps_b"].shape[2]
    first = stages.frames(all_codes[: n_first // 2], phones, told)
    second = joined(first, stages.frames(all_codes, phones, told)[:, -n_second:], 4)
    for name, frames in (("a", first), ("b", second)):
        assert_near(frames, case[f"hidden_{name}"][0])
        samples = stages.render(frames, drawn(case, f"_{name}", 0.5), told)
        assert_near(samples, case[f"wave_{name}_s3"][0, 0])


@pytest.mark.parametrize("case", cases("gptsovits/*/hubert/encode"))
def test_sound_is_heard_as_officially(case: Case) -> None:
    state = hubert.folded(official(case.path.parent, hubert.RENAME))
    network = loaded(lambda: hubert.Hubert(hubert.HubertConfig.of(case.json("config.json"))), state)
    samples = torch.from_numpy(case["wave_i16"].astype(np.float32) / 32768)[None]
    assert_near(network.features(samples), case["conv_features_s8"])
    hidden = network(samples)
    assert hidden.shape[1] == case["frames"]
    assert_near(hidden, case["last_hidden_state"], 5e-4)


@pytest.mark.parametrize("case", cases("gptsovits/*/bert/feature"))
def test_characters_mean_what_they_mean_officially(case: Case) -> None:
    config = bert.BertConfig.of(case.json("config.json"))
    state = bert.tied(official(case.path.parent, bert.names(config.n_layers)))
    hidden = loaded(lambda: bert.Bert(config), state)(tensor(case, "input_ids"))
    assert_near(hidden, case["hidden_minus3"])
    features = np.repeat(hidden[0, 1:-1].numpy(), case["word2ph"], axis=0).T
    assert_near(features, case["phone_feature"])


@pytest.mark.parametrize("case", cases("gptsovits/*/sv/embedding"))
def test_speakers_are_told_apart_as_officially(case: Case) -> None:
    samples = case["wave_i16"].astype(np.float32) / 32768
    bands = fbank.fbank(samples)
    np.testing.assert_allclose(bands, case["fbank"], atol=1e-2)
    network = loaded(eres2net.ERes2NetV2, official(case.path.parent, eres2net.RENAME))
    largest = np.abs(case["embedding"]).max()
    assert_near(network(tensor(case, "fbank")[None]) / largest, case["embedding"] / largest)


@pytest.mark.parametrize("case", cases("gptsovits/*/frontend/spectrogram"))
def test_spectra_are_the_official_ones(case: Case) -> None:
    assert_near(spectrogram.linear(case["wave"]), case["spec_sub"][0])
    assert_near(spectrogram.mel(case["wave"]), case["mel100_v4"][0], 1e-3)


@pytest.mark.parametrize("case", cases("gptsovits/*/frontend/resample*"))
def test_rates_are_changed_as_officially(case: Case) -> None:
    assert_near(sinc.resample(case["wave_44k1"], 44100, 32000), case["to_32k"][0])
    assert_near(sinc.resample(case["wave_44k1"], 32000, 16000), case["to_16k_from_32k"][0])


def loaded(make: Callable[[], torch.nn.Module], state: dict[str, Tensor]) -> torch.nn.Module:
    with torch.device("meta"):
        network = make()
    checkpoint.load(network, state, "by rule")
    return network.eval()
