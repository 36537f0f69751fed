"""Words written alike and said differently: the sentence decides which."""

from __future__ import annotations

from collections.abc import Callable

from .morphology import plural
from .pairs import PAIRS
from .syntax import (
    ADVERBS,
    BE,
    DETERMINERS,
    HAVE,
    MODALS,
    OBJECTS,
    PREPOSITIONS,
    SUBJECTS,
    Place,
    is_adjective,
    is_past,
    is_verb,
    is_verb_in_s,
)

# Verbs unless a word before says otherwise: the nouns are rare.
_MOSTLY_VERBS = frozenset(
    "combine compress confine convert converse ferment pervert produce refuse resume reject recall relapse".split()
)


def choose(place: Place) -> str | None:
    """The pronunciation that fits the sentence; None for a word that has only one."""
    word = place.words[place.i]
    rule = _RULES.get(word)
    if rule is not None:
        return rule(place)
    if word in PAIRS:
        return PAIRS[word][_says_verb(place, word)]
    if word.endswith("s") and word[:-1] in PAIRS:
        return plural(PAIRS[word[:-1]][is_verb_in_s(place)])
    return None


_GRADES = frozenset(
    "vitamin grade plan type class group team section level letter option hepatitis point side an the big".split()
)


def names_letter_a(place: Place) -> bool:
    """True where a capital A is the letter's name: vitamin A, from A to Z, A is for apple."""
    after = place.after
    if place.at(-1) in _GRADES or not after or len(after) == 1:
        return True
    return after in BE | {"to", "and", "or"} and (place.capital or after in {"is", "and", "to"})


def _says_verb(place: Place, word: str) -> bool:
    if word in _MOSTLY_VERBS:
        before = place.before
        named = (
            before in DETERMINERS - {"that", "all", "both", "which", "much"}
            or before in {"of", "in", *BE}
            or before.endswith("'s")
        )
        return not named and not (word == "produce" and before in {"fresh", "local", "organic", "farm"})
    return is_verb(place)


def _either(first: str, second: str, says_second: Callable[[Place], bool]) -> Callable[[Place], str]:
    return lambda place: second if says_second(place) else first


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FISH = _set(
    "fish fishing sea striped largemouth smallmouth lake river caught grilled fried trout salmon catch pond "
    "boat bait fillet"
)
_METAL = _set(
    "pipe pipes paint pencil poisoning acid bullet bullets ore mine mines oxide weights weight roof crystal "
    "glass exposure based shielding zinc copper tin mercury iron silver heavy melted molten pound pounds metal "
    "metals battery toxic dust contamination gasoline water shot balloon"
)
_CLOTH = _set(
    "dress shirt jacket fabric cloth paper sail muscle ligament jeans coat sleeve net tent sock pants roof "
    "seat hole tissue cruciate tendon knee shoulder hamstring aortic meniscus partial"
)
_ON_AIR = _set(
    "music show shows performance performances broadcast concert concerts audience audiences stream streams "
    "streaming band bands wire wires animals animal coverage event events television tv radio ammunition bait "
    "chat updates recording recordings album video feed version births theater stock demo entertainment "
    "lobster bird birds chicken from report reports traffic fire rounds data"
)
_WHERE = _set("and or here there together long forever longer well up out off alone apart close next to happily")
_SHOWN = _set(
    "with no go goes going went streamed broadcast watch recorded performed perform playing play played performing sing singing events"
)
_STAYED = _set(
    "be get gets got getting come comes came coming stay stays stayed keep kept stand stood sit sat hold held draw drew live "
    "lives lived work worked remained remain up not it them you her him"
)
_AROUND = _set("up down around through round back along its their towards toward across away past between among over")
_DEGREE = _set("very so too how quite pretty really more extremely as fairly rather incredibly less most awfully")


def _read(place: Place) -> bool:  # True: R EH1 D
    before, after = place.before, place.after
    if before in HAVE | BE | {"well", "got", "widely", "be", "being"} - {"i'm"} or "read" == before:
        return True
    if place.at(-1) in HAVE or (place.at(-place.steps_back - 1) in HAVE and before in SUBJECTS):
        return True
    if before in MODALS | {"to", "can", "help"} or place.i == 0 or not before:
        return False
    if before in {"he", "she", "it", "who"} or (after == "aloud" and before not in SUBJECTS):
        return not {"does", "did", "will"} & set(place.earlier)
    return is_past(place)


