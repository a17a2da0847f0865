"""From what the user runs to the rules of the model."""

from collections.abc import Mapping

import attrs

from ackproof.config.pipeline import Consumer, GroupProtocol, Pipeline
from ackproof.config.topic import CLAMPS_MIN_ISR_SINCE
from ackproof.config.versions import Changes, Version, changed, parts, since, version_of
from ackproof.model.consume import auto_commit
from ackproof.model.consume import rules as consume
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import (
    by_leader_epoch,
    by_leader_epochs,
    to_end_of_agreement,
    to_own_high_watermark,
)

BEFORE_ALL_CHANGES = BrokerRules(
    keeps_high_watermark_below_min_isr=False,
    has_eligible_leader_replicas=False,
    accepts_any_first_sequence=False,
    forgets_producers_with_their_records=True,
    remembered_batches=1,
    truncation=to_own_high_watermark,
    joins_below_leader_epoch=True,
    misses_quick_restarts=True,
    asks_controller_to_join=False,
    checks_broker_epochs=False,
)

BROKER_CHANGES: Changes = (
    ((0, 11), {"truncation": by_leader_epoch}),  # KIP-101
    ((1, 0), {"remembered_batches": 5, "names_unknown_producers": True}),  # KAFKA-5494, KAFKA-5793
    ((1, 1), {"shows_beyond_high_watermark": True}),  # KAFKA-9835
    ((2, 0), {"truncation": by_leader_epochs}),  # KIP-279
    ((2, 0, 1), {"truncation": to_end_of_agreement, "joins_below_leader_epoch": False}),  # KAFKA-7415, KAFKA-7128
    ((2, 2), {"misses_quick_restarts": False}),  # KAFKA-7235, KIP-380
    ((2, 4), {"forgets_producers_with_their_records": False}),  # KAFKA-7190
    ((2, 5), {"accepts_any_first_sequence": True, "names_unknown_producers": False}),  # KIP-360
    ((2, 5, 1), {"shows_beyond_high_watermark": False}),  # KAFKA-9835
    ((2, 7), {"asks_controller_to_join": True}),  # KIP-497
    ((2, 7), {"counts_diverging_fetches": True, "takes_high_watermark_before_truncating": True}),  # KIP-595
    ((2, 7, 2), {"counts_diverging_fetches": False}),  # KAFKA-13141
    ((2, 8), {"counts_diverging_fetches": True}),
    ((2, 8, 1), {"counts_diverging_fetches": False}),  # KAFKA-13141
    ((3, 4, 1), {"takes_high_watermark_before_truncating": False}),  # KAFKA-14704
    ((3, 5), {"checks_broker_epochs": True}),  # KIP-903
    ((3, 7), {"keeps_high_watermark_below_min_isr": True}),  # KAFKA-15583
)
"""What brokers do since which version."""

AutoCommitSince = tuple[tuple[Version, auto_commit.AutoCommit], ...]

LIBRDKAFKA_COMMITS: AutoCommitSince = (
    ((0,), auto_commit.LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES),
    ((1, 7), auto_commit.LIBRDKAFKA),
)

AUTO_COMMIT: Mapping[tuple[str, GroupProtocol], AutoCommitSince] = {
    ("java", "classic"): (((0,), auto_commit.JAVA),),
    ("java", "consumer"): (
        ((0,), auto_commit.JAVA_THAT_STOPS_COMMITTING),  # KAFKA-16203
        ((3, 8), auto_commit.JAVA_ON_ANOTHER_THREAD),
        ((4, 0), auto_commit.JAVA),  # KAFKA-18641
        ((4, 2), auto_commit.JAVA_ON_ANOTHER_THREAD),  # it was back: seen with 4.2.0 and 4.3.1, not with 4.1.1
    ),
    ("kafka-python", "classic"): (((0,), auto_commit.KAFKA_PYTHON),),
    ("aiokafka", "classic"): (((0,), auto_commit.AIOKAFKA),),
    ("librdkafka", "classic"): LIBRDKAFKA_COMMITS,
    ("librdkafka", "consumer"): LIBRDKAFKA_COMMITS,
}
"""What each client commits by itself since which version, by the protocol of its group."""

KAFKA_PYTHON_RESETS: tuple[tuple[Version, bool], ...] = (((0,), False), ((2, 2), True), ((2, 2, 9), False))
"""Whether kafka-python takes a committed offset that it is not told in time for none (kafka-python #2628)."""

VALIDATES_POSITIONS: Mapping[str, tuple[tuple[Version, bool], ...]] = {
    "java": (((0,), False), ((2, 3), True)),
    "librdkafka": (((0,), False), ((2, 1), True)),
    "kafka-python": (((0,), False), ((3, 0), True)),
    "aiokafka": (((0,), False),),
}
"""Since which version a client detects that the log was truncated (KIP-320)."""

REVOKES_ON_CLOSE: Mapping[tuple[str, GroupProtocol], tuple[tuple[Version, bool], ...]] = {
    ("java", "classic"): (((0,), False), ((2, 4), True)),  # KIP-429
    ("java", "consumer"): (((0,), True),),
    ("kafka-python", "classic"): (((0,), False), ((3, 0), True)),
    ("aiokafka", "classic"): (((0,), False),),
    ("librdkafka", "classic"): (((0,), True),),
    ("librdkafka", "consumer"): (((0,), True),),
}
"""
Since which version a client that closes tells the application that its partitions are revoked.

Source: ``ConsumerCoordinator.onLeavePrepare``; ``AsyncKafkaConsumer``: ``maybeRevokePartitions`` (3.7),
``releaseAssignmentAndLeaveGroup``; librdkafka ``rd_kafka_cgrp_terminate0``; kafka-python
``ConsumerCoordinator._on_close_prepare_async``; aiokafka ``GroupCoordinator.close``.
"""

