"""What clients call things, and what they mean here: a table to read and to edit.

Clients come with names built in: `tts-1` and `alloy` of OpenAI, `eleven_multilingual_v2` of ElevenLabs. The setting
`aliases` names a TOML file that adds to the table or changes it:

    [models]
    tts-1-hd = "cosyvoice-300m-sft"

    [voices]
    alloy = "female_1"
    Rachel = "english_1"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kouji import engines
from kouji.errors import InvalidInput, UnknownName
from kouji.types import Notice

if TYPE_CHECKING:
    from kouji.engines.contract import Card

# "": the engine of the settings.
MODELS = {
    "tts-1": "", "tts-1-hd": "", "gpt-4o-mini-tts": "", "kouji": "",
    "eleven_multilingual_v2": "", "eleven_turbo_v2_5": "", "eleven_flash_v2_5": "", "eleven_v3": "",
}  # fmt: skip
# Models that read no `instructions` where they come from either: what is sent along is left aside with a warning.
WITHOUT_INSTRUCTIONS = ("tts-1", "tts-1-hd")
# By gender; "": the engine's own voice for the language of the text.
VOICES = {
    "default": "",
    "alloy": "english_1", "ash": "english_2", "ballad": "english_2", "coral": "female_1", "echo": "english_2",
    "fable": "english_1", "onyx": "male_1", "nova": "female_1", "sage": "english_1", "shimmer": "female_1",
    "verse": "male_1", "marin": "english_1", "cedar": "english_2",
}  # fmt: skip


@dataclass(frozen=True)
class Names:
    """Aliases of models and voices."""

    models: Mapping[str, str]
    voices: Mapping[str, str]
    engine: str  # of the settings

    @classmethod
    def read(cls, engine: str, file: str = "") -> Names:
        """The table above with the changes of a file.

        Raises:
            InvalidInput: the file is no such table, or an alias leads to an engine that is not installed.
        """
        found = _tables(Path(file)) if file else {}
        models, voices = MODELS | found.get("models", {}), VOICES | found.get("voices", {})
        for alias, target in models.items():
            if target and target not in engines.names():
                raise InvalidInput(f"{file}: {alias} = {target!r} is no engine.", f"Known: {engines.names()}.")
        return cls(models, voices, engine)

    def engine_of(self, model: str) -> str:
        """The engine that a model name stands for; "" is that of the settings.

        Raises:
            UnknownName: neither an engine nor an alias.
        """
        if not model:
            return self.engine
        if model in self.models:
            return self.models[model] or self.engine
        known = engines.names()
        if model not in known:
            raise UnknownName("model", model, [*known, *self.models])
        return model

    def voice_of(self, voice: str, card: Card) -> tuple[str, tuple[Notice, ...]]:
        """The voice that a name stands for, and what the caller should know about that.

        A name of the engine's own outweighs an alias. An alias whose target the engine lacks is spoken by the
        engine's own voice for the language of the text, and said so. What is no alias is left to the hall.
        """
        known = [each.id for each in card.voices]
        if not voice or voice in known or voice not in self.voices:
            return voice, ()
        target = self.voices[voice]
        if not target or target in known:
            return target, ()
        message = f"{voice!r} stands for {target!r}, which the engine {card.id!r} lacks: its own voice speaks."
        return "", (Notice("voice_replaced", message),)


def _tables(path: Path) -> dict[str, dict[str, str]]:
    import tomllib

    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The aliases in {path} cannot be read: {error}", "It must be a TOML file.") from error
    for name, table in found.items():
        if name not in ("models", "voices"):
            raise UnknownName("table of aliases", name, ["models", "voices"])
        if not isinstance(table, dict) or not all(isinstance(target, str) for target in table.values()):
            raise InvalidInput(f"{path}: [{name}] must map names to names.", 'Write alloy = "female_1".')
    return found
