import pytest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.response import FetchResponse

from ackproof.reference.records.batch import split
from tests.reference.broker.standing import TOPIC, Standing, batch, fetch_request, values


def test_what_is_there_is_answered_at_once() -> None:
    standing = Standing()
    standing.produce(batch("a", "b"))
    before_ms = standing.clock.now_ms

    answer = standing.fetch(0)

    assert values(answer) == ["a", "b"]
    assert (answer.high_watermark, answer.last_stable_offset, answer.log_start_offset) == (2, 2, 0)
    assert answer.aborted_transactions is None
    assert standing.clock.now_ms == before_ms


def test_whole_batches_come_also_from_the_middle_of_one() -> None:
    standing = Standing()
    standing.produce(batch("a", "b"))

    assert values(standing.fetch(1)) == ["a", "b"]


def test_at_the_end_a_fetch_waits_for_as_long_as_it_says() -> None:
    standing = Standing()
    before_ms = standing.clock.now_ms

    answer = standing.fetch(0, max_wait_ms=300)

    assert (answer.error_code, answer.records) == (ErrorCode.none, b"")
    assert standing.clock.now_ms == before_ms + 300


def test_a_waiting_fetch_is_answered_when_there_is_enough() -> None:
    standing = Standing()
    waiting = standing.send(fetch_request({(TOPIC, 0): 0}, max_wait_ms=10_000, min_bytes=100))
    standing.pass_time(50)
    standing.produce(batch("a"))
    standing.pass_time(50)
    was_done = waiting.is_done
    standing.produce(batch("b"))
    standing.pass_time(0)

    assert (was_done, waiting.is_done) == (False, True)
    answer = waiting.result()
    assert isinstance(answer, FetchResponse)
    assert values(answer.responses[0].partitions[0]) == ["a", "b"]


def test_bytes_that_do_not_fit_count_as_enough() -> None:
    standing = Standing()
    standing.produce(batch("a" * 50))
    standing.produce(batch("b" * 50))
    before_ms = standing.clock.now_ms

    answer = standing.fetch(0, min_bytes=200, partition_max_bytes=200)

    assert values(answer) == ["a" * 50]
    assert standing.clock.now_ms == before_ms


def test_the_first_batch_comes_even_if_it_is_larger_than_what_was_asked_for() -> None:
    standing = Standing()
    standing.produce(batch("a" * 500))

    assert values(standing.fetch(0, max_bytes=10, partition_max_bytes=10)) == ["a" * 500]


def test_only_the_first_partition_that_has_any_goes_beyond_the_limits() -> None:
    standing = Standing({TOPIC: 3})
    for partition in (1, 2):
        standing.produce(batch("a" * 500), partition=partition)

    response = standing.ask(FetchResponse, fetch_request({(TOPIC, each): 0 for each in range(3)}, max_bytes=10))

    sizes = [len(split(each.records or b"")) for topic in response.responses for each in topic.partitions]
    assert sizes == [0, 1, 0]


@pytest.mark.parametrize("offset", [-1, 3, 100])
def test_out_of_range_nothing_is_known(offset: int) -> None:
    standing = Standing()
    standing.produce(batch("a", "b"))

    answer = standing.fetch(offset)

    assert answer.error_code is ErrorCode.offset_out_of_range
    assert (answer.high_watermark, answer.last_stable_offset, answer.log_start_offset) == (-1, -1, -1)
    assert answer.records == b""


def test_an_error_in_one_partition_answers_all_at_once() -> None:
    standing = Standing()
    before_ms = standing.clock.now_ms

    response = standing.ask(FetchResponse, fetch_request({(TOPIC, 0): 0, (TOPIC, 1): 9}))

    assert [each.error_code for topic in response.responses for each in topic.partitions] == [
        ErrorCode.none,
        ErrorCode.offset_out_of_range,
    ]
    assert standing.clock.now_ms == before_ms


