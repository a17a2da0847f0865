"""A cooperative group gives a partition to a member that was there before."""

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA
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


DISCOVERED = "the group discovers the new partition and starts there at offset 0; the commit of consumer 1 of offset 0"
IN_STEPS = (
    "consumer 1 asks to join",
    "consumer 2 asks to join",
    "generation 1 begins",
    "the group assigns the partition to consumer 1",
    "consumer 1 learns that it is owner",
    "consumer 1 starts at the earliest offset",
    "consumer 1 polls",
    "the topic gets more partitions, and the key moves",
    "the group sees the new partition",
    "consumer 1 rejoins; the commit of consumer 1 of offset 0 is accepted",
    "consumer 2 rejoins",
    "generation 2 begins",
    "the group assigns the partition to consumer 1",
    "consumer 1 learns that it is owner",
    "consumer 1 starts at the committed offset, 0",
    "consumer 1 polls",
)


@pytest.mark.parametrize(
    ("is_fine", "says"),
    [
        (
            False,
            (
                *STARTED,
                "consumer 1 polls",
                "the topic gets more partitions, and the key moves",
                f"{DISCOVERED} is accepted; consumer 2 is assigned",
                "consumer 2 starts at the committed offset, 0",
                "consumer 2 polls",
            ),
        ),
        (True, ("r1 is appended", *IN_STEPS)),
    ],
    ids=["to another one", "in steps"],
)
def test_an_application_that_hands_records_off_commits_as_an_eager_owner_gives_the_partition_up(
    is_fine: bool, says: tuple[str, ...]
) -> None:
    rules = ConsumerRules(instances=2, processing="handed-off", on_revoke="commit")
    kinds = frozenset({"partitions-added"})
    half = consume_half(rules, records=1, faults=Faults(1), kinds=kinds, moves_key=True, is_fine=is_fine)
    system = attrs.evolve(half, symmetric={})

    read = read_again(system, along(system, *says))

    assert (read.position, read.commits) == (1, (0,))


def test_an_owner_is_there_still_that_loses_the_partition_as_another_one_leaves() -> None:
    half = consume_half(ConsumerRules(instances=3), records=1, faults=Faults(1), kinds=frozenset({"member-leaves"}))
    system = attrs.evolve(half, symmetric={})
    moves = (
        "consumer 2 leaves; consumer 3 is assigned",
        "consumer 3 starts at the earliest offset",
        "consumer 3 polls",
    )

    read = read_again(system, along(system, *STARTED, *moves))

    assert (read.position, read.held) == (1, (0,))


@pytest.mark.slow
def test_who_has_committed_as_it_gave_the_partition_up_gets_it_back_as_others_join() -> None:
    rules = ConsumerRules(instances=3, rebalancing=COOPERATIVE_LIBRDKAFKA, on_revoke="commit", reset="latest")
    system = consume_half(rules, records=1, faults=Faults(1), kinds=frozenset({"consumer-crash"}), is_fine=True)
    moves = (
        "consumer 1 learns that the partition is to move, revokes it; the commit of consumer 1 of offset 0 is accepted"
    )
    says = (
        *("consumer 1 asks to join", "consumer 2 asks to join", "consumer 3 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns", "consumer 1 starts at the latest"),
        *("r1 is appended", "consumer 2 crashes", "the session of consumer 2 expires", "consumer 1 rejoins"),
        *("consumer 3 rejoins", "generation 2 begins", "the group assigns the partition to nobody", moves),
        *("consumer 2 asks to join", "consumer 3 rejoins", "generation 3 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner"),
        *("consumer 1 starts at the committed offset, 0", "consumer 1 polls"),
    )

    read = read_again(system, along(system, *says))

    assert (read.commits, read.held) == ((0,), (0,))


@pytest.mark.slow
def test_who_is_assigned_the_partition_in_between_rejoins_behind_the_answer_to_where_it_starts() -> None:
    """It goes to each of the three in turn until it is with who had it."""
    rules = ConsumerRules(
        instances=3, rebalancing=COOPERATIVE_LIBRDKAFKA, commit="async", on_revoke="commit", reset="latest"
    )
    kinds = frozenset({"consumer-crash", "coordinator-failover"})
    half = consume_half(rules, records=1, faults=Faults(2), kinds=kinds, is_fine=True)
    system = attrs.evolve(half, symmetric={})
    trace = along(
        system,
        *("consumer 1 asks to join", "consumer 2 asks to join", "consumer 3 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns", "consumer 1 starts", "r1 is appended"),
        *("consumer 2 crashes", "the session of consumer 2 expires", "consumer 1 rejoins", "consumer 3 rejoins"),
        *("generation 2 begins", "the group assigns the partition to nobody", "consumer 1 learns that the partition"),
        *("consumer 2 asks to join", "consumer 3 rejoins", "generation 3 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner", "consumer 1 starts"),
        *("consumer 1 polls", "consumer 1 processes r1", "consumer 2 learns", "consumer 3 learns"),
        "the group coordinator moves to another broker; the asynchronous commit of offset 1 is lost",
    )

    read = read_again(system, trace)

    assert (read.commits, read.position) == ((0,), 1)


@pytest.mark.slow
def test_who_was_alone_as_it_got_the_partition_back_keeps_it_as_another_one_joins() -> None:
    rules = ConsumerRules(
        instances=2, rebalancing=COOPERATIVE_LIBRDKAFKA, commit="async", on_revoke="commit", reset="latest"
    )
    half = consume_half(rules, records=1, faults=Faults(2), kinds=frozenset({"consumer-crash"}), is_fine=True)
    system = attrs.evolve(half, symmetric={})
    is_gone = ("consumer 2 crashes", "the session of consumer 2 expires")
    trace = along(
        system,
        *("consumer 1 asks to join", "consumer 2 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns", "consumer 1 starts", "r1 is appended"),
        *(*is_gone, "consumer 2 asks to join", "consumer 1 rejoins", "generation 2 begins"),
        *("the group assigns the partition to nobody", "consumer 1 learns that the partition is to move", *is_gone),
        *("generation 3 begins", "the group assigns the partition to consumer 1", "consumer 1 learns that it is owner"),
        *("consumer 1 starts", "consumer 2 asks to join", "consumer 1 rejoins", "consumer 1 polls"),
        *("generation 4 begins", "consumer 1 processes r1", "the commit of consumer 1 of offset 1 fails"),
        *("the group assigns the partition to consumer 1", "consumer 2 learns", "consumer 1 learns that it is still"),
    )

    read = read_again(system, attrs.evolve(trace, loop=len(trace.steps)))

    assert (read.commits, read.position) == ((0,), 1)