def _lead(place: Place) -> bool:  # True: L EH1 D
    if place.before in MODALS | {"to", "will"} | SUBJECTS | {"could", "would"}:
        return False
    source = place.at(-1) in {"of", "like", "contain", "contains", "contained", "containing", "as", "pencil", "from"}
    return place.at(1) in _METAL or place.at(-1) in _METAL or (place.at(2) in _METAL and place.at(1) in {"and", "or"}) or (
        source and place.after not in {"singer", "the", "actor", "role", "guitarist"}) or (
        place.at(-1) in {"and", "or"} and place.at(-2) in _METAL)  # fmt: skip


def _live(place: Place) -> bool:  # True: L AY1 V
    before, after = place.at(-1), place.at(1)
    if place.before in MODALS | {"to"} | SUBJECTS | {"who", "people", "where", "that", "which"}:
        return before in {"to", "you"} and after in _ON_AIR - {"from", "music"}
    if after in _ON_AIR or (after == "on" and place.at(2) in _set("tv air stage television radio")):
        return True
    if after and after not in PREPOSITIONS | ADVERBS | OBJECTS | _WHERE:
        return True
    return before in DETERMINERS | BE | _SHOWN


def _lives(place: Place) -> bool:  # True: L IH1 V Z
    before, after = place.before, place.after
    if before in DETERMINERS - {"that", "this", "which", "one", "each", "another"} or before in _set(
        "of save saved saves saving lost human past nine"
    ):
        return False
    return before in SUBJECTS | _set("that which one nobody everyone family still") or after in PREPOSITIONS | {
        "here",
        "there",
        "alone",
        "happily",
        "next",
        "off",
        "up",
    }


def _wind(place: Place) -> bool:  # True: W AY1 N D
    if place.after in {"up", "down", "back"} and place.before not in DETERMINERS:
        return True
    return is_verb(place) and place.before not in {"that", "which"} and place.before != "it"


def _wound(place: Place) -> bool:  # True: W AW1 N D
    if place.before in DETERMINERS:
        return False
    turned = place.before in SUBJECTS and (place.at(3) in _AROUND or place.at(4) in _AROUND)
    return turned or place.after in _AROUND or (place.at(2) in _AROUND and place.after.endswith("ly"))


def _winds(place: Place) -> bool:
    return place.before not in DETERMINERS and not place.before.endswith(("ing", "ly")) and (
        place.before in {"it", "he", "she", "which", "river", "road", "path", "trail"} or place.after in {"up", "its", "down"})  # fmt: skip


def _tear(place: Place) -> bool:  # True: T EH1 R
    if place.at(-1) == "and" and place.at(-2) == "wear":
        return True
    if place.at(-1) in {"shed", "single", "a", "every", "each", "no", "one", "of", "the"} and not place.near(_CLOTH, 5):
        return False
    return place.after not in _set("gas drop drops duct ducts stained fluid film jerker glands gland")


def _tears(place: Place) -> bool:
    torn = place.after in _set("up down apart off away it the his open")
    return torn and place.before not in DETERMINERS | {"in", "of", "with", "into"}


def _bow(place: Place) -> bool:  # True: B AW1
    if is_verb(place) or place.after in {"down", "to", "before", "out"}:
        return True
    ship = _set(
        "ship boat ship's boat's stern vessel canoe wave waves ferry port starboard sea thruster thrusters gun guns torpedo tubes hull "
        "sink sank crew deck bulbous gondola anchor cannon section"
    )
    return place.near(ship, 6) or place.at(-1) in {"low", "deep", "slight", "polite", "formal", "respectful", "final"} or (
        place.at(-2) in {"took", "take", "taking", "takes", "made", "make"} and place.after != "and")  # fmt: skip


def _dove(place: Place) -> bool:  # True: D OW1 V
    return place.before in SUBJECTS or place.after in _set(
        "into down under off deep headfirst for toward towards behind through straight right"
    )


def _minute(place: Place) -> bool:  # True: M AY0 N UW1 T
    return place.at(-1) in _DEGREE or place.after in _set(
        "detail details amount amounts particle particles quantity quantities difference differences trace traces change changes "
        "crystals organisms variations fraction fractions quantities droplets cracks"
    )


def _close(place: Place) -> bool:  # True: K L OW1 Z
    before, after = place.at(-1), place.after
    if before == "the" and after in {"of", ""} and place.at(-2) != "is":
        return True
    if after in {"to", "by", "behind", "together", "enough"} and before not in {"not"} | MODALS:
        return False
    if is_verb(place) and before not in _DEGREE:
        return True
    if before in BE | _DEGREE | DETERMINERS | PREPOSITIONS | _STAYED:
        return False
    return after not in _set(
        "friend friends call calls attention range contact relationship relatives proximity race game look ties eye quarters up-to"
    )


