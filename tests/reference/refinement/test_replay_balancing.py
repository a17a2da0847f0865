"""A cooperative group gives a partition to a member that was there before."""

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import read_again
from tests.reference.refinement.executions import along

STARTED = ("r1 is appended", "the group starts; consumer 1", "consumer 1 starts at the earliest offset")
MOVED = (
    "consumer 1 hears that the partition is to move; consumer 1 gives it up; consumer 2",
    "consumer 2 starts at the earliest offset",
    "consumer 2 polls",
)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("member-joins", ("consumer 3 joins; consumer 1 rejoins with the partition",)),
        ("partitions-added", ("the topic gets more partitions, and the key moves", "the group discovers")),
    ],
    ids=["as another one joins", "and one more partition"],
)
def test_a_member_that_was_there_before_is_given_the_partition(kind: str, says: tuple[str, ...]) -> None:
    rules = ConsumerRules(instances=2, rebalancing=COOPERATIVE)
    half = consume_half(
        rules, records=1, faults=Faults(1), kinds=frozenset({kind}), moves_key=kind == "partitions-added"
    )
    system = attrs.evolve(half, symmetric={})

    read = read_again(system, along(system, *STARTED, *says, *MOVED))

    assert (read.position, read.held) == (1, (0,))
