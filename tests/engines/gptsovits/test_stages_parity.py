"""The same official numbers from the graphs that run without torch."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from kouji.audio.fitting import resized
from kouji.engines.gptsovits import convert
from kouji.engines.gptsovits.generation import Bounds, codes
from kouji.engines.gptsovits.graphs_hearing import speaker
from kouji.engines.gptsovits.onnx_stages import OnnxDecoder, OnnxReader
from kouji.engines.gptsovits.render import n_frames_at
from kouji.engines.gptsovits.sampling import Sampling
from kouji.runtime.onnx import Graph
from kouji_parity import Case, cases
from kouji_parity import checkpoint as by_rule

from .parity_sizes import size, sovits, t2s
from .test_parity import GREEDY, assert_near, drawn, exponentials, style, texts


def small(place: Path) -> dict[str, np.ndarray]:
    with np.load(place / "small.npz") as file:
        return dict(file)


@pytest.mark.parametrize("case", cases("gptsovits/*/s1/decode"))
def test_the_next_codes_are_the_official_ones_without_torch(case: Case, tmp_path: Path) -> None:
    convert.write_reader(t2s(case), tmp_path, False)
    reader, prompt = OnnxReader(tmp_path, 1, small(tmp_path)), case["prompt"][0]
    speaking = reader.begin(texts(case, ""), prompt)
    assert_near(speaking.logits[0], case["prefill_logits"], 5e-4)
    for row, code in zip(case["greedy_logits"], case["greedy_tokens"], strict=True):
        assert_near(speaking.logits[0], row, 5e-4)
        speaking.say(np.array([code]))
    for name, sampling, history in (
        ("greedy_tokens", GREEDY, prompt),
        ("sampled_topk15_tokens", Sampling(), prompt),
        ("noprompt_greedy_tokens", GREEDY, prompt[:0]),
    ):
        n, draw = len(case[name]), exponentials(case).__next__
        speaking = reader.begin(texts(case, ""), history)
        found = codes(speaking, history, Bounds(11, max(n, 12)), sampling, lambda _, draw=draw: draw())
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


@pytest.mark.parametrize("case", cases("gptsovits/*/sv/embedding"))
def test_speakers_are_told_apart_as_officially_without_torch(case: Case, tmp_path: Path) -> None:
    assert size(case) == "full"
    speaker(by_rule(case.path.parent / "tensors.json")).save(tmp_path)
    (found,) = Graph(str(tmp_path / "speaker.onnx"))(bands=case["fbank"][None])
    largest = np.abs(case["embedding"]).max()
    assert_near(found / largest, case["embedding"] / largest)
    shutil.rmtree(tmp_path)
