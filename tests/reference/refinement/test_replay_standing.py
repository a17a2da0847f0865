"""Static members of classic groups stand still, and their group waits for them, be it while it puts others out."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA, EAGER, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.directing.standing import sessions_of
from ackproof.reference.refinement.replaying.consume import Read, read_again, turn_of
from ackproof.reference.refinement.replaying.ordering import moments
from tests.reference.refinement.pieces import execution

SYNC = ConsumerRules(auto_commit=LIBRDKAFKA, is_static=True, instances=2)
ASYNC = attrs.evolve(SYNC, commit="async")
STANDS_STILL = "consumer 1 pauses for too long and stops its heartbeats; its session has not expired"
IS_BACK = "consumer 1 polls, joins again before its session expires, and gets the partition back"
ANOTHER_IS_PUT_OUT = "consumer 2 pauses for too long and is put out of the group"
IT_HEARS = "consumer 2 polls and learns that it is no longer in the group"
STARTS, IS_LOCATED = (
    "the group starts; consumer 1 is assigned the partition",
    "consumer 1 starts at the earliest offset, 0",
)
READS, PROCESSES = "consumer 1 polls: it is handed r1 (position 1)", "consumer 1 processes r1"
APPENDS = "r1 is appended"


def taken(rules: ConsumerRules, *says: str) -> Read:
    system = consume_half(rules, records=1, faults=Faults(2), kinds=frozenset({"consumer-pause"}))
    return read_again(system, execution(system, *says))


@pytest.mark.parametrize("rules", [SYNC, ASYNC, attrs.evolve(ASYNC, instances=3)], ids=["sync", "async", "of three"])
def test_who_stands_still_reads_on_once_another_one_that_was_put_out_has_the_partition(rules: ConsumerRules) -> None:
    read = taken(
        rules,
        STARTS,
        IS_LOCATED,
        STANDS_STILL,
        ANOTHER_IS_PUT_OUT,
        IT_HEARS,
        "consumer 2 joins; consumer 2 is assigned the partition",
        "consumer 2 starts at the earliest offset, 0",
        APPENDS,
        "consumer 2 polls: it is handed r1",
        "consumer 2 processes r1",
        READS,
        PROCESSES,
    )

    assert read.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


@pytest.mark.slow
@pytest.mark.parametrize("first", [(), (IS_LOCATED,)], ids=["asks where to start", "has a position"])
def test_who_stands_still_is_back_though_another_one_was_put_out(first: tuple[str, ...]) -> None:
    read = taken(SYNC, STARTS, *first, STANDS_STILL, ANOTHER_IS_PUT_OUT, APPENDS, IS_BACK, IS_LOCATED, READS)

    assert read.held == (0,)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (
            SYNC,
            (
                PROCESSES,
                STANDS_STILL,
                ANOTHER_IS_PUT_OUT,
                "the group coordinator refuses the commit of offset 1: consumer 1 is no longer in the group",
            ),
        ),
        (ASYNC, (STANDS_STILL, ANOTHER_IS_PUT_OUT, PROCESSES, IS_BACK)),
    ],
    ids=["sync", "async"],
)
def test_a_commit_of_who_is_back_is_refused_and_no_third_member_has_the_partition(
    rules: ConsumerRules, says: tuple[str, ...]
) -> None:
    of_three = attrs.evolve(rules, instances=3)

    read = taken(of_three, STARTS, APPENDS, IS_LOCATED, READS, *says, IS_LOCATED, READS, PROCESSES)

    assert (read.processed, read.commits) == ((0, 0), ())


def test_a_session_lasts_longer_than_those_that_end_while_its_member_stands_still() -> None:
    system = consume_half(SYNC, records=1, faults=Faults(2), kinds=frozenset({"consumer-pause"}))
    trace = execution(system, STARTS, STANDS_STILL, ANOTHER_IS_PUT_OUT, IS_BACK)

    assert sessions_of(tuple(map(turn_of, moments(trace)))) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("rebalancing", [EAGER, COOPERATIVE_LIBRDKAFKA], ids=["eager", "cooperative"])
def test_who_is_back_in_time_step_by_step_has_the_partition_and_no_position(rebalancing: Rebalancing) -> None:
    """Its session does not end, as another member would get the partition then, and keep it."""
    rules = attrs.evolve(
        SYNC, commit="with-sink", processing="handed-off", reset="latest", on_revoke="nothing", rebalancing=rebalancing
    )
    kinds = frozenset({"consumer-pause"})
    system = consume_half(rules, records=2, faults=Faults(1), kinds=kinds, is_fine=True)
    steps = (
        "consumer 1 asks to join",
        "consumer 2 asks to join",
        "generation 1 begins",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is owner",
        "consumer 1 starts at the latest offset, 0",
        APPENDS,
        "r2 is appended",
        READS,
        "consumer 2 learns that it is member",
        "consumer 1 pauses for too long and stops its heartbeats",
        "consumer 1 is back before its session has expired",
        "consumer 1 starts at the latest offset, 2",
        "consumer 1 processes r1: the sink stores offset 1 too",
    )

    assert read_again(system, execution(system, *steps)).findings("no-loss") == (
        "r2 (offset 1) is skipped: nothing is committed, the owner reads on from 2",
    )
