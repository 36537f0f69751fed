"""v4 as an engine: 48 kHz, exact lengths, and trainings that are only a difference to the published model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kouji.engines.contract import Conditioning
from kouji.engines.gptsovits import places, v4
from kouji.engines.gptsovits.config import SoVITSConfig
from kouji.engines.gptsovits.dit import DiTConfig
from kouji.engines.gptsovits.engine import GPTSoVITSv4
from kouji.engines.gptsovits.generator import Generator
from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights
from kouji.types import Delivery

from .conftest import S2_VALUES, chance, clip, official_s1, write_shared
from .test_engine import utterance

RATE = 48000
DIT = DiTConfig(32, 1, 2, 2, 512, 1)


def official_s2() -> dict[str, Any]:
    network = chance(v4.SoVITSV4(SoVITSConfig.of(S2_VALUES, 732, False, "tiny"), DIT), 3)
    turned = {
        "estimator.rates": "cfm.estimator.rotary_embed.inv_freq",
        "codes.weight": "quantizer.vq.layers.0._codebook.embed",
    }
    weights = {}
    for name, tensor in network.state_dict().items():
        name = turned.get(name, name.replace("estimator.", "cfm.estimator.") if name.startswith("estimator.") else name)
        weights[name] = tensor.half() if "inv_freq" not in name else tensor
    return {"weight": weights, "config": S2_VALUES, "info": "published"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("v4") / "gptsovits-v4"
    write_shared(made)
    (made / "gsv-v4-pretrained").mkdir()
    torch.save(official_s1(), made / places.S1["v4"])
    torch.save(official_s2(), made / places.S2["v4"])
    config = v4.GeneratorConfig(**{**vars(v4.VOCODER), "width": 32})
    torch.save(chance(Generator(config), 4).state_dict(), made / places.VOCODER_V4)
    return made


@pytest.fixture(scope="module")
def engine(folder: Path) -> GPTSoVITSv4:
    return GPTSoVITSv4(1, folder, "fast")


def clip_48k(seed: int, seconds: float = 4.0) -> np.ndarray:
    return np.repeat(clip(seed, seconds / 1.5), 3)[::2][: int(seconds * RATE)].copy()


@pytest.fixture(scope="module")
def voice(engine: GPTSoVITSv4) -> Conditioning:
    return engine.condition([clip_48k(1, 5.0)], "今天天气很好。")


def said(engine: GPTSoVITSv4, voice: Conditioning, **delivery: Any) -> np.ndarray:
    what = utterance(delivery=Delivery(**delivery))
    return np.concatenate([each.samples for each in engine.synthesize(what, voice, np.random.default_rng(0))])


def test_a_sentence_is_said_at_48_khz(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    samples = said(engine, voice)
    assert engine.card.sample_rate == RATE
    assert len(samples) % 1920 == 0  # a code is 40 ms
    np.testing.assert_array_equal(samples, said(engine, voice))


def test_every_wanted_length_is_met_to_the_sample(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    for seconds in (1.0, 2.345):
        assert len(said(engine, voice, duration=seconds)) == round(seconds * RATE)
    assert len(said(engine, voice, n_tokens=20)) == 20 * 1920


def test_what_is_longer_than_the_flow_was_trained_on_goes_on_piece_by_piece(
    engine: GPTSoVITSv4, voice: Conditioning
) -> None:
    assert len(said(engine, voice, n_tokens=200)) == 200 * 1920  # 800 frames; 612 fit behind this prompt


def test_it_has_to_be_told_what_is_said_in_the_recording(engine: GPTSoVITSv4) -> None:
    with pytest.raises(InvalidInput, match="told what is said"):
        engine.condition([clip_48k(1)], None)


def lora(rank: int = 4) -> dict[str, Any]:
    base = official_s2()
    generator = torch.Generator().manual_seed(5)
    stem = "cfm.base_model.model.estimator.transformer_blocks.0.attn.to_q"
    weights = {
        f"{stem}.lora_A.default.weight": torch.randn(rank, 32, generator=generator),
        f"{stem}.lora_B.default.weight": torch.randn(32, rank, generator=generator),
        "bridge.0.bias": base["weight"]["bridge.0.bias"] + 1,
    }
    return {"weight": weights, "config": S2_VALUES, "info": "2epoch_24iteration", "lora_rank": rank}


def save_lora(path: Path) -> None:
    torch.save(lora(), path)
    path.write_bytes(b"04" + path.read_bytes()[2:])


def test_a_training_that_is_a_difference_speaks_upon_its_base(
    folder: Path, engine: GPTSoVITSv4, voice: Conditioning, tmp_path: Path
) -> None:
    import shutil

    mine = Path(shutil.copytree(folder, tmp_path / "gptsovits-v4"))
    save_lora(mine / "me_e2_s24_l4.pth")
    trained = GPTSoVITSv4(1, mine, "fast")
    assert trained.digest != engine.digest
    assert not np.array_equal(said(trained, voice, n_tokens=20), said(engine, voice, n_tokens=20))
    (mine / places.S2["v4"]).unlink()
    with pytest.raises(MissingWeights, match="is a LoRA"):
        GPTSoVITSv4(1, mine)


def test_a_vocoder_of_something_else_is_told(folder: Path, tmp_path: Path) -> None:
    import shutil

    mine = Path(shutil.copytree(folder, tmp_path / "gptsovits-v4"))
    torch.save({"a": torch.zeros(1)}, mine / places.VOCODER_V4)
    with pytest.raises(BadCheckpoint, match="vocoder"):
        GPTSoVITSv4(1, mine)
