"""A difference of low rank, and the published model that it is a difference to, made one.

W' = W + B A, as peft names the two: NAME.lora_A.default.weight (rank, n_in), NAME.lora_B.default.weight (n_out, rank).
Its scale is 1: the rank and alpha of GPT-SoVITS are the same number. What else was trained stands in the file whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from kouji.errors import BadCheckpoint, MissingWeights

from .container import Container

_WRAPPED = "cfm.base_model.model."  # what peft puts where "cfm." was
_A, _B = ".lora_A.default.weight", ".lora_B.default.weight"


def merged(difference: Container, base: Container | None) -> Container:
    """The whole model.

    Raises:
        MissingWeights: no base.
        BadCheckpoint: the base is not what the difference belongs to.
    """
    if base is None:
        raise MissingWeights(
            f"{difference.path} is a LoRA: only a difference to the published model of {difference.version}.",
            f"Put s2G{difference.version}.pth beside it.",
        )
    if base.is_lora or base.version != difference.version:
        of = "a LoRA itself" if base.is_lora else f"of {base.version}"
        needs = f"{difference.path} needs {difference.version}"
        raise BadCheckpoint(f"{needs}, but {base.path} is {of}.", "Give the published s2Gv4.pth.")
    weights = merged_weights(difference.weights, base.weights, difference.lora_rank, str(difference.path))
    config = difference.config or base.config
    return Container(difference.path, base.version, weights, config, difference.info)


def merged_weights(
    difference: Mapping[str, Tensor], base: Mapping[str, Tensor], rank: int, source: str
) -> dict[str, Tensor]:
    """The base with what the difference changes, in float32 where it was changed."""
    whole = dict(base)
    for name, tensor in difference.items():
        if name.endswith(_B):
            continue
        place = name.replace(_WRAPPED, "cfm.").replace(".base_layer.", ".")
        if not name.endswith(_A):
            whole[_fitting(place, tensor, base, source)] = tensor
            continue
        stem = name.removesuffix(_A)
        other = difference.get(stem + _B)
        if other is None or tensor.shape[0] != rank or other.shape[1] != rank:
            raise BadCheckpoint(f"{source}: {stem} is no LoRA of rank {rank}.", "It is cut off or altered.")
        change = other.float() @ tensor.float()
        target = _fitting(place.removesuffix(_A) + ".weight", change, base, source)
        whole[target] = base[target].float() + change
    return whole


def _fitting(name: str, tensor: Tensor, base: Mapping[str, Tensor], source: str) -> str:
    if name not in base or base[name].shape != tensor.shape:
        raise BadCheckpoint(f"{source} changes {name!r}, which its base has not so.", "It is of another model.")
    return name
