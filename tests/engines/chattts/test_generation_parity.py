"""Token by token, torch and ONNX Runtime alike, ChatTTS says what the official code says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kouji.engines.chattts import convert, gfsq, mel, normalize, prompts, speaker, spectrum
from kouji.engines.chattts.generation import (
    Bounds,
    FromManualSeed,
    Step,
    refined,
    speaking_rows,
    spoken,
)
from kouji.engines.chattts.passage import Reader
from kouji.engines.chattts.presets import PRESETS
from kouji.engines.chattts.render import Renderer
from kouji.engines.chattts.sampling import Sampling, drawn
from kouji.engines.chattts.stages import Stages
from kouji.runtime import converted
from kouji_parity import Case, cases

from .conftest import config_of

Made = Callable[[], Stages]
GREEDY = Sampling(1.0, None, None, 1.0)


def close(ours: Any, theirs: np.ndarray, atol: float) -> None:
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=0, atol=atol)


def likeliest(probs: np.ndarray) -> np.ndarray:
    return probs.argmax(-1)


class Given:
    """Draws by the uniforms of a case."""

    def __init__(self, uniforms: Iterator[np.ndarray]) -> None:
        self._uniforms = uniforms

    def __call__(self, probs: np.ndarray) -> np.ndarray:
        flat = probs.reshape(-1, probs.shape[-1])
        return drawn(flat, next(self._uniforms)).reshape(probs.shape[:-1])


def how_of(case: Case) -> Sampling:
    return Sampling(
        float(case["temperature"][0]), float(case["top_p"]), int(case["top_k"]), float(case["repetition_penalty"])
    )


def put_together(steps: Iterator[Step]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Tokens (B, N, n_q), hidden states (B, N, dim), and how many of them belong to each text."""
    made = list(steps)
    lengths = (~np.stack([step.ended for step in made])).sum(0).tolist()
    return np.stack([step.tokens for step in made], 1), np.stack([step.hidden for step in made], 1), lengths


def begun(case: Case, stages: Stages) -> Any:
    return stages.begin(case["inputs_embeds"], case["attention_mask"].astype(bool))


@pytest.mark.parametrize("case", cases("chattts/*/gpt_decode_code_greedy"))
def test_the_likeliest_codes(case: Case, stages: Made) -> None:
    n_steps = int(case["n_steps"])
    made = stages()
    tokens, hidden, _ = put_together(spoken(made, begun(case, made), GREEDY, likeliest, Bounds(n_steps, n_steps)))
    assert (tokens == case["ids"]).all()
    close(hidden, case["hiddens"], 2e-4)
    last = made.code_logits(hidden[:, -1]).reshape(-1, 626)
    seen = np.isfinite(case["logits_last"])
    close(last[seen], case["logits_last"][seen], 2e-3)


@pytest.mark.parametrize("case", cases("chattts/*/gpt_decode_text_greedy"))
def test_the_likeliest_text(case: Case, stages: Made) -> None:
    n_steps, made = int(case["n_steps"]), stages()
    ids = refined(made, begun(case, made), GREEDY, likeliest, Bounds(n_steps, n_steps, prompts.END_OF_TEXT))
    assert ids == case["ids"].tolist()


@pytest.mark.parametrize("case", cases("chattts/*/gpt_decode_code_sampled"))
def test_drawn_codes(case: Case, stages: Made) -> None:
    made = stages()
    bounds = Bounds(int(case["min_new_token"]), int(case["max_new_token"]), int(case["eos"]))
    steps = spoken(made, begun(case, made), how_of(case), Given(iter(case["u_uniforms"])), bounds)
    tokens, hidden, lengths = put_together(steps)
    assert lengths == case["n_valid"].tolist()
    for row, length in enumerate(lengths):
        assert (tokens[row, :length] == case["ids"][row, :length]).all()
        close(hidden[row, :length].sum(-1), case["hidden_sum"][row, :length], 1e-2)


@pytest.mark.parametrize("case", cases("chattts/*/gpt_decode_text_sampled"))
def test_drawn_text(case: Case, stages: Made) -> None:
    made = stages()
    bounds = Bounds(int(case["min_new_token"]), int(case["max_new_token"]), int(case["eos"]))
    ids = refined(made, begun(case, made), how_of(case), Given(iter(case["u_uniforms"])), bounds)
    assert [len(row) for row in ids] == case["n_valid"].tolist()
    assert all(row == theirs[: len(row)].tolist() for row, theirs in zip(ids, case["ids"], strict=True))


