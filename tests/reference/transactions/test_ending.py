import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from tests.reference.transactions.desk import Desk, ending

STUCK = TransactionRules(bumps_epoch_at_every_end=False, refuses_end=True, refusal_keeps_pending=True)


def opened(rules: TransactionRules | None = None) -> Desk:
    desk = Desk(rules)
    desk.init()
    desk.added(100, 0)
    return desk


def test_the_old_protocol_keeps_the_epoch_and_says_nothing_more() -> None:
    desk = opened()

    assert desk.end(100, 0, version=4) == (ErrorCode.none, -1, -1)
    assert desk.state() == "COMPLETE_COMMIT"
    assert desk.epoch() == 0


def test_the_new_protocol_gives_the_next_epoch() -> None:
    desk = opened()

    assert desk.end(100, 0) == (ErrorCode.none, 100, 1)
    assert desk.state() == "COMPLETE_COMMIT"


def test_the_protocol_is_chosen_by_each_request() -> None:
    desk = opened()
    desk.added(100, 0, version=5)

    assert desk.end(100, 0, version=3)[0] is ErrorCode.none
    desk.added(100, 0, version=3)
    assert desk.end(100, 0, commit=False) == (ErrorCode.none, 100, 1)


@pytest.mark.parametrize("version", [3, 5])
def test_unknown_ids_are_an_invalid_mapping(version: int) -> None:
    desk = Desk()
    assert desk.end(100, 0, version=version)[0] is ErrorCode.invalid_producer_id_mapping

    desk.init()

    assert desk.end(99, 0, version=version)[0] is ErrorCode.invalid_producer_id_mapping
    assert desk.end(100, 0, version=version, name="")[0] is ErrorCode.invalid_request


@pytest.mark.parametrize(
    ("version", "error"), [(1, "invalid_producer_epoch"), (2, "producer_fenced"), (5, "producer_fenced")]
)
def test_another_epoch_is_fenced_under_the_name_that_the_version_knows(version: int, error: str) -> None:
    desk = opened()

    assert desk.end(100, 5, version=version)[0] is ErrorCode[error]


@pytest.mark.parametrize("commit", [True, False])
def test_under_the_old_protocol_a_repeat_is_done_once_it_is_complete(commit: bool) -> None:
    desk = opened()
    desk.end(100, 0, commit=commit, version=3)

    assert desk.end(100, 0, commit=commit, version=3)[0] is ErrorCode.none
    assert desk.end(100, 0, commit=not commit, version=3)[0] is ErrorCode.invalid_txn_state


@pytest.mark.parametrize("commit", [True, False])
def test_under_the_old_protocol_nothing_ends_what_never_began(commit: bool) -> None:
    desk = Desk()
    desk.init()

    assert desk.end(100, 0, commit=commit, version=3)[0] is ErrorCode.invalid_txn_state


@pytest.mark.parametrize("version", [3, 5])
def test_a_repeat_waits_while_markers_are_written(version: int) -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.end(100, 0, version=version)

    assert desk.end(100, 0, version=version)[0] is ErrorCode.concurrent_transactions


@pytest.mark.parametrize("commit", [True, False])
def test_under_the_new_protocol_the_last_epoch_is_a_lost_answer(commit: bool) -> None:
    desk = opened()
    desk.end(100, 0, commit=commit)

    assert desk.end(100, 0, commit=commit) == (ErrorCode.none, 100, 1)
    assert desk.end(100, 0, commit=not commit)[0] is ErrorCode.invalid_txn_state


def test_once_the_next_transaction_is_open_the_last_epoch_is_fenced() -> None:
    desk = opened()
    desk.end(100, 0)
    desk.added(100, 1)

    assert desk.end(100, 0)[0] is ErrorCode.producer_fenced
    assert desk.state() == "ONGOING"


@pytest.mark.parametrize("ended", [None, True, False])
def test_under_the_new_protocol_an_abort_of_nothing_succeeds_and_gives_the_next_epoch(ended: bool | None) -> None:
    desk = Desk()
    desk.init()
    if ended is not None:
        desk.added(100, 0)
        desk.end(100, 0, commit=ended)
    epoch, sent = desk.epoch(), len(desk.leaders.sent)

    assert desk.end(100, epoch, commit=False) == (ErrorCode.none, 100, epoch + 1)
    assert len(desk.leaders.sent) == sent
    assert desk.state() == "COMPLETE_ABORT"


@pytest.mark.parametrize("ended", [None, True, False])
def test_under_the_new_protocol_a_commit_of_nothing_is_an_invalid_state(ended: bool | None) -> None:
    desk = Desk()
    desk.init()
    if ended is not None:
        desk.added(100, 0)
        desk.end(100, 0, commit=ended)

    assert desk.end(100, desk.epoch())[0] is ErrorCode.invalid_txn_state


