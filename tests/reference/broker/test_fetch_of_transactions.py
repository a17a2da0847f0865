from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.broker.rules import Rules
from tests.reference.broker.standing import Standing, batch, values
from tests.reference.broker.transacting import Producer

COMMITTED = 1


def test_readers_of_what_is_committed_stop_at_the_open_transaction() -> None:
    standing = Standing()
    producer = Producer(standing)
    standing.produce(batch("before"))
    producer.produce("a")
    standing.produce(batch("after"))

    answer = standing.fetch(0, isolation_level=COMMITTED)

    assert values(answer) == ["before"]
    assert (answer.high_watermark, answer.last_stable_offset) == (3, 1)
    assert answer.aborted_transactions == ()
    assert values(standing.fetch(0)) == ["before", "a", "after"]


def test_the_aborted_transactions_are_told_of() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")
    producer.abort()

    answer = standing.fetch(0, isolation_level=COMMITTED)

    assert [(each.producer_id, each.first_offset) for each in answer.aborted_transactions or ()] == [
        (producer.producer_id, 0)
    ]
    assert answer.last_stable_offset == answer.high_watermark == 2


def test_between_last_stable_offset_and_high_watermark_the_answer_is_empty_and_at_once() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")
    producer.produce("b")
    before_ms = standing.clock.now_ms

    answer = standing.fetch(1, isolation_level=COMMITTED)

    assert (answer.error_code, answer.records) == (ErrorCode.none, b"")
    assert standing.clock.now_ms == before_ms


def test_a_reader_that_waits_at_the_last_stable_offset_hears_of_the_commit() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")
    waiting = standing.send_fetch(0, isolation_level=COMMITTED, max_wait_ms=10_000)

    producer.commit()

    assert values(standing.fetched(waiting)) == ["a"]


def test_records_may_be_deleted_above_the_last_stable_offset() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a", "b")

    standing.delete_records(1)

    answer = standing.fetch(1, isolation_level=COMMITTED)
    assert (answer.error_code, answer.records) == (ErrorCode.none, b"")
    assert answer.last_stable_offset < answer.log_start_offset == 1
    producer.commit()
    assert values(standing.fetch(1, isolation_level=COMMITTED)) == ["a", "b"]


def test_the_abort_of_a_transaction_that_was_deleted_lists_its_first_offset_all_the_same() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")
    producer.produce("b")
    standing.delete_records(2)
    producer.abort()

    answer = standing.fetch(2, isolation_level=COMMITTED)

    assert [each.first_offset for each in answer.aborted_transactions or ()] == [0]


def test_a_known_bug_lets_readers_go_on_to_the_high_watermark() -> None:
    rules = Rules(transactions=TransactionRules(reads_stop_at_last_stable_offset=False))
    standing = Standing(rules=rules)
    Producer(standing).produce("a")

    assert values(standing.fetch(0, isolation_level=COMMITTED)) == ["a"]