def _used(place: Place) -> str:
    if place.after != "to":
        return "Y UW1 Z D"
    accustomed = place.before in BE | {"get", "got", "getting", "gets", "become", "became", "grown", "be"}
    after = place.at(2)
    if accustomed and not (after in OBJECTS | {"being", "having"} or after.endswith("ing") or not after):
        return "Y UW1 Z D"  # is used to make …
    return "Y UW1 S T"


def _use(place: Place) -> bool:  # True: Y UW1 Z
    many = (
        place.before.endswith("s")
        and not place.before.endswith(("ss", "'s", "s'", "us"))
        and place.before not in DETERMINERS
    )
    if place.after in {"it", "them"} and place.before not in DETERMINERS:
        return True
    return is_verb(place) or (many and place.after not in {"of", "in", "is", "was", "for", "and", ""})


def _uses(place: Place) -> bool:  # True: Y UW1 Z IH0 Z
    if is_verb_in_s(place):
        return True
    before = place.before
    named = before in DETERMINERS | PREPOSITIONS | BE | HAVE | {"", "and", "or"} or is_adjective(before)
    return not named and place.after not in {"of", "include", "are", "were", "have", "for", "in"}


def _content(place: Place) -> bool:  # True: K AH0 N T EH1 N T
    adjective = place.before in BE | _DEGREE | {"not", "be", "perfectly", "remained", "remain", "quite"} | SUBJECTS
    return (adjective and place.after not in {"of", "creator", "creation", "is"}) or (
        place.after == "with" and place.before not in DETERMINERS) or is_verb(place)  # fmt: skip


def _invalid(place: Place) -> bool:  # True: IH1 N V AH0 L AH0 D
    return place.at(-1) in {"an", "the", "his", "her", "poor"} and (
        not place.after or place.after in {"who", "and", "in", "for", "was", "could", "had", "lay", "sat", "chair", "from"})  # fmt: skip


def _polish(place: Place) -> bool:  # True: P OW1 L IH0 SH
    nation = _set(
        "language people man woman men women government border army food sausage citizens citizen speakers "
        "president city border poet composer girl boy family jews pianist and"
    )
    return place.capital or (place.i == 0 and place.after in nation and place.words[0] == "polish")


def _learned(place: Place) -> bool:  # True: two syllables
    scholars = _set("man men woman scholar scholars professor society judge friend doctor men people colleague journal")
    return place.after in scholars and place.before in DETERMINERS | _DEGREE


def _blessed(place: Place) -> bool:
    return place.at(-1) in {"the", "a", "every", "this", "that"} or place.i == 0 or place.after in {"virgin", "be"}


def _aged(place: Place) -> bool:  # True: two syllables
    return place.at(-1) in {"the", "an", "his", "her", "my", "their"} and place.after not in {
        "care",
        "cheese",
        "beef",
        "wine",
    }


def _axes(place: Place) -> bool:  # True: IY0 Z
    return place.near(
        _set(
            "x y z coordinate vertical horizontal rotation graph plot symmetry two three principal perpendicular both optical"
        ),
        4,
    )


def _does(place: Place) -> bool:  # True: D OW1 Z
    return place.near(_set("bucks buck stags fawns fawn deer"), 4) and place.at(-1) in _set(
        "the two three several and of wild"
    )


def _row(place: Place) -> bool:  # True: R AW1
    return place.after in {"about", "over", "broke"} or (
        place.at(-1) in {"terrible", "dreadful"} and place.at(-2) == "a"
    )


def _sewer(place: Place) -> bool:  # True: S OW1 ER0
    return place.near(_set("needle thread fabric sewing dress stitches seamstress"), 6)


def _number(place: Place) -> bool:  # True: N AH1 M ER0
    return place.at(-1) in {"grew", "grow", "feel", "felt", "get", "got", "getting", "even"} and place.after not in {
        "of",
        "one",
    }


def _complex(place: Place) -> bool:  # True: the noun, K AA1 M P L EH0 K S
    named = place.before in DETERMINERS - _DEGREE or place.before.endswith(("al", "ing", "ment"))
    return named and (not place.after or place.after in PREPOSITIONS | BE | {"and", "was", "has"})


def _attribute_of(place: Place) -> bool:
    return is_verb(place) or (place.before.endswith("s") and place.after in OBJECTS)


