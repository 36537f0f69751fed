"""A folder of weights to stages: converted files on ONNX Runtime, or else the official ones on torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kouji.errors import needs
from kouji.runtime import converted

from .speaker import Statistics
from .stages import Stages
from .tokenizer import Tokenizer

TOKENIZER = "asset/tokenizer/tokenizer.json"
STATISTICS = "statistics.npz"
OFFICIAL = "asset/gpt/model.safetensors"
# Statistics of speakers: of releases before October 2024, or the text that the official code has had since.
PUBLISHED_STATISTICS = ("asset/spk_stat.pt", "asset/spk_stat.txt")
HOMOPHONES = "asset/homophones_map.json"  # of the official code, for whoever has it


def load(folder: Path, n_threads: int, int8: bool) -> tuple[Stages, Tokenizer, Statistics | None]:
    """The stages, the tokenizer, and the statistics of speakers where the folder has any.

    Args:
        folder: of the model.
        n_threads: processor threads.
        int8: take eight-bit weights where they were made; otherwise they are not touched.

    Raises:
        MissingExtra: official files need torch.
        MissingWeights: a converted file is gone.
        BadCheckpoint: a file is not what it should be.
    """
    for place in converted.choices(folder, int8):
        from .onnx_stages import OnnxStages

        tokenizer = Tokenizer.read(place / Path(TOKENIZER).name)
        return OnnxStages(place, n_threads), tokenizer, statistics_of(folder, place)
    converted.expect_official(folder, OFFICIAL)
    with needs("torch", "The way to read the official files"):
        from .torch_stages import TorchStages

    return TorchStages.from_folder(folder, n_threads), Tokenizer.read(folder / TOKENIZER), statistics_of(folder)


def statistics_of(folder: Path, place: Path | None = None) -> Statistics | None:
    """The statistics of speakers of a folder, where it has any."""
    if place is not None and (place / STATISTICS).is_file():
        with np.load(place / STATISTICS) as file:
            return Statistics(file["spread"], file["mean"])
    return next((Statistics.read(folder / name) for name in PUBLISHED_STATISTICS if (folder / name).is_file()), None)
