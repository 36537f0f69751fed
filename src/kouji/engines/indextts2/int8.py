"""The GPT with eight-bit weights, on ONNX Runtime: a quarter of the memory, four times the pace on a CPU.

    KOUJI-INT8/gpt.onnx, gpt.bin    made once from gpt.pth, beside it
    KOUJI-INT8/manifest.json        from which gpt.pth, by which version; sizes of the files

Blocks of 128 weights share a scale; norms, attention, embeddings and the cache stay float32.  On Gaussian weights the
last hidden state moves by about 2 %; which codes are drawn may differ from float32's, as with another seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights, needs
from kouji.layers import checkpoint
from kouji.runtime import converted
from kouji.runtime.onnx import Cached, Graph

from . import weights
from .config import ModelConfig, read
from .gpt import GPT, GPTConfig

if TYPE_CHECKING:
    from kouji.runtime.build import Builder

FOLDER = "kouji-int8"
VERSION = 2  # of what is built
ROOM = 512  # rows by which a cache grows


@dataclass
class NarrowCache:
    """State of one request: what was read, in memory that the graph writes."""

    cached: Cached
    n_prompt: int
    n_rows: int

    def rewind(self) -> None:
        """Forget all that came after the prompt."""
        self.n_rows = self.n_prompt
        self.reorder(torch.zeros(1, dtype=torch.int64))

    def reorder(self, beams: Tensor) -> None:
        """Continue from these beams; after the prompt, which is the start of all, from as many as are named."""
        if self.cached.batch == 1:
            beams = torch.zeros_like(beams)
        if beams.tolist() != list(range(self.cached.batch)):
            self.cached.take(beams.numpy(), self.n_prompt, self.n_rows)


class NarrowGPT:
    """As `gpt.GPT`."""

    def __init__(self, tables: GPT, graph: Graph) -> None:
        """`tables` has no blocks: its embeddings are what is used."""
        self.config, self._tables, self._graph = tables.config, tables, graph
        self._names = sorted(name for name in graph.inputs if name.startswith(("key", "value")))

    def prompt(self, speaker: Tensor, emotion: Tensor, text: Tensor, n_tokens: int | None = None) -> Tensor:
        """See GPT.prompt."""
        return self._tables.prompt(speaker, emotion, text, n_tokens)

    def start(self, prompt: Tensor) -> NarrowCache:
        """See GPT.start."""
        size = self.config
        shape = (1, size.n_heads, 0, size.dim // size.n_heads)
        cache = NarrowCache(Cached(self._graph, self._names, shape), prompt.shape[1], 0)
        self._run(prompt, cache)
        return cache

    def logits(self, codes: Tensor, positions: Tensor, cache: NarrowCache) -> Tensor:
        """See GPT.logits; codes (B, 1)."""
        _, logits = self._run(self._tables.embedded(codes, positions), cache)
        return logits

    def latents(self, codes: Tensor, cache: NarrowCache) -> Tensor:
        """See GPT.latents."""
        cache.rewind()
        given = F.pad(codes[:-1], (1, 0), value=self.config.start_code)[None]
        hidden, _ = self._run(self._tables.embedded(given, torch.arange(len(codes))), cache)
        return hidden

    def _run(self, x: Tensor, cache: NarrowCache) -> tuple[Tensor, Tensor]:
        """(B, s, dim) -> hidden (B, s, dim), logits of the last (B, 1, n_codes)."""
        cache.n_rows += x.shape[1]
        cache.cached.grow(-(-cache.n_rows // ROOM) * ROOM)
        hidden, logits = cache.cached(
            x=np.ascontiguousarray(x.numpy()), last=np.full(len(x), cache.n_rows - 1, np.int32),
            total=np.array([cache.n_rows], np.int32),
        )  # fmt: skip
        return torch.from_numpy(hidden.copy()), torch.from_numpy(logits.copy())


def read_narrow(config: ModelConfig, folder: Path, n_threads: int) -> NarrowGPT:
    """The eight-bit GPT of a folder; made now where it is not there yet."""
    place = prepared(config, folder)
    without = replace(config.gpt, n_layers=0)
    path = folder / config.files["gpt_checkpoint"]
    names = (*weights.GPT_NAMES, (r"^gpt\.h\.", None))
    tables = weights.gpt(replace(config, gpt=without), checkpoint.read(path, names), str(path))
    return NarrowGPT(tables, Graph(str(place / "gpt.onnx"), n_threads))


def convert(folder: Path, int8: bool) -> Path:
    """For `kouji models convert`.

    Raises:
        InvalidInput: there is only the eight-bit conversion.
    """
    if not int8:
        raise InvalidInput("IndexTTS 2 is not converted in full precision.", "Give --int8, for its GPT.")
    return prepared(read(folder), folder)


def prepared(config: ModelConfig, folder: Path) -> Path:
    """The folder of the converted GPT, made from gpt.pth where it is missing, not whole, or of another gpt.pth.

    Raises:
        OutputFailed: the model folder cannot be written.
        MissingExtra: `onnx` is not installed.
    """
    source, place = folder / config.files["gpt_checkpoint"], folder / FOLDER
    state = source.stat()
    made = {"version": VERSION, "size": state.st_size, "modified": state.st_mtime_ns}
    if _made(place) == made:
        return place
    with converted.replaced(place, "Make the model folder writable once, or use the preset official.") as draft:
        if _made(place) != made:  # another process may have made it meanwhile
            graph(checkpoint.read(source, weights.GPT_NAMES), config.gpt).save(draft)
            converted.finish(draft, **made)
    return place


def graph(tensors: Mapping[str, Tensor], config: GPTConfig) -> Builder:
    """New rows behind a cache that is written in place, to their states and the logits of what follows the last.

    Args:
        tensors: of gpt.pth, by its names.
        config: the sizes.
    """
    with needs("torch", "Converting to eight bits"):
        from kouji.runtime.build import INT32, Builder
    b, dim = Builder("gpt", "blocks"), config.dim
    shape: list[int | str] = ["B", config.n_heads, "room", dim // config.n_heads]
    x = b.input("x", ["B", "s", dim])
    last, total = b.input("last", ["B"], INT32), b.input("total", [1], INT32)

    def array(name: str) -> np.ndarray:
        return tensors[name].float().numpy()

    def norm(x: str, name: str) -> str:
        return b.layer_norm(x, array(f"{name}.weight"), array(f"{name}.bias"), 1e-5)

    def linear(x: str, name: str) -> str:
        return b.linear(x, np.ascontiguousarray(array(f"{name}.weight").T), array(f"{name}.bias"))

    for layer in range(config.n_layers):
        name = f"gpt.h.{layer}"
        qkv = linear(norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn")
        old = [b.input(f"{kind}{layer}", shape) for kind in ("key", "value")]
        heard, keys, values = b.ops(
            "GroupQueryAttention", 3, qkv, "", "", *old, last, total, domain="com.microsoft",
            num_heads=config.n_heads, kv_num_heads=config.n_heads,
        )  # fmt: skip
        b.keep(keys, f"new_key{layer}", f"new_key{layer}", shape)
        b.keep(values, f"new_value{layer}", f"new_value{layer}", shape)
        x = b.op("Add", x, linear(heard, f"{name}.attn.c_proj"))
        wide = b.op("Gelu", linear(norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc"), approximate="tanh")
        x = b.op("Add", x, linear(wide, f"{name}.mlp.c_proj"))
    hidden = norm(norm(x, "gpt.ln_f"), "final_norm")
    b.output(hidden, "hidden", ["B", "s", dim])
    logits = b.linear(b.slice(hidden, -1, 2**31, 1), array("mel_head.weight"), array("mel_head.bias"))
    b.output(logits, "logits", ["B", 1, config.n_codes])
    return b


def _made(place: Path) -> dict[str, object]:
    """From what the files of a folder were made; {} where one of them is missing or cut off."""
    try:
        known = converted.checked(place)
    except (BadCheckpoint, MissingWeights):
        return {}
    return {name: known.get(name) for name in ("version", "size", "modified")}
