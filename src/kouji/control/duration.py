"""How a wanted length is shared among the sentences of a request and the pauses between them.

    utterances, their timings, targets ─planned─→ DurationPlan: whole samples for each sentence and each pause

One slowness holds for a whole target: pauses follow it most, consonants least (`audio.pace`). What an engine's own
means do not reach is left to a stretch of at most 8 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from kouji.audio import pace
from kouji.audio.join import PAUSES
from kouji.errors import InvalidInput
from kouji.types import Notice, Timing, Utterance

from .target import LONGEST, NATURAL, SHORTEST, Target, scopes

REACH = 0.08  # of a length: so much a stretch may close
SPEECH = 0.7  # elasticity of speech whose engine cannot tell vowels from consonants: between theirs
TAKEN = {
    "edges": "pauses", "pauses": "pauses", "boundaries": "vowels", "vowels": "vowels", "consonants": "consonants",
}  # fmt: skip


@dataclass(frozen=True)
class PlannedUtterance:
    """One sentence. Seconds, where nothing else is said."""

    text: str
    natural: float
    target: float | None  # None: at its natural pace
    feasible: tuple[float, float]
    taken: Mapping[str, float]  # what is added (+) or taken away (-) in pauses, vowels, consonants, by stretch
    pause: float  # silence put after it, beside what the engine leaves; 0 after the last
    pause_target: float | None
    n_samples: int | None = None  # the target
    n_pause: int | None = None  # the target of the pause, in samples
    n_tokens: int | None = None
    silence: float | None = None  # from its last sound to the next one, where that is asked for and so fixed

    @property
    def native(self) -> float | None:
        """What the engine is asked for; the rest of the target is stretched."""
        return None if self.target is None else self.target - self.taken["stretch"]


@dataclass(frozen=True)
class DurationPlan:
    """A request before it is said. Seconds."""

    natural: float  # of the whole; each pause between sentences is known to some hundredths only
    target: float | None  # None: nothing is asked of the whole, or only its tokens are
    feasible: tuple[float, float]
    taken: Mapping[str, float]
    utterances: tuple[PlannedUtterance, ...]
    notices: tuple[Notice, ...] = ()
    lead: float = 0.0  # silence before the first sound that is part of the target
    n_lead: int = 0  # samples to put before what the engine leaves there

    def delivered(self, utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
        """The utterances with what is asked of the engine."""
        return tuple(
            replace(each, delivery=replace(each.delivery, duration=row.native, n_tokens=row.n_tokens))
            for each, row in zip(utterances, self.utterances, strict=True)
        )

    def plain(self) -> dict[str, object]:
        """As data that JSON can hold."""
        return {name: _rounded(value) for name, value in asdict(self).items() if name != "notices"}


def planned(
    utterances: Sequence[Utterance],
    timing: Callable[[Utterance], Timing],
    target: Target | None,
    sample_rate: int,
    token_rate: float = 0.0,
    lead: float = 0.0,
) -> DurationPlan:
    """Share out what is asked of the whole and, by markup, of parts of it.

    Args:
        utterances: with their deliveries, and with the controls of the markup.
        timing: of the engine and voice that will say them.
        target: of the whole request.
        sample_rate: Hz.
        token_rate: the engine's own tokens a second, for a target in tokens.
        lead: seconds of silence before the first sound.

    Raises:
        InvalidInput: a target is outside what is feasible; names the range.
    """
    line = _Line(utterances, [timing(utterance) for utterance in utterances], lead)
    whole, notices = _Span(0, len(utterances), is_whole=True), list[Notice]()
    parts = scopes(utterances)
    if parts and target is not None and target.kind == "tokens":
        raise InvalidInput("n_tokens and a duration in the markup are given together.", "Give one of them.")
    for part in parts:
        line.fit(_Span(part.first, part.end), part.target, token_rate, notices)
    low, high = line.feasible(whole)
    if target is not None:
        line.fit(whole, target, token_rate, notices)
    is_whole = target is not None and target.kind != "tokens"
    spans = [whole] if is_whole else [_Span(part.first, part.end) for part in parts]
    samples, n_lead = line.in_samples(spans, sample_rate)
    tokens = line.in_tokens(token_rate) if target is not None and target.kind == "tokens" else {}
    rows = tuple(line.row(number, samples, tokens.get(number), timing) for number in range(len(utterances)))
    taken = _sum([row.taken for row in rows])
    if spans:
        in_pauses = sum((row.pause_target or 0.0) - row.pause for row in rows if row.n_pause is not None)
        taken["pauses"] = taken.get("pauses", 0.0) + in_pauses
    natural = line.lead + sum(line.natural) + sum(line.gaps)
    length = line.length(whole) if is_whole else None
    return DurationPlan(natural, length, (low, high), taken, rows, tuple(notices), lead if is_whole else 0.0, n_lead)


@dataclass(frozen=True)
class _Span:
    first: int
    end: int
    is_whole: bool = False  # then the silence before and after it counts too


class _Line:
    """Sentences and the pauses after them, with the lengths that are settled so far."""

    def __init__(self, utterances: Sequence[Utterance], timings: Sequence[Timing], lead: float) -> None:
        self.utterances, self.timings = utterances, timings
        self.natural = [timing.natural for timing in timings]
        self.lead = max(0.0, lead - timings[0].quiet / 2)
        self.gaps = [_gap(*pair) for pair in zip(utterances, timings, timings[1:], strict=False)]
        self.gaps.append(max(0.0, (utterances[-1].pause or 0.0) - timings[-1].quiet / 2))
        self.said: dict[int, float] = {}  # sentence -> its settled length
        self.paused: dict[int, float] = {}  # the same of the pause after it

    def fit(self, span: _Span, target: Target, token_rate: float, notices: list[Notice]) -> None:
        """Settle all that is still free in a span."""
        speech, gaps = self._free(span)
        rigid = self._rigid(span, speech, gaps)
        natural = rigid + sum(self.natural[i] for i in speech) + sum(self.gaps[i] for i in gaps)
        if target.kind == "tokens":
            gaps, rigid = [], 0.0
            natural = sum(self.natural[i] for i in speech)
        wanted = {"seconds": target.value, "ratio": target.value * natural}.get(target.kind)
        wanted = target.value / token_rate if wanted is None else wanted
        low, high = self._range(speech, gaps, rigid)
        if not low - 0.0005 <= wanted <= high + 0.0005:
            raise _infeasible(target, wanted, natural, low, high, token_rate)
        ratio = (wanted - rigid) / (natural - rigid) if natural > rigid else 1.0
        if not NATURAL[0] - 1e-6 <= ratio <= NATURAL[1] + 1e-6:
            message = f"{wanted:.2f} s are {ratio:.2f} times the natural length: it will not sound natural."
            notices.append(Notice("duration_unnatural", message))

        def length(slowness: float) -> float:
            return sum(self._speech(i, slowness) for i in speech) + sum(self._pause(i, slowness) for i in gaps)

        slowness = pace.solve(length, wanted - rigid)
        self.said |= {i: self._speech(i, slowness) for i in speech}
        self.paused |= {i: self._pause(i, slowness) for i in gaps}

    def length(self, span: _Span) -> float:
        """Of what is said from the first sentence to the last, as far as settled, else natural."""
        speech = sum(self.said.get(i, self.natural[i]) for i in range(span.first, span.end))
        around = self.lead + self.gaps[-1] if span.is_whole else 0.0
        return around + speech + sum(self.paused.get(i, self.gaps[i]) for i in range(span.first, span.end - 1))

    def feasible(self, span: _Span) -> tuple[float, float]:
        """Shortest and longest of a span, what is settled in it being left as it is."""
        speech, gaps = self._free(span)
        return self._range(speech, gaps, self._rigid(span, speech, gaps))

    def in_samples(self, spans: Iterable[_Span], sample_rate: int) -> tuple[dict[int, tuple[int, int | None]], int]:
        """Sentence -> samples of it, and of the pause after it (None where its span ends); those before the whole."""
        found: dict[int, tuple[int, int | None]] = {}
        n_lead = 0
        for span in spans:
            lengths = [self.lead if span.is_whole else 0.0]
            for i in range(span.first, span.end):
                lengths += [self.said[i], self.paused.get(i, self.gaps[i])]
            # Boundaries are rounded, so that the whole is right to half a sample.
            n_lead, *whole = np.diff(np.round(np.cumsum(lengths) * sample_rate).astype(int), prepend=0).tolist()
            for k, i in enumerate(range(span.first, span.end)):
                ends = i == span.end - 1 and not span.is_whole
                found[i] = (whole[2 * k], None if ends else whole[2 * k + 1])
        return found, n_lead

    def in_tokens(self, token_rate: float) -> dict[int, int]:
        """Sentence -> its tokens."""
        numbers = sorted(self.said)
        whole = np.diff(np.round(np.cumsum([self.said[i] for i in numbers]) * token_rate).astype(int), prepend=0)
        return dict(zip(numbers, whole.tolist(), strict=True))

    def row(
        self,
        i: int,
        samples: Mapping[int, tuple[int, int | None]],
        n_tokens: int | None,
        timing: Callable[[Utterance], Timing],
    ) -> PlannedUtterance:
        """What is planned for one sentence."""
        natural, target = self.timings[i], self.said.get(i)
        n_samples, n_pause = samples.get(i, (None, None))
        taken: dict[str, float] = {}
        if target is not None:
            native = min(max(target, natural.shortest), natural.longest)
            delivery = replace(self.utterances[i].delivery, duration=native)
            taken = _taken(natural, timing(replace(self.utterances[i], delivery=delivery)), native, target)
        return PlannedUtterance(
            self.utterances[i].text, natural.natural, target, self._range([i], [], 0.0), taken, self.gaps[i],
            None if n_pause is None else self.paused.get(i, self.gaps[i]), n_samples, n_pause, n_tokens,
            self.utterances[i].pause,
        )  # fmt: skip

    def _free(self, span: _Span) -> tuple[list[int], list[int]]:
        speech = [i for i in range(span.first, span.end) if i not in self.said]
        asked = {i for i in range(span.first, span.end) if self.utterances[i].pause is not None}
        gaps = [i for i in range(span.first, span.end - 1) if i not in self.paused and i not in asked]
        return speech, gaps

    def _rigid(self, span: _Span, speech: Sequence[int], gaps: Sequence[int]) -> float:
        return self.length(span) - sum(self.natural[i] for i in speech) - sum(self.gaps[i] for i in gaps)

    def _range(self, speech: Sequence[int], gaps: Sequence[int], rigid: float) -> tuple[float, float]:
        natural = sum(self.natural[i] for i in speech) + sum(self.gaps[i] for i in gaps)
        low = sum(self._limits(i)[0] for i in speech)
        high = sum(self._limits(i)[1] for i in speech) + sum(self._pause(i, 20.0) for i in gaps)
        return rigid + max(low, SHORTEST * natural), rigid + min(high, LONGEST * natural)

    def _limits(self, i: int) -> tuple[float, float]:
        return self.timings[i].shortest * (1 - REACH), self.timings[i].longest * (1 + REACH)

    def _speech(self, i: int, slowness: float) -> float:
        parts = self.timings[i].parts
        low, high = self._limits(i)
        length = sum(
            length * min(float(np.exp(pace.ELASTICITY[kind] * slowness)), 1.0 if kind == "edges" else np.inf)
            for kind, length in parts.items()
        )
        length += (self.natural[i] - sum(parts.values())) * float(np.exp(SPEECH * slowness))
        return min(max(length, low), high)

    def _pause(self, i: int, slowness: float) -> float:
        return min(self.gaps[i] * float(np.exp(pace.ELASTICITY["pauses"] * slowness)), pace.LONGEST_PAUSE)


def _gap(utterance: Utterance, timing: Timing, following: Timing) -> float:
    """Seconds of silence between two sentences beside what the engine leaves there."""
    pause = PAUSES[utterance.units[-1].pause] if utterance.pause is None else utterance.pause
    return max(0.0, pause - (timing.quiet + following.quiet) / 2)


def _taken(natural: Timing, shaped: Timing, native: float, target: float) -> dict[str, float]:
    stretch = target - native
    if not natural.parts or not shaped.parts:
        return {"speech": native - natural.natural, "stretch": stretch}
    changes = [{TAKEN[kind]: shaped.parts.get(kind, 0.0) - length} for kind, length in natural.parts.items()]
    # What an engine of whole frames cannot give is closed with silence at the end.
    between = native - natural.natural - sum(shaped.parts.values()) + sum(natural.parts.values())
    return {**_sum([*changes, {"pauses": between}]), "stretch": stretch}


def _sum(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for row in rows:
        for name, value in row.items():
            total[name] = total.get(name, 0.0) + value
    return total


def _infeasible(
    target: Target, wanted: float, natural: float, low: float, high: float, token_rate: float
) -> InvalidInput:
    if low > high:
        return InvalidInput(
            f"No other length than {natural:.2f} s is possible here: all of it is fixed.", "Leave the target out."
        )
    if target.kind == "tokens":
        fits = f"{int(np.ceil(low * token_rate))} to {int(high * token_rate)} tokens"
    elif target.kind == "ratio":
        fits = f"a ratio of {low / natural + 0.005:.2f} to {high / natural - 0.005:.2f}"
    else:
        fits = f"{low + 0.005:.2f} to {high - 0.005:.2f} s"
    more = "A longer text, or a <break>, fills more time." if wanted > high else "A shorter text needs less time."
    return InvalidInput(
        f"This text cannot be said in {wanted:.2f} s: it takes {natural:.2f} s at its natural pace.",
        f"Give {fits}. {more}",
    )


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
