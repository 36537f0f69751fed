"""Single recordings out of long files, without decoding the rest.

Held-out recordings lie scattered over the corpus. `kouji.audio.corpus.read_samples` decodes whole files, which
is right for training and would cost a minute here; this one seeks.
"""

from __future__ import annotations

import numpy as np
import soundfile

from kouji.audio.corpus import SAMPLE_RATE, Recording
from kouji.errors import InvalidInput

# Opus needs a while after a seek until its decoder has settled; from half a second on the samples are the same.
_RUN_UP = SAMPLE_RATE // 2


def read(recording: Recording) -> np.ndarray:
    """(n_samples,) float32 in [-1, 1] at 24 kHz.

    Raises:
        InvalidInput: the file is missing, unreadable or not mono at 24 kHz.
    """
    start = round(recording.start * SAMPLE_RATE)
    run_up = min(start, _RUN_UP)
    try:
        with soundfile.SoundFile(recording.path) as file:
            if (file.samplerate, file.channels) != (SAMPLE_RATE, 1):
                raise InvalidInput(f"{recording.path} is not mono at {SAMPLE_RATE} Hz.", "Convert the corpus first.")
            file.seek(start - run_up)
            samples = file.read(run_up + round(recording.duration * SAMPLE_RATE), dtype="float32")
    except (OSError, soundfile.LibsndfileError) as problem:
        message = f"The recording {recording.id} cannot be read: {problem}."
        raise InvalidInput(message, "Is the corpus complete?") from problem
    return np.asarray(samples[run_up:], np.float32)
