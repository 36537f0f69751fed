"""What an agent can do here: a method for each tool, whose docstring and fields are what it reads.

Sound goes where the agent can reach it, and only its address and what is known of it come back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, Literal, ParamSpec, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from kouji.audio.encoder import FORMATS
from kouji.config import LABELS
from kouji.errors import SpeechError, UnknownName
from kouji.jobs.job import STATES
from kouji.policy import Consent

from .auth import Client
from .clips import clip_of, sound_of
from .jobs import owner_of, shown
from .orders import order_of
from .responses import facts_of
from .schemas import MAX_SEED, SpeechDefaults
from .takes import Take
from .verify import checked
from .voices import registered, voices_of

if TYPE_CHECKING:
    from .desk import Desk
    from .service import Service

Enter = Callable[[Mapping[str, str], str], Client]  # (headers, scope) -> who asks; raises NotAllowed
Keep = Callable[[Take, str, str], str]  # (sound, ending, host that was asked) -> where the agent finds it
Find = Callable[[str], bytes | None]  # where the agent finds a sound -> its bytes; None: that is none of ours
AGENT = Client("mcp")

Asked = Context[Any, Any]
Text = Annotated[str, Field(description="What to say, in Chinese, English, Japanese, Korean or Cantonese.")]
Speaker = Annotated[str, Field(description="Who speaks, see list_voices; empty: whoever suits the text.")]
Language = Annotated[str, Field(description="zh, en, ja, ko, yue; empty: found out.")]
Speed = Annotated[float | None, Field(ge=0.25, le=4, description="2 is twice as fast.")]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED, description="Another seed is another take.")]
Format = Annotated[Literal["wav", "mp3", "opus", "flac", "aac", "m4a"], Field(description="Of the file.")]
Label = Annotated[
    Literal["", *LABELS],  # type: ignore[valid-type]
    Field(description="Has the voice say that a machine speaks: start, end or both; tone: beeps."),
]
GrownUpWith = Annotated[str, Field(description="Only those that grew up with it.")]
Sound = Annotated[str, Field(description="A data: URL, a web address, or the uri of synthesize.")]
Name = Annotated[str, Field(max_length=200, description="To speak by.")]
Clip = Annotated[str, Field(description="3 to 30 seconds of one person: a data URL or an https URL.")]
Agreement = Annotated[str, Field(description="What this person agreed to, in their words. Never make it up.")]
Person = Annotated[str, Field(description="Who consents; empty: whose name the voice has.")]
Spoken = Annotated[str, Field(description="zh, en, ja, ko, yue; empty: not told.")]
State = Annotated[str, Field(description=f"One of {', '.join(STATES)}; empty: all.")]
Limit = Annotated[int, Field(ge=1, le=100, description="The newest so many.")]

P = ParamSpec("P")
T = TypeVar("T")
_Tool = Callable[Concatenate["Tools", P], Awaitable[T]]


def _told(tool: _Tool[P, T]) -> _Tool[P, T]:
    """A tool that tells the agent what was wrong."""

    @wraps(tool)
    async def telling(self: Tools, /, *args: P.args, **asked: P.kwargs) -> T:
        try:
            return await tool(self, *args, **asked)
        except SpeechError as error:
            raise ToolError(str(error)) from error

    return telling


@dataclass(frozen=True)
class Tools:
    """All of them, over a service."""

    service: Service  # that speaks
    desk: Desk  # that knows the jobs
    keep: Keep  # puts a sound where the agent can reach it
    find: Find  # the bytes of what `keep` has put there
    enter: Enter = lambda headers, scope: AGENT  # whether it may do what goes beyond speaking; may be slow

    @_told
    async def synthesize(
        self, context: Asked, text: Text, voice: Speaker = "", language: Language = "", speed: Speed = None,
        seed: Seed = 0, format: Format = "wav", label: Label = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Say a text; returns the address of the sound, its length in seconds, and who spoke."""
        body = SpeechDefaults(
            voice=voice or None, language=language or None, speed=speed, seed=seed, response_format=format,
            label=label or None,
        )  # fmt: skip
        order = await order_of(self.service, AGENT, body, text)
        spoken = await self.service.say(order)
        data = await spoken.whole()
        host = (context.headers or {}).get("host", "")
        uri = self.keep(Take(data, FORMATS[format].media_type), format, host)
        return {"uri": uri, **facts_of(spoken, order)}

    async def list_voices(self, language: GrownUpWith = "") -> list[dict[str, Any]]:
        """Who can speak, with the language each grew up with; every voice speaks all languages of its engine."""
        return [row for row in voices_of(self.service) if language in ("", row["language"])]

    @_told
    async def verify_audio(self, audio: Sound) -> dict[str, Any]:
        """Whether a sound says that a machine made it, and every mark that is found in it."""
        data = self.find(audio) or await sound_of(audio, "audio")
        return await asyncio.to_thread(checked, data, "audio")

    @_told
    async def clone_voice(
        self, context: Asked, name: Name, audio: Clip, consent: Agreement, person: Person = "", language: Spoken = ""
    ) -> dict[str, Any]:
        """Keep the voice of a person who has consented, for synthesize to speak with."""
        await asyncio.to_thread(self.enter, context.headers or {}, "voices")
        clip = await clip_of(audio, "audio", self.service.host().card, "voice.reference")
        agreed = Consent(person or name, consent)
        return await registered(self.service, name, [clip], agreed, {"language": language}, "audio")

    @_told
    async def list_jobs(self, context: Asked, state: State = "", limit: Limit = 20) -> list[dict[str, Any]]:
        """Work that outlives its request: what stands in the queue, is being made, or is over."""
        if state not in ("", *STATES):
            raise UnknownName("state", state, STATES)
        client = await asyncio.to_thread(self.enter, context.headers or {}, "jobs")
        found = await asyncio.to_thread(lambda: self.desk.ledger.newest(state, limit, owner_of(client)))
        return [shown(job) for job in found]

    async def licences(self) -> str:
        """What is licensed how, with the credits that must be passed on."""
        from kouji.engines.licences import licences as found

        return json.dumps(found(self.service.settings), ensure_ascii=False)
