"""Members whose group is gone commit, and are handed more, before they hear so or once they have, as in the model."""

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import RECONCILING
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import Read, read_again
from tests.reference.refinement.executions import along

JAVA = ConsumerRules(
    rebalancing=RECONCILING, rejoins_in_background=True, commits_as_nobody=True, processing="handed-off"
)
AIOKAFKA = ConsumerRules(rejoins_in_background=True, commits_as_nobody=True)

STARTED = (
    "r1 is appended",
    "r2 is appended",
    "the group starts; consumer 1",
    "consumer 1 starts at the earliest offset",
    "consumer 1 polls: it is handed r1 (",
)
GONE = "the broker of the group coordinator loses power; the group and all"
ONE_IS_OUT = "consumer 1 polls and learns that it is no longer in the group"
TWO_JOINS = (
    "consumer 2 polls and learns that it is no longer in the group",
    "consumer 2 joins; consumer 2 is assigned",
)


def read(rules: ConsumerRules, *says: str) -> Read:
    half = consume_half(rules, records=2, faults=Faults(1), kinds=frozenset({"power-loss"}), offsets_replicas=1)
    system = attrs.evolve(half, symmetric={})
    return read_again(system, along(system, *STARTED, *says))


def read_without_group(rules: ConsumerRules, *says: str) -> Read:
    return read(rules, GONE, *says)


def test_a_commit_is_refused_and_the_next_one_is_that_of_nobody() -> None:
    says = (
        "the group coordinator refuses the commit of offset 1",
        "consumer 1 polls: it is handed r2",
        "the group coordinator accepts the commit of offset 2",
        ONE_IS_OUT,
        "consumer 1 joins; consumer 1 is assigned",
        "consumer 1 starts at the committed offset, 2",
    )
    taken = read_without_group(attrs.evolve(JAVA, commit="sync", commit_when="before-processing"), *says)

    # Its threads go on with what they hold, though its client has failed for good.
    assert (taken.commits, taken.position, taken.held) == ((2,), 2, (1,))


@pytest.mark.parametrize(
    "says",
    [
        ("the group coordinator accepts the commit of offset 1", *TWO_JOINS),
        (TWO_JOINS[0], "the group coordinator accepts the commit of offset 1", TWO_JOINS[1]),
    ],
    ids=["first", "after another one has heard"],
)
def test_who_commits_as_nobody_joins_later_than_another_one(says: tuple[str, ...]) -> None:
    rules = attrs.evolve(AIOKAFKA, instances=2, commit="sync", commit_when="before-processing")
    taken = read_without_group(
        rules, *says, "consumer 2 starts at the committed offset, 1", "consumer 2 polls: it is handed r2"
    )

    assert (taken.commits, taken.held) == ((1,), (0, 1))


def test_one_member_joins_again_before_another_one_has_heard() -> None:
    rules = attrs.evolve(AIOKAFKA, instances=2)
    taken = read_without_group(
        rules, "consumer 1 processes r1", *TWO_JOINS, "consumer 2 starts at the earliest", "consumer 2 polls"
    )

    assert (taken.processed, taken.held, taken.commits) == ((0,), (0,), ())


def test_an_application_commits_as_nobody_what_it_is_told_to_give_up() -> None:
    rules = attrs.evolve(AIOKAFKA, commit="async", on_revoke="commit", processing="handed-off")
    taken = read_without_group(
        rules, f"{ONE_IS_OUT}; the commit of consumer 1 of offset 0 is accepted", "consumer 1 processes r1"
    )

    assert (taken.processed, taken.commits) == ((0,), (0,))


def test_who_has_not_heard_is_handed_what_another_one_is_handed_too() -> None:
    rules = attrs.evolve(AIOKAFKA, instances=2, commit="async", commit_when="before-processing")
    says = (
        *TWO_JOINS,
        "consumer 2 starts at the earliest offset",
        "consumer 2 polls: it is handed r1, r2",
        "consumer 1 processes r1",
        "consumer 1 polls: it is handed r2",
    )

    assert sorted(read_without_group(rules, *says).held) == [0, 1, 1]


