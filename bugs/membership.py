"""Bugs of group membership that one partition suffices to show: what is committed when it moves, and what is kept."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.model.consume import failing
from ackproof.model.consume.auto_commit import JAVA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.keeping import SOUND, Keeping
from ackproof.model.consume.rebalancing import (
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
    Rebalancing,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.properties.consume import every_record_is_processed_or_can_still_be, no_record_is_processed_twice

Kinds = frozenset[str]


@bug(
    "KAFKA-14024",
    "The last commit before a rebalance is lost with its coordinator, and nobody tries again",
    affected="Java consumer 3.2.0",
    fixed_in="3.2.1, 3.3.0",
    source="KAFKA-14024, after KAFKA-13310; PR #12349",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"coordinator-failover": 1, "member-joins": 1},
    had=attrs.evolve(EAGER, awaits_commits=False),
    fixed=EAGER,
)
def partitions_are_revoked_before_their_commit_is_answered(rules: Rebalancing, faults: Faults, kinds: Kinds) -> System:
    """
    ``ConsumerCoordinator.onJoinPrepare`` sent the automatic commit and revoked, without waiting for the answer.

    It did try again in the next poll, but nothing was assigned any more that could be committed.
    """
    consumer = ConsumerRules(JAVA, "auto", rebalancing=rules)
    return consume_half(consumer, records=1, faults=faults, kinds=kinds)


@bug(
    "librdkafka 4059",
    "A commit during a cooperative rebalance makes a consumer give up its assignment as lost",
    affected="librdkafka 1.6.0 to 2.8.0",
    fixed_in="2.10.0",
    source="librdkafka #4059; PR #4908; CHANGELOG.md of 2.10.0",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"member-joins": 1},
    had=attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False),
    fixed=COOPERATIVE_LIBRDKAFKA,
)
def an_older_generation_is_taken_for_a_removal(rules: Rebalancing, faults: Faults, kinds: Kinds) -> System:
    """
    ``rd_kafka_cgrp_op_handle_OffsetCommit`` revoked all at ILLEGAL_GENERATION, also while the group rebalanced.

    A lost assignment is given up without a commit. The generation of the request was the one before the JoinGroup that
    had just been answered: the partition was still the consumer's, and the application commits as it is revoked.
    """
    consumer = ConsumerRules(on_revoke="commit", rebalancing=rules)
    return consume_half(consumer, records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-20066",
    "A commit is refused because the member has a new epoch that it has not heard of, though it keeps the partition",
    affected="brokers 4.0 to 4.2",
    fixed_in="4.3 (KIP-1251)",
    source="KAFKA-20066; KIP-1251; PR #21692",
    breaks="no-loss",
    statement=every_record_is_processed_or_can_still_be,
    faults={"member-joins": 1},
    had=RECONCILING_WITH_EXACT_EPOCHS,
    fixed=RECONCILING,
)
def commits_are_fenced_by_mistake(rules: Rebalancing, faults: Faults, kinds: Kinds) -> System:
    """
    ``ConsumerGroup.validateMemberEpoch`` asked for the present epoch, also of what was the member's all the while.

    The application commits before it processes, and drops the batch that it could not commit; poll is behind it.
    """
    consumer = ConsumerRules(commit_when="before-processing", rebalancing=rules)
    return consume_half(consumer, records=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-16103",
    "A consumer that closes leaves its asynchronous commits behind",
    affected="Java consumer 3.7 (group.protocol=consumer, early access)",
    fixed_in="3.8.0",
    source="KAFKA-16103; PR #15613",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"member-leaves": 1},
    had=False,
    fixed=True,
)
def close_does_not_wait_for_commits(awaits_commits: bool, faults: Faults, kinds: Kinds) -> System:
    """``AsyncKafkaConsumer.close`` did not wait for what ``commitAsync`` had sent, as ``ConsumerCoordinator`` does."""
    consumer = ConsumerRules(commit="async", rebalancing=RECONCILING, awaits_commits_on_close=awaits_commits)
    return consume_half(consumer, records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-5600",
    "After its coordinator has moved, a group goes back to what it had committed long before",
    affected="brokers 0.11.0.0",
    fixed_in="0.11.0.1, 1.0.0",
    source="KAFKA-5600; PR #3538",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"coordinator-failover": 1, "member-joins": 1},
    had=Keeping(loads_older=True),
    fixed=SOUND,
)
def the_first_commits_win(keeping: Keeping, faults: Faults, kinds: Kinds) -> System:
    """
    ``GroupMetadataManager.doLoadGroupsAndOffsets`` filled its cache after each buffer that it had read of the log.

    A loop was closed too late: a group that was in the cache already was not loaded again, so the first buffer won.
    """
    return consume_half(ConsumerRules(keeping=keeping), records=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-8069",
    "After its coordinator has moved, a group that stops for a moment has lost what it committed",
    affected="brokers 2.1.0, 2.1.1 with inter.broker.protocol.version below 2.1",
    fixed_in="2.1.2, 2.2.0",
    source="KAFKA-8069; PR #6401",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"coordinator-failover": 1, "member-leaves": 1},
    had=Keeping(loads_expired=True),
    fixed=SOUND,
)
def a_default_is_taken_for_a_time(keeping: Keeping, faults: Faults, kinds: Kinds) -> System:
    """
    ``GroupMetadataManager.readOffsetMessageValue`` took the -1 of a commit without a time to expire for that time.

    ``GroupMetadata.removeExpiredOffsets`` compares it as soon as nobody is in the group, and it is long past.
    """
    return consume_half(ConsumerRules(keeping=keeping), records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-13636",
    "A group that starts again has lost what it committed long ago, though it was never away for long",
    affected="brokers 2.4 to 2.8.1, 3.0.0, 3.1.0",
    fixed_in="2.8.2, 3.0.1, 3.1.1, 3.2.0",
    source="KAFKA-13636; PR #11742",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"member-leaves": 1},
    had=Keeping(expires_on_return=True),
    fixed=SOUND,
)
def a_group_that_assembles_is_subscribed_to_nothing(keeping: Keeping, faults: Faults, kinds: Kinds) -> System:
    """
    ``GroupMetadata.removeExpiredOffsets`` asked for the age of commits to topics that the group does not subscribe to.

    While the members of an empty group rejoin, that is every topic. Nothing has to be committed for as long as
    ``offsets.retention.minutes``: what is read last may be that old where little is sent.
    """
    return consume_half(ConsumerRules(keeping=keeping), records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-4682",
    "A group that reads all the time loses what it committed, because nothing new came for long",
    affected="brokers 0.9 to 2.0",
    fixed_in="2.1.0 (KIP-211)",
    source="KAFKA-4682; KIP-211; PR #4896",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"offsets-expired": 1, "member-joins": 1},
    had=Keeping(expires_in_use=True),
    fixed=SOUND,
)
def commits_expire_by_age_alone(keeping: Keeping, faults: Faults, kinds: Kinds) -> System:
    """
    ``GroupMetadata.removeExpiredOffsets`` looked at the time of a commit, and not whether anybody was in the group.

    The group of this system never stops, which is the other way to lose commits and is no bug.
    """
    system = consume_half(ConsumerRules(keeping=keeping), records=1, faults=faults, kinds=kinds)
    return attrs.evolve(system, actions=tuple(act for act in system.actions if act is not failing.offsets_expired))


@bug(
    "KAFKA-10284",
    "A static member that was restarted is fenced once its coordinator moves",
    affected="brokers 2.3 to 2.6.0",
    fixed_in="2.6.1, 2.7.0",
    source="KAFKA-10284; PR #9270",
    breaks="no-duplicates",
    statement=no_record_is_processed_twice,
    faults={"coordinator-failover": 1, "member-leaves": 1},
    had=Keeping(forgets_replacements=True),
    fixed=SOUND,
)
def a_new_member_id_is_not_written_down(keeping: Keeping, faults: Faults, kinds: Kinds) -> System:
    """
    ``GroupCoordinator.updateStaticMemberAndRebalance`` replaced the member id in memory alone.

    The next coordinator knows the instance by its old id, and refuses the commit of what the member has processed with
    FENCED_INSTANCE_ID.
    """
    return consume_half(ConsumerRules(is_static=True, keeping=keeping), records=1, faults=faults, kinds=kinds)
