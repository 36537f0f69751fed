"""What stands around a text before the model reads it, and the tags that may stand within."""

from __future__ import annotations

import re

SPEED = "[speed_5]"  # before a text where nothing else is asked for
REFINE = "[oral_2][laugh_0][break_6]"  # behind a text that is to be refined, as the official page has it
FIRST_STYLE = 21147  # ids from here on are styles, [break_0] to [speed_9], and no text
END_OF_TEXT, SPEAKER = 21136, 21143  # [Ebreak], [spk_emb]

WITHIN = ("uv_break", "v_break", "lbreak", "llbreak", "laugh")  # at any place of a text
STYLES = {"oral": 9, "laugh": 2, "break": 7, "speed": 9}  # of a whole text, [oral_0] to [oral_9] and so on
_RESERVED = re.compile(r"\[(?:Stts|spk_emb|empty_spk)\]")
_STYLE = re.compile(r"\[(oral|laugh|break|speed)_(\d+)\]")


def to_speak(text: str, has_speaker: bool, prompt: str = SPEED, sample: str = "") -> str:
    """A text for the pass that speaks.

    Args:
        text: may hold tags.
        has_speaker: whether an embedding takes the place of [spk_emb].
        prompt: tags before the text.
        sample: what is said in a sample of speech that follows.
    """
    who = "[spk_emb]" if has_speaker else "[empty_spk]"
    return f"[Stts]{who}{sample}{prompt}{_RESERVED.sub('', text).strip()}[Ptts]"


def to_refine(text: str, prompt: str = REFINE) -> str:
    """A text for the pass that writes in pauses, laughter and fillers."""
    return f"[Sbreak]{text}[Pbreak]{prompt}"


def is_style(kind: str, number: int) -> bool:
    """Whether there is a tag [kind_number]."""
    return kind in STYLES and 0 <= number <= STYLES[kind]


def without_styles(text: str) -> tuple[str, dict[str, int]]:
    """A text without [oral_N], [laugh_N], [break_N] and [speed_N], and the last N of each."""
    found: dict[str, int] = {}

    def take(tag: re.Match[str]) -> str:
        if not is_style(tag[1], int(tag[2])):
            return tag[0]
        found[tag[1]] = int(tag[2])
        return ""

    return _STYLE.sub(take, text), found


def written(styles: dict[str, int]) -> str:
    """Styles as tags."""
    return "".join(f"[{kind}_{number}]" for kind, number in styles.items())