def test_unknown_partitions_come_last_and_answer_nothing_at_once() -> None:
    standing = Standing()
    before_ms = standing.clock.now_ms

    response = standing.ask(FetchResponse, fetch_request({("nowhere", 0): 0, (TOPIC, 0): 0}))

    assert [(topic.topic, topic.partitions[0].error_code) for topic in response.responses] == [
        (TOPIC, ErrorCode.none),
        ("nowhere", ErrorCode.unknown_topic_or_partition),
    ]
    assert standing.clock.now_ms == before_ms + 500


def test_only_unknown_partitions_are_answered_at_once() -> None:
    standing = Standing()
    before_ms = standing.clock.now_ms

    response = standing.ask(FetchResponse, fetch_request({("nowhere", 0): 0}))

    partition = response.responses[0].partitions[0]
    assert (partition.high_watermark, partition.aborted_transactions) == (-1, ())
    assert standing.clock.now_ms == before_ms


def test_other_leader_epochs_are_told_apart() -> None:
    standing = Standing()
    standing.restart()
    epoch = standing.broker.replicas.partition(TOPIC, 0).leader_epoch

    errors = [standing.fetch(0, current_leader_epoch=epoch + step, max_wait_ms=0).error_code for step in (-1, 0, 1)]

    assert errors == [ErrorCode.fenced_leader_epoch, ErrorCode.none, ErrorCode.unknown_leader_epoch]


def test_a_reader_whose_log_is_longer_is_told_where_they_part() -> None:
    standing = Standing()
    standing.produce(batch("a"))
    standing.restart()
    epoch = standing.broker.replicas.partition(TOPIC, 0).leader_epoch
    standing.produce(batch("b"))

    answer = standing.fetch(2, last_fetched_epoch=epoch - 1, current_leader_epoch=epoch)

    assert (answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset) == (0, 1)
    assert answer.records == b""


def test_a_last_epoch_that_the_leader_never_had_is_out_of_range() -> None:
    standing = Standing()
    standing.produce(batch("a"))

    assert standing.fetch(1, last_fetched_epoch=9).error_code is ErrorCode.offset_out_of_range


@pytest.mark.parametrize("version", [4, 12])
def test_a_topic_of_zstd_is_for_everybody_since_4_0(version: int) -> None:
    standing = Standing(settings={"compression.type": "zstd"})
    standing.produce(batch("a"))

    assert values(standing.fetch(0, version=version)) == ["a"]


@pytest.mark.parametrize("name", ["max_bytes", "partition_max_bytes"])
def test_a_negative_limit_is_an_unknown_error_where_there_is_anything_to_read(name: str) -> None:
    standing = Standing()
    standing.produce(batch("a"))

    errors = [standing.fetch(offset, max_wait_ms=0, **{name: -1}).error_code for offset in (0, 1)]

    assert errors == [ErrorCode.unknown_server_error, ErrorCode.none]


def test_a_session_that_there_is_not_is_told_before_an_unknown_isolation_level() -> None:
    request = fetch_request({(TOPIC, 0): 0}, isolation_level=9, session_id=7, session_epoch=1)

    assert Standing().ask(FetchResponse, request).error_code is ErrorCode.fetch_session_id_not_found


def test_an_unknown_isolation_level_is_an_unknown_error_everywhere() -> None:
    response = Standing().ask(FetchResponse, fetch_request({(TOPIC, 0): 0}, isolation_level=9))

    assert response.error_code is ErrorCode.unknown_server_error
    assert response.responses[0].partitions[0].error_code is ErrorCode.unknown_server_error


def test_a_waiting_fetch_is_answered_when_the_topic_is_deleted() -> None:
    standing = Standing()
    waiting = standing.send(fetch_request({(TOPIC, 0): 0}, max_wait_ms=10_000))
    standing.pass_time(10)

    standing.delete_topic(TOPIC)

    answer = standing.outcome(waiting)
    assert isinstance(answer, FetchResponse)
    assert answer.responses[0].partitions[0].error_code is ErrorCode.unknown_topic_or_partition
