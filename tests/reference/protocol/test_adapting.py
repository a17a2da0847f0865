"""What old versions say in other fields."""

import pytest
from kio.schema.add_partitions_to_txn.v3.request import AddPartitionsToTxnRequest as OldAdd
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.add_partitions_to_txn.v5.response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from kio.schema.alter_partition.v2.request import AlterPartitionRequest as OldAlter
from kio.schema.alter_partition.v3.request import AlterPartitionRequest, BrokerState, PartitionData, TopicData
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import Coordinator, FindCoordinatorResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity
from kio.schema.leave_group.v5.response import LeaveGroupResponse, MemberResponse
from kio.schema.metadata.v0.request import MetadataRequest as OldMetadataRequest
from kio.schema.metadata.v12.request import MetadataRequest, MetadataRequestTopic
from kio.schema.metadata.v12.response import MetadataResponse, MetadataResponseTopic
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest, OffsetFetchRequestGroup
from kio.schema.offset_fetch.v9.response import (
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)
from kio.static.protocol import RequestPayload

from ackproof.reference.protocol.converting import to_canonical, to_version
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import (
    BrokerId,
    GroupId,
    ProducerId,
    TopicName,
    TransactionalId,
    duration,
    i8,
    i16,
    i32,
    i64,
)

NO_TIME = duration(0)
GROUP, TOPIC = GroupId("g"), TopicName("t")
NONE = ErrorCode.none


def check_unsupported(request: RequestPayload, version: int) -> None:
    with pytest.raises(KafkaError) as raised:
        to_version(request, version)
    assert raised.value.code is ErrorCode.unsupported_version


def coordinator(error: ErrorCode = NONE, message: str | None = None) -> FindCoordinatorResponse:
    found = Coordinator(key="g", node_id=BrokerId(1), host="h", port=i32(9), error_code=error, error_message=message)
    return FindCoordinatorResponse(throttle_time=NO_TIME, coordinators=(found,))


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_an_old_client_looks_for_one_coordinator(version: int) -> None:
    one = FindCoordinatorRequest(coordinator_keys=("g",))
    two = FindCoordinatorRequest(coordinator_keys=("g", "h"))

    assert to_canonical(to_version(one, version)) == one
    check_unsupported(two, version)


def test_an_old_answer_about_a_coordinator_always_has_a_message() -> None:
    assert "error_message='NONE'" in repr(to_version(coordinator(), 3))
    assert "error_message='NONE'" in repr(to_version(coordinator(message=""), 1))
    assert "error_message='COORDINATOR_NOT_AVAILABLE'" in repr(
        to_version(coordinator(ErrorCode.coordinator_not_available), 2)
    )
    assert "error_message" not in repr(to_version(coordinator(), 0))
    assert "error_message=None" in repr(to_version(coordinator(), 4))


def test_an_old_answer_does_not_say_whose_coordinator_that_is() -> None:
    found = to_canonical(to_version(coordinator(), 2))

    assert isinstance(found, FindCoordinatorResponse)
    assert [(found.key, found.node_id) for found in found.coordinators] == [("", 1)]


def test_before_version_1_the_time_to_rebalance_is_that_of_the_session() -> None:
    request = JoinGroupRequest(
        group_id=GROUP,
        session_timeout=duration(10),
        rebalance_timeout=duration(20),
        member_id="",
        protocol_type="consumer",
        protocols=(),
    )

    def rebalance_timeout_after(version: int) -> object:
        joined = to_canonical(to_version(request, version))
        assert isinstance(joined, JoinGroupRequest)
        return joined.rebalance_timeout

    assert rebalance_timeout_after(0) == duration(10)
    assert rebalance_timeout_after(1) == duration(20)


