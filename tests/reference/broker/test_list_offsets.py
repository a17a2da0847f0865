import pytest
from kio.schema.errors import ErrorCode
from kio.schema.list_offsets.v10.request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kio.schema.list_offsets.v10.response import ListOffsetsPartitionResponse, ListOffsetsResponse

from ackproof.reference.broker.apis.list_offsets import found_offset
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i32, i64
from tests.reference.broker.leading import Leading
from tests.reference.broker.standing import NOW_MS, TOPIC, Standing, batch
from tests.reference.broker.transacting import Producer

LATEST, EARLIEST, LARGEST = -1, -2, -3


def asked(timestamp: int, partition: int = 0, epoch: int = -1) -> ListOffsetsPartition:
    return ListOffsetsPartition(
        partition_index=i32(partition), current_leader_epoch=i32(epoch), timestamp=i64(timestamp)
    )


def request(*partitions: ListOffsetsPartition, isolation: int = 0, replica: int = -1) -> ListOffsetsRequest:
    return ListOffsetsRequest(
        replica_id=BrokerId(replica),
        isolation_level=i8(isolation),
        topics=(ListOffsetsTopic(name=TopicName(TOPIC), partitions=partitions),),
        timeout=duration(1_000),
    )


def answers(
    standing: Standing, body: ListOffsetsRequest, version: int = 10
) -> tuple[ListOffsetsPartitionResponse, ...]:
    return standing.ask(ListOffsetsResponse, body, version).topics[0].partitions


def found(answer: ListOffsetsPartitionResponse) -> tuple[ErrorCode, int, int, int]:
    return answer.error_code, answer.offset, answer.timestamp, answer.leader_epoch


def written() -> Standing:
    """Three records, a second apart, the last one first."""
    standing = Standing()
    for second in (2, 0, 1):
        standing.produce(batch("a", timestamp_ms=NOW_MS + 1_000 * second))
    return standing


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (LATEST, (ErrorCode.none, 3, -1, 0)),
        (EARLIEST, (ErrorCode.none, 0, -1, 0)),
        (-4, (ErrorCode.none, 0, -1, 0)),
        (-5, (ErrorCode.none, -1, -1, -1)),
        (LARGEST, (ErrorCode.none, 0, NOW_MS + 2_000, 0)),
        (0, (ErrorCode.none, 0, NOW_MS + 2_000, 0)),
        (NOW_MS + 2_001, (ErrorCode.none, -1, -1, -1)),
    ],
)
def test_an_offset_is_found_by_what_stands_for_a_time(
    timestamp: int, expected: tuple[ErrorCode, int, int, int]
) -> None:
    assert found(answers(written(), request(asked(timestamp)))[0]) == expected


def test_an_empty_partition_begins_and_ends_at_0_and_has_no_time() -> None:
    times = [asked(LATEST), asked(EARLIEST), asked(LARGEST), asked(NOW_MS)]

    offsets = [answers(Standing(), request(each))[0].offset for each in times]

    assert offsets == [0, 0, -1, -1]


@pytest.mark.parametrize(
    ("timestamp", "version", "error"),
    [
        (LARGEST, 6, ErrorCode.unsupported_version),
        (LARGEST, 7, ErrorCode.none),
        (-4, 7, ErrorCode.unsupported_version),
        (-5, 8, ErrorCode.unsupported_version),
        (-6, 10, ErrorCode.unsupported_version),
    ],
)
def test_what_a_version_does_not_know_is_unsupported(timestamp: int, version: int, error: ErrorCode) -> None:
    assert answers(written(), request(asked(timestamp)), version)[0].error_code is error


def test_readers_of_what_is_committed_are_told_the_last_stable_offset() -> None:
    standing = Standing()
    producer = Producer(standing)
    standing.produce(batch("a"))
    producer.produce("b")

    offsets = [answers(standing, request(asked(LATEST), isolation=each))[0].offset for each in (0, 1)]

    assert offsets == [2, 1]


def test_a_time_beyond_what_may_be_read_is_nowhere() -> None:
    standing = Standing()
    producer = Producer(standing)
    standing.produce(batch("a"))
    producer.produce("b", timestamp_ms=NOW_MS + 1_000)

    assert answers(standing, request(asked(NOW_MS + 1), isolation=1))[0].offset == -1


def test_a_partition_that_is_named_twice_is_an_invalid_request() -> None:
    twice = answers(Standing(), request(asked(LATEST), asked(EARLIEST), asked(LATEST, partition=1)))

    assert [each.error_code for each in twice] == [
        ErrorCode.invalid_request,
        ErrorCode.invalid_request,
        ErrorCode.none,
    ]


def test_other_leader_epochs_and_unknown_partitions_are_told() -> None:
    standing = Standing()

    errors = [
        answers(standing, request(each))[0].error_code for each in (asked(LATEST, epoch=1), asked(LATEST, partition=5))
    ]

    assert errors == [ErrorCode.unknown_leader_epoch, ErrorCode.unknown_topic_or_partition]


def test_a_new_leader_that_does_not_know_what_is_committed_does_not_say_where_it_ends() -> None:
    leading = Leading()
    leading.append("a", "b")
    leading.hear(leader_epoch=1)

    errors: list[ErrorCode] = []
    for timestamp in (LATEST, NOW_MS):
        with pytest.raises(KafkaError) as caught:
            found_offset(leading.partition, request(), asked(timestamp))
        errors.append(caught.value.code)

    assert errors == [ErrorCode.offset_not_available, ErrorCode.offset_not_available]
    assert found_offset(leading.partition, request(), asked(EARLIEST)).offset == 0
    assert found_offset(leading.partition, request(replica=2), asked(LATEST)).offset == 2


def test_who_names_no_isolation_level_that_there_is_is_told_nothing() -> None:
    assert found(answers(written(), request(asked(LATEST), isolation=2))[0]) == (
        ErrorCode.unknown_server_error,
        -1,
        -1,
        -1,
    )
