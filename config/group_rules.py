"""From a pipeline's consumers and brokers to the rules of their group."""

from collections.abc import Mapping, Sequence

import attrs

from ackproof.config.pipeline import Consumer, Pipeline
from ackproof.config.static_members import is_static
from ackproof.config.versions import Version, parts, since, version_of
from ackproof.model.groups.assignors import (
    COOPERATIVE_STICKY,
    RANGE,
    ROUND_ROBIN,
    STICKY,
    Assignor,
    ServerAssign,
    cooperative,
    ranges,
    ranges_kept,
    uniform,
    uniform_in_order,
    uniform_in_turn,
)
from ackproof.model.groups.claims import (
    Settle,
    all_claims,
    claims_of_the_latest_generation,
    first_claim_but_last_owner,
    latest_claim_of_each_partition,
)
from ackproof.model.groups.epochs import moved_at_once, moved_one_by_one
from ackproof.model.groups.reconciling import (
    Reconcile,
    at_each_target,
    once_released,
    once_revoked,
    once_revoked_an_epoch_on,
)
from ackproof.model.groups.rules import ClassicRules, ConsumerRules, GroupRules, Returning

ASSIGNORS: Sequence[tuple[str, Assignor]] = (
    ("cooperative", COOPERATIVE_STICKY),
    ("sticky", STICKY),
    ("round", ROUND_ROBIN),
)
"""Assignors of clients, by what their names contain in every client; any other is taken for range."""


@attrs.frozen
class Client:
    """
    What a client does as a member of a classic group; see ``ClassicRules``.

    Attributes:
        settle: What its cooperative-sticky assignor makes of claims.
        gives_up_as_it_is_named: As its coordinator tells it a member id to join with (MEMBER_ID_REQUIRED) it gives up
            what it has kept so far.
    """

    settle: Settle = latest_claim_of_each_partition
    keeps_owned_without_membership: bool = False
    gives_up_as_it_syncs: bool = False
    gives_up_as_it_is_named: bool = False
    claims_heard_generation: bool = False
    claims_what_was_lost: bool = False
    tells_past_generation: bool = False
    refuses_stale_claims: bool = False
    returning_leader_follows: bool = False
    all_watch_partitions: bool = False
    reads_no_assignment: bool = False


BEFORE_KIP_814 = Client(returning_leader_follows=True)
CHECKING = attrs.evolve(BEFORE_KIP_814, refuses_stale_claims=True)
BY_GENERATION = attrs.evolve(BEFORE_KIP_814, settle=claims_of_the_latest_generation, tells_past_generation=True)
CHECKING_BY_GENERATION = attrs.evolve(BY_GENERATION, refuses_stale_claims=True)

JAVA: Sequence[tuple[Version, Client]] = (
    ((0,), attrs.evolve(CHECKING, settle=all_claims, keeps_owned_without_membership=True)),
    ((2, 7, 2), attrs.evolve(CHECKING, settle=all_claims)),  # KAFKA-12983
    ((2, 8), attrs.evolve(CHECKING, settle=all_claims, keeps_owned_without_membership=True)),
    ((2, 8, 1), CHECKING_BY_GENERATION),  # KAFKA-12983, KAFKA-12984
    ((2, 8, 2), BY_GENERATION),  # KAFKA-13406
    ((3,), CHECKING_BY_GENERATION),
    ((3, 0, 1), BY_GENERATION),  # KAFKA-13406
    ((3, 2), attrs.evolve(BY_GENERATION, returning_leader_follows=False)),  # KAFKA-13435, KIP-814
    ((3, 4), attrs.evolve(BY_GENERATION, returning_leader_follows=False, claims_heard_generation=True)),  # KIP-792
    ((3, 4, 1), Client(claims_heard_generation=True)),  # KAFKA-14639
)
"""
Java clients since which version, patch releases included.

Not modelled: 2.4 and 2.5, where any one of several members that claim a partition owns it.
"""

KAFKA_PYTHON = Client(
    first_claim_but_last_owner,
    keeps_owned_without_membership=True,
    claims_what_was_lost=True,
    returning_leader_follows=True,
    reads_no_assignment=True,
)
"""
kafka-python from 3.0 on, the first with a cooperative assignor.

``ConsumerCoordinator._on_join_prepare_async`` runs once in a rebalance, whatever happens to the generation; what
``CooperativeStickyAssignor.metadata`` claims is the last assignment, which nothing clears, without a generation. Its
poll fails once where it is told no assignment (``join_group_async``).
"""

