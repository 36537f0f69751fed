"""Licences and what they allow, as data: a table to read and to add to.

A card names the licence of each part by its SPDX id; what that means stands here, once for all engines. A licence that
is not here counts as one for personal and research use alone, until somebody writes its row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

USES = ("personal", "research", "commercial")  # what a deployment may be for
_PRIVATE = ("personal", "research")


@dataclass(frozen=True)
class Terms:
    """What a licence lets people do with weights and with what they say."""

    title: str
    url: str = ""  # of its full text
    uses: tuple[str, ...] = USES
    accept: bool = False  # whether somebody must accept it, once, before the first use
    attribution: bool = False  # whether results must name whom the card names
    training: str = "any"  # other models that results may train: "any" | "noncommercial" | "none"
    thresholds: tuple[str, ...] = ()  # sizes from which on a licence of one's own is needed
    duties: tuple[str, ...] = ()  # what else is asked, in plain words; the full text decides

    @property
    def is_free(self) -> bool:
        """Whether nobody needs to be asked anything."""
        return self.uses == USES and not self.accept

    def joined(self, other: Terms) -> Terms:
        """Both at once: what both allow, and all that either asks."""
        training = next(each for each in ("none", "noncommercial", "any") if each in (self.training, other.training))
        return Terms(
            f"{self.title}; {other.title}", self.url or other.url,
            tuple(use for use in self.uses if use in other.uses), self.accept or other.accept,
            self.attribution or other.attribution, training, (*self.thresholds, *other.thresholds),
            (*self.duties, *other.duties),
        )  # fmt: skip


_CC = "https://creativecommons.org/licenses"
_BY = ("Name the authors and the licence, and say what was changed.",)
_SA = (*_BY, "What is made from the material itself goes under the same licence.")
_NC = "Not mainly for commercial advantage or payment."
UNKNOWN = Terms("not known to Kouji", uses=_PRIVATE, training="noncommercial")

TERMS = {
    "Apache-2.0": Terms("Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "MIT": Terms("MIT License", "https://opensource.org/license/mit"),
    "BSD-2-Clause": Terms("BSD 2-Clause License", "https://opensource.org/license/bsd-2-clause"),
    "BSD-3-Clause": Terms("BSD 3-Clause License", "https://opensource.org/license/bsd-3-clause"),
    "CC0-1.0": Terms("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CC-BY-3.0": Terms("CC BY 3.0", f"{_CC}/by/3.0/", attribution=True, duties=_BY),
    "CC-BY-4.0": Terms("CC BY 4.0", f"{_CC}/by/4.0/", attribution=True, duties=_BY),
    "CC-BY-SA-3.0": Terms("CC BY-SA 3.0", f"{_CC}/by-sa/3.0/", attribution=True, duties=_SA),
    "CC-BY-SA-4.0": Terms("CC BY-SA 4.0", f"{_CC}/by-sa/4.0/", attribution=True, duties=_SA),
    "CC-BY-NC-4.0": Terms(
        "CC BY-NC 4.0", f"{_CC}/by-nc/4.0/", _PRIVATE, attribution=True, training="noncommercial", duties=(*_BY, _NC)
    ),
    "CC-BY-NC-SA-4.0": Terms(
        "CC BY-NC-SA 4.0", f"{_CC}/by-nc-sa/4.0/", _PRIVATE, attribution=True, training="noncommercial",
        duties=(*_SA, _NC),
    ),
    "LicenseRef-bilibili-Model-Use-License": Terms(
        "bilibili Model Use License Agreement", "https://github.com/index-tts/index-tts/blob/main/LICENSE",
        accept=True,
        training="noncommercial",
        thresholds=("100 million users a month", "1 billion RMB of revenue a year"),
        duties=(
            "Above a threshold: a licence of your own from bilibili.",
            "Whoever gets the weights, or something made from them, gets the agreement too and is bound by it.",
            "Neither the model nor what it says may improve another AI model, non-commercial ones excepted.",
            "What is derived from the model and passed on carries bilibili's disclaimer.",
            "No high-risk use; the laws of the place hold; the Chinese text decides.",
        ),
    ),
    "LicenseRef-owner": Terms("the owner's own"),
}  # fmt: skip


def terms_of(name: str) -> Terms:
    """The terms of an SPDX id, or of several joined by AND."""
    first, *others = (TERMS.get(each.strip(), UNKNOWN) for each in name.split(" AND "))
    for other in others:
        first = first.joined(other)
    return first


@dataclass(frozen=True)
class Licence:
    """The licence of one part of an engine."""

    part: str  # "code" | "weights" | the name of a data file
    name: str  # SPDX, e.g. "Apache-2.0"; several joined by AND
    credits: str = ""  # who must be named, and where the full list lies
    notice: str = ""  # what results say where the licence asks for a name; "": made from the credits
    own: Terms | None = None  # where the licence is none of `TERMS`

    @property
    def terms(self) -> Terms:
        """What it allows."""
        return self.own or terms_of(self.name)

    @property
    def attribution(self) -> str:
        """What must be said with every result; "" where nothing must."""
        if not self.terms.attribution or self.part == "code":
            return ""
        return self.notice or ", ".join(filter(None, [self.credits, self.name]))

    @property
    def digest(self) -> str:
        """Of what is accepted: other terms must be accepted anew."""
        return hashlib.sha256(repr((self.name, self.terms)).encode()).hexdigest()
