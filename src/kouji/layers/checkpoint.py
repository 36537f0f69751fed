"""Checkpoints as data: read without running anything in them, renamed by a table, and used to the last tensor.

A `.pt`, `.pth`, `.ckpt` or `.bin` is unpickled with torch's weights-only unpickler, which knows tensors and plain
containers and nothing else; a `.safetensors` has no code at all.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor, nn

from kouji.errors import BadCheckpoint

# Regular expression -> replacement, each applied in turn to every name, as by re.sub. None: an entry in whose name
# the pattern is found is not used, and that is meant so.
Rename = Sequence[tuple[str, str | None]]

N_PIECES, PIECE = 64, 65536  # of a fingerprint; bytes

# The names of torch.nn.utils.parametrizations.weight_norm -> those of the older torch.nn.utils.weight_norm.
PARAMETRIZED: Rename = (
    (r"\.parametrizations\.weight\.original0$", ".weight_g"),
    (r"\.parametrizations\.weight\.original1$", ".weight_v"),
)


def read(path: Path, rename: Rename = ()) -> dict[str, Tensor]:
    """Every tensor of a file, under our names.

    Dictionaries within dictionaries are joined with dots, as in {"net": {"gpt.weight": …}} -> "net.gpt.weight".

    Raises:
        BadCheckpoint: missing, cut off, holds anything but tensors, or two tensors would get one name.
    """
    if not path.is_file():
        raise BadCheckpoint(f"There is no file {path}.", "Is the folder of the model complete?")
    named = list(_safetensors(path).items()) if path.suffix == ".safetensors" else list(_flat(unpickled(path)))
    state: dict[str, Tensor] = {}
    for name, value in named:
        ours = renamed(name, rename)
        if ours is None:
            continue
        if not isinstance(value, Tensor):
            raise BadCheckpoint(f"{path} holds a {type(value).__name__} at {name!r}.", "Tensors are expected.")
        if ours in state:
            raise BadCheckpoint(f"{path} has two tensors for {ours!r}.", "It is of another model.")
        state[ours] = value
    return state


def load(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Fill a network: every tensor in `state` is used, none is made up.

    Args:
        module: on the CPU, or on the meta device, which then takes the tensors as they are.
        state: by the names of the module.
        source: of the tensors, for the error.

    Raises:
        BadCheckpoint: lists the tensors that are missing, left over, or of another shape.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in state.items()}
    faults = [
        _listed("missing", sorted(wanted.keys() - given.keys())),
        _listed("left over", sorted(given.keys() - wanted.keys())),
        _listed(
            "of another shape",
            [f"{name} {given[name]} instead of {shape}" for name, shape in sorted(wanted.items())
             if given.get(name, shape) != shape],
        ),
    ]  # fmt: skip
    if any(faults):
        raise BadCheckpoint(f"{source} does not fit: {'; '.join(filter(None, faults))}.", "It is of another model.")
    module.load_state_dict(state, strict=True, assign=any(each.is_meta for each in module.parameters()))


def without_weight_norm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Fold every pair NAME.weight_g, NAME.weight_v into NAME.weight = g v / |v|, norm over all axes but the first."""
    folded = {}
    for name, tensor in state.items():
        if name.endswith(".weight_v"):
            base = name.removesuffix("_v")
            if f"{base}_g" not in state:
                raise BadCheckpoint(f"{name} has no {base}_g beside it.", "The checkpoint is of another model.")
            folded[base] = torch._weight_norm(tensor, state[f"{base}_g"], 0)
        elif not name.endswith(".weight_g"):
            folded[name] = tensor
    return folded


def unpickled(path: Path, content: IO[bytes] | None = None, inert: Sequence[tuple[type, str]] = ()) -> Any:
    """What a file holds: tensors, numbers, texts, and plain containers of them.

    Args:
        path: of the file.
        content: what stands in it, where that is not the file as it lies there.
        inert: classes of ours that do nothing -> the names of classes in whose place they are put.

    Raises:
        BadCheckpoint: cut off, or it asks for anything else.
    """
    in_zip = content is None and zipfile.is_zipfile(path)
    try:
        with torch.serialization.safe_globals([*inert]):
            return torch.load(content or path, map_location="cpu", weights_only=True, mmap=in_zip or None)
    except pickle.UnpicklingError as error:
        reason = str(error)
        if "Unsupported" in reason or "not an allowed global" in reason or "Weights only load failed" in reason:
            raise BadCheckpoint(
                f"{path} is not mere data: {_blamed(reason)}.", "Nothing in it was run. Get it from its publisher."
            ) from error
        raise BadCheckpoint(f"{path} cannot be read: {reason}.", "Download it again.") from error
    except (RuntimeError, EOFError, ValueError, OSError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise BadCheckpoint(
            f"{path} cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}.",
            "It is cut off or no checkpoint; download it again.",
        ) from error


def _blamed(reason: str) -> str:
    """What the unpickler refused, from its long message."""
    found = re.search(r"(?:GLOBAL|global|function|class)\s+[`']?([\w.]+)", reason)
    return f"it asks for {found[1]}" if found and "." in found[1] else "its pickle holds what no table of weights needs"


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise BadCheckpoint(f"{path} cannot be read: {error}.", "It is cut off; download it again.") from error
    return found


def fingerprint(path: Path) -> str:
    """Tells one file of weights from another, in milliseconds: of its size, and of 64 pieces spread over it.

    Not for trust: whoever wants to can make two files with one fingerprint.
    """
    size = path.stat().st_size
    known = sha256(str(size).encode())
    with path.open("rb") as file:
        for number in range(N_PIECES):
            file.seek(max(0, size - PIECE) * number // (N_PIECES - 1))
            known.update(file.read(PIECE))
    return known.hexdigest()


def renamed(name: str, rename: Rename) -> str | None:
    """Our name of an official tensor; None: it is not used."""
    for pattern, replacement in rename:
        if replacement is not None:
            name = re.sub(pattern, replacement, name)
        elif re.search(pattern, name):
            return None
    return name


def _listed(kind: str, names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{len(names)} {kind} ({', '.join(names[:shown])}{more})" if names else ""
