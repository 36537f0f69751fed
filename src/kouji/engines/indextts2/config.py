"""Sizes and file names of a model folder: config.yaml, read for its plain values.

What the file does not say has the published value; what it says must be possible.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kouji.errors import BadCheckpoint, needs

from .codec import CodecConfig
from .conformer import ConformerConfig
from .dit import DiTConfig
from .encoders import EncodersConfig
from .gpt import GPTConfig
from .regulator import RegulatorConfig

SAMPLE_RATE = 22050  # Hz
HOP_LENGTH = 256  # samples per mel frame
CODE_RATE = 50  # codes per second
EMOTION_COUNTS = (3, 17, 2, 8, 4, 5, 10, 24)  # exemplars of each emotion in feat1.pt and feat2.pt
_HINT = "It is not of IndexTTS 2.0, or was altered; download it again."


@dataclass(frozen=True)
class ModelConfig:
    """Everything that is built by."""

    gpt: GPTConfig = field(default_factory=GPTConfig)
    encoders: EncodersConfig = field(default_factory=EncodersConfig)
    codec: CodecConfig = field(default_factory=CodecConfig)
    regulator: RegulatorConfig = field(default_factory=RegulatorConfig)
    dit: DiTConfig = field(default_factory=DiTConfig)
    emotion_counts: tuple[int, ...] = EMOTION_COUNTS
    files: Mapping[str, str] = field(default_factory=dict)  # what a part is called in this folder


FILES = {
    "gpt_checkpoint": "gpt.pth",
    "s2mel_checkpoint": "s2mel.pth",
    "w2v_stat": "wav2vec2bert_stats.pt",
    "emo_matrix": "feat2.pt",
    "spk_matrix": "feat1.pt",
    "qwen_emo_path": "qwen0.6bemo4-merge/",
}


def read(folder: Path) -> ModelConfig:
    """The configuration of a folder.

    Raises:
        BadCheckpoint: there is none, it is no YAML, or a value in it cannot be.
        MissingExtra: PyYAML is not installed.
    """
    path = folder / "config.yaml"
    values = read_yaml(path)
    version = values.get("version", 2.0)
    if not isinstance(version, (int, float)) or not 2.0 <= version < 2.5:
        raise BadCheckpoint(f"{path} is of version {version!r}; this engine runs 2.0.", _HINT)
    try:
        return _model(values)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadCheckpoint(f"{path} has a value that cannot be: {error!r}.", _HINT) from error


def read_json(path: Path) -> dict[str, Any]:
    """A mapping of plain values, {} where there is no such file.

    Raises:
        BadCheckpoint: no JSON, or no mapping.
    """
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadCheckpoint(f"{path} cannot be read: {error}", _HINT) from error
    if not isinstance(values, dict):
        raise BadCheckpoint(f"{path} is no table of values.", _HINT)
    return values


def read_yaml(path: Path) -> dict[str, Any]:
    """A mapping of plain values; tags that would build objects are refused.

    Raises:
        BadCheckpoint: not there, no YAML, or no mapping.
        MissingExtra: PyYAML is not installed.
    """
    with needs("torch", "Reading the files of IndexTTS 2"):
        import yaml
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise BadCheckpoint(f"{path} cannot be read: {reason}", _HINT) from error
    if not isinstance(values, dict):
        raise BadCheckpoint(f"{path} is no table of values.", _HINT)
    return values


def _model(values: dict[str, Any]) -> ModelConfig:
    gpt, codec, s2mel = (values.get(name, {}) for name in ("gpt", "semantic_codec", "s2mel"))
    dim = count(gpt, "model_dim", 1280)
    in_dim = count(codec, "hidden_size", 1024)
    counts = tuple(int(n) for n in values.get("emo_num", EMOTION_COUNTS))
    if len(counts) != len(EMOTION_COUNTS) or min(counts) < 1:
        raise ValueError(f"emo_num: {counts}")
    dataset = values.get("dataset", {})
    files = {name: str(values.get(name, usual)) for name, usual in FILES.items()}
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in files.values()):
        raise ValueError("a file outside the folder")
    return ModelConfig(
        _gpt(gpt, dim),
        _encoders(gpt, dim, in_dim),
        _codec(codec, in_dim),
        _regulator(s2mel.get("length_regulator", {}), in_dim),
        _dit(s2mel),
        counts,
        {**files, "bpe_model": str(dataset.get("bpe_model", "bpe.model"))},
    )


def _gpt(values: dict[str, Any], dim: int) -> GPTConfig:
    usual = GPTConfig()
    return GPTConfig(
        dim,
        count(values, "layers", usual.n_layers),
        count(values, "heads", usual.n_heads),
        count(values, "number_text_tokens", usual.n_text - 1) + 1,
        count(values, "number_mel_codes", usual.n_codes),
        count(values, "max_text_tokens", usual.max_text - 2) + 2,
        count(values, "max_mel_tokens", usual.max_codes - 3) + 3,
        int(values.get("start_text_token", usual.start_text)),
        int(values.get("stop_text_token", usual.stop_text)),
        int(values.get("start_mel_token", usual.start_code)),
        int(values.get("stop_mel_token", usual.stop_code)),
    )


def _encoders(values: dict[str, Any], dim: int, in_dim: int) -> EncodersConfig:
    usual = EncodersConfig()
    speaker, emotion = values.get("condition_module", {}), values.get("emo_condition_module", {})
    return EncodersConfig(
        dim,
        _conformer(speaker, usual.speaker, in_dim),
        count(speaker, "perceiver_mult", 2),
        _conformer(emotion, usual.emotion, in_dim),
        count(emotion, "perceiver_mult", 2),
    )


def _conformer(values: dict[str, Any], usual: ConformerConfig, in_dim: int) -> ConformerConfig:
    if values.get("input_layer", "conv2d2") != "conv2d2":
        raise ValueError(f"input_layer: {values['input_layer']}")
    return ConformerConfig(
        count(values, "output_size", usual.dim),
        count(values, "linear_units", usual.n_units),
        count(values, "attention_heads", usual.n_heads),
        count(values, "num_blocks", usual.n_blocks),
        in_dim,
    )


def _codec(values: dict[str, Any], in_dim: int) -> CodecConfig:
    usual = CodecConfig()
    return CodecConfig(
        count(values, "codebook_size", usual.n_codes),
        count(values, "codebook_dim", usual.code_dim),
        in_dim,
        count(values, "vocos_dim", usual.dim),
        count(values, "vocos_intermediate_dim", usual.n_units),
        count(values, "vocos_num_layers", usual.n_blocks),
    )


def _regulator(values: dict[str, Any], in_dim: int) -> RegulatorConfig:
    ratios = values.get("sampling_ratios", (1, 1, 1, 1))
    if any(ratio != 1 for ratio in ratios) or values.get("is_discrete", False):
        raise ValueError(f"length_regulator: {values}")
    return RegulatorConfig(in_dim, count(values, "channels", 512), len(ratios))


def _dit(values: dict[str, Any]) -> DiTConfig:
    usual, dit, wavenet = DiTConfig(), values.get("DiT", {}), values.get("wavenet", {})
    speaker = values.get("style_encoder", {})
    return DiTConfig(
        count(dit, "in_channels", usual.n_mels),
        count(dit, "hidden_dim", usual.dim),
        count(dit, "num_heads", usual.n_heads),
        count(dit, "depth", usual.depth),
        count(dit, "content_dim", usual.content_dim),
        count(speaker, "dim", usual.speaker_dim),
        count(wavenet, "num_layers", usual.wavenet_layers),
        count(wavenet, "kernel_size", usual.wavenet_kernel),
    )


def count(values: Mapping[str, Any], name: str, usual: int) -> int:
    """A positive whole number; ValueError otherwise."""
    value = values.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: {value!r}")
    return value
