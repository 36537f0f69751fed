"""From trained modules to the files that the native engine reads: five ONNX graphs and one table of voices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from kouji.audio.mel import N_MELS
from kouji.engines.native import inputs

from . import graphs
from .acoustic import Acoustic, AcousticConfig, at_frames
from .vocoder import Vocoder

GRAPHS = ("text", "pitch", "decoder", "speaker", "vocoder")


class _Text(nn.Module):
    """Everything that is known before the first frame."""

    def __init__(self, model: Acoustic) -> None:
        super().__init__()
        self.content, self.prosody = model.content, model.prosody

    def forward(
        self, segments: Tensor, tones: Tensor, flags: Tensor, next_pause: Tensor, language: Tensor, style: Tensor,
        emotion: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        mask = torch.ones_like(flags[..., :1])
        content = self.content(segments, flags, mask)
        return content, *self.prosody(content, tones, flags, next_pause, language, style, emotion, mask)


class _Pitch(nn.Module):
    def __init__(self, model: Acoustic) -> None:
        super().__init__()
        self.pitch = model.pitch

    def forward(self, prosody: Tensor, index: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        found: tuple[Tensor, Tensor] = self.pitch(
            at_frames(prosody, index), position, torch.ones_like(position[..., :1])
        )
        return found


class _Decoder(nn.Module):
    def __init__(self, model: Acoustic) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(
        self, content: Tensor, index: Tensor, position: Tensor, log_f0: Tensor, voiced: Tensor, energy: Tensor,
        speaker: Tensor, emotion: Tensor,
    ) -> Tensor:  # fmt: skip
        frames = at_frames(torch.cat([content, energy.unsqueeze(-1)], dim=-1), index)
        mask = torch.ones_like(position[..., :1])
        mel: Tensor = self.decoder(
            frames[..., :-1], position, log_f0, voiced, frames[..., -1], speaker, emotion, mask
        )
        return mel


def export(model: Acoustic, vocoder: Vocoder, folder: Path) -> None:
    """Write text, pitch, decoder, speaker and vocoder graphs; weights are stored as float16."""
    n, t, dim = 7, 40, AcousticConfig().dim
    ints, floats = torch.zeros(1, n, dtype=torch.long), torch.zeros
    index, position = torch.zeros(1, t, dtype=torch.long), floats(1, t, inputs.N_POSITION)
    emotion = floats(1, inputs.N_EMOTIONS)
    _write(
        _Text(model), folder / "text.onnx", ("content", "prosody", "log_duration", "energy"),
        {"segments": torch.zeros(1, n, 3, dtype=torch.long), "tones": ints, "flags": floats(1, n, inputs.N_FLAGS),
         "next_pause": ints, "language": ints, "style": torch.zeros(1, dtype=torch.long), "emotion": emotion},
    )  # fmt: skip
    _write(
        _Pitch(model), folder / "pitch.onnx", ("ratio", "voicing"),
        {"prosody": floats(1, n, dim), "index": index, "position": position},
    )  # fmt: skip
    _write(
        _Decoder(model), folder / "decoder.onnx", ("mel",),
        {"content": floats(1, n, dim), "index": index, "position": position, "log_f0": floats(1, t),
         "voiced": floats(1, t), "energy": floats(1, n), "speaker": floats(1, AcousticConfig().d_speaker),
         "emotion": emotion},
    )  # fmt: skip
    _write(model.speaker, folder / "speaker.onnx", ("speaker",), {"mel": floats(1, 80, N_MELS)})
    _write(vocoder, folder / "vocoder.onnx", ("curves",), {"mel": floats(1, t, N_MELS), "pitch": floats(1, t, 2)})


def _write(module: nn.Module, path: Path, outputs: tuple[str, ...], arguments: Mapping[str, Tensor]) -> None:
    """One graph; the second dimension of every input of three or of index type is free."""
    free = {name: {1: "length" if a.shape[1] != 7 else "tokens"} for name, a in arguments.items() if _is_sequence(a)}
    graphs.write(module, path, arguments, outputs, free | {name: {1: "steps"} for name in outputs if name != "speaker"})


def _is_sequence(argument: Tensor) -> bool:
    return argument.ndim >= 2 and argument.shape[1] > 1 and argument.shape != (1, inputs.N_EMOTIONS) and not (
        argument.ndim == 2 and argument.shape[1] == AcousticConfig().d_speaker
    )


def save_voices(
    path: Path,
    voices: Mapping[str, tuple[np.ndarray, float, np.ndarray]],
    spread: Mapping[str, float],
    pace: Mapping[str, float],
) -> None:
    """The table of voices: embedding, mean log F0, noise of each; per style how far to widen F0 and stretch time."""
    arrays: dict[str, np.ndarray] = {}
    for name, (embedding, mean, noise) in voices.items():
        arrays[f"{name}.speaker"] = embedding.astype(np.float32)
        arrays[f"{name}.log_f0"] = np.asarray(mean, np.float32)
        arrays[f"{name}.noise"] = noise.astype(np.float32)
    arrays["spread"] = np.array([spread.get(style, 1.0) for style in inputs.STYLES], np.float32)
    arrays["pace"] = np.array([pace.get(style, 1.0) for style in inputs.STYLES], np.float32)
    np.savez(path, **arrays)  # type: ignore[arg-type]