def test_before_version_7_no_protocol_is_an_empty_one() -> None:
    answer = JoinGroupResponse(
        throttle_time=NO_TIME,
        error_code=ErrorCode.unknown_member_id,
        generation_id=i32(-1),
        protocol_name=None,
        leader="",
        member_id="",
        members=(),
    )

    assert "protocol_name=''" in repr(to_version(answer, 6))
    assert "protocol_name=None" in repr(to_version(answer, 7))


def leaving(*errors: ErrorCode, error: ErrorCode = NONE) -> LeaveGroupResponse:
    members = tuple(MemberResponse(member_id="m", group_instance_id=None, error_code=each) for each in errors)
    return LeaveGroupResponse(throttle_time=NO_TIME, error_code=error, members=members)


def test_before_version_3_one_member_leaves() -> None:
    one = LeaveGroupRequest(group_id=GROUP, members=(MemberIdentity(member_id="m"),))

    assert to_canonical(to_version(one, 2)) == one
    check_unsupported(LeaveGroupRequest(group_id=GROUP, members=()), 2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (leaving(NONE), NONE),
        (leaving(ErrorCode.unknown_member_id), ErrorCode.unknown_member_id),
        (leaving(error=ErrorCode.not_coordinator), ErrorCode.not_coordinator),
        (leaving(ErrorCode.unknown_member_id, error=ErrorCode.not_coordinator), ErrorCode.not_coordinator),
    ],
)
def test_an_old_answer_says_how_the_one_member_left(answer: LeaveGroupResponse, error: ErrorCode) -> None:
    left = to_canonical(to_version(answer, 1))

    assert left == LeaveGroupResponse(throttle_time=NO_TIME, error_code=error, members=())


@pytest.mark.parametrize("topics", [None, ()])
def test_before_version_8_offsets_are_of_one_group(topics: tuple[()] | None) -> None:
    group = OffsetFetchRequestGroup(group_id=GROUP, topics=topics)
    one = OffsetFetchRequest(groups=(group,), require_stable=True)

    assert to_canonical(to_version(one, 7)) == one
    check_unsupported(OffsetFetchRequest(groups=(group, group)), 7)


def test_an_old_broker_is_not_asked_for_stable_offsets() -> None:
    group = OffsetFetchRequestGroup(group_id=GROUP, topics=())

    asked = to_canonical(to_version(OffsetFetchRequest(groups=(group,), require_stable=True), 6))

    assert asked == OffsetFetchRequest(groups=(group,), require_stable=False)


def offsets(error: ErrorCode) -> OffsetFetchResponse:
    partition = OffsetFetchResponsePartitions(
        partition_index=i32(0), committed_offset=i64(5), metadata="m", error_code=NONE
    )
    topic = OffsetFetchResponseTopics(name=TOPIC, partitions=(partition,))
    group = OffsetFetchResponseGroup(group_id=GROUP, topics=(topic,), error_code=error)
    return OffsetFetchResponse(throttle_time=NO_TIME, groups=(group,))


def test_before_version_2_an_error_of_a_group_is_one_of_its_partitions() -> None:
    failed = to_canonical(to_version(offsets(ErrorCode.not_coordinator), 1))
    fine = to_canonical(to_version(offsets(NONE), 1))

    assert isinstance(failed, OffsetFetchResponse)
    (partition,) = failed.groups[0].topics[0].partitions
    assert (partition.error_code, partition.committed_offset) == (ErrorCode.not_coordinator, -1)
    assert isinstance(fine, OffsetFetchResponse)
    assert fine.groups[0].topics == offsets(NONE).groups[0].topics


def test_from_version_2_on_a_group_has_an_error() -> None:
    failed = to_canonical(to_version(offsets(ErrorCode.not_coordinator), 2))

    assert isinstance(failed, OffsetFetchResponse)
    assert failed.groups[0].error_code is ErrorCode.not_coordinator


ADDING = AddPartitionsToTxnTransaction(
    transactional_id=TransactionalId("tx"),
    producer_id=ProducerId(7),
    producer_epoch=i16(3),
    topics=(AddPartitionsToTxnTopic(name=TOPIC, partitions=(i32(0), i32(1))),),
)


