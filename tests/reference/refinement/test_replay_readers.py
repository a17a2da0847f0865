"""Readers on the reference: how much they are handed, and what is on its way as something else happens to them."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA_ON_ANOTHER_THREAD, LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA, RECONCILING
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


def taken(
    rules: ConsumerRules,
    kinds: str,
    *says: str,
    records: int = 2,
    offsets_replicas: int = 3,
    is_fine: bool = False,
    is_for_ever: bool = False,
) -> Read:
    happening = frozenset(kinds.split())
    system = consume_half(
        rules,
        records=records,
        faults=Faults(len(happening)),
        kinds=happening,
        offsets_replicas=offsets_replicas,
        is_fine=is_fine,
    )
    trace = execution(system, *ARE_APPENDED[:records], *says)
    return read_again(system, attrs.evolve(trace, loop=len(trace.steps) if is_for_ever else None))


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


@pytest.mark.slow
def test_as_a_generation_begins_what_is_on_its_way_comes_too_late() -> None:
    """It is as the model has it for ever: nothing that has waited is accepted later."""
    learned = ("consumer 2 learns that it is member", "consumer 1 learns that it is still owner")
    rejoins = ("consumer 2 asks to join", "consumer 1 rejoins")
    begins = ("generation 2 begins", "the group assigns the partition to consumer 1")
    says = (*BEGINS_IN_STEPS, STARTS, *rejoins, *FIRST, *begins, *learned)

    assert taken(WITHOUT_WAITING, "member-joins", *says, records=1, is_fine=True, is_for_ever=True).commits == ()


def test_librdkafka_before_2_10_loses_its_assignment_by_a_commit_between_polls() -> None:
    rules = ConsumerRules(commit="sync", processing="handed-off", reset="latest", rebalancing=BEFORE_2_10)
    system = consume_half(rules, records=1, faults=Faults(1), kinds=frozenset({"partitions-added"}), moves_key=True)
    says = (
        BEGINS,
        "consumer 1 starts at the latest offset, 0",
        "r1 is appended",
        FIRST[0],
        "the group coordinator accepts the commit of offset 0",
        FIRST[1],
        "the topic gets more partitions, and the key moves to a new one",
        "the group discovers the new partition and starts there at offset 0; consumer 1 rejoins with the partition",
        "a commit of consumer 1 comes too late for its generation, and it gives up the partition as lost",
        BACK,
        "consumer 1 starts at the committed offset, 0",
        *FIRST,
    )

    assert read_again(system, execution(system, *says)).processed == (0, 0)


@pytest.mark.slow
def test_librdkafka_before_2_10_commits_while_it_waits_for_metadata_to_assign_by() -> None:
    """The group knows its generation and is yet to be assigned: it keeps what it has (REBALANCE_IN_PROGRESS)."""
    rules = ConsumerRules(rebalancing=BEFORE_2_10)
    fails = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress, as it is rejoining"
    hears = ("consumer 1 hears that it has to commit again", "consumer 1 learns that it is still owner")
    leaves = ("consumer 1 rejoins", "generation 2 begins")
    assigns = "the group assigns the partition to consumer 1"
    says = (*BEGINS_IN_STEPS, STARTS, "consumer 2 asks to join", *leaves, *FIRST, fails, assigns, *hears)

    outcome = taken(rules, "member-joins", *says, records=1, is_fine=True, is_for_ever=True)

    assert (outcome.position, outcome.commits) == (1, ())


def test_who_hears_that_it_has_no_generation_loses_its_assignment() -> None:
    hears = "consumer 1 hears that it has no generation, gives up the partition as lost, and rejoins"
    again = ("consumer 2 rejoins", "generation 3 begins", "the group assigns the partition to consumer 2")
    reads = ("consumer 2 learns that it is owner", "consumer 2 starts at the earliest offset, 0", "consumer 2 polls")
    joins = ("consumer 2 asks to join", "consumer 1 rejoins", *FIRST, "generation 2 begins")
    rules = attrs.evolve(WITHOUT_WAITING, rebalancing=BEFORE_2_10)

    outcome = taken(rules, "member-joins", *BEGINS_IN_STEPS, STARTS, *joins, hears, *again, *reads, is_fine=True)

    assert (outcome.processed, outcome.held, outcome.position) == ((0,), (0,), 1)


def test_who_has_lost_its_assignment_may_get_it_again() -> None:
    rules = ConsumerRules(processing="handed-off", rebalancing=BEFORE_2_10)
    joins = ("consumer 2 asks to join", "consumer 1 rejoins", "consumer 1 asks to commit offset 0")
    hears = ("generation 2 begins", "consumer 1 hears that it has to commit again", "consumer 1 hears that it has no")
    again = ("consumer 2 rejoins", "generation 3 begins", *BEGINS_IN_STEPS[2:], STARTS, FIRST[0])

    assert taken(rules, "member-joins", *BEGINS_IN_STEPS, STARTS, *joins, *hears, *again, is_fine=True).held == (0,)


def test_who_hears_that_it_is_fenced_goes_on_as_another_process() -> None:
    rules = ConsumerRules(is_static=True, keeping=Keeping(forgets_replacements=True))
    crashes, back = "consumer 1 crashes with r1 in its hands", "consumer 1 is back before its session has expired"
    moves = "the group coordinator moves to another broker"
    says = (*BEGINS_IN_STEPS, STARTS, FIRST[0], crashes, back, moves, "consumer 1 hears that it is fenced", back)

    outcome = taken(rules, "consumer-crash coordinator-failover", *says, STARTS, *FIRST, is_fine=True)

    assert outcome.processed == (0,)


def test_the_partition_goes_from_one_member_to_the_next_as_another_one_joins_and_one_leaves() -> None:
    """Aiokafka's group of three takes its members in turn (``RoundRobinPartitionAssignor``)."""
    itself = ConsumerRules(commit="auto", auto_commit=AIOKAFKA, rejoins_in_background=True, commits_as_nobody=True)
    rules = attrs.evolve(itself, instances=2, on_revoke="commit", revokes_on_close=False)
    joins = "consumer 3 joins; the commit of consumer 1 of offset 0 is accepted; consumer 2 is assigned the partition"
    again = ("consumer 2 starts at the committed offset, 0", "consumer 2 polls: it is handed r1 (position 1)")
    crashes = "consumer 2 crashes with r1 in its hands; consumer 3 is assigned the partition"
    starts = "consumer 3 starts at the committed offset, 0"

    outcome = taken(rules, "consumer-crash member-joins", BEGINS, STARTS, FIRST[0], joins, *again, crashes, starts)

    assert outcome.position == 0


