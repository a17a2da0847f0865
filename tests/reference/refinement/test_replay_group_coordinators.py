"""Executions of groups whose coordinator moves, or whose members have one order, are taken step by step."""

from collections.abc import Sequence

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.assignors import ranges
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, ConsumerRules, GroupRules
from ackproof.reference.refinement.replaying.groups import grouped
from tests.reference.refinement.executions import along

BY_RANGE = attrs.evolve(CONSUMER, assign=ranges)
FIRST_JAVA = attrs.evolve(CONSUMER, is_silenced_by_errors=True, acknowledges_what_it_has=False)
WITH_LISTENER = attrs.evolve(CONSUMER, finishes_what_it_began=True)

JOINED = ("consumer 1 joins", "consumer 2 joins")
MOVES = "the group coordinator moves to another broker"
IS_TOLD = "consumer 1 with a heartbeat, is told to own partition 0"
"""A heartbeat that does not say that it owns nothing, as a member does in the next one after one has failed."""


@pytest.mark.parametrize(
    ("rules", "says", "lines"),
    [
        pytest.param(
            CONSUMER,
            (*JOINED, MOVES, IS_TOLD),
            (
                "the group is at epoch 3, the topic has 2 partitions",
                "consumer-1 reads nothing: at epoch 2, assigned is partitions 0 and 1",
                "consumer-2 reads nothing: at epoch 3, assigned is nothing",
            ),
            id="no heartbeat fails as the coordinator moves",
        ),
        pytest.param(
            CONSUMER,
            (*JOINED, MOVES, f"{MOVES}; a heartbeat of consumer 2", "partition 2 is added", MOVES, IS_TOLD),
            (
                "the group is at epoch 4, the topic has 3 partitions",
                "consumer-1 reads nothing: at epoch 2, assigned is partitions 0 and 1",
                "consumer-2 reads nothing: at epoch 3, assigned is nothing",
            ),
            id="nor as it moves again and again",
        ),
        pytest.param(
            BY_RANGE,
            (
                *JOINED,
                f"{MOVES}; a heartbeat of consumer 2",
                "consumer 1 takes partitions 0 and 1",
                "consumer 1 pauses for too long",
                "consumer 2 says with a heartbeat that it owns nothing, is told to own partitions 0 and 1",
            ),
            (
                "the group is at epoch 4, the topic has 2 partitions",
                "consumer-1 reads partitions 0 and 1: not a member, as the coordinator sees it",
                "consumer-2 reads nothing: at epoch 4, assigned is partitions 0 and 1",
            ),
            id="a coordinator waits for one member for longer than for another one that it has read from its log",
        ),
        pytest.param(
            FIRST_JAVA,
            (
                "consumer 1 joins",
                "consumer 1 pauses for too long",
                "consumer 1 has not polled for too long and leaves in vain",
                MOVES,
                "consumer 1 joins",
            ),
            (
                "the group is at epoch 4, the topic has 2 partitions",
                "consumer-1 reads nothing: at epoch 4, assigned is partitions 0 and 1",
            ),
            id="who has left finds the new coordinator before it joins",
        ),
        pytest.param(
            BY_RANGE,
            (
                "consumer 1 joins",
                "consumer 1 crashes",
                "consumer 2 joins; epoch 2 begins",
                "the session of consumer 1 expires",
                "consumer 2 with a heartbeat, is told to own partitions 0 and 1",
                "consumer 1 joins",
                "consumer 2 with a heartbeat, is told to own partition 0",
            ),
            (
                "the group is at epoch 5, the topic has 2 partitions",
                "consumer-1 reads nothing: at epoch 5, assigned is nothing",
                "consumer-2 reads nothing: at epoch 4, assigned is partitions 0 and 1",
            ),
            id="who is started again has another member id",
        ),
        pytest.param(
            WITH_LISTENER,
            (
                *JOINED,
                "consumer 1 takes partitions 0 and 1",
                "consumer 1 says with a heartbeat that it owns partitions 0 and 1, is told to own partition 0",
                "consumer 1 gives up partition 1",
                "consumer 1 says with a heartbeat that it owns partition 0, is at epoch 2",
                "consumer 2 with a heartbeat, is told to own partition 1",
                "consumer 1 pauses for too long",
                "consumer 2 with a heartbeat, is told to own partitions 0 and 1",
                "consumer 2 takes partition 1, which it had begun before",
            ),
            (
                "the group is at epoch 4, the topic has 2 partitions",
                "consumer-1 reads partition 0: not a member, as the coordinator sees it",
                "consumer-2 reads partition 1: at epoch 4, assigned is partitions 0 and 1",
            ),
            id="who is told to own nothing at first takes note of that before it is told something else",
        ),
    ],
)
def test_an_execution_is_taken(rules: ConsumerRules, says: Sequence[str], lines: Sequence[str]) -> None:
    assert taken(rules, *says) == lines


STABLE = (
    *JOINED,
    "generation 1 begins; consumer 1 leads it",
    "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1",
    "consumer 1 learns",
    "consumer 2 learns",
)
KNOWS_A_FORMER_ID = f"{MOVES}, which knows generation 1; it knows consumer 1 by a former id alone"


