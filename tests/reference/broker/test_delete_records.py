import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.delete_records import delete_records
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.broker.leading import Leading
from tests.reference.broker.standing import Standing, batch, values


def written() -> Standing:
    standing = Standing()
    for value in "abc":
        standing.produce(batch(value))
    return standing


def test_what_is_deleted_is_out_of_range() -> None:
    standing = written()

    answer = standing.delete_records(2)

    assert (answer.error_code, answer.low_watermark) == (ErrorCode.none, 2)
    assert standing.fetch(1).error_code is ErrorCode.offset_out_of_range
    assert values(standing.fetch(2)) == ["c"]


def test_minus_1_deletes_all_that_is_committed() -> None:
    assert written().delete_records(-1).low_watermark == 3


@pytest.mark.parametrize("offset", [-2, 4])
def test_an_offset_that_is_not_committed_is_out_of_range(offset: int) -> None:
    answer = written().delete_records(offset)

    assert (answer.error_code, answer.low_watermark) == (ErrorCode.offset_out_of_range, -1)


def test_a_lower_offset_changes_nothing() -> None:
    standing = written()
    standing.delete_records(2)

    assert standing.delete_records(1).low_watermark == 2


def test_a_topic_that_only_compacts_does_not_delete() -> None:
    standing = Standing(settings={"log.cleanup.policy": "compact"})

    assert standing.delete_records(0).error_code is ErrorCode.policy_violation


def test_internal_topics_are_left_alone() -> None:
    standing = Standing({"__consumer_offsets": 1})

    answers = [standing.delete_records(0, topic="__consumer_offsets", partition=each) for each in (0, 9)]

    assert [each.error_code for each in answers] == [
        ErrorCode.invalid_topic_exception,
        ErrorCode.unknown_topic_or_partition,
    ]


def test_a_kill_within_the_minute_brings_the_deleted_records_back() -> None:
    standing = written()
    standing.delete_records(2)
    standing.crash()

    assert values(standing.fetch(0)) == ["a", "b", "c"]


def test_a_clean_stop_keeps_the_records_deleted() -> None:
    standing = written()
    standing.delete_records(2)
    standing.restart()

    assert standing.fetch(0).error_code is ErrorCode.offset_out_of_range


def test_after_a_minute_a_kill_does_not_bring_them_back() -> None:
    standing = written()
    standing.delete_records(2)
    standing.pass_time(60_000)
    standing.crash()

    assert standing.fetch(0).error_code is ErrorCode.offset_out_of_range


def test_the_lowest_start_of_all_replicas_that_are_alive_counts() -> None:
    leading = Leading()
    leading.append("a")
    leading.append("b")
    for broker in (2, 3):
        leading.fetched(broker, 2)
    del leading.brokers.epochs[3]

    wanted = delete_records(leading.partition, 1)
    seen = [leading.partition.leading().low_watermark]
    leading.partition.has_fetched(leading.partition.follower(2, 0), 2, 1, -1)
    seen.append(leading.partition.leading().low_watermark)

    assert (wanted, seen) == (1, [0, 1])


def test_a_follower_deletes_nothing() -> None:
    leading = Leading()
    leading.hear(leader=2, leader_epoch=1)

    with pytest.raises(KafkaError) as caught:
        delete_records(leading.partition, 0)

    assert caught.value.code is ErrorCode.not_leader_or_follower