@pytest.mark.parametrize("case", cases("chattts/*/gpt_eos"))
def test_each_text_ends_by_itself(case: Case, stages: Made) -> None:
    made = stages()
    bounds = Bounds(1, int(case["max_new_token"]), int(case["eos"]))
    tokens, _, lengths = put_together(spoken(made, begun(case, made), GREEDY, likeliest, bounds))
    assert lengths == case["n_valid"].tolist()
    for row, length in enumerate(lengths):
        assert (tokens[row, :length] == case["ids"][row, :length]).all()


@pytest.mark.parametrize("case", cases("chattts/*/gpt_manual_seed"))
def test_the_old_manual_seed(case: Case, stages: Made) -> None:
    made = stages()
    bounds = Bounds(int(case["min_new_token"]), int(case["max_new_token"]), int(case["eos"]))
    steps = spoken(made, begun(case, made), how_of(case), FromManualSeed(int(case["manual_seed"])), bounds)
    assert (put_together(steps)[0] == case["ids"]).all()


def texts_of(case: Case) -> list[list[int]]:
    """Ids of each text, without padding and sample."""
    is_text = case["text_mask"]
    return [row[there, 0].tolist() for row, there in zip(case["input_ids"], is_text, strict=True)]


def embedding_of(case: Case) -> np.ndarray | None:
    return speaker.unit(case["spk_emb_f16"]) if "spk_emb_f16" in case.arrays else None


