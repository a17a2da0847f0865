"""How the consumers of a pipeline are members of their group, and what the brokers have to do with it."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import attrs

from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Settings
from ackproof.config.files.problems import Remarks
from ackproof.config.group_rules import TELLS_MEMBER_IDS_SINCE
from ackproof.config.pipeline import Consumer, Pipeline
from ackproof.config.static_members import is_static
from ackproof.config.versions import Rules, Version, parts, since, version_of
from ackproof.model.consume.half import KINDS
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    EAGER_LIBRDKAFKA,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
    Rebalancing,
)
from ackproof.model.consume.rules import ConsumerRules

Since = Sequence[tuple[Version, Rules]]
"""What is in force since which version."""

BY_COORDINATOR: Since[Rebalancing] = (
    ((0,), RECONCILING_WITH_EXACT_EPOCHS),
    ((4, 3), RECONCILING),  # KIP-1251
)
"""What group coordinators do under the new protocol since which version."""

COOPERATIVES: Mapping[str, Since[Rebalancing]] = {
    "librdkafka": (
        ((0,), attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)),
        ((2, 10), COOPERATIVE_LIBRDKAFKA),  # librdkafka #4059
    ),
}
"""What clients do whose cooperative rebalancing is not that of Java."""

EAGERS: Mapping[str, Rebalancing] = {"librdkafka": EAGER_LIBRDKAFKA}
"""The same of eager rebalancing."""

JAVA_THAT_COMMITS_BY_ITSELF: Since[Rebalancing] = (
    ((0,), EAGER),
    ((3, 2), attrs.evolve(EAGER, awaits_commits=False)),  # KAFKA-13310
    ((3, 2, 1), EAGER),  # KAFKA-14024
)

KEEPING: Mapping[str, Since[bool]] = {
    "expires_in_use": (((0,), True), ((2, 1), False)),  # KAFKA-4682
    "expires_on_return": (
        *(((0,), False), ((2, 4), True), ((2, 8, 2), False)),
        *(((3, 0), True), ((3, 0, 1), False), ((3, 1), True), ((3, 1, 1), False)),  # KAFKA-13636
    ),
    "loads_expired": (((0,), False), ((2, 1), True), ((2, 1, 2), False)),  # KAFKA-8069
    "loads_older": (((0,), False), ((0, 11), True), ((0, 11, 0, 1), False)),  # KAFKA-5600
    "forgets_replacements": (((0,), False), ((2, 3), True), ((2, 6, 1), False)),  # KAFKA-10284
}
"""What group coordinators do not keep as they should, since which version."""

BY_AGE = frozenset({"expires_in_use", "expires_on_return"})
"""What takes commits that are older than ``offsets.retention.minutes``: only where offsets are to expire."""

AWAITS_COMMITS_ON_CLOSE_SINCE: Version = (3, 8)
"""Java clients under the new protocol that wait for asynchronous commits as they close (KAFKA-16103)."""

READS_WHILE_REJOINING_SINCE: Version = (2, 5)
"""Java clients that return records while a cooperative rebalance goes on (KAFKA-8421)."""

REFUSES_LATE_OFFSETS_SINCE: Version = (1, 9)
FORGETS_STORED_OFFSETS_SINCE: Version = (1, 4, 2)
"""librdkafka; see `stores_late`."""

NOT_SUPPORTED: Mapping[str, str] = {
    "java": "org.apache.kafka.common.errors.UnsupportedVersionException: The cluster does not support the new CONSUMER "
    "group protocol. Set group.protocol=classic on the consumer configs to revert to the CLASSIC protocol until the "
    "cluster is upgraded.",
    "librdkafka": 'cimpl.KafkaException: KafkaError{code=_FATAL,val=-150,str="ConsumerGroupHeartbeat fatal error: '
    'Broker: API version not supported"}',
}
"""What clients raise whose group coordinator does not know the new protocol."""

PREVIEW: tuple[Version, Version] = ((3, 7), (4,))
"""Brokers that know the new protocol only if a setting says so: from the first version on, before the last."""

PROTOCOLS = "group.coordinator.rebalance.protocols"
OFFSETS_REPLICAS = "offsets.topic.replication.factor"


def as_members(rules: ConsumerRules, pipeline: Pipeline) -> ConsumerRules:
    """*rules* with how the consumers of the pipeline are members of their group."""
    consumer = pipeline.consumer
    assert consumer is not None
    return attrs.evolve(
        rules,
        rebalancing=rebalancing_of(consumer, version_of(pipeline.kafka)),
        is_static=is_static(consumer, version_of(pipeline.kafka)),
        keeping=keeping_of(pipeline),
        awaits_commits_on_close=awaits_commits_on_close(consumer),
    )


def rebalancing_of(consumer: Consumer, kafka: Version) -> Rebalancing:
    """What a rebalance asks of the owner."""
    if consumer.group_protocol == "consumer":
        return since(kafka, BY_COORDINATOR)
    version = parts(consumer.client.version)
    if is_cooperative(consumer):
        found = since(version, COOPERATIVES.get(consumer.client.name, (((0,), COOPERATIVE),)))
        return attrs.evolve(found, keeps_what_it_lost=keeps_what_it_lost(consumer, kafka))
    commits_by_itself = consumer.client.name == "java" and consumer.commit == "auto"
    eager = EAGERS.get(consumer.client.name, EAGER)
    return since(version, JAVA_THAT_COMMITS_BY_ITSELF) if commits_by_itself else eager


def keeps_what_it_lost(consumer: Consumer, kafka: Version) -> bool:
    """
    Whether who is put out as it joins goes on with the partition: unless it is told a member id to join with.

    Source: librdkafka ``rd_kafka_cgrp_handle_JoinGroup``; KIP-394.
    """
    is_named = consumer.group_instance_id is None and kafka >= TELLS_MEMBER_IDS_SINCE
    return consumer.client.name == "librdkafka" and not is_named


def keeping_of(pipeline: Pipeline) -> Keeping:
    """What the group coordinators of that version keep."""
    kafka, expires = version_of(pipeline.kafka), "offsets-expired" in pipeline.faults.kinds
    wrong = {name: since(kafka, changes) and (expires or name not in BY_AGE) for name, changes in KEEPING.items()}
    return Keeping(**{**wrong, "loads_expired": wrong["loads_expired"] and writes_times_to_expire(pipeline)})


def writes_times_to_expire(pipeline: Pipeline) -> bool:
    """Whether brokers write commits as before 2.1, each with its time to expire: while they are being upgraded."""
    spoken = Settings(pipeline.topic.settings).text("inter.broker.protocol.version")
    number = re.match(r"[0-9]+(\.[0-9]+)+", spoken or "")
    return number is not None and parts(number[0]) < (2, 1)


def awaits_commits_on_close(consumer: Consumer) -> bool:
    """Whether the client waits for asynchronous commits as it closes."""
    is_new = consumer.client.name == "java" and consumer.group_protocol == "consumer"
    return not is_new or parts(consumer.client.version) >= AWAITS_COMMITS_ON_CLOSE_SINCE


def is_cooperative(consumer: Consumer) -> bool:
    """
    Whether all assignors of a classic member are cooperative: members follow what all of them support.

    Source: ``ConsumerCoordinator`` (its constructor).
    """
    is_classic = consumer.group_protocol == "classic" and bool(consumer.assignors)
    return is_classic and all("cooperative" in name.lower() for name in consumer.assignors)


def stores_late(consumer: Consumer) -> bool:
    """
    Whether offsets that were stored under a former assignment may be committed under the next one.

    Source: librdkafka, CHANGELOG.md of 1.9.0 (``rd_kafka_offsets_store``) and 1.4.2 (what it stores by itself; #2782).
    """
    if consumer.client.name != "librdkafka" or consumer.commit != "auto":
        return False
    by_application = consumer.processing == "handed-off" and not consumer.stores_offset_itself
    since = REFUSES_LATE_OFFSETS_SINCE if by_application else FORGETS_STORED_OFFSETS_SINCE
    return parts(consumer.client.version) < since


def unmodelled_by_claim(consumer: Consumer, basic: str, kinds: Collection[str]) -> Iterator[str]:
    """What no model of a member has yet, where *basic* depends on it."""
    starts_anew = consumer.auto_offset_reset == "latest" and consumer.group_instance_id is not None
    goes_back = basic == "drains" or (basic == "no-duplicates" and starts_anew and "power-loss" in kinds)
    if goes_back and stores_late(consumer):
        yield "offsets that librdkafka has stored under a former assignment are not modelled yet"


def unmodelled_membership(consumer: Consumer) -> Iterator[str]:
    """Ways to be a member that no model has yet."""
    is_old = consumer.client.name == "java" and parts(consumer.client.version) < READS_WHILE_REJOINING_SINCE
    if is_cooperative(consumer) and is_old:
        yield "cooperative rebalancing of Java clients before 2.5 is not modelled yet"
    if consumer.commit == "transaction":
        special = {
            "the new group protocol (group.protocol=consumer)": consumer.group_protocol == "consumer",
            f"cooperative rebalancing ({', '.join(consumer.assignors)})": is_cooperative(consumer),
            "static membership (group.instance.id)": consumer.group_instance_id is not None,
            "auto.offset.reset=by_duration": consumer.auto_offset_reset == "by_duration",
        }
        for what, is_asked_for in special.items():
            if is_asked_for:
                yield f"{what} together with transactions is not modelled yet"


def offsets_replicas(pipeline: Pipeline) -> int:
    """How many replicas the offsets log has."""
    return Settings(pipeline.topic.settings).number(OFFSETS_REPLICAS)


def check_group_protocol(pipeline: Pipeline, remarks: Remarks) -> None:
    """
    Brokers that do not know the new group protocol refuse its members.

    Source: ``KafkaApis.handleConsumerGroupHeartbeat``.
    """
    consumer = pipeline.consumer
    if consumer is None or consumer.group_protocol == "classic" or knows_new_protocol(pipeline):
        return
    key = LIBRARIES[consumer.client.name].spell("group.protocol")
    remarks.refuse(key, NOT_SUPPORTED[consumer.client.name], Settings(consumer.settings).place(key))


def knows_new_protocol(pipeline: Pipeline) -> bool:
    """Whether brokers know the new group protocol: the feature is on, or they have a preview that is turned on."""
    first, last = PREVIEW
    given = pipeline.topic.settings.get(PROTOCOLS)
    named = (given.value or "").lower() if given and given.file else None
    if named is not None and "consumer" not in named:
        return False
    is_preview = first <= version_of(pipeline.kafka) < last
    return named is not None if is_preview else pipeline.features["group.version"] > 0


def kinds_of_group(consumer: Consumer, kinds: Collection[str]) -> frozenset[str]:
    """Kinds of fault that can happen to the group where these *kinds* may happen."""
    of_offsets = {"power-loss", "follower-lag", "offsets-expired"} if consumer.commit == "with-sink" else set[str]()
    of_network = {"request-lost", "response-lost"} - set(lost_commits(consumer))
    return KINDS - of_offsets - of_network - (set[str]() if "power-loss" in kinds else {"follower-lag"})


def lost_commits(consumer: Consumer) -> Iterator[str]:
    """What of a commit can be lost so that it matters: nobody tries again, or nobody processes what was committed."""
    if consumer.commit == "async":
        yield "request-lost"
    if consumer.commit == "sync" and consumer.commit_when == "before-processing":
        yield "response-lost"


def moves_key(pipeline: Pipeline) -> bool:
    """Whether a partition that is added is to move the key: only where the user asks for that fault by name."""
    return pipeline.names_faults and "partitions-added" in pipeline.faults.kinds


def assumed_of_membership(pipeline: Pipeline) -> Iterator[str]:
    """What is taken as given about the group."""
    consumer = pipeline.consumer
    if consumer is None:
        return
    if consumer.group_instance_id is not None:
        yield "each instance has a group.instance.id of its own"
    if moves_key(pipeline):
        yield "partitions-added moves the key: in-order is about the key, across partitions"
        yield "nothing happens to the reader of the new partition"
    elif "partitions-added" in pipeline.faults.kinds:
        yield "partitions-added makes the group rebalance; the key stays in its partition unless that fault is named"
    if "power-loss" in pipeline.faults.kinds and consumer.commit != "with-sink":
        yield f"__consumer_offsets has {offsets_replicas(pipeline)} replicas and min.insync.replicas=1"
