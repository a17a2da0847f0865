"""AlterPartition: a leader asks for other in-sync replicas."""

from kio.schema.alter_partition.v3.request import AlterPartitionRequest, BrokerState
from kio.schema.alter_partition.v3.request import PartitionData as AskedPartition
from kio.schema.alter_partition.v3.request import TopicData as AskedTopic
from kio.schema.alter_partition.v3.response import AlterPartitionResponse, PartitionData, TopicData
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.electing import electorate, with_partition
from ackproof.reference.controller.image import Image, PartitionImage, TopicImage
from ackproof.reference.controller.partition_change import changed
from ackproof.reference.controller.registering import check_broker_epoch
from ackproof.reference.controller.settings import Policy
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, duration, i8, i32

RECOVERED, RECOVERING = 0, 1
"""The states that a leader can report. Source: ``LeaderRecoveryState``."""


def altered(image: Image, policy: Policy, request: AlterPartitionRequest) -> tuple[Image, AlterPartitionResponse]:
    """
    *image* after what a leader asked for, and the answer.

    Source: KIP-497; ``ReplicationControlManager.alterPartition``.
    """
    try:
        check_broker_epoch(image, request.broker_id, request.broker_epoch)
    except KafkaError as error:
        return image, AlterPartitionResponse(throttle_time=duration(0), error_code=error.code, topics=())
    topics: list[TopicData] = []
    for asked in request.topics:
        image, answer = _topic(image, policy, request.broker_id, asked)
        topics.append(answer)
    return image, AlterPartitionResponse(throttle_time=duration(0), error_code=ErrorCode.none, topics=tuple(topics))


def _topic(image: Image, policy: Policy, broker: int, asked: AskedTopic) -> tuple[Image, TopicData]:
    topic = image.topic_of(asked.topic_id)
    partitions: list[PartitionData] = []
    for partition in asked.partitions:
        if topic is None:
            partitions.append(_refused(partition.partition_index, ErrorCode.unknown_topic_id))
            continue
        image, answer = _partition(image, policy, topic, broker, partition)
        partitions.append(answer)
    return image, TopicData(topic_id=asked.topic_id, partitions=tuple(partitions))


def _partition(
    image: Image, policy: Policy, topic: TopicImage, broker: int, asked: AskedPartition
) -> tuple[Image, PartitionData]:
    partition = image.partition(topic.name, asked.partition_index)
    if partition is None:
        return image, _refused(asked.partition_index, ErrorCode.unknown_topic_or_partition)
    error = refusal(image, policy, partition, broker, asked)
    if error is not ErrorCode.none:
        return image, _refused(asked.partition_index, error)
    members = tuple(state.broker_id for state in asked.new_isr_with_epochs)
    decides = electorate(policy, topic, image.is_active)
    after = changed(partition, decides, members, is_recovering=asked.leader_recovery_state == RECOVERING)
    image = with_partition(image, topic.name, asked.partition_index, after)
    if after.leader != broker:
        return image, _refused(asked.partition_index, ErrorCode.new_leader_elected)
    return image, _accepted(asked.partition_index, after)


def refusal(image: Image, policy: Policy, partition: PartitionImage, broker: int, asked: AskedPartition) -> ErrorCode:
    """
    Why the controller refuses what *broker* asked for; ``none`` if it does not.

    Source: ``ReplicationControlManager.validateAlterPartitionData``.
    """
    stale = _staleness(partition, broker, asked)
    if stale is not None:
        return stale
    if not _is_valid(partition, asked):
        return ErrorCode.invalid_request
    # Before KIP-497 the leader wrote what is in sync to ZooKeeper, and nobody looked at who that was.
    if not policy.rules.asks_controller_to_join or _are_eligible(image, policy, asked.new_isr_with_epochs):
        return ErrorCode.none
    return ErrorCode.ineligible_replica


def _staleness(partition: PartitionImage, broker: int, asked: AskedPartition) -> ErrorCode | None:
    """What is wrong with what the leader believes of the partition; None if nothing is."""
    if asked.leader_epoch > partition.leader_epoch or asked.partition_epoch > partition.partition_epoch:
        # It knows more than this controller, which then is active no more.
        return ErrorCode.not_controller
    if asked.leader_epoch < partition.leader_epoch:
        return ErrorCode.fenced_leader_epoch
    if broker != partition.leader:
        return ErrorCode.invalid_request
    return ErrorCode.invalid_update_version if asked.partition_epoch < partition.partition_epoch else None


def _is_valid(partition: PartitionImage, asked: AskedPartition) -> bool:
    """Whether the members are replicas, with the leader among them, and the leader's recovery goes forward."""
    members = [state.broker_id for state in asked.new_isr_with_epochs]
    if len(set(members)) != len(members) or not set(members) <= set(partition.replicas):
        return False
    if partition.leader not in members or asked.leader_recovery_state not in (RECOVERED, RECOVERING):
        return False
    return asked.leader_recovery_state == RECOVERED or (len(members) == 1 and partition.is_recovering)


def _are_eligible(image: Image, policy: Policy, members: tuple[BrokerState, ...]) -> bool:
    return all(_is_eligible(image, policy, member) for member in members)


def _is_eligible(image: Image, policy: Policy, member: BrokerState) -> bool:
    """
    Whether it is active, and the incarnation that fetched is the present one.

    Source: ``ReplicationControlManager.ineligibleReplicasForIsr``; KIP-841, KIP-903.
    """
    if not image.is_active(member.broker_id):
        return False
    if member.broker_epoch == -1 or not policy.rules.checks_broker_epochs:
        return True
    return image.brokers[member.broker_id].epoch == member.broker_epoch


def _accepted(index: int, partition: PartitionImage) -> PartitionData:
    return PartitionData(
        partition_index=i32(index),
        error_code=ErrorCode.none,
        leader_id=BrokerId(partition.leader),
        leader_epoch=i32(partition.leader_epoch),
        isr=tuple(BrokerId(replica) for replica in partition.in_sync_replicas),
        leader_recovery_state=i8(RECOVERING if partition.is_recovering else RECOVERED),
        partition_epoch=i32(partition.partition_epoch),
    )


def _refused(index: int, error: ErrorCode) -> PartitionData:
    return PartitionData(
        partition_index=i32(index),
        error_code=error,
        leader_id=BrokerId(0),
        leader_epoch=i32(0),
        partition_epoch=i32(0),
    )
