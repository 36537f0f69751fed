"""From tokens to samples as the official code does it: whole, faster, and in overlapping chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kouji.engines.cosyvoice import render, streaming
from kouji.engines.cosyvoice.presets import PRESETS
from kouji.engines.cosyvoice.torch_stages import TorchStages
from kouji_parity import Case, cases
from kouji_parity.noise import ByRule

Network = Callable[[str], Any]


def renderer(case: Case, network: Network, preset: str, numbered: bool) -> render.Renderer:
    stages = TorchStages(network("llm"), network("flow"), network("hift"))
    prompt = render.Prompt(case["spk_embedding"][0], case["prompt_token"][0], case["prompt_feat"][0])
    return render.Renderer(stages, prompt, PRESETS[preset], ByRule(case, numbered))


@pytest.mark.parametrize("case", cases("cosyvoice/*/speed_*"))
def test_another_tempo(case: Case, network: Network) -> None:
    ours = renderer(case, network, "exact", numbered=False)
    speed = float(case.name.removeprefix("speed_").replace("_", "."))
    samples, _ = ours.vocode(render.at_tempo(ours.mel(case["token"][0]), speed))
    assert samples.shape == case["wave"][0].shape
    assert np.corrcoef(samples, case["wave"][0])[0, 1] > 0.999


@pytest.mark.parametrize("case", cases("cosyvoice/*/stream"))
def test_overlapping_chunks(case: Case, network: Network) -> None:
    ours = renderer(case, network, "upstream-stream", numbered=True)
    settings = PRESETS["upstream-stream"].streaming
    assert settings is not None
    chunks = list(streaming.Streamer(ours, settings).run(case["token"][0].tolist()))
    assert [len(chunk) for chunk in chunks] == case["chunk_len"].tolist()
    assert np.corrcoef(np.concatenate(chunks), case["wave"][0])[0, 1] > 0.999


@pytest.mark.parametrize("case", cases("cosyvoice/*/flow_stream"))
def test_the_flow_begins_a_chunk_as_the_last_one_ended(case: Case, network: Network) -> None:
    class Numbered(ByRule):
        def _name(self, piece: int, kind: str) -> str:
            return f"flow_stream/{kind}{piece}"

    stages = TorchStages(network("llm"), network("flow"), network("hift"))
    prompt = render.Prompt(case["spk_embedding"][0], case["prompt_token"][0], case["prompt_feat"][0])
    ours = render.Renderer(stages, prompt, PRESETS["exact"], Numbered(case, True))
    first, cache = ours.mel_chunk(case["token1"][0], None)
    np.testing.assert_allclose(first, case["mel1"][0], atol=1e-4)
    np.testing.assert_allclose(np.stack([cache.noise, cache.mu], -1), case["cache1"][0], atol=1e-4)
    second, cache = ours.mel_chunk(case["token2"][0], cache)
    np.testing.assert_allclose(second, case["mel2"][0], atol=1e-4)
    np.testing.assert_allclose(np.stack([cache.noise, cache.mu], -1), case["cache2"][0], atol=1e-4)


def test_our_windows_sum_to_one_where_chunks_meet() -> None:
    for length in (34, 5120):
        shape = streaming.window(length, hamming=False)
        np.testing.assert_allclose(shape[:length] + shape[length:], 1, atol=1e-6)
