"""The figures of the table: what each is called, and in what unit."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One column."""

    title: str
    meaning: str
    digits: int = 1  # after the point


FIGURES = {
    "word_error": Figure("word err %", "words that pocketsphinx heard wrongly, pooled"),
    "syllable_error": Figure("syll err %", "toned syllables that our recogniser heard wrongly"),
    "phoneme_error": Figure("phon err %", "phonemes that our recogniser heard wrongly"),
    "listener_error": Figure("heard err %", "words (en, ko) or characters by the listener given"),
    "ovrl": Figure("OVRL", "DNSMOS P.835, overall quality, 1 to 5", 2),
    "sig": Figure("SIG", "DNSMOS P.835, the speech itself", 2),
    "bak": Figure("BAK", "DNSMOS P.835, the background", 2),
    "p808": Figure("P.808", "DNSMOS P.808, naturalness", 2),
    "similarity": Figure("similar", "cosine to the person's held-out clips; recordings: of two halves", 2),
    "f0_mean": Figure("F0 Hz", "geometric mean of voiced frames", 0),
    "f0_spread": Figure("F0 spread", "standard deviation of F0, semitones", 2),
    "voiced_share": Figure("voiced", "share of frames with F0", 2),
    "duration": Figure("length s", "seconds of speech in all"),
    "duration_ratio": Figure("length x", "seconds of speech over those of the recordings", 3),
    "f0_correlation": Figure("F0 corr", "of F0 with the recordings, aligned in time", 2),
    "f0_error": Figure("F0 err st", "mean absolute difference to them, semitones", 2),
    "distortion": Figure("MCD dB", "mel-cepstral distortion to them, 13 coefficients", 2),
}


@dataclass(frozen=True)
class Row:
    """All figures of one system on one set of texts."""

    system: str
    set: str
    voice: str
    n_clips: int
    figures: dict[str, float] = field(default_factory=dict)  # what was not measured is not there
    notes: tuple[str, ...] = ()  # why not

    def get(self, name: str) -> float | None:
        """The figure, or None."""
        return self.figures.get(name)


def shown(name: str, value: float | None) -> str:
    """As it stands in a table."""
    return "–" if value is None else f"{value:.{FIGURES[name].digits}f}"
