"""Bugs of the consumer protocol (KIP-848) that take several members or partitions to show."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.model.faults import Faults
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.half import group_half
from ackproof.model.groups.reconciling import at_each_target
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.model.system import System
from ackproof.properties.groups import each_partition_has_one_owner, every_partition_is_owned_at_last

IN_3_7 = ConsumerRules(partition_epochs=moved_one_by_one, reconcile=at_each_target)
"""The coordinator's rules of 3.7."""


@bug(
    "KAFKA-16147",
    "The group coordinator assigns a partition to two members at the same time",
    affected="brokers 3.7 (early access of KIP-848)",
    fixed_in="3.8.0",
    source="KAFKA-16147; PR #15212",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"consumer-crash": 1},
    had=IN_3_7,
    fixed=attrs.evolve(IN_3_7, partition_epochs=CONSUMER.partition_epochs),
)
def an_epoch_is_lost(rules: ConsumerRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``ConsumerGroup.maybeUpdatePartitionEpoch`` noted first what a member owned and then what it was to revoke.

    A partition that it was given back before it had revoked it ended up free, and the next to ask got it as well.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-16249",
    "A member says that it gave up a partition, and the coordinator does not listen: nobody gets it",
    affected="brokers 3.7 (early access of KIP-848)",
    fixed_in="3.8.0",
    source="KAFKA-16249; PR #15364",
    breaks="every_partition_is_owned_at_last",
    statement=every_partition_is_owned_at_last,
    faults={"partitions-added": 1},
    had=IN_3_7,
    fixed=attrs.evolve(IN_3_7, reconcile=CONSUMER.reconcile),
    is_goal=True,
)
def an_acknowledgement_is_missed(rules: ConsumerRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``CurrentAssignmentBuilder.build`` began anew at each new target, and did not look at what was reported.

    Members report what they own only when it changes, so only the rebalance timeout ended it.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds, is_fine=True)


@bug(
    "KAFKA-16185",
    "A member that is told to own what it owns anyway does not say so, and its group never settles",
    affected="Java consumer 3.7 (early access of KIP-848)",
    fixed_in="3.8.0",
    source="KAFKA-16185, KAFKA-16312; PR #15511",
    breaks="every_partition_is_owned_at_last",
    statement=every_partition_is_owned_at_last,
    faults={"partitions-added": 1},
    had=attrs.evolve(CONSUMER, acknowledges_what_it_has=False),
    fixed=CONSUMER,
    is_goal=True,
)
def an_assignment_is_not_acknowledged(rules: ConsumerRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``HeartbeatRequestManager`` sent what a member owned only if that had changed.

    Where an assignment came and went before the member had followed it, ``MembershipManagerImpl`` found nothing to do,
    and the coordinator waited for the revocation of what the member never had. Only the rebalance timeout ended that.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds, is_fine=True)


@bug(
    "KAFKA-16215",
    "A member that is answered with an error sends no heartbeat any more, and never joins again",
    affected="Java consumer 3.7 (early access of KIP-848)",
    fixed_in="3.8.0",
    source="KAFKA-16215, KAFKA-16178; PR #15311",
    breaks="every_partition_is_owned_at_last",
    statement=every_partition_is_owned_at_last,
    faults={"coordinator-failover": 1},
    had=attrs.evolve(CONSUMER, is_silenced_by_errors=True),
    fixed=CONSUMER,
    is_goal=True,
)
def an_error_silences_a_member(rules: ConsumerRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``HeartbeatRequestManager.onErrorResponse`` did not note that the request was answered.

    ``RequestState`` took it for one still in flight, and no other was sent.
    """
    return group_half(rules, members=1, partitions=1, faults=faults, kinds=kinds, is_fine=True)


@bug(
    "KIP-848 reconciliation",
    "A member takes a partition that another one has been given since, and both own it",
    affected="Java consumer 3.9 to 4.3.1; before 4.3 with automatic commits or a rebalance listener alone",
    fixed_in="not fixed",
    source="AbstractMembershipManager.maybeAbortReconciliation of 4.3.1; seen of two such members on a broker of 4.3.1",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"partitions-added": 1},
    had=attrs.evolve(CONSUMER, finishes_what_it_began=True),
    fixed=CONSUMER,
)
def what_was_begun_is_finished(rules: ConsumerRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``AbstractMembershipManager`` goes on with an assignment unless the member is no longer reconciling at all.

    Told otherwise while it waits for its commit or the application, it takes the partitions all the same.
    What it has reported meanwhile is what it owned before, so its coordinator may have given them to another member.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)
