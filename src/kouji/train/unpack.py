"""From a voice pack back to the modules it was exported from: anybody can train on from the published voices.

A graph does not say which weight of which module an initializer is, for the exporter renames, transposes and folds. So
modules whose every number occurs once are exported by the same code: where a weight's numbers turn up in those graphs,
there the pack's graphs hold its weight.
"""

from __future__ import annotations

import re
import tempfile
from itertools import zip_longest
from pathlib import Path

import numpy as np
import torch
from torch import nn

from kouji.errors import InvalidInput

from .acoustic import Acoustic, AcousticConfig
from .export import GRAPHS, export
from .graphs import HALF
from .vocoder import Vocoder, VocoderConfig

HINT = "Give a folder that `kouji train native` of this version has written."


def unpack(folder: Path) -> tuple[Acoustic, Vocoder]:
    """The acoustic model and the vocoder of a voice pack, with its weights as far as 16 bits hold them.

    Args:
        folder: five graphs as `export` writes them.

    Raises:
        InvalidInput: a graph is missing, or is not one of these models in their present sizes.
    """
    acoustic, vocoder = Acoustic(AcousticConfig()), Vocoder(VocoderConfig())
    generator = torch.Generator().manual_seed(0)
    for module in (acoustic, vocoder):
        for parameter in module.parameters():
            nn.init.normal_(parameter, generator=generator)
    parameters = [p for module in (acoustic, vocoder) for p in module.parameters()]
    found: dict[int, np.ndarray] = {}  # number of the parameter -> its weight in the pack
    with tempfile.TemporaryDirectory() as probe:
        export(acoustic, vocoder, Path(probe))
        places = _Places(parameters)
        for name in GRAPHS:
            found |= places.weights(_initializers(Path(probe) / f"{name}.onnx"), folder / f"{name}.onnx")
    missing = len(parameters) - len(found)
    assert not missing, f"{missing} parameters are in no graph"
    with torch.no_grad():
        for number, weight in found.items():
            parameters[number].copy_(torch.from_numpy(weight.astype(np.float32)))
    return acoustic, vocoder


class _Places:
    """Recognises parameters by their numbers."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self._known: dict[bytes, tuple[int, bool]] = {}  # numbers -> parameter, whether transposed
        for number, parameter in enumerate(parameters):
            for dtype in (np.float32, np.float16):
                array = parameter.detach().numpy().astype(dtype)
                self._known[array.T.tobytes()] = number, True
                self._known[array.tobytes()] = number, False

    def weights(self, probe: list[tuple[str, np.ndarray]], path: Path) -> dict[int, np.ndarray]:
        """The weights of a pack's graph, in the shape of the parameters that they are."""
        found = {}
        for ours, theirs in zip_longest(probe, _initializers(path)):
            if ours is None or theirs is None or _kind(*ours) != _kind(*theirs):
                named = " and ".join(each[0] for each in (ours, theirs) if each is not None)
                raise InvalidInput(f"{path} is no graph of this model: {named} do not fit.", HINT)
            place = self._known.get(ours[1].tobytes())
            if place is not None:
                found[place[0]] = theirs[1].T if place[1] else theirs[1]
            elif not np.array_equal(ours[1], theirs[1]):
                raise InvalidInput(f"{path} was made with another constant {theirs[0]}.", HINT)
        return found


def _kind(name: str, array: np.ndarray) -> tuple[str, np.dtype, tuple[int, ...]]:
    """What the same initializer of two exports has in common; numbers that the exporter gave are not."""
    return re.sub(r"(?<=::)(\w+?)_?\d+", r"\1", name), array.dtype, array.shape


def _initializers(path: Path) -> list[tuple[str, np.ndarray]]:
    """Names and values in the order of the file."""
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(path).graph
    except Exception as problem:  # not there, no file, or protobuf's own error, whose package is onnx's business
        raise InvalidInput(f"{path} cannot be read: {problem}.", HINT) from problem
    return [(weight.name.removesuffix(HALF), numpy_helper.to_array(weight)) for weight in graph.initializer]
