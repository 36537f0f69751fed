"""What the engine is built from: functions of numpy arrays, each backed by torch or by ONNX Runtime.

The same parity cases check both kinds.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from kouji.runtime.together import Side

Text = tuple[np.ndarray, np.ndarray]  # phones (L,), BERT features (1024, L)


class Begun(Protocol):
    """A sentence that the first network has read and not said yet."""

    logits: np.ndarray  # (n_codes + 1,) of the first code; the last is the end


class Reader(Protocol):
    """The first network: phones to codes."""

    n_places: int  # sentences that it says side by side, each as it would alone

    def begin(self, text: Text, prompt: np.ndarray) -> Begun:
        """Read a sentence behind a prompt (T,), from whose codes it goes on."""
        ...

    def side(self) -> Side[Any]:
        """Places for sentences of this network that go on together."""
        ...


class Decoder(Protocol):
    """The second network: codes to samples."""

    noise_scale: float
    dim_noise: int  # channels of the noise that it renders from
    noise_per_frame: int  # columns of it

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Codes (T,), phones (L,), style (dim_style,) -> (dim, 2 T), 50 a second: what is said."""
        ...

    def render(self, frames: np.ndarray, noise: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Frames (dim, T), noise (dim_noise, n), style (dim_style,) -> samples.

        The noise has its scale already; n is T times `noise_per_frame`. Every frame is as many samples: 20 ms.
        """
        ...


class DecoderV4(Protocol):
    """The second network of v4, whose flow goes on from a mel; see prompted.Prompted, which makes a Decoder of it."""

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See Decoder."""
        ...

    def bridge(self, frames: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Frames (dim, T) -> what the flow is told, (512, 2 T), 100 a second."""
        ...

    def flow(self, noise: np.ndarray, features: np.ndarray, prompt: np.ndarray, n_timesteps: int) -> np.ndarray:
        """Noise (100, T), features (512, P + T), prompt (100, P) -> (100, T); prompt and result are normalised mel."""
        ...

    def sound(self, mel: np.ndarray) -> np.ndarray:
        """Logarithms (100, T) -> samples (480 T,)."""
        ...
