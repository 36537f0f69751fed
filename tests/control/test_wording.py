"""What a request may ask of its wording."""

import pytest

from kouji.control.wording import LONGEST, MOST_WORDS, lexicon_of, plain, without
from kouji.errors import InvalidInput
from kouji.text import Lexicon


def test_what_every_engine_does_anyway_needs_no_control() -> None:
    assert plain({"normalize": "auto", "pronunciation": {}, "speed": 2}) == {"speed": 2}
    asked = {"normalize": "off", "pronunciation": {"a": "=b"}, "speed": 2}
    assert plain(asked) == asked
    assert without(asked) == {"speed": 2}
    for wrong in ("no", False, None):
        with pytest.raises(InvalidInput, match=r"normalize=.* Give auto, on, off"):
            plain({"normalize": wrong})


def test_without_words_of_its_own_a_request_has_those_of_the_house() -> None:
    house = Lexicon.of({"行": ("zh", "hang2")})
    assert lexicon_of({}, house) is house
    assert lexicon_of({}, None) is None
    found = lexicon_of({"pronunciation": {"重": "chong2"}}, house)
    assert found is not None
    assert set(found.entries) == {"行", "重"}


@pytest.mark.parametrize(
    "words",
    [
        ["重庆"], "重庆", {"重庆": 3}, {3: "a"}, {"重庆": {}}, {"重庆": {"zh": None}}, {"a" * (LONGEST + 1): "=b"},
        {"重庆": "chong2"}, {str(number): "=a" for number in range(MOST_WORDS + 1)},
    ],
)  # fmt: skip
def test_words_that_are_none_are_refused_with_the_argument(words: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        lexicon_of({"pronunciation": words}, None)
    assert refused.value.param == "pronunciation"
    assert len(str(refused.value)) < 400
