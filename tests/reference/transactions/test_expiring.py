from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TransactionRules
from tests.reference.transactions.desk import Desk

DAY_MS = 24 * 60 * 60 * 1_000


def timed_out(rules: TransactionRules | None = None) -> Desk:
    desk = Desk(rules)
    desk.init(timeout_ms=1_000)
    desk.added(100, 0)
    desk.pass_ms(10_000)
    return desk


def test_a_transaction_that_takes_too_long_is_aborted_with_the_next_epoch() -> None:
    desk = timed_out()

    assert desk.state() == "COMPLETE_ABORT"
    assert desk.epoch() == 1
    assert desk.kinds() == [False]


def test_it_is_looked_for_only_every_ten_seconds() -> None:
    desk = Desk()
    desk.init(timeout_ms=1_000)
    desk.added(100, 0)
    desk.pass_ms(9_999)

    assert desk.state() == "ONGOING"


def test_it_counts_from_the_first_partition() -> None:
    desk = Desk()
    desk.init(timeout_ms=15_000)
    desk.added(100, 0)
    desk.pass_ms(10_000)
    desk.add_offsets(100, 0)
    desk.pass_ms(10_000)

    assert desk.state() == "COMPLETE_ABORT"


def test_a_producer_that_timed_out_is_fenced() -> None:
    desk = timed_out()

    assert desk.added(100, 0) == [ErrorCode.producer_fenced]
    assert desk.add_offsets(100, 0) is ErrorCode.producer_fenced
    assert desk.end(100, 0, version=4)[0] is ErrorCode.producer_fenced


def test_for_the_new_end_the_bump_after_a_timeout_looks_like_its_own() -> None:
    desk = timed_out()

    assert desk.end(100, 0, commit=False) == (ErrorCode.none, 100, 1)
    assert desk.end(100, 0)[0] is ErrorCode.invalid_txn_state


def test_after_a_timeout_the_producer_gets_the_epoch_that_the_bump_gave() -> None:
    assert timed_out().init("t", 100, 0) == (ErrorCode.none, 100, 1)


def test_under_the_old_protocol_the_producer_is_fenced_after_a_timeout() -> None:
    desk = timed_out(TRANSACTION_VERSION_1)

    assert desk.epoch() == 1
    assert desk.init("t", 100, 0)[0] is ErrorCode.producer_fenced


def test_a_transaction_whose_end_is_pending_is_not_aborted() -> None:
    desk = Desk()
    desk.init(timeout_ms=1_000)
    desk.added(100, 0)
    desk.leaders.is_silent = True
    desk.end(100, 0)
    desk.pass_ms(20_000)

    assert desk.state() == "PREPARE_COMMIT"


def test_under_the_old_protocol_a_fence_that_is_not_logged_does_not_raise_the_epoch_twice() -> None:
    desk = Desk(TRANSACTION_VERSION_1)
    desk.init(timeout_ms=1_000)
    desk.added(100, 0)
    desk.log.error = ErrorCode.not_enough_replicas
    desk.pass_ms(10_000)
    assert desk.epoch() == 1
    desk.log.error = None
    desk.pass_ms(10_000)

    assert desk.state() == "COMPLETE_ABORT"
    assert desk.epoch() == 1


def test_with_the_last_epoch_of_all_a_timeout_brings_a_new_producer_id() -> None:
    desk = Desk()
    desk.init(timeout_ms=1_000)
    desk.set_epoch(32766)
    desk.added(100, 32766)
    desk.pass_ms(10_000)

    assert desk.init("t", 100, 32766) == (ErrorCode.none, 101, 0)


def test_a_transactional_id_that_nobody_uses_is_forgotten_in_the_log_too() -> None:
    desk = Desk()
    desk.init()
    desk.pass_ms(7 * DAY_MS + 60 * 60 * 1_000)

    assert desk.added(100, 0) == [ErrorCode.invalid_producer_id_mapping]
    desk.fail_over()
    assert desk.added(100, 0) == [ErrorCode.invalid_producer_id_mapping]


def test_an_open_transaction_does_not_expire() -> None:
    desk = Desk()
    desk.init()
    desk.added(100, 0)
    desk.leaders.is_silent = True
    desk.end(100, 0)
    desk.pass_ms(8 * DAY_MS)

    assert desk.state() == "PREPARE_COMMIT"


def test_an_id_whose_tombstone_is_not_logged_stays() -> None:
    desk = Desk()
    desk.init()
    desk.pass_ms(7 * DAY_MS - 60 * 60 * 1_000)
    desk.log.error = ErrorCode.not_enough_replicas
    desk.pass_ms(2 * 60 * 60 * 1_000)
    desk.log.error = None

    assert desk.init() == (ErrorCode.none, 100, 1)