def said(case: Case, stages: Stages, sample: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and hidden states of an end-to-end case, with the usual sampling and no early end."""
    n_steps = len(case["u_uniforms"])
    rows, mask = speaking_rows(stages, texts_of(case), embedding_of(case), sample)
    assert (mask == case["attention_mask"].astype(bool)).all()
    draw = Given(iter(case["u_uniforms"]))
    speaking = stages.begin(rows, mask)
    tokens, hidden, _ = put_together(spoken(stages, speaking, Sampling(), draw, Bounds(n_steps, n_steps)))
    return tokens, hidden


def sound(stages: Stages, heard: np.ndarray) -> np.ndarray:
    return spectrum.overlapped(stages.draw(heard))


@pytest.mark.parametrize("case", cases("chattts/*/e2e_hidden_path"))
def test_from_ids_to_sound(case: Case, stages: Made) -> None:
    made = stages()
    _, hidden = said(case, made)
    if "hiddens" in case.arrays:
        close(hidden, case["hiddens"], 2e-4)
    else:
        close(hidden.sum(-1), case["hidden_sum"], 1e-2)
    for row, theirs in zip(hidden, case["wav"], strict=True):
        close(sound(made, made.hidden_to_mel(row)), theirs, 1e-3)


@pytest.mark.parametrize("case", cases("chattts/*/e2e_dvae_path"))
def test_from_ids_through_codes_to_sound(case: Case, stages: Made) -> None:
    made = stages()
    tokens, _ = said(case, made)
    assert (tokens == case["codes"]).all()
    for codes, theirs in zip(tokens, case["wav"], strict=True):
        features = gfsq.decode(codes.T, made.groups)
        close(sound(made, made.features_to_mel(features)), theirs, 1e-3)


@pytest.mark.parametrize("case", cases("chattts/*/e2e_sample_prompt"))
def test_like_a_sample_of_speech(case: Case, stages: Made) -> None:
    made, about = stages(), json.loads(str(case["texts_json"]))
    sample = speaker.sample_of(about["spk_smp"])
    assert (sample == case["prompt_codes"]).all()
    _, hidden = said(case, made, sample)
    close(hidden, case["hiddens"], 2e-4)
    for row, theirs in zip(hidden, case["wav"], strict=True):
        close(sound(made, made.hidden_to_mel(row)), theirs, 1e-3)


@pytest.mark.parametrize("case", cases("chattts/*/e2e_split_auto_prompt"))
def test_the_first_part_as_a_sample_for_all(case: Case, stages: Made) -> None:
    made = stages()
    edges = np.cumsum([0, *case["u_rows"]])
    uniforms = iter([case["u_uniforms"][start:end] for start, end in pairwise(edges)])
    draw, n_steps = Given(uniforms), case["hiddens_0"].shape[1]
    first = [row[:, 0].tolist() for row in case["ids_0"]]
    rows, mask = speaking_rows(made, first, embedding_of(case))
    steps = spoken(made, made.begin(rows, mask), Sampling(), draw, Bounds(n_steps, n_steps))
    _, hidden, _ = put_together(steps)
    close(hidden, case["hiddens_0"], 2e-4)
    heard = sound(made, made.hidden_to_mel(hidden[0]))
    close(heard, case["wav_0"][0], 1e-3)
    sample = gfsq.encode(made.encode(mel.log_mel(heard)), made.groups)
    texts = [row[there, 0].tolist() for row, there in zip(case["ids_1"], case["tm_1"], strict=True)]
    rows, mask = speaking_rows(made, texts, embedding_of(case), sample)
    assert (mask == case["att_1"].astype(bool)).all()
    steps = spoken(made, made.begin(rows, mask), Sampling(), draw, Bounds(n_steps, n_steps))
    _, hidden, _ = put_together(steps)
    close(hidden, case["hiddens_1"], 2e-4)
    for row, theirs in zip(hidden, case["wav_1"], strict=True):
        close(sound(made, made.hidden_to_mel(row)), theirs, 1e-3)


@pytest.mark.parametrize("case", cases("chattts/*/e2e_split_auto_prompt"))
def test_a_whole_text(case: Case, stages: Made) -> None:
    made, pieces = stages(), normalize.pieces(json.loads(str(case["texts_json"])))
    edges = np.cumsum([0, *case["u_rows"]])
    given = Given(iter([case["u_uniforms"][start:end] for start, end in pairwise(edges)]))
    with_sample = [row[there, 0].tolist() for row, there in zip(case["ids_1"], case["tm_1"], strict=True)]

    def written(piece: str, words: str) -> list[int]:
        return with_sample[pieces.index(piece)] if words else case["ids_0"][0, :, 0].tolist()

    n_steps = case["hiddens_0"].shape[1]
    renderer = Renderer(made, PRESETS["exact"])
    reader = Reader(made, renderer, written, embedding_of(case), bounds=Bounds(n_steps, n_steps))
    sounds = reader.read(pieces, lambda numbers: given)
    assert len(sounds) == len(pieces) == len(case["wav_1"])
    for ours, theirs in zip(sounds, case["wav_1"], strict=True):
        close(ours, theirs, 1e-3)


@pytest.mark.parametrize("case", cases("chattts/*/e2e_stream"))
def test_a_stream(case: Case, stages: Made) -> None:
    """The official stream decodes all from the start again and lags behind; ours gives the same samples in windows."""
    made = stages()
    n_steps = len(case["u_uniforms"])
    ids = [[int(number) for number in row[:, 0] if number] for row in case["input_ids"]]
    rows, mask = speaking_rows(made, ids, embedding_of(case))
    draw = Given(iter(case["u_uniforms"]))
    made_steps = list(spoken(made, made.begin(rows, mask), Sampling(), draw, Bounds(n_steps, n_steps)))
    sounds = []
    for row in range(len(ids)):
        steps = [Step(each.tokens[row : row + 1], each.hidden[row : row + 1], each.ended[:1]) for each in made_steps]
        sounds.append(np.concatenate(list(Renderer(made, PRESETS["exact"]).stream(steps))))
    edges = [*np.cumsum([0, *case["chunk_shapes"][:-1, 1]]), len(sounds[0])]
    pieces = [np.stack(sounds)[:, start:end] for start, end in pairwise(edges)]
    pieces[-1] = pieces[-1][:, (np.abs(pieces[-1]) > 1e-5).any(0)]  # the official filter of the last piece
    assert [piece.shape for piece in pieces] == list(map(tuple, case["chunk_shapes"]))
    close(pieces[0][:, : case["wav_first"].shape[1]], case["wav_first"], 1e-3)
    close(pieces[-1][:, -case["wav_last"].shape[1] :], case["wav_last"], 1e-3)
    close([np.abs(piece).sum() for piece in pieces], case["wav_sum_per_chunk"], 0.1)


@pytest.mark.parametrize("case", cases("chattts/*/e2e_refine"))
def test_a_refined_text(case: Case, stages: Made) -> None:
    made, how = stages(), Sampling(0.7, 0.7, 20, 1.0)
    rows, mask = speaking_rows(made, texts_of(case))
    bounds = Bounds(0, len(case["u_uniforms"]), prompts.END_OF_TEXT)
    ids = refined(made, made.begin(rows, mask), how, Given(iter(case["u_uniforms"])), bounds)
    assert [len(row) for row in ids] == case["n_valid"].tolist()
    assert all(row == theirs[: len(row)].tolist() for row, theirs in zip(ids, case["ids"], strict=True))


@pytest.fixture(params=["torch", "onnx"])
def stages(request: pytest.FixtureRequest, case: Case, network: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Each kind of stages, on the weights of the case."""

    def made() -> Stages:
        from kouji.engines.chattts.onnx_stages import OnnxStages
        from kouji.engines.chattts.torch_stages import TorchStages

        names = ("embed", "gpt", "dvae", "decoder", "vocos")
        if request.param == "torch":
            return TorchStages(*map(network, names))
        folder = case.path.parent
        if folder not in PACKS:
            place = tmp_path_factory.mktemp("onnx")
            for name in names:
                convert.write(name, network(name), config_of(folder), place, int8=False)
            converted.finish(place, int8=False)
            PACKS[folder] = OnnxStages(place, 1)
        return PACKS[folder]

    return made


PACKS: dict[Path, Stages] = {}
