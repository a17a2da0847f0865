"""Steps of members of a group that are told in several files of tests, and how they are taken."""

import attrs

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import (
    COOPERATIVE_LIBRDKAFKA,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import Read, read_again
from tests.reference.refinement.pieces import execution

FIRST, STARTS = "r1 is appended", "the group starts; consumer 1 is assigned the partition"
IS_LOCATED, IS_LOCATED_TOO = (f"consumer {number} starts at the earliest offset, 0" for number in (1, 2))
READS, READS_TOO = (f"consumer {number} polls: it is handed r1 (position 1)" for number in (1, 2))
PROCESSES = "consumer 1 processes r1"
KEY_MOVES = "the topic gets more partitions, and the key moves to a new one"
DISCOVERS = "the group discovers the new partition and starts there at offset 0"
IS_LATE = "a commit of consumer 1 comes too late for its generation, and it gives up the partition as lost"
IS_PUT_OFF = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress, as it is rejoining"
JOINED = tuple(f"consumer {number} asks to join; the group prepares to rebalance" for number in (1, 2))
OLDER = ConsumerRules(
    auto_commit=attrs.evolve(LIBRDKAFKA, pauses=False),
    rebalancing=attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False),
)
"""librdkafka 1.4."""
HANDED_BEFORE_KEY_MOVES = (FIRST, STARTS, IS_LOCATED, READS, KEY_MOVES)


def taken(rules: ConsumerRules, kinds: set[str], *says: str, records: int = 1, is_fine: bool = False) -> Read:
    system = consume_half(
        rules,
        records=records,
        faults=Faults(3),
        kinds=frozenset(kinds),
        moves_key="partitions-added" in kinds,
        is_fine=is_fine,
    )
    return read_again(system, execution(system, *says))