def test_the_last_epoch_means_nothing_where_no_transaction_has_ended() -> None:
    desk = Desk()
    desk.init()
    desk.init()

    assert desk.end(100, 0, commit=False)[0] is ErrorCode.producer_fenced


def test_a_decision_is_answered_once_it_is_durable_and_before_any_marker_is_written() -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.log.is_held = True
    answer = desk.ask(desk.coordinator.end_txn(ending(100, 0, True), 5))
    assert not answer.is_done
    assert not desk.leaders.sent

    desk.log.release()
    desk.settle()

    assert answer.result().error_code is ErrorCode.none
    assert desk.state() == "PREPARE_COMMIT"
    assert desk.kinds() == [True]


def test_while_a_decision_is_logged_nothing_else_begins() -> None:
    desk = opened()
    desk.log.is_held = True
    desk.ask(desk.coordinator.end_txn(ending(100, 0, True), 5))

    assert desk.end(100, 0, commit=False)[0] is ErrorCode.concurrent_transactions
    assert desk.added(100, 0) == [ErrorCode.concurrent_transactions]


def test_a_decision_that_cannot_be_logged_is_none() -> None:
    desk = opened()
    desk.log.error = ErrorCode.not_leader_or_follower
    assert desk.end(100, 0)[0] is ErrorCode.not_coordinator
    desk.log.error = None

    assert desk.state() == "ONGOING"
    assert desk.end(100, 0, commit=False)[0] is ErrorCode.none


def test_a_decision_that_is_not_replicated_in_time_may_be_taken_once_more() -> None:
    desk = opened()
    desk.log.is_held = True
    answer = desk.ask(desk.coordinator.end_txn(ending(100, 0, True), 5))
    desk.pass_ms(60_000)
    desk.log.is_held = False

    assert answer.result().error_code is ErrorCode.coordinator_not_available
    assert desk.end(100, 0, commit=False)[0] is ErrorCode.none
    assert desk.kinds() == [False]


def test_with_the_last_epoch_of_all_a_transaction_ends_with_a_new_producer_id() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32766)
    desk.added(100, 32766)

    assert desk.end(100, 32766) == (ErrorCode.none, 101, 0)
    assert desk.leaders.sent[0][1].producer_id == 100
    assert desk.leaders.sent[0][1].producer_epoch == 32767
    assert desk.end(100, 32766) == (ErrorCode.none, 101, 0)
    assert desk.end(100, 32766, commit=False)[0] is ErrorCode.invalid_txn_state
    assert desk.added(101, 0) == [ErrorCode.none]


def test_without_a_producer_id_at_hand_the_last_epoch_of_all_does_not_end() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32766)
    desk.added(100, 32766)
    desk.numbers.error = ErrorCode.coordinator_load_in_progress

    assert desk.end(100, 32766)[0] is ErrorCode.coordinator_load_in_progress
    assert desk.state() == "ONGOING"


def test_an_epoch_beyond_the_last_of_all_is_healed_by_an_abort() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32767)
    desk.added(100, 32767)

    assert desk.end(100, 32767)[0] is ErrorCode.unknown_server_error
    assert desk.end(100, 32767, commit=False) == (ErrorCode.none, 102, 0)


def test_at_transaction_version_0_the_new_end_is_refused_and_stays_pending_until_a_failover() -> None:
    desk = opened(STUCK)

    assert desk.end(100, 0)[0] is ErrorCode.unsupported_version
    assert desk.end(100, 0, version=3)[0] is ErrorCode.concurrent_transactions
    assert desk.added(100, 0) == [ErrorCode.concurrent_transactions]
    assert desk.init()[0] is ErrorCode.concurrent_transactions
    desk.pass_ms(100_000)
    assert desk.state() == "ONGOING"
    desk.fail_over()
    desk.pass_ms(100_000)
    assert desk.state() == "COMPLETE_ABORT"


def test_at_transaction_version_0_a_partition_that_produce_12_adds_is_refused_likewise() -> None:
    desk = Desk(STUCK)
    desk.init()

    assert desk.added(100, 0, version=5) == [ErrorCode.unsupported_version]
    assert desk.added(100, 0) == [ErrorCode.concurrent_transactions]


def test_a_refusal_that_keeps_nothing_pending_does_no_harm() -> None:
    desk = opened(TransactionRules(bumps_epoch_at_every_end=False, refuses_end=True))

    assert desk.end(100, 0)[0] is ErrorCode.unsupported_version
    assert desk.end(100, 0, version=3)[0] is ErrorCode.none
