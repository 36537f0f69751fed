"""Kouji (口技): local-first speech.

    import kouji
    kouji.load().synthesize("你好，世界。").save("hello.wav")
"""

from kouji import utils
from kouji.errors import SpeechError
from kouji.policy import Consent
from kouji.speak import IndexTTS2, Session, load
from kouji.types import Chunk, Mark, Notice, Request, Speech

__version__ = "0.1.0"
__all__ = [
    "Chunk", "Consent", "IndexTTS2", "Mark", "Notice", "Request", "Session", "Speech", "SpeechError", "load", "utils",
]  # fmt: skip
