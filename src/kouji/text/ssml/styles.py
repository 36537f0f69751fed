"""The speaking styles that clients of the big clouds write -> our eight emotions.

The names are those of Azure's documentation of mstts:express-as; which emotion each is and how strong is our reading
of what the documentation says about it. A style that is a genre (news, chat) or a way of phonation (whispering) is no
emotion: its text is spoken as it is, with a notice.
"""

from __future__ import annotations

from collections.abc import Mapping

from kouji.types import EMOTIONS

# style -> (emotion, intensity at a degree of 1)
STYLES: Mapping[str, tuple[str, float]] = {
    **{name: (name, 0.6) for name in EMOTIONS},
    "cheerful": ("happy", 0.6), "excited": ("happy", 0.9), "friendly": ("happy", 0.3), "hopeful": ("happy", 0.4),
    "affectionate": ("happy", 0.4), "advertisement_upbeat": ("happy", 0.6), "joyful": ("happy", 0.7),
    "disgruntled": ("disgusted", 0.6), "unfriendly": ("disgusted", 0.3), "disgust": ("disgusted", 0.6),
    "annoyed": ("angry", 0.4), "furious": ("angry", 1.0), "anger": ("angry", 0.6),
    "depressed": ("melancholic", 0.7), "lonely": ("melancholic", 0.5), "sentimental": ("melancholic", 0.4),
    "lyrical": ("melancholic", 0.3), "sadness": ("sad", 0.6), "disappointed": ("sad", 0.4),
    "fearful": ("afraid", 0.6), "terrified": ("afraid", 1.0), "embarrassed": ("afraid", 0.3), "fear": ("afraid", 0.6),
    "gentle": ("calm", 0.5), "empathetic": ("calm", 0.4), "narration-relaxed": ("calm", 0.4), "relieved": ("calm", 0.5),
    "surprise": ("surprised", 0.6),
}  # fmt: skip
NONE = ("neutral", "default", "general")  # styles that ask for no emotion
LOWEST, HIGHEST = 0.01, 2.0  # of styledegree


def emotion(style: str, degree: float) -> tuple[str, float] | None:
    """(emotion, intensity 0 to 1) of a style, None where it is no emotion."""
    found = STYLES.get(style.lower())
    return None if found is None else (found[0], round(min(1.0, found[1] * degree), 4))
