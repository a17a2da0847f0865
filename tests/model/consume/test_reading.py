"""Where a consumer goes whose position is out of range."""

from typing import cast

import pytest

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.reading import locate
from ackproof.model.consume.rules import ConsumerRules, Reset

DELETED = Log(start=1, records=(0, 1))


@pytest.mark.parametrize(
    ("reset", "positions"), [("earliest", [1]), ("latest", [2]), ("none", []), ("by_duration", [1, None])]
)
def test_who_asks_for_what_is_deleted_starts_elsewhere_or_nowhere(reset: Reset, positions: list[int | None]) -> None:
    """By age all that is left may be too old (``OffsetFetcherUtils.handleListOffsetResponse``)."""
    owner = (Consumer("owner", position=0),)

    found = locate.outcomes(ConsumerRules(reset=reset), True, owner, Group(), DELETED)

    assert [cast("Consumers", outcome.changes["consumers"])[0].position for outcome in found] == positions
