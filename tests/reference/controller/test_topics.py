"""Topics that are created, extended and deleted."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from kio.schema.create_partitions.v3.request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kio.schema.create_topics.v7.request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.controller import Controller
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i16, i32
from tests.reference.controller.commanding import Commanding


def topic(
    name: str = "orders",
    partitions: int = 2,
    replication_factor: int = 3,
    assignments: Mapping[int, tuple[int, ...]] | None = None,
    configs: tuple[CreatableTopicConfig, ...] = (),
) -> CreatableTopic:
    chosen = tuple(
        CreatableReplicaAssignment(partition_index=i32(index), broker_ids=tuple(BrokerId(each) for each in brokers))
        for index, brokers in (assignments or {}).items()
    )
    return CreatableTopic(
        name=TopicName(name),
        num_partitions=i32(-1 if chosen else partitions),
        replication_factor=i16(-1 if chosen else replication_factor),
        assignments=chosen,
        configs=configs,
    )


def create(cluster: Commanding, *topics: CreatableTopic, asks_only: bool = False) -> dict[str, ErrorCode]:
    request = CreateTopicsRequest(topics=topics, timeout=duration(0), validate_only=asks_only)
    return {result.name: result.error_code for result in cluster.controller.create_topics(request).topics}


def extend(cluster: Commanding, count: int, *assignments: tuple[int, ...], name: str = "orders") -> ErrorCode:
    chosen = tuple(
        CreatePartitionsAssignment(broker_ids=tuple(BrokerId(each) for each in replicas)) for replicas in assignments
    )
    asked = CreatePartitionsTopic(name=TopicName(name), count=i32(count), assignments=chosen or None)
    request = CreatePartitionsRequest(topics=(asked,), timeout=duration(0), validate_only=False)
    return cluster.controller.create_partitions(request).results[0].error_code


def named(name: str | None = None, topic_id: UUID | None = None) -> DeleteTopicState:
    return DeleteTopicState(name=None if name is None else TopicName(name), topic_id=topic_id)


def delete(cluster: Commanding, *topics: DeleteTopicState) -> list[ErrorCode]:
    response = cluster.controller.delete_topics(DeleteTopicsRequest(topics=topics, timeout=duration(0)))
    return [result.error_code for result in response.responses]


def test_each_partition_begins_with_another_broker() -> None:
    cluster = Commanding()

    create(cluster, topic(partitions=3))

    partitions = cluster.image.topics["orders"].partitions
    assert sorted(partition.leader for partition in partitions) == [1, 2, 3]
    assert all(sorted(partition.replicas) == [1, 2, 3] for partition in partitions)


def test_what_is_left_to_the_controller_is_as_it_is_configured() -> None:
    cluster = Commanding(num_partitions="4", default_replication_factor="2")

    create(cluster, topic(partitions=-1, replication_factor=-1))

    assert [len(partition.replicas) for partition in cluster.image.topics["orders"].partitions] == [2, 2, 2, 2]


def test_fenced_brokers_get_replicas_only_after_the_others() -> None:
    cluster = Commanding()
    cluster.crash(1)

    create(cluster, topic(partitions=2, replication_factor=3))

    partitions = cluster.image.topics["orders"].partitions
    assert all(partition.replicas[-1] == 1 for partition in partitions)
    assert all(sorted(partition.in_sync_replicas) == [2, 3] for partition in partitions)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (topic("a b"), ErrorCode.invalid_topic_exception),
        (topic(".."), ErrorCode.invalid_topic_exception),
        (topic(""), ErrorCode.invalid_topic_exception),
        (topic("x" * 250), ErrorCode.invalid_topic_exception),
        (topic("__cluster_metadata"), ErrorCode.invalid_request),
        (topic(partitions=0), ErrorCode.invalid_partitions),
        (topic(replication_factor=0), ErrorCode.invalid_replication_factor),
        (topic(replication_factor=4), ErrorCode.invalid_replication_factor),
        (topic(assignments={0: (1, 7)}), ErrorCode.invalid_replica_assignment),
        (topic(assignments={0: (1, 1)}), ErrorCode.invalid_replica_assignment),
        (topic(assignments={0: (1, 2), 1: (1,)}), ErrorCode.invalid_replica_assignment),
        (topic(assignments={1: (1, 2)}), ErrorCode.invalid_replica_assignment),
        (topic(assignments={0: ()}), ErrorCode.invalid_replica_assignment),
        (topic(configs=(CreatableTopicConfig(name="retention.ms", value=None),)), ErrorCode.invalid_config),
    ],
)
def test_a_topic_that_cannot_be_is_refused(asked: CreatableTopic, error: ErrorCode) -> None:
    cluster = Commanding()

    assert create(cluster, asked) == {asked.name: error}
    assert not cluster.image.topics


def test_a_topic_that_is_there_is_refused() -> None:
    cluster = Commanding()
    create(cluster, topic())

    assert create(cluster, topic()) == {"orders": ErrorCode.topic_already_exists}


def test_names_that_metrics_cannot_tell_apart_collide() -> None:
    cluster = Commanding()
    create(cluster, topic("a.b"))

    assert create(cluster, topic("a_b")) == {"a_b": ErrorCode.invalid_topic_exception}


def test_a_topic_that_is_asked_for_twice_is_not_created() -> None:
    cluster = Commanding()

    assert create(cluster, topic(), topic(), topic("b")) == {"b": ErrorCode.none, "orders": ErrorCode.invalid_request}
    assert list(cluster.image.topics) == ["b"]


def test_settings_that_a_topic_cannot_have_are_refused() -> None:
    def refuse(settings: Mapping[str, str]) -> None:
        raise ValueError(f"{min(settings)}: no")

    cluster = Commanding()
    cluster.controller = Controller(cluster.clock, cluster.rng, lambda _: None, check_topic_settings=refuse)
    configs = (CreatableTopicConfig(name="retention.ms", value="x"),)

    assert create(cluster, topic(configs=configs)) == {"orders": ErrorCode.invalid_config}


def test_a_request_for_very_many_partitions_is_refused() -> None:
    cluster = Commanding()

    refused = create(cluster, topic(partitions=9_999), topic("b", assignments={0: (1, 2), 1: (1, 2)}))

    assert refused == dict.fromkeys(("orders", "b"), ErrorCode.policy_violation)
    assert not cluster.image.topics


def test_topics_that_are_named_twice_do_not_count_for_that() -> None:
    large = topic(partitions=9_999)

    assert create(Commanding(), large, large) == {"orders": ErrorCode.invalid_request}


def test_who_only_asks_changes_nothing() -> None:
    cluster = Commanding()

    assert create(cluster, topic(), asks_only=True) == {"orders": ErrorCode.none}
    assert not cluster.image.topics


def test_partitions_are_added_after_the_ones_there() -> None:
    cluster = Commanding()
    create(cluster, topic(partitions=1))
    first = cluster.image.topics["orders"].partitions[0]

    assert extend(cluster, 3) is ErrorCode.none
    assert extend(cluster, 4, (3, 1, 2)) is ErrorCode.none

    partitions = cluster.image.topics["orders"].partitions
    assert (len(partitions), partitions[0], partitions[3].leader) == (4, first, 3)


@pytest.mark.parametrize(
    ("count", "assignments", "error"),
    [
        (2, (), ErrorCode.invalid_partitions),
        (1, (), ErrorCode.invalid_partitions),
        (4, ((1, 2, 3),), ErrorCode.invalid_replica_assignment),
        (3, ((1, 2),), ErrorCode.invalid_replica_assignment),
    ],
)
def test_partitions_that_cannot_be_added_are_refused(
    count: int, assignments: tuple[tuple[int, ...], ...], error: ErrorCode
) -> None:
    cluster = Commanding()
    create(cluster, topic(partitions=2))

    assert extend(cluster, count, *assignments) is error


def test_partitions_are_added_only_to_topics() -> None:
    assert extend(Commanding(), 2) is ErrorCode.unknown_topic_or_partition


def test_a_topic_is_deleted_by_name_or_by_id() -> None:
    cluster = Commanding()
    create(cluster, topic("a"), topic("b"), topic("c"))

    errors = delete(cluster, named("a"), named(topic_id=cluster.image.topics["b"].topic_id))

    assert errors == [ErrorCode.none, ErrorCode.none]
    assert list(cluster.image.topics) == ["c"]


def test_a_topic_that_is_not_clearly_meant_is_not_deleted() -> None:
    cluster = Commanding()
    create(cluster, topic("a"))
    topic_id = cluster.image.topics["a"].topic_id

    assert delete(cluster, named("a", topic_id)) == [ErrorCode.invalid_request]
    assert delete(cluster, named()) == [ErrorCode.invalid_request]
    assert delete(cluster, named("a"), named("a")) == [ErrorCode.invalid_request]
    assert delete(cluster, named("a"), named(topic_id=topic_id)) == [ErrorCode.invalid_request]
    assert delete(cluster, named("b")) == [ErrorCode.unknown_topic_or_partition]
    assert delete(cluster, named(topic_id=UUID(int=5))) == [ErrorCode.unknown_topic_id]
    assert list(cluster.image.topics) == ["a"]


def test_a_topic_that_is_created_again_has_another_id() -> None:
    cluster = Commanding()
    create(cluster, topic("a"))
    before = cluster.image.topics["a"].topic_id
    delete(cluster, named("a"))

    create(cluster, topic("a"))

    assert cluster.image.topics["a"].topic_id != before
