"""Cooperative groups: who rejoins when, whose commit comes too late by that, and partitions that come back."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import Read, read_again
from tests.reference.refinement.pieces import execution

BEFORE_2_10 = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
PAIR = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA, instances=2)
FIRST, SECOND = "r1 is appended", "r2 is appended"
STARTS = "the group starts; consumer 1 is assigned the partition"
JOINS = "joins; consumer 1 rejoins with the partition"
LOCATED, LOCATED_TOO = (f"consumer {number} starts at the earliest offset, 0" for number in (1, 2))
READS, READS_TOO = (f"consumer {number} polls: it is handed r1 (position 1)" for number in (1, 2))
PROCESSES, PROCESSES_TOO = (f"consumer {number} processes r1" for number in (1, 2))
REFUSED = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress, as it is rejoining"
MOVES = "consumer 1 hears that the partition is to move; consumer 1 gives it up; consumer 2 is assigned the partition"
ASK = ("consumer 1 asks to join", "consumer 2 asks to join")
IN_STEPS = (*ASK, "generation 1 begins", "the group assigns the partition to consumer 1", "consumer 1 learns")


def taken(rules: ConsumerRules, kinds: set[str], *says: str, records: int = 1, is_fine: bool = False) -> Read:
    moves = "partitions-added" in kinds
    system = consume_half(
        rules, records=records, faults=Faults(3), kinds=frozenset(kinds), moves_key=moves, is_fine=is_fine
    )
    return read_again(system, execution(system, *says))


def test_all_see_a_new_partition_where_a_commit_comes_too_late_by_that() -> None:
    """The owner's request to join is answered only once the other one has begun the rebalance."""
    sees = (
        "the topic gets more partitions",
        "the group discovers the new partition and starts there at offset 0; cons",
    )
    outcome = taken(
        *(PAIR, {"partitions-added"}),
        *(FIRST, STARTS, LOCATED, *sees, READS, PROCESSES, REFUSED, MOVES, LOCATED_TOO, READS_TOO, PROCESSES_TOO),
    )

    assert (outcome.processed, outcome.commits) == ((0, 0), ())


def test_a_commit_is_lost_with_the_coordinator_behind_a_request_for_the_assignment() -> None:
    alone = attrs.evolve(PAIR, instances=1, commit="async")
    moves = "the group coordinator moves to another broker, which does not know the generation"
    outcome = taken(
        *(alone, {"coordinator-failover", "member-joins"}),
        *(FIRST, STARTS, LOCATED, f"consumer 2 {JOINS}", READS, PROCESSES, moves, LOCATED, READS, PROCESSES),
    )

    assert (outcome.processed, outcome.commits) == ((0, 0), ())


@pytest.mark.slow
def test_who_has_given_the_partition_up_gets_it_once_its_next_owner_is_gone() -> None:
    outcome = taken(
        *(PAIR, {"member-joins", "consumer-crash"}),
        *(FIRST, STARTS, LOCATED, f"consumer 3 {JOINS}", MOVES, LOCATED_TOO, READS_TOO, PROCESSES_TOO),
        *("consumer 2 crashes; consumer 1 is assigned the partition", LOCATED, READS, PROCESSES),
    )

    assert (outcome.processed, outcome.commits) == ((0, 0), ())


def test_the_group_does_not_wait_for_who_is_busy_as_it_has_lost_the_partition() -> None:
    """Before 2.10 librdkafka takes its assignment for lost as it commits too late, while it processes a record."""
    rules = attrs.evolve(
        PAIR,
        rebalancing=BEFORE_2_10,
        commit="auto",
        auto_commit=LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
        on_processing_failure="crash",
    )
    loses = "a commit of consumer 2 comes too late for its generation, and it gives up the partition as lost"
    fails = "consumer 1 fails to process r1 and crashes with r1 in its hands"
    outcome = taken(
        *(rules, {"processing-fails"}, FIRST, SECOND, STARTS, LOCATED, READS),
        *(f"{fails}; consumer 2 is assigned", LOCATED_TOO, "consumer 1 joins; consumer 2 rejoins", READS_TOO, loses),
        *(LOCATED, READS, "consumer 1 automatically commits offset 1", fails, "consumer 1 joins; consumer 1 is"),
        *("consumer 1 starts at the committed offset, 1", "consumer 1 polls: it is handed r2 (position 2)"),
        *("consumer 1 processes r2", PROCESSES_TOO),
        records=2,
    )

    assert outcome.findings("in-order") == ("r2 is processed before r1",)


@pytest.mark.slow
def test_a_partition_that_is_to_move_may_come_back_to_who_has_given_it_up() -> None:
    rules = attrs.evolve(PAIR, rebalancing=COOPERATIVE, instances=1, commit="with-sink", processing="handed-off")
    moves = ("the group assigns the partition to nobody, as it is to move", "consumer 1 learns that the partition is")
    comes_back = (
        "generation 3 begins",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is",
    )
    outcome = taken(
        *(rules, {"member-joins"}, FIRST, ASK[0], *IN_STEPS[2:], LOCATED, READS, ASK[1], "consumer 1 rejoins"),
        *("generation 2 begins", *moves, "consumer 2 rejoins", *comes_back, LOCATED, "consumer 2 learns", READS),
        is_fine=True,
    )

    assert outcome.held == (0, 0)


