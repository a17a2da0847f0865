"""An owner that reads on while it rejoins: what the coordinator answers it before that is told in time, or too late."""

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, Rebalancing
from ackproof.model.consume.rules import ConsumerRules, OnRevoke
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import Read, read_again
from tests.reference.refinement.pieces import execution

LEAVES, JOINS = frozenset({"member-leaves"}), frozenset({"member-joins"})
OTHERS = {
    LEAVES: "consumer 2 stops; consumer 1 rejoins with the partition",
    JOINS: "consumer 2 joins; consumer 1 rejoins with the partition",
}
BEGINS = ("r1 is appended", "the group starts; consumer 1 is assigned the partition")
IS_LOCATED = "consumer 1 starts at the earliest offset, 0"
IS_PROCESSED = ("consumer 1 polls: it is handed r1 (position 1)", "consumer 1 processes r1")
IS_REFUSED = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress, as it is rejoining"
IS_ACCEPTED = "the group coordinator accepts the commit of offset 1"
READS_ON = ("r2 is appended", "consumer 1 polls: it is handed r2 (position 2)", "consumer 1 processes r2")
IS_ACCEPTED_TOO = "the group coordinator accepts the commit of offset 2"


def taken(rebalancing: Rebalancing, kinds: frozenset[str], *says: str) -> Read:
    instances = 2 if kinds == LEAVES else 1
    rules = ConsumerRules(rebalancing=rebalancing, instances=instances, closes_cleanly=False)
    system = consume_half(rules, records=2, faults=Faults(1), kinds=kinds)
    return read_again(system, execution(system, *BEGINS, *says))


@pytest.mark.parametrize("kinds", [LEAVES, JOINS])
def test_a_commit_behind_a_request_to_join_is_of_a_generation_that_is_over(kinds: frozenset[str]) -> None:
    """librdkafka sends it all the same (``rd_kafka_cgrp_op_handle_OffsetCommit``), and is told ILLEGAL_GENERATION."""
    outcome = taken(
        COOPERATIVE_LIBRDKAFKA, kinds, IS_LOCATED, OTHERS[kinds], *IS_PROCESSED, IS_REFUSED, *READS_ON, IS_ACCEPTED_TOO
    )

    assert (outcome.processed, outcome.commits) == ((0, 1), (2,))


@pytest.mark.parametrize("rebalancing", [COOPERATIVE, COOPERATIVE_LIBRDKAFKA])
def test_who_is_to_rejoin_looks_up_before_that_where_to_start(rebalancing: Rebalancing) -> None:
    """A broker reads what comes behind a JoinGroup on its connection only once it has answered that."""
    outcome = taken(rebalancing, JOINS, OTHERS[JOINS], IS_LOCATED, *IS_PROCESSED, IS_REFUSED)

    assert (outcome.position, outcome.commits) == (1, ())


def test_a_commit_is_accepted_before_its_sender_rejoins() -> None:
    outcome = taken(COOPERATIVE_LIBRDKAFKA, JOINS, OTHERS[JOINS], IS_LOCATED, *IS_PROCESSED, IS_ACCEPTED)

    assert outcome.commits == (1,)


def test_who_was_put_out_in_an_earlier_generation_asks_to_join_before_the_owner_rejoins() -> None:
    rules = ConsumerRules(rebalancing=COOPERATIVE, instances=2)
    system = consume_half(rules, records=1, faults=Faults(1), kinds=frozenset({"consumer-pause"}), is_fine=True)
    says = (
        *("consumer 1 asks to join", "consumer 2 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner", IS_LOCATED, BEGINS[0]),
        *("consumer 2 learns that it is member", "consumer 2 pauses for too long", "consumer 1 rejoins"),
        *("generation 2 begins", "the group assigns the partition to consumer 1"),
        *("consumer 1 learns that it is still owner", "consumer 2 polls and learns that it is no longer in the group"),
        *("consumer 2 asks to join", "consumer 1 rejoins", *IS_PROCESSED, "generation 3 begins"),
        *("the group assigns the partition to consumer 1", "consumer 2 learns that it is member"),
        *("consumer 1 hears that it has to commit again", "consumer 1 learns that it is still owner"),
    )
    outcome = read_again(system, execution(system, *says))

    assert (outcome.processed, outcome.commits) == ((0,), ())


