"""Readers on the reference: how much they are handed, and what is on its way as something else happens to them."""

import attrs

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import Read, read_again
from tests.reference.refinement.pieces import execution

ARE_APPENDED = ("r1 is appended", "r2 is appended")
BEGINS = "the group starts; consumer 1 is assigned the partition"
BEGINS_IN_STEPS = (
    "consumer 1 asks to join",
    "generation 1 begins",
    "the group assigns the partition to consumer 1",
    "consumer 1 learns that it is owner",
)
STARTS = "consumer 1 starts at the earliest offset, 0"
FIRST = ("consumer 1 polls: it is handed r1 (position 1)", "consumer 1 processes r1")
SECOND = ("consumer 1 polls: it is handed r2 (position 2)", "consumer 1 processes r2")
BACK = "consumer 1 joins; consumer 1 is assigned the partition"
JOINS = "consumer 2 joins; consumer 1 rejoins with the partition"
IS_ACCEPTED = "the group coordinator accepts the commit of offset 1"
BEFORE_2_10 = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
ITSELF = ConsumerRules(commit="auto", auto_commit=LIBRDKAFKA, rebalancing=COOPERATIVE_LIBRDKAFKA)
WITHOUT_WAITING = ConsumerRules(commit="async", rebalancing=COOPERATIVE_LIBRDKAFKA)


def taken(rules: ConsumerRules, kind: str, *says: str, is_fine: bool = False) -> Read:
    system = consume_half(rules, records=2, faults=Faults(1), kinds=frozenset({kind}), is_fine=is_fine)
    return read_again(system, execution(system, *ARE_APPENDED, *says))


def test_a_consumer_is_handed_fewer_records_than_before() -> None:
    handed = "consumer 1 polls: it is handed r1, r2 (position 2)"
    crashes = "consumer 1 crashes with r1, r2 in its hands"

    outcome = taken(ConsumerRules(), "consumer-crash", BEGINS, STARTS, handed, crashes, BACK, STARTS, *FIRST)

    assert (outcome.processed, outcome.position) == ((0,), 1)


def test_what_a_former_process_has_asked_for_nobody_hears() -> None:
    starts = "consumer 1 starts at the committed offset, 1"
    commits, crashes = "consumer 1 automatically commits offset 1", "consumer 1 crashes with r1 in its hands"
    says = (BEGINS, STARTS, FIRST[0], commits, crashes, BACK, starts, *SECOND)

    assert taken(ITSELF, "consumer-crash", *says).processed == (1,)


def test_a_commit_behind_another_one_is_on_its_way_as_the_coordinator_moves() -> None:
    rules = ConsumerRules(commit="async", commit_when="before-processing")
    says = (*BEGINS_IN_STEPS, STARTS, *FIRST, *SECOND, IS_ACCEPTED, "the group coordinator moves to another broker")

    assert taken(rules, "coordinator-failover", *says, is_fine=True).commits == (1,)


def test_a_commit_that_nobody_waits_for_comes_too_late_for_its_generation() -> None:
    fails = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress, as it is rejoining"
    moves = "consumer 1 hears that the partition is to move"

    starts = "consumer 2 starts at the earliest offset, 0"

    assert taken(WITHOUT_WAITING, "member-joins", BEGINS, STARTS, JOINS, *FIRST, fails, moves, starts).commits == ()


def test_as_a_generation_begins_what_is_on_its_way_comes_too_late() -> None:
    learned = ("consumer 2 learns that it is member", "consumer 1 learns that it is still owner")
    rejoins = ("consumer 2 asks to join", "consumer 1 rejoins")
    begins = ("generation 2 begins", "the group assigns the partition to consumer 1")
    says = (*BEGINS_IN_STEPS, STARTS, *rejoins, *FIRST, *begins, *learned)

    assert taken(WITHOUT_WAITING, "member-joins", *says, is_fine=True).commits == ()


def test_librdkafka_before_2_10_loses_its_assignment_by_a_commit_between_polls() -> None:
    rules = ConsumerRules(commit="sync", processing="handed-off", rebalancing=BEFORE_2_10)
    is_late = "a commit of consumer 1 comes too late for its generation, and it gives up the partition as lost"

    again = ("consumer 2 starts at the earliest offset, 0", "consumer 2 polls: it is handed r1 (position 1)")

    outcome = taken(rules, "member-joins", BEGINS, STARTS, JOINS, *FIRST, is_late, *again, "consumer 2 processes r1")

    assert outcome.processed == (0, 0)