@pytest.mark.slow
def test_who_is_late_to_assign_reads_on() -> None:
    rules = attrs.evolve(PAIR, rebalancing=BEFORE_2_10, is_static=True, commit_when="before-processing")
    outcome = taken(
        *(rules, {"member-joins"}, *IN_STEPS, LOCATED, FIRST, SECOND, READS, "the group coordinator accepts"),
        *("consumer 1 hears that it has committed", PROCESSES, "consumer 3 asks to join", "consumer 1 rejoins"),
        *("consumer 2 rejoins", "generation 2 begins", "consumer 1 polls: it is handed r2 (position 2)"),
        *("the commit of consumer 1 of offset 2 fails: RebalanceInProgress", "the group assigns the partition to cons"),
        *("consumer 2 learns", "consumer 3 learns", "consumer 1 hears that it has to commit again"),
        "consumer 1 learns that it is still owner",
        records=2,
        is_fine=True,
    )

    assert outcome.commits == (1,)


@pytest.mark.slow
def test_an_owner_rejoins_with_those_that_join_its_generation() -> None:
    rules = attrs.evolve(PAIR, rebalancing=BEFORE_2_10)
    outcome = taken(
        *(rules, {"consumer-pause"}, FIRST, *IN_STEPS, LOCATED),
        *("consumer 2 pauses for too long and is put out", "consumer 1 rejoins", READS, "consumer 2 polls and learns"),
        *(ASK[1], "generation 2 begins", PROCESSES, REFUSED, "the group assigns the partition to consumer 1"),
        *("consumer 2 learns", "consumer 1 hears that it has to commit again", "consumer 1 learns that it is still"),
        is_fine=True,
    )

    assert outcome.commits == ()


def test_who_is_to_commit_before_it_processes_may_rejoin_before_that() -> None:
    rules = attrs.evolve(PAIR, commit_when="before-processing")
    outcome = taken(
        *(rules, {"consumer-pause"}, FIRST, *IN_STEPS, LOCATED),
        *("consumer 2 pauses for too long and is put out", "consumer 1 rejoins", READS, "consumer 2 polls and learns"),
        *(ASK[1], "generation 2 begins", "the group assigns the partition to consumer 1", "consumer 2 learns"),
        *("consumer 1 hears that it has to commit again", "consumer 1 learns that it is still owner"),
        is_fine=True,
    )

    assert (outcome.processed, outcome.commits) == ((), ())


@pytest.mark.parametrize("rebalancing", [BEFORE_2_10, COOPERATIVE_LIBRDKAFKA])
def test_a_commit_whose_answer_was_lost_is_sent_again_behind_the_request_to_join(rebalancing: Rebalancing) -> None:
    rules = attrs.evolve(PAIR, rebalancing=rebalancing, commit_when="before-processing")
    accepts = "the group coordinator accepts the commit of offset 1; the answer is lost"
    outcome = taken(
        *(rules, {"member-joins", "response-lost"}),
        *(FIRST, STARTS, LOCATED, f"consumer 3 {JOINS}", READS, accepts, REFUSED),
    )

    assert outcome.commits == (1,)
    assert outcome.findings("no-loss")


@pytest.mark.parametrize(
    ("ends", "held"),
    [
        (("generation 2 begins", "consumer 1 hears that it has to commit again"), ()),
        (("the group coordinator accepts", "consumer 1 hears that it has committed", "generation 2 begins"), (0,)),
    ],
    ids=["refused", "accepted again"],
)
def test_in_steps_a_commit_whose_answer_was_lost_is_refused_or_accepted_again(
    ends: tuple[str, ...], held: tuple[int, ...]
) -> None:
    rules = attrs.evolve(PAIR, rebalancing=BEFORE_2_10, commit_when="before-processing")
    outcome = taken(
        *(rules, {"member-joins", "response-lost"}, *IN_STEPS, LOCATED, FIRST, "consumer 3 asks to join"),
        *("consumer 1 rejoins", READS, "the group coordinator accepts", "the answer to consumer 1 is lost"),
        *("consumer 2 rejoins", *ends),
        is_fine=True,
    )

    assert (outcome.commits[-1], outcome.held) == (1, held)


JOINED = f"consumer 3 {JOINS}"
IS_PUT_OUT = ("consumer 2 pauses for too long and is put out", "consumer 2 polls and learns")


