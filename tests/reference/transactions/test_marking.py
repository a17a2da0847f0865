from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.transactions.surroundings import NO_LEADER
from tests.reference.transactions.desk import ELSEWHERE, OUT, Desk


def opened(rules: TransactionRules | None = None) -> Desk:
    desk = Desk(rules)
    desk.init()
    desk.added(100, 0, OUT, ELSEWHERE)
    return desk


def test_a_transaction_is_complete_once_every_partition_has_its_marker() -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.end(100, 0)
    assert desk.state() == "PREPARE_COMMIT"

    desk.leaders.speak()
    desk.settle()

    assert desk.state() == "COMPLETE_COMMIT"
    assert [state.state.name for state in desk.log.states()][-2:] == ["PREPARE_COMMIT", "COMPLETE_COMMIT"]


def test_each_leader_gets_the_markers_of_its_own_partitions() -> None:
    desk = opened()
    desk.leaders.leaders[ELSEWHERE] = 2
    desk.end(100, 0)

    assert [broker for broker, _ in desk.leaders.sent] == [1, 2]


def test_a_marker_of_the_new_protocol_has_the_next_epoch_and_says_so() -> None:
    desk = opened()
    desk.end(100, 0)

    marker = desk.leaders.sent[0][1]
    assert (marker.producer_epoch, marker.transaction_version, marker.coordinator_epoch) == (1, 2, 0)


def test_a_marker_of_the_old_protocol_has_the_same_epoch() -> None:
    desk = opened()
    desk.end(100, 0, version=3)

    marker = desk.leaders.sent[0][1]
    assert (marker.producer_epoch, marker.transaction_version) == (0, 0)


def test_brokers_before_4_3_do_not_say_of_which_protocol_a_marker_is() -> None:
    desk = opened(TransactionRules(fences_late_markers=False))
    desk.end(100, 0)

    assert desk.leaders.sent[0][1].transaction_version == 0


def test_what_a_leader_cannot_write_is_sent_again() -> None:
    desk = opened()
    desk.leaders.answers[OUT] = [ErrorCode.not_leader_or_follower, ErrorCode.unknown_topic_or_partition]
    desk.end(100, 0)
    desk.pass_ms(1_000)

    assert desk.state() == "COMPLETE_COMMIT"
    assert [len(marker.topics[0].partition_indexes) for _, marker in desk.leaders.sent] == [2, 1, 1]


def test_what_a_leader_does_not_answer_is_sent_again_to_whoever_leads_then() -> None:
    desk = opened()
    desk.leaders.is_disconnected = True
    desk.end(100, 0)
    desk.leaders.is_disconnected = False
    desk.leaders.leaders = {OUT: 2, ELSEWHERE: 2}
    desk.pass_ms(1_000)

    assert desk.state() == "COMPLETE_COMMIT"
    assert [broker for broker, _ in desk.leaders.sent] == [1, 2]


def test_a_partition_without_a_leader_is_waited_for() -> None:
    desk = opened()
    desk.leaders.leaders[OUT] = NO_LEADER
    desk.end(100, 0)
    desk.pass_ms(1_000)
    assert desk.state() == "PREPARE_COMMIT"

    desk.leaders.leaders[OUT] = 3
    desk.pass_ms(1_000)

    assert desk.state() == "COMPLETE_COMMIT"


def test_a_partition_that_is_gone_needs_no_marker() -> None:
    desk = opened()
    desk.leaders.leaders = {OUT: None, ELSEWHERE: None}
    desk.end(100, 0)

    assert desk.state() == "COMPLETE_COMMIT"
    assert not desk.leaders.sent


def test_a_marker_that_is_fenced_ends_the_attempt() -> None:
    desk = opened()
    desk.leaders.answers[OUT] = [ErrorCode.transaction_coordinator_fenced]
    desk.end(100, 0)
    desk.pass_ms(60_000)

    assert desk.state() == "PREPARE_COMMIT"
    assert len(desk.leaders.sent) == 1
    desk.fail_over()
    assert desk.state() == "COMPLETE_COMMIT"


def test_a_completion_that_cannot_be_logged_is_tried_again() -> None:
    desk = opened()
    desk.leaders.is_silent = True
    desk.end(100, 0)
    desk.log.error = ErrorCode.not_enough_replicas
    desk.leaders.speak()
    desk.pass_ms(1_000)
    assert desk.state() == "PREPARE_COMMIT"
    assert desk.added(100, 1) == [ErrorCode.concurrent_transactions]

    desk.log.error = None
    desk.pass_ms(1_000)

    assert desk.state() == "COMPLETE_COMMIT"


def test_one_request_at_a_time_goes_to_a_broker_and_what_waits_goes_together() -> None:
    desk = opened()
    for name in ("u", "v"):
        desk.init(name)
    desk.added(101, 0, name="u")
    desk.added(102, 0, name="v")
    desk.leaders.is_silent = True
    for producer_id, name in ((100, "t"), (101, "u"), (102, "v")):
        desk.end(producer_id, 0, name=name)
    assert len(desk.leaders.unanswered) == 1

    waiting = desk.leaders.unanswered.pop()
    waiting[1].resolve(desk.leaders.response(waiting[0]))
    desk.settle()

    assert [len(request.markers) for request, _ in desk.leaders.unanswered] == [2]


def test_that_the_last_marker_is_written_may_pass_unnoticed() -> None:
    lost = 0
    desk = Desk(TransactionRules(loses_completion=True))
    for number in range(20):
        name = f"t{number}"
        desk.init(name)
        desk.added(100 + number, 0, name=name)
        desk.end(100 + number, 0, name=name)
        lost += desk.state(name) == "PREPARE_COMMIT"

    assert 0 < lost < 20


def test_a_completion_that_was_lost_is_found_by_the_next_coordinator() -> None:
    desk = opened(TransactionRules(loses_completion=True))
    desk.end(100, 0)
    for _ in range(20):
        if desk.state() == "PREPARE_COMMIT":
            desk.fail_over()

    assert desk.state() == "COMPLETE_COMMIT"
