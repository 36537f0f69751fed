"""Words for recordings that came without any: pocketsphinx with its stock English model.

One recording in four words is misheard, mostly as words that sound alike, so the result is good
enough to tell an aligner which phonemes were said and too poor to be shown to anyone. The recipe
uses it for the many untranscribed readers of the corpus, whose timbres are worth more than their words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soxr

from kouji.audio.corpus import Recording, read_rows, read_samples

SPHINX_RATE = 16000  # Hz, what the stock acoustic model was trained on
_decoder = None


def _transcribe(recording: Recording) -> dict[str, object]:
    global _decoder
    if _decoder is None:  # one decoder per worker process: it takes a second to load
        from pocketsphinx import Decoder

        _decoder = Decoder(samprate=SPHINX_RATE, loglevel="FATAL")
    samples = soxr.resample(read_samples(recording), 24000, SPHINX_RATE)
    _decoder.start_utt()
    pcm = np.clip(samples * 32767, -32768, 32767).astype("<i2").tobytes()
    _decoder.process_raw(pcm, full_utt=True)
    _decoder.end_utt()
    hypothesis = _decoder.hyp()
    text = hypothesis.hypstr if hypothesis else ""
    return {"id": recording.id, "text": text.strip()}


def transcribe(recordings: Iterable[Recording], path: Path, n_workers: int = 2) -> dict[str, str]:
    """Transcribe what `path` does not hold yet.

    Args:
        recordings: English recordings without text.
        path: JSON lines {"id", "text"}, appended to as the work goes on, so that it can be resumed.
        n_workers: processes.

    Returns:
        id -> lower-case words.
    """
    known = {}
    if path.exists():
        known = {row["id"]: row["text"] for row in read_rows(path)}
    todo = [recording for recording in recordings if recording.id not in known]
    with Pool(n_workers) as pool, path.open("a") as out:
        for row in pool.imap_unordered(_transcribe, todo):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            known[str(row["id"])] = str(row["text"])
    return known
