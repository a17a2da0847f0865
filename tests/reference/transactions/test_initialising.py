from kio.schema.errors import ErrorCode

from tests.reference.transactions.desk import Desk, initialising


def test_without_a_transactional_id_there_is_always_a_new_producer_id() -> None:
    desk = Desk()

    assert desk.init(None) == (ErrorCode.none, 100, 0)
    assert desk.init(None, 100, 0) == (ErrorCode.none, 101, 0)


def test_only_one_of_producer_id_and_epoch_is_an_invalid_request() -> None:
    desk = Desk()

    assert desk.init("t", 100, -1)[0] is ErrorCode.invalid_request
    assert desk.init("t", -1, 0)[0] is ErrorCode.invalid_request
    assert desk.init(None, 100, -1)[0] is ErrorCode.invalid_request


def test_an_empty_transactional_id_is_an_invalid_request() -> None:
    assert Desk().init("")[0] is ErrorCode.invalid_request


def test_a_timeout_is_positive_and_at_most_the_maximum() -> None:
    desk = Desk()

    assert desk.init(timeout_ms=0)[0] is ErrorCode.invalid_transaction_timeout
    assert desk.init(timeout_ms=-1)[0] is ErrorCode.invalid_transaction_timeout
    assert desk.init(timeout_ms=900_001)[0] is ErrorCode.invalid_transaction_timeout
    assert desk.init(timeout_ms=900_000)[0] is ErrorCode.none


def test_each_instance_gets_the_next_epoch() -> None:
    desk = Desk()

    assert desk.init() == (ErrorCode.none, 100, 0)
    assert desk.init() == (ErrorCode.none, 100, 1)


def test_a_transactional_id_not_seen_before_takes_any_producer_id_and_epoch() -> None:
    assert Desk().init("t", 7, 7) == (ErrorCode.none, 100, 0)


def test_who_says_the_present_epoch_gets_the_next_one() -> None:
    desk = Desk()
    desk.init()

    assert desk.init("t", 100, 0) == (ErrorCode.none, 100, 1)


def test_who_says_the_last_epoch_gets_the_answer_again_that_was_lost() -> None:
    desk = Desk()
    desk.init()
    desk.init("t", 100, 0)

    assert desk.init("t", 100, 0) == (ErrorCode.none, 100, 1)


def test_who_says_the_last_epoch_after_another_instance_came_is_fenced() -> None:
    desk = Desk()
    desk.init()
    desk.init()

    assert desk.init("t", 100, 0)[0] is ErrorCode.producer_fenced


def test_who_says_an_epoch_that_never_was_is_fenced() -> None:
    desk = Desk()
    desk.init()

    assert desk.init("t", 100, 9)[0] is ErrorCode.producer_fenced


def test_who_says_another_producer_id_is_fenced() -> None:
    desk = Desk()
    desk.init()

    assert desk.init("t", 99, 0)[0] is ErrorCode.producer_fenced


def test_below_version_4_a_fenced_producer_hears_invalid_producer_epoch() -> None:
    desk = Desk()
    desk.init()

    assert desk.init("t", 99, 0, version=3)[0] is ErrorCode.invalid_producer_epoch


def test_an_open_transaction_is_aborted_first_and_the_epoch_goes_up_twice() -> None:
    desk = Desk()
    desk.init()
    desk.added(100, 0)

    assert desk.init() == (ErrorCode.concurrent_transactions, -1, -1)
    assert desk.kinds() == [False]
    assert desk.init() == (ErrorCode.none, 100, 2)


def test_while_a_transaction_is_open_only_the_producer_id_is_looked_at() -> None:
    for epoch in (0, 5, 9):
        desk = Desk()
        desk.init()
        desk.added(100, 0)

        assert desk.init("t", 99, 0)[0] is ErrorCode.producer_fenced
        assert desk.init("t", 100, epoch)[0] is ErrorCode.concurrent_transactions
        assert desk.state() == "COMPLETE_ABORT"


def test_who_aborts_its_own_transaction_so_gets_the_next_epoch_without_a_second_bump() -> None:
    desk = Desk()
    desk.init()
    desk.added(100, 0)
    desk.init("t", 100, 0)

    assert desk.init("t", 100, 0) == (ErrorCode.none, 100, 1)


def test_while_markers_are_written_everybody_waits() -> None:
    desk = Desk()
    desk.init()
    desk.added(100, 0)
    desk.leaders.is_silent = True
    desk.end(100, 0)

    assert desk.init()[0] is ErrorCode.concurrent_transactions
    assert desk.init("t", 99, 0)[0] is ErrorCode.concurrent_transactions


def test_while_an_epoch_is_logged_everybody_waits() -> None:
    desk = Desk()
    desk.init()
    desk.log.is_held = True
    first = desk.ask(desk.coordinator.init_producer_id(initialising("t"), 5))

    assert desk.init()[0] is ErrorCode.concurrent_transactions
    desk.log.release()
    desk.settle()
    assert first.result().producer_epoch == 1


def test_an_epoch_takes_effect_only_once_it_is_logged() -> None:
    desk = Desk()
    desk.init()
    desk.log.error = ErrorCode.not_enough_replicas

    assert desk.init()[0] is ErrorCode.coordinator_not_available
    assert desk.epoch() == 0


def test_where_the_epochs_have_run_out_there_is_a_new_producer_id() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32766)

    assert desk.init() == (ErrorCode.none, 101, 0)


def test_who_says_its_last_epoch_of_all_gets_a_new_producer_id_and_may_ask_again() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32766)

    assert desk.init("t", 100, 32766) == (ErrorCode.none, 101, 0)
    assert desk.init("t", 100, 32766) == (ErrorCode.none, 101, 0)
    assert desk.init("t", 100, 32765)[0] is ErrorCode.producer_fenced


def test_where_the_epochs_have_run_out_another_epoch_is_an_unknown_server_error() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32766)

    assert desk.init("t", 100, 5)[0] is ErrorCode.unknown_server_error


def test_without_a_producer_id_at_hand_the_client_waits() -> None:
    desk = Desk()
    desk.numbers.error = ErrorCode.coordinator_load_in_progress

    assert desk.init()[0] is ErrorCode.coordinator_load_in_progress
    assert desk.init(None)[0] is ErrorCode.coordinator_load_in_progress
