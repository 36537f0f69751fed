"""What can be asked of the hall, in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kouji.control import DurationPlan, closing
from kouji.engines.contract import BuiltinVoice
from kouji.types import Request, Speech

from .arguments import request_of
from .conversion import converted
from .opened import Opened
from .planning import duration_of
from .saying import started
from .stream import Progress, Stream

if TYPE_CHECKING:
    from kouji.casting import EncodedSpeaker
    from kouji.policy import Consent
    from kouji.voices.clips import ClipSource


class Session(Opened):
    """One engine, open for any number of requests."""

    @property
    def voices(self) -> tuple[BuiltinVoice, ...]:
        """Who can speak."""
        return self.card.voices

    def encode_speaker(self, clips: ClipSource | Sequence[ClipSource], reference_text: str = "") -> EncodedSpeaker:
        """Hear somebody's voice; nothing is stored.

        Args:
            clips: a path, bytes, (samples, sample rate), or a list of such: 3 to 30 seconds of one person.
            reference_text: what is said in them, where known.

        Raises:
            InvalidInput: the clip cannot be used; says why.
            NotPermitted: the voice is protected.
            UnsupportedControl: this engine cannot learn voices.
        """
        return self.casting.encode(clips, reference_text)

    def register_speaker(
        self, name: str, speaker: EncodedSpeaker, consent: Consent | None = None, **about: str
    ) -> None:
        """Give a voice a name to speak by.

        Args:
            name: to be given as `voice` or `speaker_id`.
            speaker: what `encode_speaker` returned.
            consent: of the person. With it the voice is stored, for every session; without it the voice lives in
                this object only, and is gone with it.
            about: language, gender, description, transcript; stored with the voice.

        Raises:
            AlreadyExists: the name is taken.
            NotPermitted: the consent has ended already, or the voice is protected.
            StoreFailed: it cannot be kept; nothing of it is.
        """
        self.casting.register(name, speaker, consent, **about)

    def synthesize(self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object) -> Speech:
        """Say a text of any length. The same text, voice and seed give the same samples, always.

        Args:
            text: what to say, in one or several languages.
            voice: id of a voice, see `voices`; by default the engine's own for the language of the text.
            language: zh, en, ja, ko or yue; by default found out from the text.
            seed: 0 or more; another seed is another take.
            controls: what the engine's card lists, such as speed=1.1; or the same as one `config={...}`. Every engine
                has label="start" (end, both, tone): the sound says aloud that a machine made it. watermark=False and
                marks=False ask for a sound, or files of it, without their marks, where the settings let them.
                speaker_id is another word for voice; reference_audio (or speaker_reference) is a clip whose voice is
                taken: a path, bytes, or (samples, sample rate).

        Raises:
            UnknownName: no such voice, language or argument.
            NotPermitted: the consent to the voice has ended, or the voice is protected.
            LicenceDenied: the licence of the weights does not allow it, or was not accepted.
            UnsupportedControl: this engine cannot do that; names those that can.
            EmptyText: nothing in the text can be said.
        """
        return self.speak(self._request(text, voice, language, seed, controls))

    def synthesize_batch(
        self, texts: Sequence[str], voice: str = "", language: str = "", seed: int = 0, **controls: object
    ) -> list[Speech]:
        """`synthesize` for each text, several at once where the engine gains by it; the samples are those of each."""
        from concurrent.futures import ThreadPoolExecutor

        def say(text: str) -> Speech:
            return self.synthesize(text, voice, language, seed, **controls)

        # The first alone: it opens the engine and learns the voice, which all others then find.
        n_alone = 1 if self.card.batch > 1 else len(texts)
        said = [say(text) for text in texts[:n_alone]]
        with ThreadPoolExecutor(self.card.batch, "kouji-batch") as pool:
            return said + list(pool.map(say, texts[n_alone:]))

    def stream(self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object) -> Stream:
        """`synthesize`, chunk by chunk as it is ready: one after the other they are the very same samples.

        Errors in what is asked are raised by this call, before any sound.
        """
        return self.start(self._request(text, voice, language, seed, controls))

    def convert(self, recording: ClipSource, voice: str = "", seed: int = 0, **asked: object) -> Speech:
        """Say a recording again with another voice: what is said stays, and when.

        Args:
            recording: a path, bytes, or (samples, sample rate): 0.5 s to 10 minutes of speech.
            voice: whose voice says it; or `speaker_id`, `reference_audio` with `reference_text`, as in `synthesize`.
            seed: 0 or more; another seed is another take.
            asked: see `voice`; and denoise, volume, watermark, label, marks, as in `synthesize`. A label is a tone.

        Raises:
            UnsupportedControl: this engine cannot convert; names those that can.
            InvalidInput: the recording cannot be used, or nobody is named.
            UnknownName, NotPermitted, LicenceDenied: as `synthesize`.
        """
        from kouji.audio.join import collect

        stream = self.conversion(recording, voice, seed, **asked)
        samples, moments = collect(stream)
        return Speech(samples, stream.sample_rate, moments, stream.notices, stream.metadata)

    def conversion(self, recording: ClipSource, voice: str = "", seed: int = 0, **asked: object) -> Stream:
        """`convert`, chunk by chunk as it is ready. Errors in what is asked are raised by this call."""
        return self.start_conversion(self._request("", voice, "", seed, asked), recording)

    def start_conversion(self, request: Request, recording: ClipSource) -> Stream:
        """Check a request without a text, then say a recording as it asks. (Raises as `convert` does.)"""
        return converted(self, request, recording)

    def plan(self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object) -> DurationPlan:
        """How long it would take, what lengths are feasible, and where a wanted one would come from; says nothing.

        (Arguments and errors as of `synthesize`.)

        Raises:
            UnsupportedControl: the engine cannot tell.
        """
        return duration_of(self, self._request(text, voice, language, seed, controls))

    def speak(self, request: Request, progress: Progress | None = None) -> Speech:
        """Say a whole request, telling `progress` after every utterance. (Raises as `synthesize` does.)"""
        from kouji.audio.join import collect

        stream = self.start(request, progress)
        samples, moments = collect(stream)
        notices = stream.notices + closing.notices(stream.metadata)
        return Speech(samples, stream.sample_rate, moments, notices, stream.metadata)

    def start(self, request: Request, progress: Progress | None = None) -> Stream:
        """Check a request, then say it as the chunks are asked for. (Raises as `synthesize` does.)"""
        return started(self, request, progress)

    def _request(self, text: str, voice: str, language: str, seed: int, controls: dict[str, object]) -> Request:
        return request_of(self.settings, text, voice, language, seed, controls)
