"""Whole utterances: takes that end by themselves, and of several the one whose length is nearest to what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from kouji.errors import SpeechError

from .generation import Step

NEAR = (0.8, 1.25)  # of the length of a take: so far it is stretched without harm
TAKES = 3
# Tags of the pace for another take where the first is too short or too long.
SLOWER, FASTER = ("[speed_3]", "[speed_1]"), ("[speed_7]", "[speed_9]")

Take = Callable[[str], list[np.ndarray]]  # tag of the pace, "" for the text's own -> what each step's sound is made of


def that_end(steps: Iterable[Step], most: int) -> Iterator[Step]:
    """The steps of one text without its end.

    Raises:
        SpeechError: there are `most` and no end: it ran away, and what it says is babble.
    """
    n_steps = 0
    for step in steps:
        if step.ended[0]:
            return
        n_steps += 1
        yield step
    if n_steps >= most:
        hint = "Try another seed, a shorter sentence, or another voice."
        raise SpeechError(f"The model did not come to an end within {most} steps.", hint)


def nearest(take: Take, wanted: float | None, speed: float, is_paced: bool) -> tuple[list[np.ndarray], float]:
    """A take, and how many steps its sound is to last.

    Args:
        take: says the utterance once more.
        wanted: steps; None: as the first take, at another tempo.
        speed: 2 is twice as fast.
        is_paced: the text has a tag of the pace, which stays.

    Raises:
        SpeechError: no take came to an end.
    """
    best: list[np.ndarray] = []
    pace, ran_away = "", None
    for number in range(TAKES):
        try:
            found = take(pace)
        except SpeechError as error:
            ran_away = error
            continue
        if wanted is None:
            wanted = len(found) / speed
        if not best or abs(np.log(len(found) / wanted)) < abs(np.log(len(best) / wanted)):
            best = found
        ratio = wanted / len(best)
        if NEAR[0] <= ratio <= NEAR[1]:
            break
        if not is_paced:
            pace = (FASTER if ratio < 1 else SLOWER)[min(number, 1)]
    if not best:
        assert ran_away is not None
        raise ran_away
    assert wanted is not None
    return best, wanted
