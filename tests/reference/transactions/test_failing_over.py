from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.future import spawn
from tests.reference.transactions.desk import Desk, ending
from tests.reference.transactions.surrounded import ListLog


def opened() -> Desk:
    desk = Desk()
    desk.init()
    desk.added(100, 0)
    return desk


def test_a_new_coordinator_knows_what_the_log_says() -> None:
    desk = opened()
    desk.fail_over()

    assert desk.state() == "ONGOING"
    assert desk.end(100, 0) == (ErrorCode.none, 100, 1)


def test_a_new_coordinator_writes_the_markers_of_what_was_decided() -> None:
    for commit in (True, False):
        desk = opened()
        desk.leaders.is_silent = True
        desk.end(100, 0, commit=commit)
        desk.leaders.is_silent = False
        desk.fail_over()

        assert desk.kinds() == [commit, commit]
        assert [marker.coordinator_epoch for _, marker in desk.leaders.sent] == [0, 1]
        assert desk.state() == ("COMPLETE_COMMIT" if commit else "COMPLETE_ABORT")


def test_an_answer_to_an_earlier_coordinator_changes_nothing() -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.end(100, 0)
    desk.coordinator.elected(0, ListLog(desk.clock, desk.log.stored, 1))
    desk.settle()
    stored = len(desk.log.stored)
    first = desk.leaders.unanswered.pop()
    first[1].resolve(desk.leaders.response(first[0]))
    desk.settle()

    assert len(desk.log.stored) == stored
    desk.leaders.speak()
    desk.settle()
    assert desk.state() == "COMPLETE_COMMIT"


def test_while_it_loads_it_says_so() -> None:
    desk = opened()
    desk.coordinator.elected(0, ListLog(desk.clock, desk.log.stored, 1))
    answer = spawn(desk.clock, desk.coordinator.end_txn(ending(100, 0, True), 5))

    assert answer.result().error_code is ErrorCode.coordinator_load_in_progress


def test_what_was_given_up_while_it_loaded_is_not_loaded() -> None:
    desk = opened()
    desk.coordinator.elected(0, ListLog(desk.clock, desk.log.stored, 1))
    desk.coordinator.resigned(0)
    desk.settle()

    assert desk.added(100, 0) == [ErrorCode.not_coordinator]


def test_a_decision_that_is_logged_as_the_coordinator_moves_is_answered_not_coordinator() -> None:
    desk = opened()
    desk.log.is_held = True
    answer = desk.ask(desk.coordinator.end_txn(ending(100, 0, True), 5))
    desk.coordinator.resigned(0)
    desk.log.release()
    desk.settle()

    assert answer.result().error_code is ErrorCode.not_coordinator
    assert not desk.leaders.sent


def test_the_last_epoch_is_not_in_the_log_so_who_asks_again_across_a_failover_is_fenced() -> None:
    desk = Desk()
    desk.init()
    desk.init("t", 100, 0)
    desk.fail_over()

    assert desk.init("t", 100, 0)[0] is ErrorCode.producer_fenced


def test_a_lost_answer_to_the_new_end_is_given_again_across_a_failover() -> None:
    desk = opened()
    desk.end(100, 0)
    desk.fail_over()

    assert desk.end(100, 0) == (ErrorCode.none, 100, 1)


def test_a_new_producer_id_that_was_decided_on_is_still_the_one_after_a_failover() -> None:
    desk = Desk()
    desk.init()
    desk.set_epoch(32766)
    desk.added(100, 32766)
    desk.leaders.is_silent = True
    assert desk.end(100, 32766) == (ErrorCode.none, 101, 0)
    desk.leaders.is_silent = False
    desk.fail_over()

    assert desk.end(100, 32766) == (ErrorCode.none, 101, 0)
    assert desk.added(101, 0) == [ErrorCode.none]