def test_whose_position_is_deleted_looks_for_another_one() -> None:
    deletes, starts = "retention deletes r1", "consumer 1 starts at the earliest offset, 1"

    assert taken(ConsumerRules(), "retention", BEGINS, STARTS, deletes, starts, *SECOND).processed == (1,)


@pytest.mark.parametrize("deleted", ["r1, r2", pytest.param("r1", marks=pytest.mark.slow)])
def test_who_starts_by_age_has_no_position_as_long_as_there_is_no_younger_record(deleted: str) -> None:
    starts, deletes = "consumer 1 starts at the by_duration offset, 0", f"retention deletes {deleted}"
    finds_none = "consumer 1 finds no record that is young enough to start at"

    outcome = taken(ConsumerRules(reset="by_duration"), "retention", BEGINS, starts, deletes, finds_none)

    assert outcome.position is None


def test_who_reads_on_as_another_one_leaves_commits_too_late_as_it_rejoins() -> None:
    rules = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA, instances=2)
    leaves = "consumer 2 leaves; consumer 1 rejoins with the partition"
    fails = "the commit of consumer 1 of offset 2 fails: RebalanceInProgress, as it is rejoining"

    assert taken(rules, "member-leaves", BEGINS, STARTS, *FIRST, IS_ACCEPTED, leaves, *SECOND, fails).commits == (1,)


def test_what_a_member_commits_as_nobody_once_its_group_is_lost_nobody_waits_for() -> None:
    itself = ConsumerRules(commit="auto", auto_commit=JAVA_ON_ANOTHER_THREAD, rebalancing=RECONCILING)
    rules = attrs.evolve(itself, on_revoke="commit", commits_as_nobody=True)
    lost = "the broker of the group coordinator loses power; the group and all that it committed are gone"
    learns = "consumer 1 polls and learns that it is no longer in the group"
    says = (BEGINS, STARTS, *FIRST, lost, learns, BACK, STARTS)

    assert taken(rules, "power-loss", *says, offsets_replicas=1).commits == ()