@pytest.mark.parametrize("version", [0, 3])
def test_clients_add_partitions_to_one_transaction(version: int) -> None:
    one = AddPartitionsToTxnRequest(transactions=(ADDING,))
    sent = to_version(one, version)

    assert to_canonical(sent) == one
    check_unsupported(AddPartitionsToTxnRequest(transactions=(ADDING, ADDING)), version)
    if version == 3:
        assert isinstance(sent, OldAdd)
        assert (sent.v3_and_below_transactional_id, sent.v3_and_below_producer_epoch) == ("tx", 3)


def test_clients_learn_about_each_partition_that_they_added() -> None:
    fenced = AddPartitionsToTxnPartitionResult(partition_index=i32(0), partition_error_code=ErrorCode.producer_fenced)
    result = AddPartitionsToTxnResult(
        transactional_id=TransactionalId("tx"),
        topic_results=(AddPartitionsToTxnTopicResult(name=TOPIC, results_by_partition=(fenced,)),),
    )
    answer = AddPartitionsToTxnResponse(throttle_time=NO_TIME, error_code=NONE, results_by_transaction=(result,))

    def error_at(version: int) -> ErrorCode:
        added = to_canonical(to_version(answer, version))
        assert isinstance(added, AddPartitionsToTxnResponse)
        return added.results_by_transaction[0].topic_results[0].results_by_partition[0].partition_error_code

    assert error_at(3) is ErrorCode.producer_fenced
    assert error_at(1) is ErrorCode.invalid_producer_epoch


def test_before_version_6_topics_are_deleted_by_name() -> None:
    named = DeleteTopicsRequest(topics=(DeleteTopicState(name=TOPIC, topic_id=None),), timeout=duration(5))

    assert to_canonical(to_version(named, 5)) == named
    check_unsupported(DeleteTopicsRequest(topics=(DeleteTopicState(topic_id=None),), timeout=NO_TIME), 5)


def asking(topics: tuple[MetadataRequestTopic, ...] | None) -> MetadataRequest:
    return MetadataRequest(topics=topics, include_topic_authorized_operations=False)


def test_in_version_0_no_topics_are_all_of_them() -> None:
    assert to_canonical(OldMetadataRequest(topics=())) == asking(None)
    assert to_version(asking(None), 0) == OldMetadataRequest(topics=())
    check_unsupported(asking(()), 0)


def test_from_version_1_on_no_topics_are_none() -> None:
    assert to_canonical(to_version(asking(()), 1)) == asking(())
    assert to_canonical(to_version(asking(None), 1)) == asking(None)


def test_before_version_12_every_topic_has_a_name() -> None:
    topic = MetadataResponseTopic(error_code=ErrorCode.unknown_topic_id, name=None, topic_id=None, partitions=())
    answer = MetadataResponse(throttle_time=NO_TIME, brokers=(), topics=(topic,))

    assert "name=''" in repr(to_version(answer, 11))


def test_before_version_3_replicas_have_no_incarnations() -> None:
    partition = PartitionData(
        partition_index=i32(0),
        leader_epoch=i32(4),
        new_isr_with_epochs=(BrokerState(broker_id=BrokerId(1), broker_epoch=i64(9)),),
        leader_recovery_state=i8(0),
        partition_epoch=i32(6),
    )
    request = AlterPartitionRequest(
        broker_id=BrokerId(1), broker_epoch=i64(9), topics=(TopicData(topic_id=None, partitions=(partition,)),)
    )
    sent = to_version(request, 2)
    back = to_canonical(sent)

    assert isinstance(sent, OldAlter)
    assert sent.topics[0].partitions[0].new_isr == (1,)
    assert isinstance(back, AlterPartitionRequest)
    assert back.topics[0].partitions[0].new_isr_with_epochs == (BrokerState(broker_id=BrokerId(1)),)
    assert back.topics[0].partitions[0].partition_epoch == 6
