"""What is read aloud: texts with recordings of people who read them, and texts that nobody recorded.

    en-arctic   142 prompts          English, female      recorded
    en-stories   49 pages            English, male        recorded
    zh-words    126 words            Mandarin, female     recorded
    zh-readers   10 sentences        Mandarin, 10 people  recorded; no voice of ours is any of them
    ja-words     65 words            Japanese, female     recorded
    zh-sentences, en-sentences, ja-, ko-, yue-sentences   our own texts (data/sentences_*.txt)

Everything recorded is held out from all training (`kouji.audio.corpus.held_out`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from kouji.audio.corpus import Recording, held_out, read_manifest
from kouji.errors import InvalidInput, UnknownName

LANGUAGES = ("zh", "en", "ja", "ko", "yue")
# Speaker in the corpus -> the built-in voice that learnt from that person.
VOICES = {
    "cmn_yue_tan_f": "female_1",
    "en_kathleen_f": "english_1",
    "en_darshan_soni_m": "english_2",
    "ja_tofugu_f": "japanese_1",
    "ja_tofugu_m": "japanese_2",
}
_RECORDED = {  # name -> (language, speaker or None for many, unit)
    "en-arctic": ("en", "en_kathleen_f", "sentence"),
    "en-stories": ("en", "en_darshan_soni_m", "sentence"),
    "zh-words": ("zh", "cmn_yue_tan_f", "word"),
    "zh-readers": ("zh", None, "sentence"),
    "ja-words": ("ja", "ja_tofugu_f", "word"),
}
NAMES = (*_RECORDED, *(f"{language}-sentences" for language in LANGUAGES))


@dataclass(frozen=True)
class Item:
    """One text, and a person reading it."""

    text: str
    language: str
    recording: Recording | None = None


@dataclass(frozen=True)
class TextSet:
    """Texts of one kind that are judged together."""

    name: str
    language: str
    unit: str  # "sentence" | "word"
    items: tuple[Item, ...]
    speaker: str = ""  # of all recordings; "" where they have none or several

    @property
    def voice(self) -> str:
        """The built-in voice that should sound like the recordings, or ""."""
        return VOICES.get(self.speaker, "")


def text_sets(corpus: Path | None, wanted: Sequence[str] = (), limit: int | None = None) -> list[TextSet]:
    """The sets to be judged.

    Args:
        corpus: folder with manifest.jsonl and recordings; None for our own texts only.
        wanted: names of sets, or languages for all sets of a language; none for everything.
        limit: no more texts a set.

    Raises:
        UnknownName: no such set or language.
        InvalidInput: the folder is no corpus, holds no recording of what was wanted, or the limit is below 1.
    """
    for name in wanted:
        if name not in NAMES and name not in LANGUAGES:
            raise UnknownName("set", name, [*NAMES, *LANGUAGES])
    if limit is not None and limit < 1:
        raise InvalidInput(f"A limit of {limit} leaves nothing to judge.", "Give 1 or more.")
    chosen = [n for n in NAMES if not wanted or n in wanted or n.split("-")[0] in wanted]
    if corpus is None:
        for name in wanted:
            if name in _RECORDED:
                raise InvalidInput(f"The set {name!r} needs recordings.", "Give a corpus folder.")
        sets = [_own_texts(name) for name in chosen if name not in _RECORDED]
    else:
        recordings = [r for r in read_corpus(corpus) if held_out(r) and r.text]
        sets = [_recorded(name, recordings) if name in _RECORDED else _own_texts(name) for name in chosen]
        sets = [each for each in sets if each.items]
    # ARCTIC stands for English sentences where it is there: the same texts as the recordings.
    if any(each.name == "en-arctic" for each in sets) and "en-sentences" not in wanted:
        sets = [each for each in sets if each.name != "en-sentences"]
    return [replace(each, items=each.items[:limit]) for each in sets]


def read_corpus(folder: Path) -> list[Recording]:
    """All recordings of a corpus.

    Raises:
        InvalidInput: there is no manifest, or it is none.
    """
    if not (folder / "manifest.jsonl").is_file():
        raise InvalidInput(f"{folder} is no corpus: it has no manifest.jsonl.", "Give the folder that holds it.")
    try:
        return read_manifest(folder)
    except (KeyError, ValueError) as problem:
        message = f"{folder / 'manifest.jsonl'} cannot be read: {problem!r}."
        raise InvalidInput(message, "One JSON object a line: id, path, start, dur, text, language, …") from problem


def own_sentences(language: str) -> list[str]:
    """Everyday sentences written for this project."""
    text = (files("kouji.eval") / "data" / f"sentences_{language}.txt").read_text(encoding="utf-8")
    return text.split("\n")[:-1]


def _own_texts(name: str) -> TextSet:
    language = name.split("-")[0]
    items = tuple(Item(text, language) for text in own_sentences(language))
    speaker = {"zh": "cmn_yue_tan_f", "en": "en_kathleen_f", "ja": "ja_tofugu_f"}.get(language, "")
    return TextSet(name, language, "sentence", items, speaker)


def _recorded(name: str, recordings: Iterable[Recording]) -> TextSet:
    language, speaker, unit = _RECORDED[name]
    several = [r for r in recordings if r.id.startswith("cmn-aishell3-")]
    chosen = several if speaker is None else [r for r in recordings if r.speaker == speaker]
    first: dict[str, Recording] = {}  # of each text, where it was recorded more than once
    for recording in chosen:
        first.setdefault(recording.text or "", recording)
    items = tuple(Item(text, language, recording) for text, recording in first.items())
    return TextSet(name, language, unit, items, speaker or "")
