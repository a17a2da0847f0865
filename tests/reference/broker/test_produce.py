from dataclasses import replace

import pytest
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.response import ProduceResponse

from ackproof.reference.protocol.primitive import milliseconds
from ackproof.reference.protocol.request import CloseConnectionError
from ackproof.reference.records.batch import Record, encode, new_batch
from ackproof.reference.records.checksum import crc32c
from tests.reference.broker.standing import NOW_MS, TOPIC, Standing, batch, produce_request, values


def edited(data: bytes, at: int, *new: int) -> bytes:
    """The batch with other bytes at a place."""
    return data[:at] + bytes(new) + data[at + len(new) :]


def with_crc(data: bytes) -> bytes:
    """The batch with the right checksum."""
    return edited(data, 17, *crc32c(data[21:]).to_bytes(4))


def test_records_get_the_next_offsets() -> None:
    standing = Standing()

    answers = [standing.produce(batch("a", "b")), standing.produce(batch("c"))]

    assert [(answer.error_code, answer.base_offset, answer.log_start_offset) for answer in answers] == [
        (ErrorCode.none, 0, 0),
        (ErrorCode.none, 2, 0),
    ]


@pytest.mark.parametrize(
    "records", [b"", batch("a") + batch("b"), edited(batch("a"), 16, 1), edited(batch("a"), 16, 0)]
)
def test_anything_but_one_batch_of_today_is_an_invalid_record(records: bytes) -> None:
    standing = Standing()

    answer = standing.produce(records)

    assert (answer.error_code, answer.base_offset, answer.log_start_offset) == (ErrorCode.invalid_record, -1, -1)


def test_an_unknown_format_is_corrupt() -> None:
    assert Standing().produce(edited(batch("a"), 16, 3)).error_code is ErrorCode.corrupt_message


@pytest.mark.parametrize(("version", "error"), [(6, ErrorCode.unsupported_compression_type), (7, ErrorCode.none)])
def test_zstd_came_with_version_7(version: int, error: ErrorCode) -> None:
    assert Standing().produce(batch("a", compression="zstd"), version=version).error_code is error


@pytest.mark.parametrize(
    ("version", "answered"), [(6, (ErrorCode.unknown_server_error, -1)), (7, (ErrorCode.unknown_server_error, 0))]
)
def test_a_codec_that_nobody_knows_fails_where_it_is_first_looked_at(
    version: int, answered: tuple[ErrorCode, int]
) -> None:
    data = batch("a", compression="zstd")

    answer = Standing().produce(with_crc(edited(data, 22, 5)), version=version)

    assert (answer.error_code, answer.log_start_offset) == answered


@pytest.mark.parametrize(
    ("length_bytes", "error"), [(38, ErrorCode.unknown_server_error), (39, ErrorCode.corrupt_message)]
)
def test_a_batch_that_ends_before_its_producer_id_is_no_mistake_that_kafka_expects(
    length_bytes: int, error: ErrorCode
) -> None:
    data = edited(batch("a"), 8, *length_bytes.to_bytes(4))

    assert Standing().produce(data[: 12 + length_bytes]).error_code is error


def test_null_records_get_no_answer() -> None:
    standing = Standing()

    assert standing.outcome(standing.send(produce_request({(TOPIC, 0): None}))) is None


def test_a_transactional_batch_needs_a_transactional_id() -> None:
    standing = Standing()
    data = batch("a", is_transactional=True, producer_id=1, producer_epoch=0, base_sequence=0)
    request = produce_request({(TOPIC, 0): data, (TOPIC, 1): batch("b"), ("nowhere", 0): batch("c")})

    response = standing.ask(ProduceResponse, request)

    errors = {each.error_code for topic in response.responses for each in topic.partition_responses}
    assert errors == {ErrorCode.transactional_id_authorization_failed}
    assert values(standing.fetch(0, partition=1, max_wait_ms=0)) == []


def test_each_partition_is_answered_for_itself() -> None:
    standing = Standing()
    request = produce_request({(TOPIC, 0): batch("a"), (TOPIC, 7): batch("b"), ("nowhere", 0): batch("c")})

    response = standing.ask(ProduceResponse, request)

    assert [
        (topic.name, each.index, each.error_code) for topic in response.responses for each in topic.partition_responses
    ] == [
        (TOPIC, 0, ErrorCode.none),
        (TOPIC, 7, ErrorCode.unknown_topic_or_partition),
        ("nowhere", 0, ErrorCode.unknown_topic_or_partition),
    ]


def test_an_unknown_partition_is_told_before_a_bad_batch() -> None:
    assert Standing().produce(b"", partition=9).error_code is ErrorCode.unknown_topic_or_partition


@pytest.mark.parametrize("acks", [2, -2, 3])
def test_other_acks_are_invalid_and_nothing_is_appended(acks: int) -> None:
    standing = Standing()

    answer = standing.produce(batch("a"), acks=acks)

    assert (answer.error_code, answer.base_offset, answer.log_start_offset) == (ErrorCode.invalid_required_acks, -1, -1)
    assert values(standing.fetch(0, max_wait_ms=0)) == []


@pytest.mark.parametrize(
    ("client_id", "error"), [("test", ErrorCode.invalid_topic_exception), ("__admin_client", ErrorCode.none)]
)
def test_only_the_admin_client_writes_to_internal_topics(client_id: str, error: ErrorCode) -> None:
    standing = Standing({"__consumer_offsets": 1})

    response = standing.ask(
        ProduceResponse, produce_request({("__consumer_offsets", 0): batch("a")}), client_id=client_id
    )

    assert response.responses[0].partition_responses[0].error_code is error


