"""Rebalancing: what a group asks of the owner of a partition that may move, as values."""

import attrs


@attrs.frozen
class Rebalancing:
    """
    How a group comes to a new assignment.

    Attributes:
        keeps_reading: The owner polls on while it rejoins, and gives the partition up only if that is to move; else it
            gives it up before it rejoins.
        accepts_meanwhile: Its commits may be accepted while it rejoins; else its client refuses them.
        commits_on_revoke: What the client commits by itself it commits as the partition is revoked; else only before it
            rejoins.
        is_by_coordinator: The group coordinator assigns by itself, and waits for nobody but the owner of what is to
            move (KIP-848); else all members rejoin. How long it waits before it assigns anew only delays that
            (``group.consumer.assignment.interval.ms``): meanwhile the owner goes on, or what moves goes where it was
            to move before.
        awaits_commits: The client waits for its last commit before it gives the partition up; else that is only on its
            way (KAFKA-14024).
        survives_late_commits: A commit that comes too late for its generation, in a rebalance, is just refused; else
            its sender takes its assignment for lost (librdkafka #4059).
        refuses_older_epochs: A member that keeps the partition gets a new epoch all the same, and what it asks to
            commit before it has heard of that is refused (STALE_MEMBER_EPOCH). It may hear of it while that is on its
            way: what decides is the epoch with which it was sent, so a commit under way fails, or is there before.
        ends_if_fenced: Who has forgotten its member id commits without one all the same, and its group refuses that. If
            the group knows a static member by another id, its client ends of that (FENCED_INSTANCE_ID), and the
            application goes on with another one, as it does after a crash, but in the same process. Else clients refuse
            such a commit by themselves. What they read, commit and get back is the same.
        keeps_what_it_lost: Who hears as it joins that the group has put it out keeps the partition until its next
            assignment; else it gives that up.
    """

    keeps_reading: bool = False
    accepts_meanwhile: bool = False
    commits_on_revoke: bool = True
    is_by_coordinator: bool = False
    awaits_commits: bool = True
    survives_late_commits: bool = True
    refuses_older_epochs: bool = False
    ends_if_fenced: bool = False
    keeps_what_it_lost: bool = False


EAGER = Rebalancing()
"""
All members give up everything, then rejoin.

Source: ``ConsumerCoordinator.onJoinPrepare`` (EAGER).
"""

EAGER_LIBRDKAFKA = Rebalancing(ends_if_fenced=True)
"""
The same; what Java's client refuses with CommitFailedException may be fatal.

Source: librdkafka ``rd_kafka_cgrp_revoke_all_rejoin``, ``rd_kafka_cgrp_max_poll_interval_check_tmr_cb``,
``rd_kafka_handle_OffsetCommit``.
"""

COOPERATIVE = Rebalancing(keeps_reading=True, commits_on_revoke=False)
"""
Members rejoin with what they own; only what is to move is revoked, and assigned in a second round (KIP-429).

While it rejoins the client refuses every commit with RebalanceInProgress, and it commits nothing by itself before it
revokes what it read meanwhile. Its last commit may be sent some polls before its JoinGroup: that is a rejoining that
begins earlier. The SyncGroup's answer may end it while records are processed, and not only in poll: that commits more,
while the partition is its own.

Source: ``ConsumerCoordinator``: ``onJoinPrepare``, ``onJoinComplete`` (COOPERATIVE), ``sendOffsetCommitRequest``;
kafka-python ``ConsumerCoordinator``, a port of it.
"""

COOPERATIVE_LIBRDKAFKA = Rebalancing(keeps_reading=True, accepts_meanwhile=True, ends_if_fenced=True)
"""
The same, but commits are sent at any time, and the coordinator accepts them until all members have rejoined.

A broker reads what comes behind a JoinGroup on its connection only once it has answered that. An accepted commit is
one that came before it; the others are of a generation that has passed.

What the application has stored is committed as the partition is removed.

Source: ``rdkafka_assignment.c`` ``rd_kafka_assignment_serve_removals``; ``ClassicGroup.validateOffsetCommit``.
"""

RECONCILING = Rebalancing(is_by_coordinator=True)
"""
The owner is told to revoke what is to move, acknowledges that, and only then another member gets it (KIP-848).

A commit with an older member epoch is accepted for what was the member's ever since (KIP-1251, Kafka 4.3).

Source: ``AbstractMembershipManager.maybeReconcile``, ``CurrentAssignmentBuilder``,
``ConsumerGroup.validateOffsetCommit``.
"""

RECONCILING_WITH_EXACT_EPOCHS = attrs.evolve(RECONCILING, refuses_older_epochs=True)
"""Before KIP-1251. Source: ``ConsumerGroup.validateMemberEpoch`` of Kafka 4.0 to 4.2."""