def test_who_has_a_new_id_that_is_not_in_the_log_is_none_of_its_members() -> None:
    """The coordinator waits for who it was, which nobody is any more; it joins under a further id."""
    says = (
        *STABLE,
        "consumer 1 pauses for too long; the coordinator removes it",
        "consumer 1 learns that it is no longer in the group",
        "consumer 1 joins",
        KNOWS_A_FORMER_ID,
        "the session of consumer 1 expires",
        "consumer 1 joins",
        "consumer 2 gives up partition 1",
        "generation 2 begins",
    )

    assert taken(EAGER, *says)[0] == "the group is at generation 2, the topic has 2 partitions"


@pytest.mark.parametrize(
    "returns",
    [
        pytest.param(("consumer 3 joins", "consumer 1 returns"), id="it has not heard its new id"),
        pytest.param(
            ("consumer 2 pauses for too long", "consumer 1 returns", "generation 2 begins"),
            id="it has, and ends of that (FENCED_INSTANCE_ID)",
        ),
    ],
)
def test_a_static_member_takes_its_former_place_again_if_its_new_id_is_not_in_the_log(returns: Sequence[str]) -> None:
    says = (*STABLE, "consumer 1 crashes", *returns, KNOWS_A_FORMER_ID, "consumer 1 returns", "consumer 1 learns")

    assert taken(attrs.evolve(EAGER, is_static=True), *says)[:2] == (
        "the group is at generation 1, the topic has 2 partitions",
        "consumer-1 reads partition 0: at generation 1, assigned is partition 0",
    )


def test_generations_without_members_do_not_count() -> None:
    """``ClassicGroup.initNextGeneration`` counts one as the last member is gone."""
    says = (
        *JOINED,
        "generation 1 begins; consumer 1 leads it",
        "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1",
        "consumer 1 learns",
        "consumer 2 leaves",
        "consumer 1 pauses for too long; the coordinator removes it as it is about to join again",
        "consumer 1 learns that it is no longer in the group",
        "consumer 1 joins",
        "generation 2 begins",
    )
    keeping = attrs.evolve(COOPERATIVE, keeps_owned_without_membership=True)

    assert taken(keeping, *says)[1] == "consumer-1 reads nothing: at generation 3, nothing is assigned yet"


def test_who_falls_silent_goes_on_reading_what_nobody_is_given() -> None:
    """KAFKA-16215, of a member that has taken what it was told."""
    says = ("consumer 1 joins", "consumer 1 takes", f"{MOVES}; consumer 1 is told so and silent", "the session of")
    system = group_half(FIRST_JAVA, members=1, partitions=1, faults=Faults(2), kinds=KINDS, is_fine=True)

    assert grouped(system, along(system, *says)).findings("every_partition_is_owned_at_last") == (
        "partition 0 is read by nobody, but for consumer-1, which the group does not know, and so it stays",
    )


def test_who_is_told_to_own_what_it_owns_anyway_says_so_once_it_is_not_busy_with_something_else() -> None:
    says = (
        "consumer 1 joins",
        "consumer 1 takes",
        "partition 2 is added",
        "consumer 1 says with a heartbeat that it owns partitions 0 and 1, is told to own partitions 0 and 1 and 2",
        "consumer 2 joins",
        "consumer 1 with a heartbeat, is told to own partitions 0 and 1",
        "partition 3 is added",
        "consumer 1 with a heartbeat, is told to own partitions 0 and 1; epoch 4",
        "consumer 1 has what it is to own",
        "consumer 1 says with a heartbeat that it owns partitions 0 and 1",
    )

    assert (
        taken(CONSUMER, *says)[1] == "consumer-1 reads partitions 0 and 1: at epoch 5, assigned is partitions 0 and 1"
    )


DOES_NOT_POLL = "consumer 1 does not poll for too long and"
FALLS_SILENT = ("consumer 1 joins", "consumer 1 takes", f"{MOVES}; consumer 1 is told so and silent")


@pytest.mark.parametrize(
    ("says", "line"),
    [
        ((f"{DOES_NOT_POLL} leaves", "consumer 1 joins"), "consumer-1 reads nothing: at epoch 4, assigned is"),
        (("the session of", f"{DOES_NOT_POLL} leaves"), "consumer-1 reads nothing: not a member"),
        ((f"{DOES_NOT_POLL} tells a former",), "consumer-1 reads nothing: at epoch None, assigned is"),
        ((f"{DOES_NOT_POLL} tells a former", "the session of"), "consumer-1 reads nothing: not a member"),
    ],
    ids=["leaves", "leaves in vain", "tells a former coordinator", "is put out after that"],
)
def test_who_has_fallen_silent_does_not_poll_for_too_long(says: Sequence[str], line: str) -> None:
    assert line in taken(FIRST_JAVA, *FALLS_SILENT, *says)[1]


def taken(rules: GroupRules, *says: str) -> tuple[str, ...]:
    """What has come of an execution of two members and two partitions."""
    system = group_half(rules, members=2, partitions=2, faults=Faults(5), kinds=KINDS, is_fine=True)
    return tuple(grouped(system, along(system, *says)).lines())
