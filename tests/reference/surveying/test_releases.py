"""Which release a broker is of."""

import pytest

from ackproof.reference.surveying.releases import NEWEST_LEVEL, release_of


@pytest.mark.parametrize(
    ("level", "release"), [(30, "4.3"), (21, "3.9"), (7, "3.3"), (31, None), (22, None), (None, None)]
)
def test_the_newest_level_of_metadata_tells_the_release(level: int | None, release: str | None) -> None:
    assert release_of(level) == release


def test_levels_rise_with_releases() -> None:
    releases = [tuple(map(int, release.split("."))) for release in NEWEST_LEVEL.values()]

    assert list(NEWEST_LEVEL) == sorted(NEWEST_LEVEL)
    assert releases == sorted(releases)
