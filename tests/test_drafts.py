"""Nothing is stored half."""

from pathlib import Path

import pytest

from kouji.drafts import whole


def test_a_file_is_as_it_was_until_all_is_written(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_text("old")
    with whole(place) as draft:
        draft.write_text("new")
        assert place.read_text() == "old"
    assert place.read_text() == "new"
    assert list(tmp_path.iterdir()) == [place]


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "a.txt") as draft:
        draft.write_text(str(1 // 0))
    assert list(tmp_path.iterdir()) == []


def test_the_file_behind_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    link, real = tmp_path / "link", tmp_path / "elsewhere" / "real"
    real.parent.mkdir()
    link.symlink_to(real)
    with whole(link) as draft:
        draft.write_text("new")
    assert (link.is_symlink(), real.read_text()) == (True, "new")
