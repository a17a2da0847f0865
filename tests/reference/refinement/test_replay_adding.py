"""The topic gets more partitions, and the key stays: the group rebalances on the reference as in the model."""

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, EAGER, RECONCILING, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.reference.refinement.replaying.consume import NotReadError, Read, read_again
from tests.reference.refinement.executions import along

BEGINS = ("r1 is appended", "the group starts; consumer 1", "consumer 1 starts at the earliest offset")
BEGINS_IN_STEPS = (
    "r1 is appended",
    "consumer 1 asks to join",
    "generation 1 begins",
    "the group assigns the partition to consumer 1",
    "consumer 1 learns that it is owner",
    "consumer 1 starts at the earliest offset",
)
ADDED = "the topic gets more partitions"
POLLS = "consumer 1 polls: it is handed r1"
REBALANCED = ("generation 2 begins", "the group assigns the partition to consumer 1")
KEEPS = "consumer 1 learns that it is still owner"


def taken(rules: ConsumerRules, *says: str, records: int = 1, besides: str = "", is_fine: bool = False) -> Read:
    kinds = frozenset({"partitions-added", *([besides] if besides else ())})
    half = consume_half(rules, records=records, faults=Faults(len(kinds)), kinds=kinds, is_fine=is_fine)
    system = attrs.evolve(half, symmetric={})
    return read_again(system, along(system, *says))


@pytest.mark.parametrize(
    ("protocol", "says"),
    [
        (EAGER, (f"{ADDED}; consumer 1 is assigned", "consumer 1 starts at the earliest offset", POLLS)),
        (
            COOPERATIVE,
            (f"{ADDED}; consumer 1 rejoins", POLLS, "consumer 1 processes r1", "the commit", "consumer 1 he"),
        ),
        (RECONCILING, (f"{ADDED}; consumer 1 keeps the partition", POLLS)),
    ],
    ids=["eager", "cooperative", "new"],
)
def test_the_group_rebalances_and_its_owner_reads_on(protocol: Rebalancing, says: tuple[str, ...]) -> None:
    outcome = taken(ConsumerRules(rebalancing=protocol, instances=2), *BEGINS, *says)

    assert (outcome.records, outcome.position, outcome.commits, outcome.moved) == ((0,), 1, (), ())


def test_who_does_not_know_where_to_start_rejoins_behind_the_answer_to_that() -> None:
    moves = f"{ADDED}; consumer 1 is assigned the partition"

    outcome = taken(ConsumerRules(instances=2), *BEGINS[:2], moves, BEGINS[2], POLLS)

    assert (outcome.held, outcome.position) == ((0,), 1)


BY_ITSELF = ConsumerRules(commit="auto", instances=2)
GIVES_UP = "consumer 1 gives it up; consumer 2 is assigned the partition"
COMMITS = "consumer 1 automatically commits offset"


@pytest.mark.parametrize(
    ("protocol", "says", "commits"),
    [
        (EAGER, (f"{ADDED}; consumer 1 is assigned", BEGINS[2], f"{COMMITS} 0"), (0,)),
        (COOPERATIVE, (f"{ADDED}; consumer 1 rejoins", BEGINS[2], "consumer 1 hears that it keeps", POLLS), ()),
        (RECONCILING, (f"{ADDED}; consumer 1 keeps", BEGINS[2], f"{COMMITS} 0", POLLS), (0,)),
    ],
    ids=["eager", "cooperative", "new"],
)
def test_who_rejoins_before_it_knows_where_to_start_commits_nothing_by_that(
    protocol: Rebalancing, says: tuple[str, ...], commits: tuple[int, ...]
) -> None:
    outcome = taken(attrs.evolve(BY_ITSELF, rebalancing=protocol), *BEGINS[:2], *says)

    assert (outcome.commits, outcome.position) == (commits, len(outcome.held))


def test_an_owner_that_keeps_the_partition_rejoins_before_it_hears_where_to_start() -> None:
    keeps = (f"{ADDED}; consumer 1 rejoins", BEGINS[0], "consumer 1 hears that it keeps the partition")

    outcome = taken(ConsumerRules(rebalancing=COOPERATIVE, instances=2), BEGINS[1], *keeps, BEGINS[2], POLLS)

    assert (outcome.held, outcome.position) == ((0,), 1)


def test_an_owner_commits_again_what_is_committed_before_it_rejoins() -> None:
    says = (f"{COMMITS} 0", f"{ADDED}; consumer 1 rejoins", "consumer 1 hears that it keeps the partition", POLLS)

    outcome = taken(attrs.evolve(BY_ITSELF, rebalancing=COOPERATIVE), *BEGINS, *says)

    assert (set(outcome.commits), outcome.position) == ({0}, 1)


