"""The same official numbers from the graphs that run without torch."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from kouji.audio.fitting import resized
from kouji.engines.gptsovits import convert, v4
from kouji.engines.gptsovits.generation import Bounds, Speaker
from kouji.engines.gptsovits.graphs_hearing import speaker
from kouji.engines.gptsovits.onnx_stages import OnnxDecoder, OnnxReader
from kouji.engines.gptsovits.onnx_v4 import OnnxDecoderV4
from kouji.engines.gptsovits.render import n_frames_at
from kouji.engines.gptsovits.sampling import Sampling
from kouji.runtime.onnx import Graph
from kouji_parity import Case, cases
from kouji_parity import checkpoint as by_rule

from .parity_sizes import official, size, sovits, t2s
from .test_parity import GREEDY, assert_near, drawn, exponentials, logits_after, style, texts
from .test_v4_parity import network as v4_network


def small(place: Path) -> dict[str, np.ndarray]:
    with np.load(place / "small.npz") as file:
        return dict(file)


@pytest.mark.parametrize("case", cases("gptsovits/*/s1/decode"))
def test_the_next_codes_are_the_official_ones_without_torch(case: Case, tmp_path: Path) -> None:
    convert.write_reader(t2s(case), tmp_path, False)
    reader, prompt = OnnxReader(tmp_path, 1, small(tmp_path)), case["prompt"][0]
    assert_near(reader.begin(*texts(case, ""), prompt).logits, case["prefill_logits"], 5e-4)
    for logits, row in zip(logits_after(reader, case, prompt), case["greedy_logits"], strict=True):
        assert_near(logits, row, 5e-4)
    for name, sampling, history in (
        ("greedy_tokens", GREEDY, prompt),
        ("sampled_topk15_tokens", Sampling(), prompt),
        ("noprompt_greedy_tokens", GREEDY, prompt[:0]),
    ):
        n, draw = len(case[name]), exponentials(case).__next__
        bounds = Bounds(11, max(n, 12))
        found = Speaker(reader).codes(*texts(case, ""), history, bounds, sampling, lambda _, draw=draw: draw())
        assert list(itertools.islice(found, n)) == case[name].tolist(), name
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("case", cases("gptsovits/*/sovits_*/decode"))
def test_codes_become_the_official_samples_without_torch(case: Case, tmp_path: Path) -> None:
    convert.write_decoder(sovits(case), tmp_path)
    decoder = OnnxDecoder(tmp_path, 1, small(tmp_path))
    heard = Case(case.path.with_name("speaker.npz"))
    told = style(heard, 0)[0, :, 0].detach().numpy()
    for name, suffix, speed in (("wave_one_ref_ns05", "", 1.0), ("wave_speed13_s3", "_speed13", 1.3)):
        frames = decoder.frames(case["codes"][0, 0], case["text"][0], told)
        frames = resized(frames, n_frames_at(frames.shape[1], speed))
        assert_near(decoder.render(frames, drawn(case, suffix, 0.5), told), case[name][0, 0])
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("case", cases("gptsovits/*/v4/cfm"))
def test_the_flow_of_v4_ends_at_the_official_mel_without_torch(case: Case, tmp_path: Path) -> None:
    network, given = v4_network(case), Case(case.path.parent.with_name("v4_vocoder") / "vocode.npz")
    vocoder = v4.vocoder(official(given.path.parent, ()), "by rule")
    convert.write_decoder_v4(network, vocoder, tmp_path, False)
    tables = small(tmp_path)
    for name in case.arrays:
        if name.startswith("steps") and "cfg" not in name:
            n = name.removeprefix("steps")
            tables[f"moments{n}"] = network.moments(int(n)).numpy()
    decoder = OnnxDecoderV4(tmp_path, 1, tables)
    prompt, style = case["prompt"][0], case["ge"][0, :, 0]
    told = decoder.bridge(decoder.frames(case["codes"][0, 0], case["text"][0], style), style)
    told_officially = Case(case.path.with_name("decode_encp.npz"))
    assert_near(told[None], told_officially["features_s8"])
    for name in case.arrays:
        if name.startswith("steps") and "cfg" not in name:
            n_prompt = prompt.shape[1]
            found = decoder.flow(case["x0"][0, :, n_prompt:], told, prompt, int(name.removeprefix("steps")))
            assert_near(found, case[name][0, :, n_prompt:], 1e-3)
    assert_near(decoder.sound(given["mel"][0]), given["wave"][0, 0])
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("case", cases("gptsovits/*/sv/embedding"))
def test_speakers_are_told_apart_as_officially_without_torch(case: Case, tmp_path: Path) -> None:
    assert size(case) == "full"
    speaker(by_rule(case.path.parent / "tensors.json")).save(tmp_path)
    (found,) = Graph(str(tmp_path / "speaker.onnx"))(bands=case["fbank"][None])
    largest = np.abs(case["embedding"]).max()
    assert_near(found / largest, case["embedding"] / largest)
    shutil.rmtree(tmp_path)
