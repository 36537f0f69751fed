"""Kouji (口技): local-first speech.

    import kouji
    kouji.load().synthesize("你好，世界。").save("hello.wav")
"""

from kouji import utils
from kouji.errors import SpeechError
from kouji.speak import Session, load
from kouji.types import Chunk, Mark, Notice, Request, Speech

__version__ = "0.1.0"
__all__ = ["Chunk", "Mark", "Notice", "Request", "Session", "Speech", "SpeechError", "load", "utils"]