def test_who_takes_another_partition_commits_before_that_what_the_model_has_later() -> None:
    polls = (POLLS, "consumer 1 processes r1", f"{COMMITS} 1")

    outcome = taken(attrs.evolve(BY_ITSELF, rebalancing=RECONCILING), *BEGINS, f"{ADDED}; consumer 1 keeps", *polls)

    assert (outcome.commits[-1], outcome.position) == (1, 1)


def test_who_is_busy_takes_another_partition_later() -> None:
    keeps = (POLLS, f"{ADDED}; consumer 1 keeps the partition", "consumer 1 processes r1")

    outcome = taken(ConsumerRules(rebalancing=RECONCILING), *BEGINS, *keeps)

    assert (outcome.processed, outcome.position) == ((0,), 1)


def test_an_owner_gives_its_partition_up_for_another_one() -> None:
    joins = ("the group starts; consumer 2", "consumer 1 joins; consumer 2 gives it up", BEGINS[2])
    moves = f"{ADDED}; the commit of consumer 1 of offset 0 is accepted; {GIVES_UP}"
    starts = "consumer 2 starts at the committed offset, 0"

    outcome = taken(attrs.evolve(BY_ITSELF, rebalancing=RECONCILING), BEGINS[0], *joins, moves, starts)

    assert (outcome.commits[-1], outcome.position) == (0, 0)


def test_what_is_appended_later_is_read_at_once_by_who_was_assigned_its_partition_again() -> None:
    again = f"{ADDED}; the commit of consumer 1 of offset 0 is accepted; consumer 1 is assigned the partition"
    says = (*BEGINS[1:], again, "consumer 1 starts at the committed offset, 0", BEGINS[0], "r2 is appended")

    outcome = taken(ConsumerRules(on_revoke="commit"), *says, "consumer 1 polls: it is handed r1, r2", records=2)

    assert outcome.held == (0, 1)


def test_an_owner_commits_without_waiting_before_it_rejoins() -> None:
    rules = ConsumerRules(commit="async", commit_when="before-processing", rebalancing=COOPERATIVE_LIBRDKAFKA)
    says = (f"{ADDED}; consumer 1 rejoins", POLLS, "the group coordinator accepts the commit of offset 1")

    outcome = taken(rules, *BEGINS, *says)

    assert (outcome.commits, outcome.held) == ((1,), (0,))


def test_an_owner_commits_in_vain_while_it_rejoins_for_another_partition() -> None:
    rules = ConsumerRules(commit_when="before-processing", rebalancing=COOPERATIVE_LIBRDKAFKA)
    hears = "consumer 1 hears that it has to commit again"
    says = (*BEGINS_IN_STEPS, ADDED, "consumer 1 rejoins", POLLS, *REBALANCED, hears, KEEPS)

    outcome = taken(rules, *says, is_fine=True)

    assert outcome.findings("drains") == ("the group has committed nothing, the log ends at 1, and so it stays",)


def test_who_has_another_partition_learns_where_to_start_in_the_one_that_it_gets() -> None:
    rules = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA, instances=2)
    commits = (POLLS, "consumer 1 processes r1", "the group coordinator accepts the commit of offset 1")
    moves = f"consumer 1 hears that the partition is to move; {GIVES_UP}"
    starts = "consumer 2 starts at the committed offset, 1"

    outcome = taken(rules, *BEGINS, f"{ADDED}; consumer 1 rejoins", *commits, moves, starts)

    assert (outcome.commits, outcome.position) == ((1,), 1)


def test_two_commits_fail_before_a_rebalance_is_over() -> None:
    rules = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA)
    fails = "the commit of consumer 1 of offset"
    first = (f"{ADDED}; consumer 1 rejoins", POLLS, "consumer 1 processes r1", f"{fails} 1 fails", "r2 is appended")
    second = ("consumer 1 polls: it is handed r2", "consumer 1 processes r2", f"{fails} 2 fails", "consumer 1 hears")

    outcome = taken(rules, *BEGINS, *first, *second, records=2)

    assert (outcome.processed, outcome.commits, outcome.position) == ((0, 1), (), 2)


def test_librdkafka_before_2_10_sees_another_partition_before_it_waits_to_assign() -> None:
    before_2_10 = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
    fails = "the commit of consumer 1 of offset 1 fails: RebalanceInProgress"
    keeps = "consumer 1 hears that it keeps the partition"
    reads = (POLLS, "consumer 1 processes r1", fails, keeps)

    outcome = taken(ConsumerRules(rebalancing=before_2_10), *BEGINS, f"{ADDED}; consumer 1 rejoins", *reads)

    assert (outcome.processed, outcome.commits, outcome.position) == ((0,), (), 1)


