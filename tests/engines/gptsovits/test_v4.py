"""v4 as an engine: 48 kHz, exact lengths, and trainings that are only a difference to the published model."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from kouji.engines.contract import Conditioning
from kouji.engines.gptsovits import places, spectrogram, v4
from kouji.engines.gptsovits.card import V4
from kouji.engines.gptsovits.config import VOCODER, GeneratorConfig, SoVITSConfig
from kouji.engines.gptsovits.dit import DiTConfig
from kouji.engines.gptsovits.engine import GPTSoVITSv4
from kouji.engines.gptsovits.generation import Bounds
from kouji.engines.gptsovits.generator import Generator
from kouji.engines.gptsovits.onnx_v4 import OnnxDecoderV4
from kouji.engines.gptsovits.presets import Streaming
from kouji.engines.gptsovits.prompted import Prompted, Start
from kouji.engines.gptsovits.stages import DecoderV4
from kouji.engines.gptsovits.streaming import flowing
from kouji.engines.gptsovits.voice import Voice
from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights
from kouji.runtime.converted import tables
from kouji.types import Delivery

from .conftest import S2_VALUES, chance, clip, official_s1, with_conversions, write_shared
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
    config = GeneratorConfig(**{**vars(VOCODER), "width": 32})
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


def test_the_flow_takes_as_many_steps_as_are_asked_for(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    exact = GPTSoVITSv4.assembled(engine._parts, "exact")

    def asked(speaker: GPTSoVITSv4, **sampling: object) -> np.ndarray:
        what = utterance(delivery=Delivery(n_tokens=11), sampling=sampling)
        return np.concatenate([each.samples for each in speaker.synthesize(what, voice, np.random.default_rng(0))])

    np.testing.assert_array_equal(asked(exact, sample_steps=8), asked(engine))
    assert not np.array_equal(asked(engine, sample_steps=4), asked(engine))
    for wrong in (5, True, "8"):
        with pytest.raises(InvalidInput, match="sample_steps"):
            asked(engine, sample_steps=wrong)


def test_every_wanted_length_is_met_to_the_sample(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    for seconds in (1.0, 2.345):
        assert len(said(engine, voice, duration=seconds)) == round(seconds * RATE)
    assert len(said(engine, voice, n_tokens=20)) == 20 * 1920


def test_what_is_longer_than_the_flow_was_trained_on_goes_on_piece_by_piece(
    engine: GPTSoVITSv4, voice: Conditioning
) -> None:
    assert len(said(engine, voice, n_tokens=200)) == 200 * 1920  # 800 frames; 612 fit behind this prompt


def streamed(engine: GPTSoVITSv4, voice: Conditioning, n_codes: int) -> tuple[list[np.ndarray], np.ndarray]:
    """The chunks of so many codes, and the sound of all mel that was made for them at once."""
    networks, heard = engine._parts.decoder, Voice.of(voice)
    mels: list[np.ndarray] = []

    class Networks:
        def __getattr__(self, name: str) -> Any:
            return getattr(networks, name)

        def flow(self, *given: Any) -> np.ndarray:
            mels.append(networks.flow(*given))
            return mels[-1]

    spied = cast(DecoderV4, Networks())
    decoder = Prompted(spied, Start.of(spied, heard, 100), 2)
    stream = decoder.stream(heard.prompt.phones, heard.style, noise)
    chunks = list(flowing(range(n_codes), Streaming(), stream))
    return chunks, networks.sound(spectrogram.denormalized(np.concatenate(mels, 1)))


def noise(start: int, n: int) -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal((1000, 100), np.float32)
    return np.ascontiguousarray(drawn[2 * start : 2 * (start + n)].T)


def test_the_chunks_of_a_stream_are_the_sound_of_one_mel(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    chunks, whole = streamed(engine, voice, 100)
    assert len(chunks) > 2
    assert len(chunks[0]) == (Streaming().first * 4 - VOCODER.reach) * 480
    assert len(whole) == 100 * 1920
    np.testing.assert_allclose(np.concatenate(chunks), whole, atol=1e-5)


def test_what_fits_into_the_first_chunk_is_the_same_in_a_stream(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    (chunk,), _ = streamed(engine, voice, 15)
    networks, heard = cast(DecoderV4, engine._parts.decoder), Voice.of(voice)
    decoder = Prompted(networks, Start.of(networks, heard, 100), 2)
    frames = decoder.frames(np.arange(15), heard.prompt.phones, heard.style)
    np.testing.assert_allclose(chunk, decoder.render(frames, noise(0, 30), heard.style), atol=1e-5)


def test_a_sentence_goes_on_from_the_end_of_the_recording(engine: GPTSoVITSv4, voice: Conditioning) -> None:
    networks, heard = cast(DecoderV4, engine._parts.decoder), Voice.of(voice)
    whole, short = (Start.of(networks, heard, most) for most in (500, 100))
    np.testing.assert_array_equal(whole.mel, heard.mel)
    for start, last in ((short.mel, whole.mel), (short.features, whole.features)):
        np.testing.assert_array_equal(start, last[:, -100:])


def test_a_stream_speaks_before_the_sentence_is_drawn(
    engine: GPTSoVITSv4, voice: Conditioning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bounds, "of", classmethod(lambda cls, _: cls.exactly(60)))
    stream, whole = (GPTSoVITSv4.assembled(engine._parts, preset) for preset in ("fast-stream", "fast"))
    chunks = stream.synthesize(utterance(delivery=Delivery()), voice, np.random.default_rng(0))
    lengths = [len(chunk.samples) for chunk in chunks if len(chunk.samples)]
    assert len(lengths) == 3
    assert sum(lengths) == len(said(whole, voice)) == 60 * 1920


def test_a_sample_is_changed_by_no_frame_out_of_reach() -> None:
    vocoder = chance(Generator(GeneratorConfig(**{**vars(VOCODER), "width": 32})), 4)
    reach, n = VOCODER.reach, 4 * VOCODER.reach
    mel = torch.randn(1, 100, n, generator=torch.Generator().manual_seed(1))
    other = mel.clone()
    other[..., n // 2] += 1
    with torch.inference_mode():
        changed = (vocoder(mel) != vocoder(other))[0, 0].numpy().nonzero()[0] // 480
    assert n // 2 - reach <= changed.min() < n // 2 - reach / 2  # not more than is needed by far
    assert n // 2 + reach / 2 < changed.max() <= n // 2 + reach


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
    mine = Path(shutil.copytree(folder, tmp_path / "gptsovits-v4"))
    save_lora(mine / "me_e2_s24_l4.pth")
    trained = GPTSoVITSv4(1, mine, "fast")
    assert trained.digest != engine.digest
    assert not np.array_equal(said(trained, voice, n_tokens=20), said(engine, voice, n_tokens=20))
    (mine / places.S2["v4"]).unlink()
    with pytest.raises(MissingWeights, match="is a LoRA"):
        GPTSoVITSv4(1, mine)


def test_a_vocoder_of_something_else_is_told(folder: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "gptsovits-v4"))
    torch.save({"a": torch.zeros(1)}, mine / places.VOCODER_V4)
    with pytest.raises(BadCheckpoint, match="vocoder"):
        GPTSoVITSv4(1, mine)


@pytest.fixture(scope="module")
def converted(folder: Path) -> Path:
    return with_conversions(folder, V4)


def test_converted_it_learns_and_says_the_same(
    folder: Path, converted: Path, voice: Conditioning, engine: GPTSoVITSv4
) -> None:
    onnx = GPTSoVITSv4(1, converted, "exact")
    learnt = onnx.condition([clip_48k(1, 5.0)], "今天天气很好。")
    assert onnx.digest == engine.digest
    np.testing.assert_array_equal(learnt.arrays["codes"], voice.arrays["codes"])
    np.testing.assert_allclose(learnt.arrays["mel"], voice.arrays["mel"], atol=1e-5)
    torch_exact = GPTSoVITSv4.assembled(engine._parts, "exact")
    for length in ({}, {"n_tokens": 200}):  # in one piece, and going on
        np.testing.assert_allclose(said(onnx, voice, **length), said(torch_exact, voice, **length), atol=1e-4)


def test_converted_to_eight_bits_it_speaks_too(converted: Path, voice: Conditioning, engine: GPTSoVITSv4) -> None:
    fast = GPTSoVITSv4(1, converted, "fast")
    found, plain = said(fast, voice, n_tokens=20), said(engine, voice, n_tokens=20)
    np.testing.assert_array_equal(found, said(fast, voice, n_tokens=20))
    assert len(found) == len(plain)
    assert not np.array_equal(found, plain)


def test_converted_it_needs_no_torch(converted: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from kouji.engines.gptsovits.engine import GPTSoVITSv4\n"
        f"GPTSoVITSv4(1, Path({str(converted)!r}), 'fast-stream')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_a_conversion_for_other_numbers_of_steps_is_of_an_earlier_version(converted: Path) -> None:
    place = converted / "onnx"
    some = {name: table for name, table in tables(place).items() if name != "moments8"}
    with pytest.raises(BadCheckpoint, match="earlier version"):
        OnnxDecoderV4(place, 1, some)
