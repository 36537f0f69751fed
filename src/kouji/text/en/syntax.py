"""Just enough grammar to tell a verb from a noun by the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .lexicon import pronunciation

SUBJECTS = frozenset("i you he she it we they who".split())
DETERMINERS = frozenset(
    "a an the this that these those my your his her its our their whose some any no every each another such what which both "
    "either neither all one two three four five six seven eight nine ten many much more most several few little enough".split()
)
OBJECTS = frozenset(
    "a an the this that these those my your his her its our their me him them us it you some any every each all "
    "everything anything nothing something everyone anyone myself yourself himself herself itself ourselves themselves".split()
)
PREPOSITIONS = frozenset(
    "of in on at by with for from into onto about after before during under over between among through against without within "
    "across beyond near per via as than like".split()
)
MODALS = frozenset(
    "will would can could shall should may might must cannot can't won't wouldn't couldn't shouldn't mustn't do does did don't doesn't "
    "didn't let's please i'll you'll he'll she'll it'll we'll they'll i'd you'd he'd she'd we'd they'd who'll "
    "gonna wanna gotta needn't may help".split()
)
BE = frozenset(
    "be is are was were am been being isn't aren't wasn't weren't i'm you're he's she's it's we're they're that's there's "
    "what's who's seem seems seemed feel feels felt become becomes became look looks looked".split()
)
HAVE = frozenset(
    "have has had having i've you've we've they've haven't hasn't hadn't who've could've should've would've".split()
)
ADVERBS = frozenset(
    "not never always often also just still only even ever already soon sometimes usually really then now rarely seldom "
    "not again both all".split()
)
_ADJECTIVES = frozenset(
    "new old good bad great big small large first second third last next high low long short early late own main whole "
    "real fresh free hard cold hot warm full public private recent current other same different young poor rich daily annual "
    "world school family police data daily secret strong weak broken cheap fine local modern simple sudden single double".split()
)
_COMPOUNDING = frozenset(
    "sales sports customs arms goods savings earnings news always perhaps this was has does".split()
)
_ADJECTIVE_ENDINGS = ("ous", "ive", "ful", "ic", "al", "less", "able", "ible", "ary", "ian", "ish", "'s", "s'", "est")


_REACH = 40  # words; texts are sentences, but a caller may hand over a book


@dataclass(frozen=True)
class Place:
    """A word in its sentence."""

    words: Sequence[str]  # lower case
    i: int
    breaks: Sequence[bool]  # True where a pause follows the word
    capital: bool = False  # written with a capital inside a sentence

    def at(self, offset: int) -> str:
        """The word that many places away, "" beyond the sentence or beyond a pause."""
        j = self.i + offset
        if not 0 <= j < len(self.words):
            return ""
        low, high = min(self.i, j), max(self.i, j)
        return "" if any(self.breaks[low:high]) else self.words[j]

    @property
    def before(self) -> str:
        """The word before, adverbs left out: "to quickly record" -> "to"."""
        return self.at(-self.steps_back)

    @property
    def steps_back(self) -> int:
        """How far `before` is away."""
        steps = 1
        while steps < 4 and _is_adverb(self.at(-steps)) and self.at(-steps - 1):
            steps += 1
        return steps

    @property
    def after(self) -> str:
        """The next word, "" before a pause."""
        return self.at(1)

    def near(self, words: frozenset[str], reach: int = 3) -> bool:
        """True if one of the words stands within that many places, pauses or not."""
        low = max(0, self.i - reach)
        return any(w in words for j, w in enumerate(self.words[low : self.i + reach + 1], low) if j != self.i)

    @property
    def earlier(self) -> Sequence[str]:
        """The words before, at most _REACH."""
        return self.words[max(0, self.i - _REACH) : self.i]

    @property
    def around(self) -> Sequence[str]:
        """The words before and after, at most _REACH on each side."""
        return self.words[max(0, self.i - _REACH) : self.i + _REACH]


def _is_adverb(word: str) -> bool:
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4)


def is_verb(place: Place) -> bool:
    """True if the base form ("record", "use") is a verb here."""
    before, after = place.before, place.after
    if before in {"to", *MODALS, *SUBJECTS} - {"who", "it"}:
        return not (
            before == "to"
            and after in PREPOSITIONS - {"as", "in", "on", "for", "with", "from", "by", "at", "over", "about"}
        )
    if before == "it":
        return place.at(-place.steps_back - 1) in {"let", "make", "makes", "made", "see", "help", "watch"}
    if before in BE or before in HAVE:
        return False
    if before in DETERMINERS or before in PREPOSITIONS or is_adjective(before):
        return before in {"that", "which", "all", "both"} and after in OBJECTS
    if before in {"and", "or"} and _verb_before(place):
        return True
    if not before or before in {"who", "and", "or", "but", "then"}:
        return after in OBJECTS or before == "who"
    if _is_plural(before) and after in {"with", "against", "when", "if", "because", "from"}:
        return True  # the results conflict with …
    return after in OBJECTS and after not in {"that", "all", "some"} | SUBJECTS


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")) and word not in _COMPOUNDING


def _verb_before(place: Place) -> bool:
    """ "to reduce cost and increase sales": the word is joined to a base form that "to" or a modal made a verb."""
    if place.after in PREPOSITIONS | BE | {""}:
        return False
    earlier = [place.words[j] for j in range(max(0, place.i - 8), place.i)]
    starts = [j for j, word in enumerate(earlier[:-1]) if word == "to" or word in MODALS]
    return (
        bool(starts) and not set(earlier[starts[-1] + 1 :]) & (BE | HAVE) and earlier[starts[-1] + 1] not in DETERMINERS
    )


def is_verb_in_s(place: Place) -> bool:
    """True if the form in -s ("records", "uses") is a verb here."""
    before, after = place.before, place.after
    if before in {"he", "she", "it", "who", "which", "nobody", "everyone", "someone", "everybody", "nothing", "this"}:
        return True
    if before in DETERMINERS or before in PREPOSITIONS or before in BE | HAVE | MODALS or is_adjective(before):
        return before == "that" and (after in OBJECTS or after in PREPOSITIONS)
    return after in OBJECTS and before not in {"", "and", "or"}


def is_adjective(word: str) -> bool:
    """True for common adjectives and for words that end like one."""
    return word in _ADJECTIVES or (word.endswith(_ADJECTIVE_ENDINGS) and len(word) > 4)


def is_past(place: Place) -> bool:
    """True if the sentence tells of the past, as far as its other words say."""
    marks = {
        "yesterday",
        "ago",
        "last",
        "once",
        "earlier",
        "previously",
        "when",
        "was",
        "were",
        "had",
        "did",
        "said",
        "then",
    }
    certain = {"yesterday", "ago", "once", "earlier", "previously", "was", "were", "had", "said"}
    words = set(place.around)
    future = words & {"will", "tomorrow", "can", "must", "should", "let's", "please", "usually", "always", "often"}
    verbs = [w for w in words if w in _PAST or (w.endswith("ed") and len(w) > 4 and pronunciation(w))]
    return bool(words & certain or verbs or ("last" in words & marks and words & _TIMES)) and not future


_PAST = frozenset(
    "went came saw took sat stood got gave made knew thought told found left began felt kept held brought wrote ran "
    "spoke ate drank slept fell grew bought lost met sent spent won heard became".split()
)
_TIMES = frozenset(
    "night week month year summer winter spring autumn fall time monday tuesday wednesday thursday friday saturday sunday".split()
)