def test_who_is_alone_commits_while_it_waits_for_metadata_to_assign_by() -> None:
    """librdkafka before 2.10: the group has a generation, and its leader is yet to assign (REBALANCE_IN_PROGRESS)."""
    earlier = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
    rules = ConsumerRules(rebalancing=earlier, instances=2, is_static=True)
    system = consume_half(rules, records=2, faults=Faults(1), kinds=LEAVES, is_fine=True)
    says = (
        *("consumer 1 asks to join", "consumer 2 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner", IS_LOCATED),
        *(BEGINS[0], "r2 is appended", *IS_PROCESSED, "consumer 2 learns that it is member", IS_ACCEPTED),
        *("consumer 1 hears that it has committed", "consumer 2 leaves", "the session of consumer 2 expires"),
        *("consumer 1 rejoins", READS_ON[1], "generation 2 begins", READS_ON[2]),
        "the commit of consumer 1 of offset 2 fails: RebalanceInProgress, as it is rejoining",
        *("the group assigns the partition to consumer 1", "consumer 1 hears that it has to commit again"),
        "consumer 1 learns that it is still owner",
    )
    outcome = read_again(system, execution(system, *says))

    assert (outcome.processed, outcome.commits) == ((0, 1), (1,))


@pytest.mark.slow
@pytest.mark.parametrize("on_revoke", ["commit", "nothing"])
def test_who_was_put_out_is_of_the_generation_that_it_has_asked_to_join(on_revoke: OnRevoke) -> None:
    rules = ConsumerRules(commit="async", on_revoke=on_revoke, reset="latest", instances=2)
    kinds = frozenset({"consumer-pause", "coordinator-failover"})
    system = consume_half(rules, records=1, faults=Faults(2), kinds=kinds, is_fine=True)
    starts, rejoins = "consumer 1 starts at the latest offset, 1", "consumer 1 rejoins"
    if on_revoke == "commit":
        starts, rejoins = "consumer 1 starts at the committed offset, 0", f"{rejoins}; the commit of consumer 1 of"
    says = (
        *("consumer 1 asks to join", "consumer 2 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner"),
        *("consumer 1 starts at the latest offset, 0", BEGINS[0], "consumer 2 pauses for too long", rejoins),
        *("consumer 2 polls and learns that it is no longer in the group", "consumer 2 asks to join"),
        *("generation 2 begins", "the group assigns the partition to consumer 1"),
        *("consumer 1 learns that it is owner", starts, *(IS_PROCESSED if on_revoke == "commit" else ())),
        *("consumer 2 learns that it is member", "the group coordinator moves to another broker"),
    )
    outcome = read_again(system, execution(system, *says))

    assert (outcome.position, outcome.commits) == (1, (0,) if on_revoke == "commit" else ())


def test_who_has_joined_asks_where_it_starts_while_nobody_has_to_rejoin() -> None:
    rules = ConsumerRules(
        rebalancing=attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False), instances=2, is_static=True
    )
    kinds = frozenset({"consumer-crash"})
    system = consume_half(rules, records=1, faults=Faults(1), kinds=kinds, is_fine=True)
    trace = execution(
        *(system, "r1 is appended", "consumer 1 asks to join", "consumer 2 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner", IS_LOCATED),
        *("consumer 2 crashes", "the session of consumer 2 expires", "consumer 2 asks to join", "consumer 1 rejoins"),
        *(IS_PROCESSED[0], "generation 2 begins", IS_PROCESSED[1], IS_REFUSED),
        *("the group assigns the partition to consumer 1", "consumer 2 learns that it is member"),
        *("consumer 1 hears that it has to commit again", "consumer 1 learns that it is still owner"),
    )

    assert read_again(system, trace).findings("drains")
