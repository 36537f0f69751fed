"""The hall: every request walks through here, from text to sound.

    Request -> policy.permit -> text.analyse -> [Utterance] -> control.delivered -> control.planned
            -> engine.synthesize -> control.closed -> audio.join -> audio.watermark -> Chunks -> Speech

A list of calls: what each of them does stands in its own room.

    session.py      what can be asked for         opened.py       an engine, and what is opened with it
    arguments.py    keywords -> Request           planning.py     Request -> Plan: all that can be checked before
    conversion.py   recording -> Stream           saying.py       Plan -> Stream: utterances, labels, marks
"""

from .loading import IndexTTS2, load
from .session import Session
from .stream import Progress, Stream

__all__ = ["IndexTTS2", "Progress", "Session", "Stream", "load"]
