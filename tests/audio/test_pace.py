"""A change of pace goes into pauses first and into consonants last."""

import numpy as np
import pytest

from kouji.audio import pace

NATURAL = np.array([20, 10, 25, 8, 12, 30])
KINDS = ("pauses", "consonants", "vowels", "consonants", "vowels", "boundaries")
ELASTICITY = np.array([pace.ELASTICITY[kind] for kind in KINDS])
LOWEST, HIGHEST = np.full(6, 2), NATURAL * 6


def shaped(total: int) -> np.ndarray:
    return pace.shaped(NATURAL, ELASTICITY, total, LOWEST, HIGHEST)


@pytest.mark.parametrize("total", range(12, 631, 7))
def test_whole_lengths_add_up_to_what_is_wanted(total: int) -> None:
    lengths = shaped(total)
    assert lengths.sum() == total
    assert (lengths >= LOWEST).all()
    assert (lengths <= HIGHEST).all()


def test_the_natural_total_changes_nothing() -> None:
    np.testing.assert_array_equal(shaped(int(NATURAL.sum())), NATURAL)


@pytest.mark.parametrize("total", [80, 130])
def test_pauses_give_most_and_consonants_least(total: int) -> None:
    change = np.abs(np.log(shaped(total) / NATURAL))
    assert change[0] > change[5] > change[2] > change[1]


def test_out_of_reach_is_the_nearest_that_is_not() -> None:
    np.testing.assert_array_equal(shaped(1), LOWEST)
    np.testing.assert_array_equal(shaped(10_000), HIGHEST)


def test_lengths_of_one_frame_survive_the_rounding() -> None:
    natural = np.ones(50, int) * 3
    lengths = pace.shaped(natural, np.ones(50), 61, np.ones(50, int), natural)
    assert lengths.sum() == 61
    assert lengths.min() == 1
