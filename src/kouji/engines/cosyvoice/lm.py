"""Text to speech tokens: the first half of CosyVoice.

    text ids (T_text,) → text encoder ─┐
    speaker (192,)  ───────────────────┤
    prompt codes (T_prompt,) ──────────┴→ [start, speaker, text …, task, prompt codes …] → LM → codes, 50 per second

Official file: llm.pt (FunAudioLLM/CosyVoice-300M*, Apache-2.0).  Parity: tests/engines/cosyvoice/test_parity.py.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kouji.layers import checkpoint

from .config import DIM_SPEAKER, LMConfig
from .encoder import Encoder, KVCache, table

RENAME: checkpoint.Rename = (
    (r"^(llm\.encoders\.\d+)\.norm1\.", r"\1.norm_mha."),
    (r"^(llm\.encoders\.\d+)\.norm2\.", r"\1.norm_ff."),
)
START, TASK = 0, 1  # rows of llm_embedding


class TokenLM(nn.Module):
    """See above."""

    def __init__(self, config: LMConfig | None = None) -> None:
        super().__init__()
        config = self.config = config or LMConfig()
        self.text_embedding = table(config.n_text, config.text.dim_in)
        self.text_encoder = Encoder(config.text, nn.SiLU(), causal=True)
        self.text_encoder_affine_layer = nn.Linear(config.text.dim, config.lm.dim_in)
        self.llm_embedding = table(2, config.lm.dim_in)
        self.speech_embedding = table(config.n_codes, config.lm.dim_in)
        self.spk_embed_affine_layer = nn.Linear(DIM_SPEAKER, config.lm.dim_in)
        self.llm = Encoder(config.lm, nn.ReLU(), causal=True, relu=True)
        self.llm_decoder = nn.Linear(config.lm.dim, config.n_codes + 1)

    @classmethod
    def from_checkpoint(cls, path: Path) -> TokenLM:
        """Read the official file."""
        with torch.device("meta"):
            model = cls()
        checkpoint.load(model, checkpoint.read(path, RENAME), str(path))
        return model.eval()

    def encode_text(self, ids: Tensor) -> Tensor:
        """(T_text,) -> (T_text, dim). Causal: what a text says first does not depend on how it goes on."""
        out: Tensor = self.text_encoder_affine_layer(self.text_encoder(self.text_embedding(ids)[None]))[0]
        return out

    def rows(self, text: Tensor, speaker: Tensor | None, prompt: Tensor) -> Tensor:
        """What the LM reads first: text (T_text, dim), speaker (192,) or None, prompt codes (T_prompt,)."""
        start, task = self.llm_embedding.weight[START], self.llm_embedding.weight[TASK]
        who = [] if speaker is None else [self.spk_embed_affine_layer(F.normalize(speaker, dim=0))]
        return torch.cat([torch.stack([start, *who]), text, task[None], self.speech_embedding(prompt)])

    def forward(self, rows: Tensor, cache: KVCache) -> Tensor:
        """Rows (T, dim) behind those in the cache -> log-probabilities (n_codes + 1,) of what follows, the end last."""
        return F.log_softmax(self.llm_decoder(self.llm(rows[None], cache)[0, -1]), 0)
