from kio.schema.errors import ErrorCode

from ackproof.reference.transactions.surroundings import TopicPartition
from tests.reference.transactions.desk import ELSEWHERE, OUT, Desk

GONE = TopicPartition("gone", 0)


def opened() -> Desk:
    desk = Desk()
    desk.init()
    desk.added(100, 0)
    return desk


def test_the_first_partition_begins_the_transaction() -> None:
    desk = Desk()
    desk.init()

    assert desk.added(100, 0) == [ErrorCode.none]
    assert desk.state() == "ONGOING"


def test_an_unknown_transactional_id_or_another_producer_id_is_an_invalid_mapping() -> None:
    desk = Desk()
    assert desk.added(100, 0) == [ErrorCode.invalid_producer_id_mapping]

    desk.init()

    assert desk.added(99, 0) == [ErrorCode.invalid_producer_id_mapping]


def test_another_epoch_lower_or_higher_is_fenced() -> None:
    desk = Desk()
    desk.init()
    desk.init()

    assert desk.added(100, 0) == desk.added(100, 2) == [ErrorCode.producer_fenced]
    assert desk.added(100, 0, version=1) == [ErrorCode.invalid_producer_epoch]
    assert desk.add_offsets(100, 0) is ErrorCode.producer_fenced
    assert desk.add_offsets(100, 0, version=1) is ErrorCode.invalid_producer_epoch


def test_one_unknown_partition_and_nothing_is_added() -> None:
    desk = Desk()
    desk.init()

    assert desk.added(100, 0, OUT, TopicPartition("out", 2), GONE) == [
        ErrorCode.operation_not_attempted,
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.unknown_topic_or_partition,
    ]
    assert desk.state() == "EMPTY"


def test_what_is_in_the_transaction_is_not_logged_again() -> None:
    desk = opened()
    stored = len(desk.log.stored)

    assert desk.added(100, 0) == [ErrorCode.none]
    assert len(desk.log.stored) == stored


def test_offsets_add_the_partition_that_keeps_the_group() -> None:
    desk = opened()

    assert desk.add_offsets(100, 0) is ErrorCode.none
    assert TopicPartition("__consumer_offsets", 0) in desk.log.states()[-1].partitions


def test_while_markers_are_written_the_next_transaction_waits() -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.end(100, 0, version=3)

    assert desk.added(100, 0) == [ErrorCode.concurrent_transactions]
    assert desk.add_offsets(100, 0) is ErrorCode.concurrent_transactions


def test_while_an_addition_is_logged_the_next_waits_but_verification_does_not() -> None:
    desk = opened()
    desk.log.is_held = True
    first = desk.ask(desk.coordinator.add_partitions_to_txn(desk.adding(100, 0, ELSEWHERE), 3))

    assert not first.is_done
    assert desk.added(100, 0) == [ErrorCode.concurrent_transactions]
    assert desk.added(100, 0, OUT, version=4, verify_only=True) == [ErrorCode.none]
    assert desk.added(100, 0, ELSEWHERE, version=4, verify_only=True) == [ErrorCode.transaction_abortable]


def test_an_empty_transactional_id_is_an_invalid_request() -> None:
    desk = Desk()

    assert desk.added(100, 0, name="") == [ErrorCode.invalid_request]
    assert desk.added(100, 0, version=4, verify_only=True, name="") == [ErrorCode.invalid_request]


def test_verification_says_whether_the_partition_is_in_the_transaction() -> None:
    desk = opened()

    assert desk.added(100, 0, OUT, ELSEWHERE, version=5, verify_only=True) == [
        ErrorCode.none,
        ErrorCode.transaction_abortable,
    ]


def test_verification_adds_nothing() -> None:
    desk = Desk()
    desk.init()

    assert desk.added(100, 0, version=4, verify_only=True) == [ErrorCode.transaction_abortable]
    assert desk.state() == "EMPTY"


def test_verification_refuses_who_is_not_the_producer() -> None:
    desk = opened()

    assert desk.added(99, 0, version=4, verify_only=True) == [ErrorCode.invalid_producer_id_mapping]
    assert desk.added(100, 1, version=4, verify_only=True) == [ErrorCode.producer_fenced]
    assert desk.added(100, 0, version=4, verify_only=True, name="u") == [ErrorCode.invalid_producer_id_mapping]


def test_verification_waits_while_the_transaction_ends() -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.end(100, 0, version=3)

    assert desk.added(100, 0, version=4, verify_only=True) == [ErrorCode.concurrent_transactions]


def test_a_partition_leader_may_ask_for_many_transactions_at_once() -> None:
    desk = opened()
    desk.init("u")
    one = desk.adding(100, 0, OUT, verify_only=True).transactions
    other = desk.adding(101, 0, OUT, name="u").transactions
    request = type(desk.adding(100, 0, OUT))(transactions=(*one, *other))

    answer = desk.told(desk.coordinator.add_partitions_to_txn(request, 5))

    assert [each.transactional_id for each in answer.results_by_transaction] == ["t", "u"]
    assert desk.state("u") == "ONGOING"


def test_a_partition_that_nothing_was_written_to_gets_a_marker_too() -> None:
    desk = opened()
    desk.added(100, 0, ELSEWHERE)
    desk.end(100, 0)

    (marker,) = [marker for _, marker in desk.leaders.sent]
    assert [list(topic.partition_indexes) for topic in marker.topics] == [[0, 1]]


def test_a_broker_that_does_not_coordinate_says_so() -> None:
    desk = Desk()
    desk.coordinator.resigned(0)

    assert desk.added(100, 0) == [ErrorCode.not_coordinator]
    assert desk.init()[0] is ErrorCode.not_coordinator
    assert desk.end(100, 0)[0] is ErrorCode.not_coordinator
    assert desk.add_offsets(100, 0) is ErrorCode.not_coordinator