COMMIT_AS_NOBODY: frozenset[tuple[str, GroupProtocol]] = frozenset({("java", "consumer"), ("aiokafka", "classic")})
"""
Clients that commit without an epoch, or generation, once they know that they are out of their group.

The others refuse that themselves, or send what no coordinator knows.

Source: ``CommitRequestManager.onMemberEpochUpdated``; aiokafka ``GroupCoordinator``: ``reset_generation``,
``_do_commit_offsets``; ``ConsumerCoordinator.sendOffsetCommitRequest``; librdkafka ``rd_kafka_cgrp_leave``,
``rd_kafka_cgrp_consumer_reset``.
"""

REJOIN_IN_BACKGROUND = frozenset({"aiokafka"})
"""Clients that rejoin their group while the application is processing."""

REVOKES_IN_POLL: Mapping[bool, tuple[tuple[Version, bool], ...]] = {
    True: (((0,), False), ((4, 0), True), ((4, 2), False), ((4, 3), True)),  # KAFKA-18641, KAFKA-18376, KAFKA-20332
    False: (((0,), False), ((4, 3), True)),  # KAFKA-20332
}
"""With automatic commits and without them, whether Java under the new group protocol revokes nothing but in poll."""


def brokers_of(version: Version) -> BrokerRules:
    """The rules of brokers of that *version*, whatever is configured."""
    return changed(BEFORE_ALL_CHANGES, BROKER_CHANGES, version)


def broker_rules(pipeline: Pipeline) -> BrokerRules:
    """The rules of the brokers and the topic."""
    version = version_of(pipeline.kafka)
    topic = pipeline.topic
    clamped = since(version, CLAMPS_MIN_ISR_SINCE)
    return attrs.evolve(
        brokers_of(version),
        replication_factor=topic.replication_factor,
        min_insync_replicas=min(topic.min_insync_replicas, topic.replication_factor)
        if clamped
        else topic.min_insync_replicas,
        has_eligible_leader_replicas=pipeline.features["eligible.leader.replicas.version"] > 0,
        elects_uncleanly=topic.unclean_leader_election,
        flushes_every_record=topic.flush_messages == 1,
        serves_reads_from_followers=reads_from_followers(pipeline),
    )


def reads_from_followers(pipeline: Pipeline) -> bool:
    """Whether brokers may send the consumer to a follower that is nearer to it (KIP-392, from 2.4)."""
    if pipeline.consumer is None or version_of(pipeline.kafka) < (2, 4):
        return False
    selector = pipeline.topic.settings.get("replica.selector.class")
    racks = (pipeline.consumer.settings.get(key) for key in ("client.rack", "client_rack"))
    return bool(selector and selector.value) and any(rack and rack.value for rack in racks)


def validates_positions(pipeline: Pipeline) -> bool:
    """Whether the consumer compares leader epochs with a new leader, and the brokers answer it (from 2.3)."""
    if pipeline.consumer is None or version_of(pipeline.kafka) < (2, 3):
        return False
    client = pipeline.consumer.client
    return since(parts(client.version), VALIDATES_POSITIONS[client.name])


def gives_up_in_background(consumer: Consumer, version: Version) -> bool:
    """
    Whether the client gives up a partition while the application is processing its records.

    Source: ``AbstractMembershipManager.maybeReconcile``. A ConsumerRebalanceListener has it wait for poll.
    """
    if consumer.client.name == "java" and consumer.group_protocol == "consumer":
        waits = since(version, REVOKES_IN_POLL[consumer.commit == "auto"])
        has_listener = consumer.on_revoke == "commit" or consumer.commit == "with-sink"
        return not has_listener and not waits
    return consumer.client.name in REJOIN_IN_BACKGROUND


def consumer_rules(consumer: Consumer) -> consume.ConsumerRules:
    """
    The rules of the group's members.

    Raises:
        ValueError: They are configured in a way that is not modelled.
    """
    if consumer.commit == "transaction" or consumer.sink == "kafka":
        raise ValueError(f"not modelled: {consumer.commit}, {consumer.sink}")
    name, version = consumer.client.name, parts(consumer.client.version)
    by_client = since(version, AUTO_COMMIT[name, consumer.group_protocol])
    return consume.ConsumerRules(
        auto_commit=by_client if consumer.stores_offset_itself else attrs.evolve(by_client, stores="application"),
        commit=consumer.commit,
        commit_when=consumer.commit_when,
        processing=consumer.processing,
        reset=consumer.auto_offset_reset,
        sink=consumer.sink,
        instances=consumer.instances,
        rejoins_in_background=gives_up_in_background(consumer, version),
        on_processing_failure=consumer.on_processing_failure,
        on_revoke=consumer.on_revoke,
        closes_cleanly=consumer.close == "clean",
        revokes_on_close=since(version, REVOKES_ON_CLOSE[name, consumer.group_protocol]),
        commits_as_nobody=(name, consumer.group_protocol) in COMMIT_AS_NOBODY,
        resets_without_answer=name == "kafka-python" and since(version, KAFKA_PYTHON_RESETS),
    )