@pytest.mark.slow
def test_a_former_owner_has_the_partition_in_between_as_its_coordinator_forgets_the_next_one() -> None:
    rules = attrs.evolve(JAVA, instances=2, commit="sync", processing="in-poll-loop")
    says = (
        "consumer 1 processes r1",
        "the group coordinator accepts the commit of offset 1",
        "consumer 2 joins; consumer 1 gives it up",
        "the broker of the group coordinator loses power; all that was committed",
        "consumer 2 starts at the earliest offset",
    )

    assert read(rules, *says).position == 0


def test_who_stood_still_is_handed_more_behind_a_commit_that_is_refused() -> None:
    rules = attrs.evolve(JAVA, commit_when="before-processing", processing="in-poll-loop")
    half = consume_half(rules, records=2, faults=Faults(1), kinds=frozenset({"consumer-pause"}))
    system = attrs.evolve(half, symmetric={})
    says = (
        *STARTED,
        "consumer 1 pauses for too long and is put out of the group",
        "the group coordinator refuses the commit of offset 1",
        "consumer 1 polls: it is handed r2",
        "the group coordinator accepts the commit of offset 2",
        "consumer 1 processes r2",
    )

    assert read_again(system, along(system, *says)).commits == (2,)


def test_a_former_owner_that_has_read_on_commits_as_nobody_before_it_joins_in_the_background() -> None:
    rules = attrs.evolve(AIOKAFKA, instances=2, commit="sync", commit_when="before-processing")
    kinds = frozenset({"consumer-pause", "consumer-crash"})
    half = consume_half(rules, records=1, faults=Faults(2), kinds=kinds)
    system = attrs.evolve(half, symmetric={})
    says = (
        "the group starts; consumer 1",
        "consumer 1 starts at the earliest offset",
        "consumer 1 pauses for too long and is put out of the group; consumer 2",
        "consumer 2 starts at the earliest offset",
        "r1 is appended",
        "consumer 1 polls: it is handed r1",
        "consumer 2 crashes",
        "the group coordinator accepts the commit of offset 1",
        "consumer 1 processes r1",
    )
    taken = read_again(system, along(system, *says))

    assert (taken.commits, taken.processed) == ((1,), (0,))


def test_a_former_owner_commits_as_nobody_what_it_had_before_it_was_put_out() -> None:
    rules = attrs.evolve(AIOKAFKA, instances=2, commit="sync", commit_when="before-processing", on_revoke="commit")
    half = consume_half(rules, records=1, faults=Faults(2), kinds=frozenset({"consumer-pause"}))
    system = attrs.evolve(half, symmetric={})
    says = (
        "r1 is appended",
        "the group starts; consumer 1",
        "consumer 1 starts at the earliest offset",
        "consumer 1 polls: it is handed r1",
        "consumer 1 pauses for too long and is put out of the group; consumer 2",
        "consumer 2 starts at the earliest offset",
        "consumer 2 polls: it is handed r1",
        "the group coordinator accepts the commit of offset 1",
        "consumer 2 processes r1",
        "consumer 2 pauses for too long and is put out of the group",
        "the group coordinator accepts the commit of offset 1",
        "consumer 1 processes r1",
    )
    taken = read_again(system, along(system, *says))

    assert (taken.commits, taken.processed) == ((1, 1), (0, 0))


def test_who_does_not_poll_is_not_back_in_its_group_as_another_one_commits_as_nobody() -> None:
    rules = attrs.evolve(AIOKAFKA, instances=3, commit="sync", commit_when="before-processing")
    half = consume_half(rules, records=1, faults=Faults(3), kinds=frozenset({"consumer-pause"}))
    system = attrs.evolve(half, symmetric={})
    says = (
        "r1 is appended",
        "the group starts; consumer 1",
        "consumer 1 starts at the earliest offset",
        "consumer 2 pauses for too long and is put out of the group",
        "consumer 1 pauses for too long and is put out of the group; consumer 3",
        "consumer 3 starts at the earliest offset",
        "consumer 1 polls: it is handed r1",
        "consumer 3 pauses for too long and is put out of the group",
        "the group coordinator accepts the commit of offset 1",
        "consumer 1 processes r1",
    )
    taken = read_again(system, along(system, *says))

    assert (taken.commits, taken.processed) == ((1,), (0,))
