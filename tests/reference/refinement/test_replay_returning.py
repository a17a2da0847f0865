"""What members of a group do as they leave it or are back, told in the steps of a trace."""

import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA, LIBRDKAFKA
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import COOPERATIVE, RECONCILING
from ackproof.model.consume.rules import ConsumerRules
from tests.reference.refinement.members import (
    FIRST,
    IS_LOCATED,
    IS_LOCATED_TOO,
    JOINED,
    PROCESSES,
    READS,
    READS_TOO,
    STARTS,
    taken,
)


def test_another_coordinator_has_what_the_one_before_has_accepted_and_could_not_tell() -> None:
    outcome = taken(
        ConsumerRules(commit_when="before-processing"),
        {"coordinator-failover"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        "the group coordinator moves to another broker; the commit of consumer 1 of offset 1 is accepted; the answer",
    )

    assert outcome.commits == (1,)


def test_an_eager_group_gives_the_partition_to_a_member_that_has_returned() -> None:
    """Its owner takes its turn with another topic."""
    outcome = taken(
        ConsumerRules(commit="auto", instances=2, auto_commit=AIOKAFKA, rejoins_in_background=True),
        {"consumer-crash"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        "consumer 2 crashes",
        "consumer 2 joins; the commit of consumer 1 of offset 1 is accepted; consumer 2 is assigned the partition",
        "consumer 2 starts at the committed offset, 1",
    )

    assert (outcome.position, outcome.held) == (1, (0,))


def test_who_has_been_assigned_the_partition_before_others_join_is_assigned_it_anew() -> None:
    """What it says to its group is behind its question where to start, until that is answered."""
    outcome = taken(
        ConsumerRules(commit="with-sink", instances=2, rejoins_in_background=True),
        {"consumer-pause"},
        *JOINED,
        "generation 1 begins",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is owner",
        "consumer 1 starts at the earliest offset, 0",
        "consumer 1 pauses for too long and is put out of the group",
        "consumer 2 rejoins",
        "consumer 1 polls and learns that it is no longer in the group",
        "consumer 1 asks to join; the group prepares to rebalance",
        "generation 2 begins",
        "the group assigns the partition to consumer 2",
        "consumer 1 learns that it is member",
        "consumer 2 learns that it is owner",
        "consumer 2 starts at the earliest offset, 0",
        is_fine=True,
    )

    assert outcome.position == 0


@pytest.mark.parametrize("is_fine", [False, True], ids=["", "in steps"])
def test_who_closes_its_consumer_over_a_record_commits_what_poll_has_returned(is_fine: bool) -> None:
    joins = (JOINED[0], "generation 1 begins", "the group assigns", "consumer 1 learns that it is owner")
    outcome = taken(
        ConsumerRules(commit="auto", on_processing_failure="stop"),
        {"processing-fails"},
        FIRST,
        *(joins if is_fine else (STARTS,)),
        IS_LOCATED,
        READS,
        "consumer 1 fails to process r1 and stops with r1 in its hands; the commit of consumer 1 of offset 1",
        is_fine=is_fine,
    )

    assert (outcome.processed, outcome.commits) == ((), (1,))


def test_who_is_out_of_its_group_is_not_back_before_another_one_has_the_partition() -> None:
    """In the background it would join again at once (``AbstractMembershipManager.transitionToFenced``)."""
    outcome = taken(
        ConsumerRules(commit="async", rebalancing=RECONCILING),
        {"consumer-pause", "member-joins"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        "consumer 1 pauses for too long and is put out of the group",
        "consumer 2 joins; consumer 2 is assigned the partition",
        IS_LOCATED_TOO,
        READS_TOO,
        "consumer 2 processes r1",
        PROCESSES,
    )

    assert outcome.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


def test_what_a_process_has_not_committed_as_it_dies_is_never_committed() -> None:
    outcome = taken(
        ConsumerRules(commit="async", rebalancing=RECONCILING),
        {"consumer-crash"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        PROCESSES,
        "consumer 1 crashes",
        "consumer 1 joins; consumer 1 is assigned the partition",
        IS_LOCATED,
    )

    assert (outcome.position, outcome.commits) == (0, ())


def test_an_owner_rejoins_as_somebody_is_back_who_was_put_out_without_its_hearing_of_that() -> None:
    outcome = taken(
        ConsumerRules(instances=2, rebalancing=COOPERATIVE, commit_when="before-processing"),
        {"consumer-pause"},
        FIRST,
        "r2 is appended",
        STARTS,
        IS_LOCATED,
        "consumer 2 pauses for too long and is put out of the group",
        "consumer 2 polls and learns that it is no longer in the group",
        "consumer 2 joins; consumer 1 rejoins with the partition",
        READS,
        "the commit of consumer 1 of offset 1 fails: RebalanceInProgress, as it is rejoining",
        "consumer 1 hears that it keeps the partition",
        "consumer 1 polls: it is handed r2 (position 2)",
        "the group coordinator accepts the commit of offset 2",
        records=2,
    )

    assert (outcome.processed, outcome.commits) == ((), (2,))


@pytest.mark.slow
@pytest.mark.parametrize("leaves", ["crashes", "leaves"])
def test_a_committed_offset_expires_before_who_takes_over_has_looked_it_up(leaves: str) -> None:
    outcome = taken(
        ConsumerRules(instances=2, keeping=Keeping(expires_in_use=True)),
        {"consumer-crash", "member-leaves", "offsets-expired"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        PROCESSES,
        "the group coordinator accepts the commit of offset 1",
        f"consumer 1 {leaves}; consumer 2 is assigned the partition",
        "nothing was committed for offsets.retention.minutes",
        IS_LOCATED_TOO,
        READS_TOO,
    )

    assert (outcome.commits, outcome.held) == ((1, None), (0,))


@pytest.mark.slow
def test_a_committed_offset_expires_before_who_is_assigned_the_partition_anew_has_looked_it_up() -> None:
    outcome = taken(
        ConsumerRules(instances=2, keeping=Keeping(expires_in_use=True)),
        {"member-joins", "offsets-expired"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        PROCESSES,
        "the group coordinator accepts the commit of offset 1",
        "consumer 3 joins; consumer 1 is assigned the partition",
        "nothing was committed for offsets.retention.minutes",
        IS_LOCATED,
        READS,
    )

    assert (outcome.commits, outcome.held) == ((1, None), (0,))


@pytest.mark.slow
def test_what_is_committed_as_somebody_joins_expires_before_who_is_assigned_the_partition_has_looked_it_up() -> None:
    outcome = taken(
        ConsumerRules(
            commit="auto", auto_commit=LIBRDKAFKA, is_static=True, instances=2, keeping=Keeping(expires_in_use=True)
        ),
        {"member-joins", "offsets-expired"},
        FIRST,
        STARTS,
        IS_LOCATED,
        READS,
        PROCESSES,
        "consumer 3 joins; the commit of consumer 1 of offset 1 is accepted; consumer 1 is assigned the partition",
        "nothing was committed for offsets.retention.minutes",
        IS_LOCATED,
        READS,
    )

    assert (outcome.commits, outcome.held) == ((1, None), (0,))


def test_what_a_static_member_commits_as_nobody_before_its_session_has_expired_is_refused() -> None:
    outcome = taken(
        ConsumerRules(
            commit="auto",
            auto_commit=AIOKAFKA,
            is_static=True,
            rejoins_in_background=True,
            commits_as_nobody=True,
        ),
        {"consumer-pause"},
        STARTS,
        IS_LOCATED,
        FIRST,
        "consumer 1 automatically commits offset 0",
        READS,
        PROCESSES,
        "consumer 1 pauses for too long and stops its heartbeats; its session has not expired",
        "consumer 1 polls, joins again before its session expires, and gets the partition back",
        "consumer 1 starts at the committed offset, 0",
    )

    assert outcome.commits == (0,)


def test_a_group_rebalances_as_a_member_without_the_partition_has_stood_still_and_joins_again() -> None:
    outcome = taken(
        ConsumerRules(instances=2, reset="latest"),
        {"consumer-pause"},
        STARTS,
        "consumer 1 starts at the latest offset, 0",
        FIRST,
        "consumer 2 pauses for too long and is put out of the group",
        "consumer 2 polls and learns that it is no longer in the group",
        "consumer 2 joins; consumer 1 is assigned the partition",
        "consumer 1 starts at the latest offset, 1",
    )

    assert outcome.findings("no-loss")
