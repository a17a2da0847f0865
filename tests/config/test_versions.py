import pytest

from ackproof.config.clients.definitions import table
from ackproof.config.versions import KAFKA_RELEASES, NEWEST_KAFKA, is_too_new, listed_for, parts, since, version_of


def test_the_releases_are_those_of_the_data() -> None:
    assert table("java-producer").versions == table("java-consumer").versions == KAFKA_RELEASES


def test_the_newest_is_the_last_release() -> None:
    assert KAFKA_RELEASES[-1].startswith(NEWEST_KAFKA)


@pytest.mark.parametrize(
    ("text", "version"),
    [("4.1", (4, 1, 1)), ("4.1.0", (4, 1, 0)), ("0.11", (0, 11, 0, 3)), ("3.9.2", (3, 9, 2)), ("3.10", (3, 10))],
)
def test_a_version_is_its_newest_listed_patch(text: str, version: tuple[int, ...]) -> None:
    assert version_of(text) == version


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("4.1", "4.1.1"),
        ("3.9.2", "3.9.1"),
        ("3.2.0", "3.2.3"),
        ("2.1.0", "2.1.1"),
        ("4.0.1", "4.0.0"),
        ("0.8.2", "0.10.2.2"),
        ("3.10", "3.9.1"),
    ],
)
def test_a_version_that_is_not_listed_is_as_one_of_its_minor_or_as_the_nearest_below(text: str, release: str) -> None:
    assert listed_for(parts(text), KAFKA_RELEASES) == release


@pytest.mark.parametrize("text", ["", "4", "four", "4.1.", "-1.0", "4.1-rc1", "4.1\n", "٤.1", "1.2.3.4.5", "9999999.1"])
def test_other_text_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        parts(text)


def test_a_later_patch_of_a_known_release_is_not_too_new() -> None:
    assert not is_too_new((4, 3, 9), KAFKA_RELEASES)
    assert is_too_new((4, 4), KAFKA_RELEASES)


def test_the_last_change_that_a_version_has_is_in_force() -> None:
    assert since((3, 0, 1), (((0,), "a"), ((3, 0, 1), "b"), ((3, 1), "c"))) == "b"