@pytest.mark.slow
@pytest.mark.parametrize("rebalancing", [BEFORE_2_10, COOPERATIVE_LIBRDKAFKA])
@pytest.mark.parametrize(
    ("kind", "joins"),
    [
        ("member-joins", (JOINED,)),
        ("consumer-crash", ("consumer 2 crashes", "consumer 2 joins; consumer 1 rejoins")),
        ("consumer-pause", (*IS_PUT_OUT, "consumer 2 joins; consumer 1 rejoins")),
    ],
    ids=["joins", "crashes", "pauses"],
)
def test_a_commit_whose_answer_is_lost_with_the_coordinator_is_refused_as_its_sender_rejoins(
    rebalancing: Rebalancing, kind: str, joins: tuple[str, ...]
) -> None:
    """Its sender hears of the rebalance only once the new coordinator is there; who is put out stands still by then."""
    rules = attrs.evolve(PAIR, rebalancing=rebalancing, commit_when="before-processing")
    moves = "the group coordinator moves to another broker; the commit of consumer 1 of offset 1 is accepted"
    outcome = taken(*(rules, {kind, "coordinator-failover"}), *(FIRST, STARTS, LOCATED, *joins, READS, moves, REFUSED))

    assert outcome.commits == (1,)
    assert outcome.findings("no-loss")


@pytest.mark.slow
@pytest.mark.parametrize("rebalancing", [BEFORE_2_10, COOPERATIVE_LIBRDKAFKA])
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("member-joins", ("consumer 3 asks to join", "consumer 1 rejoins", READS)),
        ("consumer-pause", (*IS_PUT_OUT, "consumer 1 rejoins", READS)),
    ],
    ids=["joins", "pauses"],
)
def test_in_steps_a_coordinator_that_moves_loses_the_answer_to_a_commit(
    rebalancing: Rebalancing, kind: str, says: tuple[str, ...]
) -> None:
    rules = attrs.evolve(PAIR, rebalancing=rebalancing, commit_when="before-processing")
    moves = ("the group coordinator accepts", "the group coordinator moves to another broker")
    rejoins = ("consumer 2 rejoins",) if kind == "member-joins" else ()
    outcome = taken(
        *(rules, {kind, "coordinator-failover"}, *IN_STEPS, LOCATED, FIRST, *says, *moves, *rejoins),
        *("generation 2 begins", "consumer 1 hears that it has to commit again"),
        is_fine=True,
    )

    assert (outcome.commits[-1], outcome.held) == (1, ())


@pytest.mark.slow
def test_a_static_member_that_is_gone_is_put_out_before_anybody_asks_to_join() -> None:
    """Or the session of who has asked would end as well."""
    rules = attrs.evolve(PAIR, instances=3, is_static=True)
    moves = "consumer 1 hears that the partition is to move; consumer 1 gives it up; consumer 3 is assigned"
    outcome = taken(
        *(rules, {"member-leaves"}, FIRST, STARTS, LOCATED, "consumer 2 leaves; consumer 1 rejoins", READS),
        *(PROCESSES, REFUSED, moves, "consumer 3 starts", "consumer 3 polls", "consumer 3 processes r1"),
    )

    assert outcome.findings("no-duplicates")


@pytest.mark.slow
def test_a_commit_that_nobody_waits_for_is_sent_once_the_generation_is_over_that_it_comes_too_late_for() -> None:
    rules = attrs.evolve(PAIR, rebalancing=BEFORE_2_10, instances=3, commit="async")
    outcome = taken(
        *(rules, {"consumer-pause"}, FIRST, *ASK, "consumer 3 asks to join", *IN_STEPS[2:], LOCATED, IS_PUT_OUT[0]),
        *("consumer 1 rejoins", READS, "consumer 3 rejoins", IS_PUT_OUT[1], ASK[1], "generation 2 begins", PROCESSES),
        *(REFUSED, "the group assigns the partition to consumer 1", "consumer 2 learns", "consumer 3 learns"),
        "consumer 1 learns that it is still owner",
        is_fine=True,
    )

    assert (outcome.commits, outcome.position) == ((), 1)


@pytest.mark.slow
@pytest.mark.parametrize("rebalancing", [BEFORE_2_10, COOPERATIVE_LIBRDKAFKA])
@pytest.mark.parametrize(
    "refused",
    [
        ("consumer 3 leaves", "generation 2 begins", PROCESSES, REFUSED),
        (PROCESSES, "consumer 3 leaves", "generation 2 begins"),
    ],
    ids=["sent later", "sent before"],
)
def test_an_owner_rejoins_once_those_have_left_that_are_not_of_its_next_generation(
    rebalancing: Rebalancing, refused: tuple[str, ...]
) -> None:
    rules = attrs.evolve(PAIR, rebalancing=rebalancing, instances=3, commit="async")
    hears = "hears that it has no generation" if rebalancing is BEFORE_2_10 and refused[0] == PROCESSES else "learns"
    outcome = taken(
        *(rules, {"member-leaves"}, *ASK, "consumer 3 asks to join", *IN_STEPS[2:], LOCATED, FIRST),
        *("consumer 2 learns that it is member", "consumer 3 learns that it is member"),
        *("consumer 2 leaves", "consumer 1 rejoins", READS, *refused),
        *("the group assigns the partition to consumer 1", f"consumer 1 {hears}"),
        is_fine=True,
    )

    assert outcome.commits == ()