LIBRDKAFKA = Client(
    keeps_owned_without_membership=True,
    gives_up_as_it_syncs=True,
    gives_up_as_it_is_named=True,
    all_watch_partitions=True,
    reads_no_assignment=True,
)
"""
librdkafka from 1.6 on, the first with a cooperative assignor.

Who is put out as it joins goes on with what it has (``rd_kafka_cgrp_handle_JoinGroup``: of the errors after which all
is revoked UNKNOWN_MEMBER_ID is none, MEMBER_ID_REQUIRED is).
"""

CLIENTS: Mapping[str, Sequence[tuple[Version, Client]]] = {
    "java": JAVA,
    "librdkafka": [((0,), LIBRDKAFKA)],
    "kafka-python": [((0,), KAFKA_PYTHON)],
    "aiokafka": [((0,), BEFORE_KIP_814)],
}
"""What each client does since which version."""

TELLS_MEMBER_IDS_SINCE: Version = (2, 2)
"""Brokers; KIP-394. Static members get theirs as they join."""

REBALANCES_FOR_REPLACED_MEMBERS_SINCE: Version = (2, 5)
"""Brokers; KAFKA-9801."""

EXPIRES_AWAITED_SYNCS_SINCE: Version = (2, 8, 1)
"""Brokers; KAFKA-12890."""

LETS_A_LEADER_RETURN_SINCE: Version = (3, 2)
"""Brokers; KAFKA-13435, KIP-814."""

RECONCILES_ONCE_RELEASED_SINCE: Version = (3, 8)
"""Brokers, KAFKA-16147 and KAFKA-16249, and Java clients, KAFKA-16185 and KAFKA-16215, under the consumer protocol."""

RECONCILES: Sequence[tuple[Version, Reconcile]] = (
    ((0,), at_each_target),
    (RECONCILES_ONCE_RELEASED_SINCE, once_released),
    ((4, 0, 2), once_revoked_an_epoch_on),  # KAFKA-19449
    ((4, 1), once_released),
    ((4, 1, 2), once_revoked_an_epoch_on),  # KAFKA-19449
    ((4, 2), once_revoked),
)
"""How brokers since which version, patch releases included, move a member towards its target."""

RETURNING: Sequence[tuple[Version, Returning]] = (((0,), "assigned anew"), ((3, 8), "left out"), ((3, 9), "as it was"))
"""What brokers since which version have a static member come back to."""

WAITS_TO_ASSIGN_SINCE: Version = (4, 3)
"""Brokers, by default: ``group.consumer.assignment.interval.ms``, KIP-1263."""

ASSIGNS_IN_POLL_SINCE: Version = (4, 3)
"""Java clients under the consumer protocol, with ``PartitionsAssignedEvent``."""

TAKES_BACK_AT_ONCE_SINCE: Version = (4, 2)
"""Brokers; KAFKA-19233."""

SERVER_ASSIGNORS: Mapping[str, Sequence[tuple[Version, ServerAssign]]] = {
    "range": [((0,), ranges_kept), ((3, 9), ranges)],
    "uniform": [((0,), uniform_in_turn), ((3, 8), uniform_in_order), ((4, 0, 1), uniform)],
}
"""What ``group.remote.assignor`` names, of brokers since which version, patch releases included."""


def group_rules(pipeline: Pipeline) -> GroupRules:
    """The rules of the group that the consumers of *pipeline* form."""
    assert pipeline.consumer is not None
    kafka = version_of(pipeline.kafka)
    if pipeline.consumer.group_protocol == "consumer":
        return under_the_consumer_protocol(pipeline.consumer, kafka)
    return under_the_classic_protocol(pipeline.consumer, kafka)