_RULES: dict[str, Callable[[Place], str]] = {
    "read": _either("R IY1 D", "R EH1 D", _read),
    "lead": _either("L IY1 D", "L EH1 D", _lead),
    "live": _either("L IH1 V", "L AY1 V", _live),
    "lives": _either("L AY1 V Z", "L IH1 V Z", _lives),
    "wind": _either("W IH1 N D", "W AY1 N D", _wind),
    "winds": _either("W IH1 N D Z", "W AY1 N D Z", _winds),
    "wound": _either("W UW1 N D", "W AW1 N D", _wound),
    "tear": _either("T IH1 R", "T EH1 R", _tear),
    "tears": _either("T IH1 R Z", "T EH1 R Z", _tears),
    "bow": _either("B OW1", "B AW1", _bow),
    "bows": _either(
        "B OW1 Z", "B AW1 Z", lambda p: p.before in SUBJECTS or p.after in {"to", "down", "before", "his", "her"}
    ),
    "bowed": lambda place: "B AW1 D",
    "bass": _either("B EY1 S", "B AE1 S", lambda p: p.near(_FISH, 4)),
    "row": _either("R OW1", "R AW1", _row),
    "sewer": _either("S UW1 ER0", "S OW1 ER0", _sewer),
    "dove": _either("D AH1 V", "D OW1 V", _dove),
    "does": _either("D AH1 Z", "D OW1 Z", _does),
    "minute": _either("M IH1 N AH0 T", "M AY0 N UW1 T", _minute),
    "close": _either("K L OW1 S", "K L OW1 Z", _close),
    "closes": lambda place: "K L OW1 Z IH0 Z",
    "houses": lambda place: "HH AW1 Z IH0 Z",
    "mouths": lambda place: "M AW1 DH Z",
    "used": _used,
    "use": _either("Y UW1 S", "Y UW1 Z", _use),
    "uses": _either("Y UW1 S IH0 Z", "Y UW1 Z IH0 Z", _uses),
    "content": _either("K AA1 N T EH0 N T", "K AH0 N T EH1 N T", _content),
    "contents": lambda place: "K AA1 N T EH0 N T S",
    "invalid": _either("IH0 N V AE1 L AH0 D", "IH1 N V AH0 L AH0 D", _invalid),
    "polish": _either("P AA1 L IH0 SH", "P OW1 L IH0 SH", _polish),
    "august": _either("AO0 G AH1 S T", "AO1 G AH0 S T", lambda p: p.capital or p.i == 0),
    "nice": _either("N AY1 S", "N IY1 S", lambda p: p.capital and p.before in {"in", "to", "from", "of", "near"}),
    "job": _either("JH AA1 B", "JH OW1 B", lambda p: p.capital and p.at(-2) == "book"),
    "learned": _either("L ER1 N D", "L ER1 N IH0 D", _learned),
    "blessed": _either("B L EH1 S T", "B L EH1 S IH0 D", _blessed),
    "aged": _either("EY1 JH D", "EY1 JH IH0 D", _aged),
    "axes": _either("AE1 K S IH0 Z", "AE1 K S IY0 Z", _axes),
    "number": _either("N AH1 M B ER0", "N AH1 M ER0", _number),
    "complex": _either("K AH0 M P L EH1 K S", "K AA1 M P L EH0 K S", _complex),
    "attribute": _either(*PAIRS["attribute"], _attribute_of),
    "bases": _either(
        "B EY1 S IH0 Z", "B EY1 S IY0 Z", lambda p: p.near(_set("theoretical basis logical conceptual"), 3)
    ),
    "sake": _either(
        "S EY1 K", "S AA1 K IY0", lambda p: p.near(_set("rice drink drank cup bottle japanese glass hot warm sushi"), 4)
    ),
    "buffet": lambda place: "B AH0 F EY1",
    "celtic": _either(
        "K EH1 L T IH0 K",
        "S EH1 L T IH0 K",
        lambda p: p.near(_set("boston football glasgow rangers fc club league match park"), 6),
    ),
    "reading": _either(
        "R IY1 D IH0 NG", "R EH1 D IH0 NG", lambda p: p.capital and p.before in {"in", "at", "from", "near", "to", "of"}
    ),
    "moped": _either("M OW1 P EH0 D", "M OW1 P T", lambda p: p.before in SUBJECTS or p.after in {"around", "about"}),
    "pasty": _either("P EY1 S T IY0", "P AE1 S T IY0", lambda p: p.at(-1) in {"cornish", "meat"}),
    "agape": lambda place: "AH0 G EY1 P",
    "unionized": lambda place: "Y UW1 N Y AH0 N AY2 Z D",
}