PAUSES = "consumer 1 pauses for too long and is put out of the group"
HEARS = "consumer 1 polls and learns that it is no longer in the group"


@pytest.mark.parametrize(
    ("besides", "rules", "says"),
    [
        (
            "member-joins",
            ConsumerRules(rebalancing=COOPERATIVE),
            ("consumer 2 joins; consumer 1 rejoins", ADDED, "consumer 1 hears that it keeps the partition"),
        ),
        ("member-joins", ConsumerRules(is_static=True), (ADDED, "consumer 2 joins; consumer 1 is assigned")),
        (
            "consumer-pause",
            ConsumerRules(rejoins_in_background=True),
            (ADDED, PAUSES, HEARS, "consumer 1 joins; consumer 1 is assigned"),
        ),
        (
            "consumer-pause",
            ConsumerRules(instances=2),
            (f"{PAUSES}; consumer 2", HEARS, "consumer 1 joins; consumer 2 is assigned", f"{ADDED}; consumer 1"),
        ),
    ],
    ids=["cooperative", "static", "alone", "before"],
)
def test_somebody_joins_or_stands_still_before_it_is_known_where_to_start(
    besides: str, rules: ConsumerRules, says: tuple[str, ...]
) -> None:
    outcome = taken(rules, *BEGINS[:2], *says, BEGINS[2], POLLS, besides=besides)

    assert (outcome.held, outcome.position) == ((0,), 1)


def test_an_owner_gets_the_partition_again_that_would_be_another_ones_turn() -> None:
    rules = ConsumerRules(rejoins_in_background=True, instances=2)
    others = (f"{ADDED}; consumer 2 is assigned", PAUSES, "consumer 2 starts", HEARS, "consumer 1 joins; consumer 2")

    outcome = taken(rules, *BEGINS[:2], *others, "consumer 2 starts", "consumer 2 polls", besides="consumer-pause")

    assert (outcome.held, outcome.position) == ((0,), 1)


AGAIN = "consumer 2 joins; consumer 1 is assigned"
REJOINS = f"{ADDED}; consumer 2 rejoins with the partition"
MOVES = "consumer 2 hears that the partition is to move; consumer 2 gives it up; consumer 3 is assigned"
IN_BACKGROUND = ConsumerRules(rejoins_in_background=True, instances=2)


@pytest.mark.parametrize(
    ("besides", "rules", "says"),
    [
        (
            "consumer-pause",
            ConsumerRules(instances=2),
            ("consumer 2 pauses for too long", f"{ADDED}; consumer 1 is assigned", "consumer 2 polls", AGAIN),
        ),
        (
            "consumer-pause",
            IN_BACKGROUND,
            (f"{PAUSES}; consumer 2 is assigned", HEARS, f"{ADDED}; consumer 2 is assigned", "consumer 1 joins"),
        ),
        (
            "consumer-crash",
            ConsumerRules(instances=3),
            ("consumer 2 crashes", f"{ADDED}; consumer 3 is assigned", AGAIN),
        ),
        (
            "consumer-pause",
            ConsumerRules(rebalancing=COOPERATIVE, instances=3),
            (f"{PAUSES}; consumer 2 is assigned", REJOINS, MOVES, "consumer 3 starts", HEARS),
        ),
    ],
    ids=["leader", "in the background", "three", "cooperative"],
)
def test_who_is_out_of_the_group_has_no_part_in_what_becomes_of_a_new_partition(
    besides: str, rules: ConsumerRules, says: tuple[str, ...]
) -> None:
    outcome = taken(rules, *BEGINS[:2], *says, besides=besides)

    assert (outcome.records, outcome.processed) == ((0,), ())


def test_who_rejoins_sees_what_the_topic_gets_meanwhile_before_it_would_commit_for_that() -> None:
    rules = ConsumerRules(commit="auto", rebalancing=COOPERATIVE)
    joins = ("consumer 2 joins; consumer 1 rejoins", ADDED, BEGINS[2], POLLS, "consumer 1 processes r1")
    keeps = ("consumer 1 hears that it keeps the partition", f"{COMMITS} 1")

    outcome = taken(rules, *BEGINS[:2], *joins, *keeps, besides="member-joins")

    assert (outcome.commits, outcome.position) == ((1,), 1)


def test_who_is_put_out_before_it_has_an_assignment_is_not_replayed() -> None:
    says = ("consumer 1 asks to join", ADDED, PAUSES)

    with pytest.raises(NotReadError, match=r"step 3 .*: the instance has yet to start"):
        taken(ConsumerRules(), *says, besides="consumer-pause", is_fine=True)