def under_the_consumer_protocol(consumer: Consumer, kafka: Version) -> ConsumerRules:
    """KIP-848: the brokers' rules, and what their clients do."""
    is_first = kafka < RECONCILES_ONCE_RELEASED_SINCE
    is_first_java = is_older_java(consumer, RECONCILES_ONCE_RELEASED_SINCE)
    named = next(iter(consumer.assignors), "uniform")
    return ConsumerRules(
        assign=since(kafka, SERVER_ASSIGNORS.get(named, SERVER_ASSIGNORS["uniform"])),
        is_static=is_static(consumer, kafka),
        partition_epochs=moved_one_by_one if is_first else moved_at_once,
        reconcile=since(kafka, RECONCILES),
        acknowledges_what_it_has=not is_first_java,
        waits_to_assign=kafka >= WAITS_TO_ASSIGN_SINCE,
        finishes_what_it_began=takes_in_two_steps(consumer),
        begins_one_by_one=consumer.client.name == "librdkafka",
        waits_for_its_commit_alone=consumer.on_revoke != "commit" and not assigns_in_poll(consumer),
        is_silenced_by_errors=is_first_java,
        keeps_its_place=not is_first_java,
        takes_back_at_once=kafka >= TAKES_BACK_AT_ONCE_SINCE,
        returning=since(kafka, RETURNING),
    )


def takes_in_two_steps(consumer: Consumer) -> bool:
    """
    Whether a client may be told something else while it takes partitions, and takes them still.

    Clients wait in between for the application's rebalance listener, and Java for its automatic commit, too, and since
    4.3 for the next poll anyway; without any of these they take them at once. Source: ``AbstractMembershipManager``:
    ``maybeReconcile``, ``revokeAndAssign``; librdkafka ``rd_kafka_rebalance_op_incr``.
    """
    waits_for_commit = consumer.client.name == "java" and consumer.commit == "auto"
    return waits_for_commit or consumer.on_revoke == "commit" or assigns_in_poll(consumer)


def assigns_in_poll(consumer: Consumer) -> bool:
    """
    Whether a client of the consumer protocol takes what it is assigned as the application polls, and not before.

    Source: ``ConsumerMembershipManager.signalPartitionsAssigned`` since 4.3.0, ``PartitionsAssignedEvent``.
    """
    return consumer.client.name == "java" and not is_older_java(consumer, ASSIGNS_IN_POLL_SINCE)


def is_older_java(consumer: Consumer, version: Version) -> bool:
    """Whether the client is a Java client before *version*."""
    return consumer.client.name == "java" and parts(consumer.client.version) < version


def under_the_classic_protocol(consumer: Consumer, kafka: Version) -> ClassicRules:
    """
    What a classic group does whose members all have the same list of assignors.

    It elects the first one; members are cooperative if all of the list are (``ConsumerCoordinator``, its constructor).
    """
    client = since(parts(consumer.client.version), CLIENTS[consumer.client.name])
    forgets = kafka < REBALANCES_FOR_REPLACED_MEMBERS_SINCE
    is_cooperative = bool(consumer.assignors) and all("cooperative" in name.lower() for name in consumer.assignors)
    is_named = client.gives_up_as_it_is_named and kafka >= TELLS_MEMBER_IDS_SINCE and not is_static(consumer, kafka)
    return ClassicRules(
        assignor=assignor_of(consumer, client, is_cooperative=is_cooperative),
        is_cooperative=is_cooperative,
        is_static=is_static(consumer, kafka),
        keeps_owned_without_membership=client.keeps_owned_without_membership and not is_named,
        gives_up_as_it_syncs=client.gives_up_as_it_syncs,
        claims_heard_generation=client.claims_heard_generation,
        claims_what_was_lost=client.claims_what_was_lost,
        tells_past_generation=client.tells_past_generation and is_cooperative,
        refuses_stale_claims=client.refuses_stale_claims and is_cooperative,
        forgets_replaced_members=forgets,
        reads_no_assignment=client.reads_no_assignment and forgets,
        expires_awaited_syncs=kafka >= EXPIRES_AWAITED_SYNCS_SINCE,
        returning_leader_follows=client.returning_leader_follows or kafka < LETS_A_LEADER_RETURN_SINCE,
        all_watch_partitions=client.all_watch_partitions,
    )


def assignor_of(consumer: Consumer, client: Client, *, is_cooperative: bool) -> Assignor:
    """The assignor that the group elects. A cooperative one in an eager group is told of nothing that is owned."""
    first = next(iter(consumer.assignors), "").lower()
    named = next((assignor for part, assignor in ASSIGNORS if part in first), RANGE)
    if named != COOPERATIVE_STICKY:
        return named
    return attrs.evolve(named, assign=cooperative(client.settle), is_sticky=is_cooperative)
