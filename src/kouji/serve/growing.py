"""Text that grows while it is written: which of it can be spoken already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kouji.text.sentences import split

from .refusals import TooLarge


def complete(text: str, is_paused: bool = False) -> tuple[list[tuple[int, int]], int]:
    """Sentences of a text that no further text can change, as (start, end), and where the rest begins.

    Args:
        text: so far.
        is_paused: whether the writer has come to a rest, so that a sentence mark at the end ends its sentence.
    """
    # Markup may open here and close sentences later: such text is spoken when all of it is there.
    # With a capital letter behind it a sentence mark ends its sentence, where it does not belong to an abbreviation.
    spans = [] if "<" in text else split(text + "A" if is_paused else text)
    return (spans[:-1], spans[-1][0]) if len(spans) > 1 else ([], 0)


class Sentences:
    """A text of which sentences are given out one by one."""

    def __init__(self, limit: int) -> None:
        self._text, self._limit = "", limit

    def add(self, text: str) -> Iterator[str]:
        """Sentences that are complete, because more text follows them.

        Raises:
            TooLarge: one sentence has more characters than a request may have.
        """
        self._text += text
        spans, n_done = complete(self._text)
        yield from (self._text[start:end] for start, end in spans)
        self._text = self._text[n_done:]
        if len(self._text) > self._limit:
            self._text = ""
            raise _too_long(self._limit, "Send input.done.")

    def rest(self) -> Iterator[str]:
        """What is left."""
        text, self._text = self._text, ""
        if text.strip():
            yield text


class Passages:
    """A text of which passages are given out: whole sentences, as many as a schedule asks for."""

    def __init__(self, limit: int, schedule: Sequence[float] = ()) -> None:
        """Nothing yet.

        Args:
            limit: characters that may wait for their end.
            schedule: how many characters the first passage waits for, the second, and so on; the last goes on for
                ever. (): none waits.
        """
        self._text, self._limit, self._schedule = "", limit, list(schedule)

    def add(self, text: str, is_paused: bool = False) -> str:
        """Sentences that can be spoken after this text; "": none yet.

        Args:
            text: what was written since.
            is_paused: do not wait for the schedule, nor for what follows a sentence.

        Raises:
            TooLarge: more characters than a request may have are waiting.
        """
        self._text += text
        if len(self._text) > self._limit:
            raise _too_long(self._limit, "Send flush.")
        if not is_paused and self._schedule and len(self._text) < self._schedule[0]:
            return ""
        return self._taken(complete(self._text, is_paused)[1])

    def rest(self) -> str:
        """What is left, be it a sentence or not."""
        return self._taken(len(self._text))

    def _taken(self, n_characters: int) -> str:
        text, self._text = self._text[:n_characters], self._text[n_characters:]
        if not text.strip():
            return ""
        if len(self._schedule) > 1:
            self._schedule.pop(0)
        return text


def _too_long(limit: int, hint: str) -> TooLarge:
    message = f"More than {limit} characters are waiting for their end."
    return TooLarge(message, hint, status=400, code="input_too_long", param="text")
