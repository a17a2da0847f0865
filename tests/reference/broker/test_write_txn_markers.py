import pytest
from kio.schema.errors import ErrorCode
from kio.schema.write_txn_markers.v2.request import WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse

from ackproof.reference.protocol.primitive import ProducerId, TopicName, i8, i16, i32
from tests.reference.broker.standing import TOPIC, Standing, batch
from tests.reference.broker.transacting import Producer


def marker(
    producer_id: int, epoch: int, *partitions: int, coordinator_epoch: int = 0, version: int = 0
) -> WritableTxnMarker:
    return WritableTxnMarker(
        producer_id=ProducerId(producer_id),
        producer_epoch=i16(epoch),
        transaction_result=True,
        topics=(
            WritableTxnMarkerTopic(name=TopicName(TOPIC), partition_indexes=tuple(i32(each) for each in partitions)),
        ),
        coordinator_epoch=i32(coordinator_epoch),
        transaction_version=i8(version),
    )


def written(standing: Standing, *markers: WritableTxnMarker) -> dict[tuple[int, int], ErrorCode]:
    """The error of each producer and partition."""
    response = standing.ask(WriteTxnMarkersResponse, WriteTxnMarkersRequest(markers=markers))
    return {
        (each.producer_id, partition.partition_index): partition.error_code
        for each in response.markers
        for topic in each.topics
        for partition in topic.partitions
    }


def test_a_marker_ends_the_transaction_in_each_partition_that_is_here() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")

    errors = written(standing, marker(producer.producer_id, producer.epoch, 0, 7))

    assert errors == {
        (producer.producer_id, 0): ErrorCode.none,
        (producer.producer_id, 7): ErrorCode.unknown_topic_or_partition,
    }
    assert standing.fetch(0).last_stable_offset == 2


def test_no_markers_are_answered_with_none() -> None:
    assert written(Standing()) == {}


@pytest.mark.parametrize(("producer_id", "epoch"), [(-1, 0), (9, -1)])
def test_a_marker_of_nobody_is_an_unknown_error(producer_id: int, epoch: int) -> None:
    assert written(Standing(), marker(producer_id, epoch, 0)) == {(producer_id, 0): ErrorCode.unknown_server_error}


def test_a_marker_of_an_older_coordinator_is_fenced() -> None:
    standing = Standing()
    written(standing, marker(9, 0, 0, coordinator_epoch=3))

    assert written(standing, marker(9, 0, 0, coordinator_epoch=2)) == {(9, 0): ErrorCode.transaction_coordinator_fenced}


@pytest.mark.parametrize(("version", "error"), [(1, ErrorCode.none), (2, ErrorCode.invalid_producer_epoch)])
def test_a_marker_of_the_new_protocol_must_raise_the_epoch(version: int, error: ErrorCode) -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")
    late = marker(producer.producer_id, producer.epoch, 0, version=version)

    assert written(standing, late) == {(producer.producer_id, 0): error}


def test_after_a_marker_of_an_unknown_producer_its_first_sequence_is_0() -> None:
    standing = Standing()
    written(standing, marker(9, 0, 0))

    errors = [
        standing.produce(batch("a", producer_id=9, producer_epoch=0, base_sequence=each)).error_code for each in (5, 0)
    ]

    assert errors == [ErrorCode.out_of_order_sequence_number, ErrorCode.none]
