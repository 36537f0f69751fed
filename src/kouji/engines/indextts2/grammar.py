"""Numbers, dates, units … in words, exactly as the release says them: the grammars of WeTextProcessing 1.2.0.

    text ─tagger─→ money { value: "二十" currency: "元" } ─order of fields─→ ─verbalizer─→ text

The two transducers of a language lie in `data/` (see the README there); kaldifst finds the cheapest path through
them.  Kouji's own rules (`kouji.text.normalization`) say many things better, but the model was trained on these.
"""

from __future__ import annotations

import lzma
import re
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from kouji.errors import needs

# Order in which a verbalizer expects the fields of a token. Source: WeTextProcessing, tn/token_parser.py.
ORDERS = {
    "zh": {
        "date": ("year", "month", "day"),
        "fraction": ("denominator", "numerator"),
        "measure": ("denominator", "numerator", "value"),
        "money": ("value", "currency"),
        "time": ("noon", "hour", "minute", "second"),
    },
    "en": {
        "date": ("preserve_order", "text", "day", "month", "year"),
        "money": ("integer_part", "fractional_part", "quantity", "currency_maj"),
    },
}
_FIELD = r'[A-Za-z_]+: "(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf" *([A-Za-z_]+) \{{((?: *{_FIELD})*) *\}}", re.DOTALL)
_FIELDS = re.compile(r'([A-Za-z_]+): "((?:[^"\\]|\\.)*)"', re.DOTALL)


def in_words(text: str, language: str) -> str:
    """The text with everything written out. "" in, "" out.

    Args:
        text: anything.
        language: "zh" or "en".

    Raises:
        MissingExtra: kaldifst is not installed.
    """
    if not text:
        return ""
    tagged = _transducer(f"{language}_tn_tagger")(text)
    return _transducer(f"{language}_tn_verbalizer")(_ordered(tagged, ORDERS[language]))


@cache
def _transducer(name: str) -> Callable[[str], str]:
    """One of the files in `data/`."""
    with needs("torch", "The normaliser of IndexTTS 2"):
        import kaldifst
    packed = (files(__package__) / "data" / f"{name}.fst.xz").read_bytes()
    with tempfile.TemporaryDirectory() as folder:  # kaldifst reads from a path only
        place = Path(folder, f"{name}.fst")
        place.write_bytes(lzma.decompress(packed))
        found: Callable[[str], str] = kaldifst.TextNormalizer(str(place))
    return found


def _ordered(tagged: str, orders: dict[str, tuple[str, ...]]) -> str:
    """The fields of each token as its verbalizer expects them."""
    tokens = []
    for name, inside in _TOKEN.findall(tagged):
        fields = dict(_FIELDS.findall(inside))
        given = list(dict.fromkeys(key for key, _ in _FIELDS.findall(inside)))
        order = given if fields.get("preserve_order") == "true" else orders.get(name, given)
        tokens.append(f"{name} {{" + "".join(f' {key}: "{fields[key]}"' for key in order if key in fields) + " }")
    return " ".join(tokens)
