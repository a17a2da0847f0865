"""Members that are told as they join that their group has put them out, and read on (librdkafka)."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import Read, read_again
from tests.reference.refinement.pieces import execution

KEEPS = attrs.evolve(COOPERATIVE_LIBRDKAFKA, keeps_what_it_lost=True)
BEFORE = ConsumerRules(rebalancing=KEEPS, is_static=True, commit_when="before-processing")
AFTER = ConsumerRules(rebalancing=KEEPS, is_static=True, instances=2)
FIRST, SECOND = "r1 is appended", "r2 is appended"
STARTS = "the group starts; consumer 1 is assigned the partition"
LOCATED, LOCATED_TOO = (f"consumer {number} starts at the earliest offset, 0" for number in (1, 2))
READS, READS_TOO = (f"consumer {number} polls: it is handed r1 (position 1)" for number in (1, 2))
PROCESSES, PROCESSES_TOO = (f"consumer {number} processes r1" for number in (1, 2))
PAUSES = "consumer 1 pauses for too long and is put out of the group"
MOVES = f"{PAUSES}; consumer 2 is assigned the partition"
JOINS_IN_VAIN = "consumer 1 joins, is told that it is no longer in the group, and keeps the partition"
JOINS = "consumer 1 joins again with the partition"
ACCEPTED = "the group coordinator accepts the commit of offset 1"


def taken(rules: ConsumerRules, *says: str, records: int = 1) -> Read:
    system = consume_half(rules, records=records, faults=Faults(2), kinds=frozenset({"consumer-pause"}))
    return read_again(system, execution(system, *says))


def test_what_it_can_not_commit_as_it_joins_again_is_skipped() -> None:
    put_off = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress"
    keeps = "consumer 1 hears that it keeps the partition"
    outcome = taken(
        *(BEFORE, FIRST, SECOND, STARTS, LOCATED, PAUSES, JOINS_IN_VAIN, JOINS, READS, put_off, keeps),
        *("consumer 1 polls: it is handed r2 (position 2)", "the group coordinator accepts the commit of offset 2"),
        records=2,
    )

    assert outcome.findings("no-loss")


@pytest.mark.slow
def test_it_commits_what_is_another_one_s_before_it_hears_so() -> None:
    rules = attrs.evolve(BEFORE, instances=2)
    outcome = taken(
        *(rules, FIRST, STARTS, LOCATED, MOVES, LOCATED_TOO, READS_TOO, JOINS_IN_VAIN, ACCEPTED, PROCESSES_TOO),
        *(f"{JOINS}; consumer 2 rejoins", READS, ACCEPTED, PROCESSES),
    )

    assert (outcome.processed, outcome.commits) == ((0, 0), (1, 1))


@pytest.mark.slow
def test_it_gives_up_what_is_another_one_s_once_it_hears_so() -> None:
    outcome = taken(
        *(AFTER, FIRST, STARTS, LOCATED, MOVES, LOCATED_TOO, JOINS_IN_VAIN, f"{JOINS}; consumer 2 rejoins", READS),
        *("consumer 2 hears that it keeps the partition", PROCESSES, ACCEPTED),
        *("consumer 1 hears that the partition is another one's", READS_TOO, PROCESSES_TOO),
    )

    assert (outcome.processed, outcome.position) == ((0, 0), 1)


@pytest.mark.slow
def test_its_commit_is_refused_before_it_has_joined_again() -> None:
    refused = "the group coordinator refuses the commit of offset 1"
    outcome = taken(
        *(AFTER, FIRST, STARTS, LOCATED, MOVES, LOCATED_TOO, JOINS_IN_VAIN, READS, PROCESSES, refused),
        *(READS_TOO, PROCESSES_TOO, ACCEPTED),
    )

    assert (outcome.processed, outcome.commits) == ((0, 0), (1,))


def test_alone_it_goes_on_where_it_was() -> None:
    keeps = "consumer 1 hears that it keeps the partition"
    alone = attrs.evolve(AFTER, instances=1)
    outcome = taken(alone, FIRST, STARTS, LOCATED, PAUSES, JOINS_IN_VAIN, READS, PROCESSES, "the group coordinator ref")
    again = taken(alone, FIRST, STARTS, LOCATED, PAUSES, JOINS_IN_VAIN, JOINS, keeps, READS, PROCESSES, ACCEPTED)

    assert (outcome.position, again.position) == (None, 1)


@pytest.mark.parametrize("survives", [True, False])
def test_a_commit_that_comes_before_it_has_assigned_is_put_off_for_good(survives: bool) -> None:
    keeps = attrs.evolve(KEEPS, survives_late_commits=survives)
    rules = attrs.evolve(AFTER, instances=1, commit="async", rebalancing=keeps)
    kinds = frozenset({"consumer-pause"})
    system = consume_half(rules, records=1, faults=Faults(1), kinds=kinds, is_fine=True)
    trace = execution(
        system,
        "consumer 1 asks to join; the group prepares to rebalance",
        "generation 1 begins",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is owner",
        LOCATED,
        FIRST,
        PAUSES,
        JOINS_IN_VAIN,
        JOINS,
        READS,
        "generation 2 begins",
        PROCESSES,
        "the commit of consumer 1 of offset 1 fails: RebalanceInProgress",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is still owner",
    )

    assert read_again(system, trace).findings("drains")


@pytest.mark.slow
def test_others_are_assigned_what_they_have_before_it_commits() -> None:
    rules = attrs.evolve(BEFORE, instances=3)
    outcome = taken(
        *(rules, FIRST, STARTS, LOCATED, MOVES, LOCATED_TOO, READS_TOO, JOINS_IN_VAIN, ACCEPTED, PROCESSES_TOO),
        *(f"{JOINS}; consumer 2 rejoins", READS, ACCEPTED, PROCESSES),
    )

    assert (outcome.processed, outcome.commits) == ((0, 0), (1, 1))


def test_it_gives_up_what_a_later_generation_claims_too_and_rejoins() -> None:
    rules = attrs.evolve(AFTER, commit="auto", auto_commit=LIBRDKAFKA, on_revoke="commit", reset="latest")
    system = consume_half(rules, records=1, faults=Faults(1), kinds=frozenset({"consumer-pause"}), is_fine=True)
    gives_up = "consumer 1 learns that the partition is to move, revokes it; the commit of consumer 1 of offset 0"
    trace = execution(
        *(system, "consumer 1 asks to join", "consumer 2 asks to join", "generation 1 begins"),
        *("the group assigns the partition to consumer 1", "consumer 1 learns that it is owner"),
        *("consumer 1 starts at the latest offset, 0", FIRST, PAUSES, "consumer 2 rejoins", "generation 2 begins"),
        *("the group assigns the partition to consumer 2", "consumer 2 learns that it is owner"),
        *("consumer 2 starts at the latest offset, 1", JOINS_IN_VAIN, JOINS, "consumer 2 rejoins"),
        *("generation 3 begins", "the group assigns the partition to consumer 2", gives_up, "consumer 2 rejoins"),
        *("generation 4 begins", "the group assigns the partition to consumer 2"),
        *("consumer 1 learns that it is member", "consumer 2 learns that it is still owner"),
    )

    assert read_again(system, trace).findings("drains")
