"""Where each phoneme of the corpus begins and ends, learnt from the recordings and their phonemes alone.

    log-mel → cepstra → hidden Markov models (flat start, Viterbi training, `hmm.py`) → durations in frames

Every phoneme without its digit is one model of two to four states. Silence may stand at both ends and at word
starts, and must stand where a punctuation mark asks for a pause. Nothing but order is given at the start: each
utterance is cut into equal parts; ten rounds of "segment, then learn from the segments" do the rest.

Why not a neural forward-sum alignment: with optional silences it collapses (every phoneme gets its minimum and
silence the rest) while its loss looks excellent. So look at the durations (`align_report.py`), not at a likelihood.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kouji.audio.corpus import read_rows, write_rows
from kouji.text.phonemes import split_tone, to_segments

from .align_report import report
from .cepstra import N_CEPSTRA, cepstra, loud_part, voicing
from .chains import Units, Utterance
from .hmm import Mixtures, Statistics, best_components, best_likelihoods, best_path

VERSION = 4  # of the numbers and rules below; a folder made by another is made anew
# Least variances, as shares of the variance over all speech, of cepstra, slopes and their slopes. Slopes feel an
# edge a frame or two before it comes; were they allowed to be sharp, silence would end that much too early.
VARIANCE_FLOORS = (0.05, 0.3, 0.5)
VOICING_FLOOR = 0.5  # variance; a state that is always voiced must still bear a mistaken frame
ACOUSTIC_SCALE = 0.6
N_ROUNDS = 10
SPLIT_AFTER = (5, 7)  # rounds after which every state gets twice the Gaussians
SHORT = 500  # frames; the first rounds listen to utterances up to this only: an equal cut of a page is nonsense
SHORT_ROUNDS = 2
CLOSURE_FRAMES = 9  # a shorter "pause" before a stop is the closure of that stop
EDGE_FRAMES = 5
WORST = 0.02  # share of the recordings that fit their phonemes least, to be left out of training

Progress = Callable[[float, str], None]


class Features(Protocol):
    """What alignment needs of a feature store (`kouji.train.features.Store`)."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """Of each recording: id, n_frames, language, speaker, unit, split."""

    def mel(self, row: Mapping[str, Any]) -> np.ndarray:
        """(n_frames, 80) natural-log mel, 10 ms a frame."""

    def f0(self, row: Mapping[str, Any]) -> np.ndarray:
        """(n_frames,) Hz, 0 where unvoiced."""


@dataclass(frozen=True)
class Alignment:
    """The tokens of one recording and how long each lasts."""

    id: str
    tokens: tuple[str, ...]  # phonemes with their digits; "_" or a mark where there is a pause
    durations: tuple[int, ...]  # frames of 10 ms; they sum to the recording's
    source: tuple[int, ...]  # which phoneme of the label a token is, -1 for a pause
    fits: tuple[float, ...]  # how well each token sounds like itself: 0 as is usual for the phoneme, -10 hardly
    score: float  # mean of the same over all frames that are not pauses

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Alignment:
        """A line of `alignments.jsonl`."""
        tokens, durations, source, fits = (tuple(row[name]) for name in ("tokens", "durations", "source", "fits"))
        return cls(row["id"], tokens, durations, source, fits, row["score"])


@dataclass(frozen=True)
class Alignments:
    """All recordings that could be aligned, and the ones better not used."""

    by_id: Mapping[str, Alignment]
    worst: frozenset[str]  # ids whose sound does not seem to say their phonemes
    failed: frozenset[str]  # ids shorter than their phonemes' states

    def joined(self, other: Alignments) -> Alignments:
        """Both as one; the ids must differ."""
        return Alignments({**self.by_id, **other.by_id}, self.worst | other.worst, self.failed | other.failed)

    @classmethod
    def load(cls, folder: Path) -> Alignments:
        """Read what `align` wrote."""
        by_id = {row["id"]: Alignment.of(row) for row in read_rows(folder / "alignments.jsonl")}
        report = json.loads((folder / "alignment_report.json").read_text(encoding="utf-8"))
        return cls(by_id, frozenset(report["worst"]), frozenset(report["failed"]))

    def save(self, folder: Path, report: Mapping[str, Any]) -> None:
        """`alignments.jsonl` and `alignment_report.json`; the report is written last and marks completion."""
        write_rows(folder / "alignments.jsonl", map(vars, self.by_id.values()))
        lists = {"worst": sorted(self.worst), "failed": sorted(self.failed)}
        text = json.dumps({**report, **lists}, ensure_ascii=False, indent=1)
        (folder / "alignment_report.json").write_text(text, encoding="utf-8")


def align(
    store: Features,
    labels: Iterable[Mapping[str, Any]],
    out_folder: Path,
    seed: int = 0,
    progress: Progress | None = None,
    n_rounds: int = N_ROUNDS,
) -> Alignments:
    """Align every recording of the store that has a label.

    Resumes: a finished folder is read, an interrupted one goes on after its last complete round.

    Args:
        store: log-mels by recording.
        labels: {"id", "phonemes", "word_start", "pause"}; the last two are lists parallel to the phonemes:
            does a word begin here, and which pause follows ("" none).
        out_folder: gets `alignments.jsonl`, `alignment_report.json`, and the model of each round.
        seed: for the directions in which Gaussians are split.
        progress: called with the share that is done and a line about it.

    Returns:
        Alignments of all labelled recordings that are long enough for their phonemes.
    """
    out_folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda share, line: None)
    work = _Work(store, list(labels))
    fingerprint = work.fingerprint(seed, n_rounds)
    if _is_finished(out_folder, fingerprint):
        return Alignments.load(out_folder)
    work.read_features(tell)
    done, model = _last_round(out_folder, fingerprint)
    if model is None:
        model = work.flat_start()
    for i in range(done, n_rounds):
        model = work.learn(model, short_only=i < SHORT_ROUNDS)
        if i + 1 in SPLIT_AFTER and i + 1 < n_rounds:
            model = model.split(np.random.default_rng((seed, i)))
        _save_round(out_folder, i + 1, fingerprint, model)
        tell(0.15 + 0.75 * (i + 1) / n_rounds, f"round {i + 1} of {n_rounds}: {work.fit:.2f} per frame")
    alignments = work.alignments(model)
    alignments.save(out_folder, {"fingerprint": fingerprint, **report(alignments.by_id.values(), store.rows)})
    tell(1.0, f"{len(alignments.by_id)} aligned, {len(alignments.failed)} too short")
    return alignments


# ---- resuming -----------------------------------------------------------------------------------


def _is_finished(folder: Path, fingerprint: str) -> bool:
    path = folder / "alignment_report.json"
    return path.exists() and json.loads(path.read_text(encoding="utf-8")).get("fingerprint") == fingerprint


def _save_round(folder: Path, n_done: int, fingerprint: str, model: Mixtures) -> None:
    partial = folder / "aligner.partial.npz"
    np.savez(partial, n_done=n_done, fingerprint=fingerprint, **vars(model))
    partial.replace(folder / "aligner.npz")


def _last_round(folder: Path, fingerprint: str) -> tuple[int, Mixtures | None]:
    path = folder / "aligner.npz"
    if not path.exists():
        return 0, None
    with np.load(path) as saved:
        if str(saved["fingerprint"]) != fingerprint:
            return 0, None
        names = ("means", "variances", "log_weights", "log_stay")
        return int(saved["n_done"]), Mixtures(*(saved[name] for name in names))


# ---- training -----------------------------------------------------------------------------------


class _Work:
    """One corpus being aligned."""

    def __init__(self, store: Features, labels: list[Mapping[str, Any]]) -> None:
        self.store = store
        by_id = {label["id"]: label for label in labels if label["phonemes"]}
        self.rows = [row for row in store.rows if row["id"] in by_id]
        self.labels = [by_id[row["id"]] for row in self.rows]
        self.units = Units(
            (row["language"], label["phonemes"]) for row, label in zip(self.rows, self.labels, strict=True)
        )
        self.utterances = [
            Utterance.of(row, label, self.units) for row, label in zip(self.rows, self.labels, strict=True)
        ]
        self.fit = 0.0  # mean log likelihood per frame in the last round
        self._bounds = np.cumsum([0] + [row["n_frames"] for row in self.rows])

    def fingerprint(self, seed: int, n_rounds: int) -> str:
        """Changes with anything that changes the result but the sounds themselves."""
        digest = hashlib.sha256(repr((VERSION, seed, n_rounds)).encode())
        for row, label in zip(self.rows, self.labels, strict=True):
            parts = (row["id"], row["n_frames"], label["phonemes"], label["word_start"], label["pause"])
            digest.update(json.dumps(parts, ensure_ascii=False).encode())
        return digest.hexdigest()[:16]

    # -- features

    def read_features(self, tell: Progress) -> None:
        """Cepstra of all recordings, with mean 0 and variance 1 per speaker over the loud parts, and voicing."""
        n = int(self._bounds[-1])
        self.x = np.empty((n, 3 * N_CEPSTRA + 1), np.float32)
        self._loud = []
        for i, row in enumerate(self.rows):
            self.x[self._frames(i)] = np.hstack([cepstra(self.store.mel(row)), voicing(self.store.f0(row))])
            self._loud.append(loud_part(self.x[self._frames(i), 0]))
            if i % 2000 == 0:
                tell(0.15 * i / len(self.rows), f"features {i} of {len(self.rows)}")
        by_speaker = defaultdict(list)
        for i, row in enumerate(self.rows):
            by_speaker[row["speaker"]].append(i)
        for members in by_speaker.values():
            self._normalise(members)
        variance = self.x[:: max(1, n // 200_000), :-1].var(0)
        self._floor = np.append(np.repeat(VARIANCE_FLOORS, N_CEPSTRA) * variance, VOICING_FLOOR)

    def _frames(self, i: int) -> slice:
        return slice(int(self._bounds[i]), int(self._bounds[i + 1]))

    def _normalise(self, members: list[int]) -> None:
        loud = [self.x[self._frames(i)][slice(*self._loud[i])] for i in members]
        mean = np.mean(np.concatenate([block.mean(0, keepdims=True) for block in loud]), axis=0)
        spread = np.sqrt(np.mean([((block - mean) ** 2).mean(0) for block in loud], axis=0)) + 1e-3
        mean[N_CEPSTRA:] = 0  # slopes have none, and voicing stays as it is
        spread[-1] = 1
        for i in members:
            self.x[self._frames(i)] -= mean
            self.x[self._frames(i)] /= spread

    # -- rounds

    def flat_start(self) -> Mixtures:
        """Equal parts of the loud stretch of every short utterance; silence is what is quiet around it."""
        statistics = Statistics(self.units.n_states, 1, self.x.shape[1])
        for i in self._members(short_only=True):
            x, states = self.x[self._frames(i)], self.utterances[i].chain.states
            first, last = self._loud[i]
            spoken = states[states > 0]
            path = np.zeros(len(x), np.int32)
            path[first:last] = spoken[np.arange(last - first) * len(spoken) // max(last - first, 1)]
            quiet = np.ones(len(x), bool)
            quiet[EDGE_FRAMES : len(x) - EDGE_FRAMES] = False
            keep = quiet & (path == 0)
            keep[first:last] = True
            path = path[keep]
            statistics.add(x[keep], path, np.zeros(len(path), np.int32))
        return statistics.mixtures(None, self._floor)

    def _members(self, short_only: bool) -> Sequence[int]:
        """Indices of the utterances that a round learns from; held-out ones are aligned but teach nothing."""
        train = [i for i, row in enumerate(self.rows) if row["split"] == "train"]
        short = [i for i in train if self.rows[i]["n_frames"] <= SHORT]
        return short if short_only and short else train

    def learn(self, model: Mixtures, short_only: bool) -> Mixtures:
        """One round: the best path of every utterance, and the model that its frames make."""
        statistics = Statistics(*model.means.shape)
        total, n_frames = 0.0, 0
        prepared = model.prepared()
        for i, path, likelihoods in self._paths(model, self._members(short_only)):
            x, states = self.x[self._frames(i)], self.utterances[i].chain.states[path]
            statistics.add(x, states, best_components(x, states, *prepared))
            total, n_frames = total + float(likelihoods.sum()), n_frames + len(x)
        self.fit = total / max(n_frames, 1)
        return statistics.mixtures(model, self._floor)

    def _paths(self, model: Mixtures, members: Iterable[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        prepared = model.prepared()
        for i in members:
            found = best_path(self.x[self._frames(i)], self.utterances[i].chain, model, prepared, ACOUSTIC_SCALE)
            if found is not None:
                yield i, *found

    # -- result

    def alignments(self, model: Mixtures) -> Alignments:
        """The final segmentation of every recording."""
        cut, prepared = {}, model.prepared()
        for i, path, likelihoods in self._paths(model, range(len(self.rows))):
            utterance = self.utterances[i]
            ratio = likelihoods - best_likelihoods(self.x[self._frames(i)], prepared)
            cut[i] = _tidy(utterance, utterance.token_of[path], ratio)
        usual = self._usual_fits(cut)
        by_id = {self.rows[i]["id"]: self._alignment(i, *pieces, usual) for i, pieces in cut.items()}
        failed = frozenset(row["id"] for row in self.rows) - frozenset(by_id)
        return Alignments(by_id, frozenset(self._worst(by_id)), failed)

    def _worst(self, by_id: Mapping[str, Alignment]) -> Iterator[str]:
        """Those that fit least among their like: a sentence is never as clear as a word said alone."""
        kinds = defaultdict(list)
        for row in self.rows:
            if row["id"] in by_id:
                kinds[row["language"], row["unit"]].append(row["id"])
        for ids in kinds.values():
            yield from sorted(ids, key=lambda id_: by_id[id_].score)[: int(WORST * len(ids))]

    def _usual_fits(self, cut: Mapping[int, _Pieces]) -> dict[range, float]:
        """Mean fit of each unit: some phonemes are always taken for a neighbour, which is nobody's mistake."""
        fits = defaultdict(list)
        for i, (present, _, ratios) in cut.items():
            for token, ratio in zip(present, ratios, strict=True):
                fits[self._unit(i, token)].append(ratio)
        return {unit: float(np.mean(values)) for unit, values in fits.items()}

    def _unit(self, i: int, token: int) -> range:
        utterance = self.utterances[i]
        if utterance.source[token] < 0:
            return range(0, 1)
        return self.units.states(self.rows[i]["language"], utterance.tokens[token])

    def _alignment(
        self, i: int, present: np.ndarray, frames: np.ndarray, ratios: np.ndarray, usual: Mapping[range, float]
    ) -> Alignment:
        utterance = self.utterances[i]
        source = np.array(utterance.source)[present]
        fits = ratios - [usual[self._unit(i, token)] for token in present]
        spoken = frames * (source >= 0)
        return Alignment(
            self.rows[i]["id"],
            tuple(utterance.tokens[token] for token in present),
            tuple(frames.tolist()),
            tuple(source.tolist()),
            tuple(np.round(fits, 1).tolist()),
            round(float((fits * spoken).sum() / spoken.sum()), 2),
        )


_Pieces = tuple[np.ndarray, np.ndarray, np.ndarray]  # indices of the tokens that lasted, frames, mean log ratios


def _tidy(utterance: Utterance, token_of: np.ndarray, ratio: np.ndarray) -> _Pieces:
    """The tokens that lasted; a short unmarked pause before a stop is that stop's closure."""
    token_of = token_of.copy()
    present, frames = np.unique(token_of, return_counts=True)
    for here, following, n in zip(present[1:], present[2:], frames[1:], strict=False):
        is_short_pause = utterance.tokens[here] == "_" and n < CLOSURE_FRAMES
        if is_short_pause and _is_stop(utterance.tokens[following]):
            token_of[token_of == here] = following
    present, frames = np.unique(token_of, return_counts=True)
    return present, frames, np.bincount(token_of, ratio)[present] / frames


def _is_stop(phoneme: str) -> bool:
    return to_segments(split_tone(phoneme)[0])[0][0] in "ptkbdɡʔ"
