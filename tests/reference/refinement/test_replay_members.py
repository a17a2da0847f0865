"""What members of a group do while it rebalances, told in the steps of a trace."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
)
from ackproof.model.consume.rules import Commit, ConsumerRules
from tests.reference.refinement.members import (
    DISCOVERS,
    FIRST,
    HANDED_BEFORE_KEY_MOVES,
    IS_LATE,
    IS_LOCATED,
    IS_LOCATED_TOO,
    IS_PUT_OFF,
    JOINED,
    KEY_MOVES,
    OLDER,
    PROCESSES,
    READS,
    READS_TOO,
    STARTS,
    taken,
)


def test_a_commit_that_nobody_waits_for_is_refused_as_its_sender_has_a_newer_epoch() -> None:
    """Nobody sends it again (``rd_kafka_cgrp_op_handle_OffsetCommit``, as it is a manual one)."""
    rules = ConsumerRules(commit="async", instances=2, rebalancing=RECONCILING_WITH_EXACT_EPOCHS)
    outcome = taken(
        rules,
        set(),
        FIRST,
        JOINED[0],
        "the group is to assign the partition to consumer 1",
        "consumer 1 is given a new epoch",
        "consumer 1 is assigned the partition",
        IS_LOCATED,
        READS,
        PROCESSES,
        JOINED[1],
        "the group is to assign the partition to consumer 1",
        "consumer 1 is given a new epoch",
        "consumer 2 is given a new epoch",
        "consumer 2 hears its new epoch",
        "the commit of consumer 1 of offset 1 fails: STALE_MEMBER_EPOCH",
        "consumer 1 hears its new epoch",
        is_fine=True,
    )

    assert (outcome.processed, outcome.commits, outcome.position) == ((0,), (), 1)


def test_an_owner_loses_the_partition_before_it_knows_where_to_start() -> None:
    rules = ConsumerRules(
        commit="auto", on_revoke="commit", auto_commit=AIOKAFKA, rejoins_in_background=True, commits_as_nobody=True
    )
    outcome = taken(
        rules,
        {"member-joins", "consumer-crash"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        "consumer 2 joins; the commit of consumer 1 of offset 0 is accepted; consumer 2 is assigned the partition",
        "consumer 2 starts at the committed offset, 0",
        READS_TOO,
        "consumer 2 crashes with r1 in its hands; consumer 1 is assigned the partition",
        "consumer 2 joins; consumer 2 is assigned the partition",
        "consumer 2 starts at the committed offset, 0",
        PROCESSES,
    )

    assert (outcome.processed, outcome.position) == ((0,), 0)


@pytest.mark.parametrize("commit", ["async", "auto"])
def test_a_commit_is_too_late_once_all_members_have_joined(commit: Commit) -> None:
    outcome = taken(
        attrs.evolve(OLDER, commit=commit, instances=2),
        {"member-joins"},
        FIRST,
        STARTS,
        IS_LOCATED,
        "consumer 3 joins; consumer 1 rejoins with the partition",
        READS,
        PROCESSES,
        f"{IS_LATE}; consumer 2 is assigned the partition",
        IS_LOCATED_TOO,
    )

    assert (outcome.processed, outcome.commits, outcome.position) == ((0,), (), 0)


@pytest.mark.slow
def test_a_commit_is_too_late_as_the_group_has_seen_a_new_partition() -> None:
    outcome = taken(
        attrs.evolve(OLDER, commit="auto"),
        {"partitions-added"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        PROCESSES,
        KEY_MOVES,
        f"{DISCOVERS}; consumer 1 rejoins with the partition",
        IS_LATE,
        "consumer 1 joins; consumer 1 is assigned the partition",
        IS_LOCATED,
    )

    assert (outcome.processed, outcome.commits, outcome.position) == ((0,), (), 0)


def test_who_is_to_assign_waits_for_metadata_once_more_after_it_has_heard_of_a_new_partition() -> None:
    outcome = taken(
        attrs.evolve(OLDER, commit_when="before-processing", instances=2, is_static=True),
        {"partitions-added"},
        FIRST,
        "r2 is appended",
        STARTS,
        IS_LOCATED,
        KEY_MOVES,
        f"{DISCOVERS}; consumer 1 rejoins with the partition",
        READS,
        IS_PUT_OFF,
        "consumer 1 polls: it is handed r2 (position 2)",
        "the group coordinator accepts the commit of offset 2",
        records=2,
    )

    assert outcome.findings("no-loss") == (
        "r1 (offset 0) is skipped: committed is offset 2, the owner reads on from 2",
    )


def test_another_instance_reads_the_new_partition_while_the_owner_of_the_first_is_busy() -> None:
    outcome = taken(
        ConsumerRules(commit="auto", instances=2, rebalancing=RECONCILING, commits_as_nobody=True),
        {"partitions-added"},
        *HANDED_BEFORE_KEY_MOVES,
        f"{DISCOVERS}; consumer 1 keeps the partition",
        "r2 is appended to the new partition",
        "r2 is processed from the new partition",
        PROCESSES,
        records=2,
    )

    assert outcome.findings("in-order") == ("r2 (offset 0 of the new partition) is processed before r1 (offset 0)",)


def test_threads_process_a_record_that_they_were_handed_twice_once_each_time() -> None:
    rules = ConsumerRules(commit="auto", processing="handed-off", on_revoke="commit")
    outcome = taken(
        rules,
        {"partitions-added"},
        *HANDED_BEFORE_KEY_MOVES,
        f"{DISCOVERS}; the commit of consumer 1 of offset 0 is accepted; consumer 1 is assigned the partition",
        "consumer 1 starts at the committed offset, 0",
        READS,
        PROCESSES,
        PROCESSES,
    )

    assert outcome.processed == (0, 0)


def test_an_eager_group_gives_the_partition_to_another_member_as_it_sees_a_new_one() -> None:
    outcome = taken(
        ConsumerRules(processing="handed-off", instances=2),
        {"partitions-added"},
        *HANDED_BEFORE_KEY_MOVES,
        f"{DISCOVERS}; consumer 2 is assigned the partition",
        "r2 is appended to the new partition",
        "r2 is processed from the new partition",
        PROCESSES,
        records=2,
    )

    assert outcome.findings("in-order") == ("r2 (offset 0 of the new partition) is processed before r1 (offset 0)",)


def test_who_has_yet_to_learn_what_it_is_pauses_and_is_put_out() -> None:
    outcome = taken(
        ConsumerRules(instances=2, rebalancing=COOPERATIVE),
        {"consumer-pause"},
        FIRST,
        *JOINED,
        "generation 1 begins",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is owner",
        IS_LOCATED,
        "consumer 2 pauses for too long and is put out of the group",
        "consumer 1 rejoins",
        READS,
        PROCESSES,
        "consumer 2 polls and learns that it is no longer in the group",
        JOINED[1],
        "generation 2 begins",
        "the group assigns the partition to consumer 1",
        "consumer 2 learns that it is member",
        "consumer 1 hears that it has to commit again",
        "consumer 1 learns that it is still owner",
        is_fine=True,
    )

    assert (outcome.processed, outcome.commits) == ((0,), ())


@pytest.mark.slow
def test_members_whose_epochs_are_lost_with_a_commit_join_again_at_once() -> None:
    loses_power = "the broker of the group coordinator loses power; "
    outcome = taken(
        ConsumerRules(commit="auto", instances=2, rebalancing=RECONCILING, commits_as_nobody=True),
        {"power-loss"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        PROCESSES,
        "consumer 2 joins; the commit of consumer 1 of offset 1 is accepted; consumer 1 gives it up; "
        "consumer 2 is assigned the partition",
        *(f"{loses_power}another takes over",) * 2,
        f"{loses_power}all that was committed is gone",
        IS_LOCATED_TOO,
        READS_TOO,
        "consumer 2 processes r1",
    )

    assert outcome.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


@pytest.mark.slow
def test_records_become_too_old_to_start_at_one_after_the_other() -> None:
    outcome = taken(
        ConsumerRules(reset="by_duration", instances=2),
        {"consumer-pause"},
        FIRST,
        "r2 is appended",
        STARTS,
        "consumer 1 starts at the by_duration offset, 0",
        READS,
        "consumer 1 pauses for too long and is put out of the group; consumer 2 is assigned the partition",
        "consumer 2 starts at the by_duration offset, 1",
        "consumer 2 polls: it is handed r2 (position 2)",
        "consumer 2 processes r2",
        PROCESSES,
        records=2,
    )

    assert outcome.findings("in-order") == ("r2 is processed before r1",)