def test_a_base_offset_of_a_client_is_an_invalid_record() -> None:
    answer = Standing().produce(batch("a", base_offset=5))

    assert (answer.error_code, answer.log_start_offset) == (ErrorCode.invalid_record, 0)


def test_a_batch_that_is_too_large_is_told_without_the_log_start() -> None:
    standing = Standing(settings={"message.max.bytes": 200})

    answer = standing.produce(batch("a" * 200))

    assert (answer.error_code, answer.log_start_offset) == (ErrorCode.message_too_large, -1)


def test_a_wrong_checksum_is_corrupt() -> None:
    assert Standing().produce(edited(batch("a"), 17, 0, 0, 0, 0)).error_code is ErrorCode.corrupt_message


def test_record_errors_name_the_records_of_a_compacted_topic_without_key() -> None:
    standing = Standing(settings={"log.cleanup.policy": "compact"})
    data = encode(new_batch([Record(b"a", b"k", NOW_MS), Record(b"b", None, NOW_MS)]))

    answer = standing.produce(data)

    assert (answer.error_code, answer.base_offset, answer.log_start_offset) == (ErrorCode.invalid_record, -1, 0)
    assert [each.batch_index for each in answer.record_errors] == [1]
    assert answer.error_message is not None


def test_a_timestamp_beyond_the_window_is_told_with_its_record() -> None:
    answer = Standing().produce(batch("a", timestamp_ms=NOW_MS + 2 * 3_600_000))

    assert answer.error_code is ErrorCode.invalid_timestamp
    assert [each.batch_index for each in answer.record_errors] == [0]


def test_the_append_time_is_told_where_it_counts() -> None:
    standing = Standing(settings={"log.message.timestamp.type": "LogAppendTime"})

    answer = standing.produce(batch("a"))

    assert milliseconds(answer.log_append_time) == standing.clock.now_ms
    assert Standing().produce(batch("a")).log_append_time is None


def test_acks_0_gets_no_answer_and_is_appended() -> None:
    standing = Standing()

    assert standing.outcome(standing.send(produce_request({(TOPIC, 0): batch("a")}, acks=0))) is None
    assert values(standing.fetch(0)) == ["a"]


def test_acks_0_closes_the_connection_if_anything_goes_wrong() -> None:
    standing = Standing()
    request = produce_request({(TOPIC, 0): batch("a"), (TOPIC, 7): batch("b")}, acks=0)

    with pytest.raises(CloseConnectionError):
        standing.outcome(standing.send(request))

    assert values(standing.fetch(0)) == ["a"]


def test_a_batch_that_comes_again_is_answered_with_its_first_offset() -> None:
    standing = Standing()
    first = batch("a", producer_id=9, producer_epoch=0, base_sequence=0)
    standing.produce(first)
    standing.produce(batch("b", producer_id=9, producer_epoch=0, base_sequence=1))

    again = standing.produce(batch("other", producer_id=9, producer_epoch=0, base_sequence=0))

    assert (again.error_code, again.base_offset) == (ErrorCode.none, 0)
    assert values(standing.fetch(0)) == ["a", "b"]


def test_a_gap_in_the_sequence_is_refused_with_the_log_start() -> None:
    standing = Standing()
    standing.produce(batch("a", producer_id=9, producer_epoch=0, base_sequence=0))

    answer = standing.produce(batch("b", producer_id=9, producer_epoch=0, base_sequence=2))

    assert (answer.error_code, answer.log_start_offset) == (ErrorCode.out_of_order_sequence_number, 0)


def test_of_a_partition_that_is_named_twice_the_last_counts() -> None:
    standing = Standing()
    once, twice = produce_request({(TOPIC, 0): batch("a")}), produce_request({(TOPIC, 0): batch("b")})
    both = replace(once, topic_data=once.topic_data + twice.topic_data)

    response = standing.ask(ProduceResponse, both)

    assert [each.base_offset for topic in response.responses for each in topic.partition_responses] == [0]
    assert values(standing.fetch(0)) == ["b"]


@pytest.mark.parametrize(("version", "epoch"), [(9, -1), (10, 1)])
def test_from_version_10_on_who_finds_no_leader_here_is_told_who_leads(version: int, epoch: int) -> None:
    standing = Standing()
    standing.broker.stop()
    standing.pass_time(10)

    answer = standing.produce(batch("a"), version=version)

    assert (answer.error_code, answer.log_start_offset) == (ErrorCode.not_leader_or_follower, -1)
    assert (answer.current_leader.leader_id, answer.current_leader.leader_epoch) == (-1, epoch)


def test_what_is_stored_survives_a_crash_of_the_process() -> None:
    standing = Standing()
    standing.produce(batch("a", producer_id=9, producer_epoch=0, base_sequence=0))

    standing.crash()

    assert values(standing.fetch(0)) == ["a"]
    assert standing.produce(batch("a", producer_id=9, producer_epoch=0, base_sequence=0)).base_offset == 0


def test_a_leader_that_comes_back_leads_in_a_later_epoch() -> None:
    standing = Standing()
    before = standing.broker.replicas.partition(TOPIC, 0).leader_epoch

    standing.restart()

    assert standing.broker.replicas.partition(TOPIC, 0).leader_epoch > before
