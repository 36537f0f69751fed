"""A mark that nobody hears: which sound we made, told by the sound itself.

    samples ─→ marked(payload) ─→ the same samples, a little louder here and softer there
    samples ─→ detect ─→ Watermark | None

The mark is a pattern of gains over tiles of time and frequency, by a key: see `pattern`. What it says stands in
`payload`, how strong it may be in `strength`, how it is put in and found again in `embedder` and `detector`.
"""

from .detector import Watermark, detect
from .embedder import marked
from .payload import ENGINES, Payload, engine_number

__all__ = ["ENGINES", "Payload", "Watermark", "detect", "engine_number", "marked"]
