"""Settings: defaults < file < environment < flags."""

from pathlib import Path

import pytest

from kouji import config
from kouji.errors import InvalidInput, UnknownName


@pytest.fixture
def world(tmp_path: Path) -> dict[str, str]:
    """An environment with a settings file."""
    path = tmp_path / "config.toml"
    path.write_text('voice = "from_file"\nthreads = 2\nformat = "flac"\n')
    return {"KOUJI_CONFIG": str(path), "KOUJI_THREADS": "3", "KOUJI_FORMAT": "mp3"}


def test_each_layer_overrides_the_one_below(world: dict[str, str]) -> None:
    found = config.load(world, format="ogg", voice=None)
    assert (found.engine, found.voice, found.threads, found.format) == ("native", "from_file", 3, "ogg")


def test_every_value_says_where_it_came_from(world: dict[str, str]) -> None:
    sources = config.load(world, format="ogg").sources
    assert sources["engine"] == "default"
    assert sources["voice"] == world["KOUJI_CONFIG"]
    assert sources["threads"] == "KOUJI_THREADS (environment)"
    assert sources["format"] == "flag"


def test_without_a_file_the_defaults_stand(tmp_path: Path) -> None:
    assert config.load({"HOME": str(tmp_path)}).engine == "native"
    assert config.file({"HOME": "/home/mei"}) == Path("/home/mei/.config/kouji/config.toml")
    assert config.file({"XDG_CONFIG_HOME": "/etc/mei"}) == Path("/etc/mei/kouji/config.toml")


def test_a_misspelt_setting_names_the_right_one(world: dict[str, str]) -> None:
    Path(world["KOUJI_CONFIG"]).write_text('voise = "male_1"')
    with pytest.raises(UnknownName, match="'voice'"):
        config.load(world)


def test_a_misspelt_variable_is_told() -> None:
    assert config.unknown_variables({"KOUJI_VOISE": "x", "KOUJI_VOICE": "y", "HOME": "z"}) == ["KOUJI_VOISE"]


@pytest.mark.parametrize("threads", ["many", "0", "65", "-1", "1.5", ""])
def test_an_impossible_value_is_refused(world: dict[str, str], threads: str) -> None:
    with pytest.raises(InvalidInput, match="threads"):
        config.load(world | {"KOUJI_THREADS": threads})


def test_of_words_that_are_possible_each_is_told() -> None:
    with pytest.raises(InvalidInput) as error:
        config.load({"KOUJI_USE": "fun"})
    assert error.value.hint == "Give personal, research, commercial."


def test_a_file_of_another_kind_is_refused(world: dict[str, str]) -> None:
    Path(world["KOUJI_CONFIG"]).write_text("voice: male_1")
    with pytest.raises(InvalidInput, match="TOML"):
        config.load(world)
    with pytest.raises(InvalidInput, match="cannot be read"):
        config.load({"KOUJI_CONFIG": "/no/such/file.toml"})


def test_a_wrong_type_in_the_file_is_refused(world: dict[str, str]) -> None:
    Path(world["KOUJI_CONFIG"]).write_text("voice = 1")
    with pytest.raises(InvalidInput, match="voice = 1"):
        config.load(world)
