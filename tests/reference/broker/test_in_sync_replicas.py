import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from tests.reference.broker.leading import LAG_MS, TOPIC_ID, Leading


def test_a_follower_that_has_everything_is_asked_for_and_waited_for_at_once() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.append()
    leading.fetched(2, 1)

    leading.fetched(3, 1, broker_epoch=30)

    assert leading.controller.wanted == [(1, 2, 3)]
    assert (leading.in_sync, leading.maximal) == ((1, 2), (1, 2, 3))


def test_the_question_names_epochs_and_incarnations() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)

    asked = leading.controller.alterations[0]

    assert (asked.topic_id, asked.leader_epoch, asked.partition_epoch) == (TOPIC_ID, 0, 0)
    assert asked.in_sync_replicas == ((1, 10), (2, -1), (3, 30))


def test_what_the_controller_grants_counts() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.controller.grant()

    assert leading.in_sync == leading.maximal == (1, 2, 3)
    assert leading.partition.partition_epoch == 1


def test_a_follower_below_the_high_watermark_does_not_join() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.append("a", "b")
    leading.fetched(2, 2)

    leading.fetched(3, 1, broker_epoch=30)

    assert leading.controller.wanted == []


@pytest.mark.parametrize(("joins_below", "wanted"), [(False, []), (True, [(1, 2, 3)])])
def test_a_follower_below_the_leader_epoch_joins_only_with_a_known_bug(
    joins_below: bool, wanted: list[tuple[int, ...]]
) -> None:
    leading = Leading(in_sync=(1, 2), rules=BrokerRules(joins_below_leader_epoch=joins_below))
    leading.append("a", "b")
    leading.hear(leader_epoch=1)

    leading.fetched(3, 0, broker_epoch=30)

    assert leading.controller.wanted == wanted


def test_a_broker_that_is_not_active_does_not_join() -> None:
    leading = Leading(in_sync=(1, 2))
    del leading.brokers.epochs[3]

    leading.fetched(3, 0, broker_epoch=30)

    assert leading.controller.wanted == []


@pytest.mark.parametrize(("checks", "wanted"), [(True, []), (False, [(1, 2, 3)])])
def test_an_incarnation_that_the_leader_has_not_heard_of_does_not_join(
    checks: bool, wanted: list[tuple[int, ...]]
) -> None:
    leading = Leading(in_sync=(1, 2), rules=BrokerRules(checks_broker_epochs=checks))

    leading.fetched(3, 0, broker_epoch=31)

    assert leading.controller.wanted == wanted


def test_before_2_7_a_follower_counted_only_once_it_was_written_down() -> None:
    leading = Leading(in_sync=(1, 2), rules=BrokerRules(asks_controller_to_join=False))
    leading.fetched(3, 0, broker_epoch=30)

    assert (leading.controller.wanted, leading.maximal) == ([(1, 2, 3)], (1, 2))


def test_there_is_one_question_at_a_time() -> None:
    leading = Leading(in_sync=(1,), min_insync_replicas=1)
    leading.fetched(2, 0, broker_epoch=20)
    leading.fetched(3, 0, broker_epoch=30)

    before = list(leading.controller.wanted)
    leading.controller.grant()
    leading.fetched(3, 0, broker_epoch=30)

    assert before == [(1, 2)]
    assert leading.controller.wanted == [(1, 2), (1, 2, 3)]


@pytest.mark.parametrize("error", [ErrorCode.ineligible_replica, ErrorCode.operation_not_attempted])
def test_who_is_refused_is_waited_for_no_more_and_may_be_asked_for_again(error: ErrorCode) -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.controller.refuse(error)
    maximal = leading.maximal

    leading.fetched(3, 0, broker_epoch=30)

    assert maximal == (1, 2)
    assert leading.controller.wanted == [(1, 2, 3), (1, 2, 3)]


@pytest.mark.parametrize(
    "error", [ErrorCode.fenced_leader_epoch, ErrorCode.invalid_update_version, ErrorCode.invalid_request]
)
def test_a_leader_that_knows_too_little_waits_for_the_controller_to_say_more(error: ErrorCode) -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.controller.refuse(error)
    leading.pass_time(60_000)
    waits_for = leading.maximal
    leading.hear(in_sync_replicas=(1, 2))

    assert waits_for == (1, 2, 3)
    assert len(leading.controller.alterations) == 1
    assert leading.maximal == (1, 2)


def test_after_any_other_error_the_leader_asks_again() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.controller.refuse(ErrorCode.unknown_server_error)
    leading.pass_time(1_000)

    assert leading.controller.wanted == [(1, 2, 3), (1, 2, 3)]


def test_an_answer_that_comes_after_a_newer_image_is_ignored() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.hear(in_sync_replicas=(1,))
    leading.controller.grant()

    assert leading.in_sync == (1,)


def test_an_answer_for_one_who_leads_no_more_is_ignored() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.hear(leader=2, leader_epoch=1)

    leading.controller.grant()

    assert not leading.partition.is_leader
    assert leading.partition.partition_epoch == 1


def test_those_who_have_not_caught_up_for_too_long_are_dropped() -> None:
    leading = Leading()
    leading.append()
    leading.pass_time(LAG_MS)
    leading.fetched(3, 1)
    leading.partition.shrink()
    in_time = list(leading.controller.wanted)
    leading.pass_time(1)
    leading.partition.shrink()

    assert (in_time, leading.controller.wanted) == ([], [(1, 3)])
    assert leading.maximal == (1, 2, 3)


def test_who_has_all_is_never_dropped_however_long_it_is_silent() -> None:
    leading = Leading()
    leading.append()
    for broker in (2, 3):
        leading.fetched(broker, 1)
    leading.pass_time(10 * LAG_MS)
    leading.partition.shrink()

    assert leading.controller.wanted == []


def test_who_reaches_at_each_fetch_what_there_was_at_the_last_is_in_sync() -> None:
    leading = Leading()
    for offset in range(10):
        leading.append()
        leading.pass_time(LAG_MS // 2)
        leading.fetched(2, offset)
        leading.fetched(3, 0)
    leading.partition.shrink()

    assert leading.controller.wanted == [(1, 2)]


def test_a_new_leader_gives_its_followers_time() -> None:
    leading = Leading()
    leading.append()
    leading.pass_time(10 * LAG_MS)
    leading.hear(leader_epoch=1)
    leading.partition.shrink()

    assert leading.controller.wanted == []
