"""What of SSML is understood: the table that the documents print and a server can hand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..amounts import PITCHES, RATES, STRENGTHS, VOLUMES
from .say_as import KINDS
from .styles import STYLES


@dataclass(frozen=True)
class Tag:
    """One element."""

    attributes: tuple[str, ...]  # those with an effect
    meaning: str  # one line
    control: str = ""  # what the engine must have for it, a value of kouji.engines.contract.CONTROLS; "": nothing


SUPPORTED: Mapping[str, Tag] = {
    "speak": Tag(("xml:lang",), "the root"),
    "voice": Tag(("name", "xml:lang"), "who speaks"),
    "break": Tag(("time", "strength"), f"silence: 500ms, 2.4s, or {', '.join(STRENGTHS)}"),
    "prosody": Tag(
        ("rate", "pitch", "volume", "duration"),
        f"rate: 1.2, 120%, +20%, {', '.join(RATES)}; pitch: +2st, -10%, {', '.join(PITCHES)}; "
        f"volume: -6dB, 50, +10%, {', '.join(VOLUMES)}; duration: 2.4s",
        "speed pitch volume duration",
    ),
    "mstts:audioduration": Tag(("value",), "how long all of the element around it lasts", "duration"),
    "mstts:express-as": Tag(("style", "styledegree"), f"an emotion: {', '.join(STYLES)}", "emotion.vector"),
    "say-as": Tag(("interpret-as", "format"), f"how something written is read: {', '.join(KINDS)}"),
    "sub": Tag(("alias",), "other words to say instead"),
    "phoneme": Tag(("alphabet", "ph"), "a pronunciation: ipa, x-sampa, pinyin, jyutping, arpabet, kana, hangul"),
    "lang": Tag(("xml:lang",), "the language of a stretch"),
    "p": Tag(("xml:lang",), "a paragraph"),
    "s": Tag(("xml:lang",), "a sentence"),
    "mark": Tag(("name",), "a name for a moment, returned with its time"),
    "bookmark": Tag(("mark",), "the same"),
    "lexicon": Tag(("uri",), "the lexicon of the settings, by its file name"),
    "audio": Tag((), "not played: its text is spoken, with a notice"),
    "desc": Tag((), "not spoken"),
    "metadata": Tag((), "not spoken"),
    "meta": Tag((), "not spoken"),
}
