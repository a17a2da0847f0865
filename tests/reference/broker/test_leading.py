import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.broker.leading import LAG_MS, Leading


def test_the_high_watermark_is_what_all_in_sync_replicas_have() -> None:
    leading = Leading()
    leading.append("a", "b", "c")

    seen = [leading.log.high_watermark]
    leading.fetched(2, 3)
    seen.append(leading.log.high_watermark)
    leading.fetched(3, 2)
    seen.append(leading.log.high_watermark)

    assert seen == [0, 0, 2]


def test_a_replica_that_is_not_in_sync_is_not_waited_for() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.append()
    leading.fetched(2, 1)

    assert leading.log.high_watermark == 1


def test_a_replica_that_has_just_caught_up_is_waited_for() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.fetched(3, 0, broker_epoch=30)
    leading.append()
    leading.fetched(2, 1)

    assert leading.log.high_watermark == 0


def test_the_high_watermark_stands_still_while_too_few_are_in_sync() -> None:
    leading = Leading(in_sync=(1,))
    leading.append(acks=1)

    assert leading.log.high_watermark == 0


def test_before_3_7_the_high_watermark_moved_on_below_min_insync_replicas() -> None:
    leading = Leading(in_sync=(1,), rules=BrokerRules(keeps_high_watermark_below_min_isr=False))
    leading.append(acks=1)

    assert leading.log.high_watermark == 1


def test_below_min_insync_replicas_acks_all_is_refused_and_nothing_is_written() -> None:
    leading = Leading(in_sync=(1,))

    with pytest.raises(KafkaError) as caught:
        leading.append(acks=-1)

    assert caught.value.code is ErrorCode.not_enough_replicas
    assert leading.log.log_end_offset == 0


@pytest.mark.parametrize("acks", [0, 1])
def test_other_acks_do_not_care_who_is_in_sync(acks: int) -> None:
    leading = Leading(in_sync=(1,))

    assert leading.append(acks=acks).base_offset == 0


def test_min_insync_replicas_is_no_more_than_there_are() -> None:
    leading = Leading(min_insync_replicas=9)

    assert leading.append().base_offset == 0


def test_before_3_7_more_min_insync_replicas_than_there_are_refused_everything() -> None:
    leading = Leading(min_insync_replicas=9, rules=BrokerRules(keeps_high_watermark_below_min_isr=False))

    with pytest.raises(KafkaError):
        leading.append()


def test_a_producer_waits_until_all_in_sync_replicas_have_it() -> None:
    leading = Leading()
    leading.append()
    outcome = leading.wait(1)

    seen = [outcome.error]
    leading.fetched(2, 1)
    seen.append(outcome.error)
    leading.fetched(3, 1)
    seen.append(outcome.error)

    assert seen == [None, None, ErrorCode.none]


def test_a_producer_waits_no_longer_than_it_says() -> None:
    leading = Leading()
    leading.append()
    outcome = leading.wait(1, timeout_ms=100)

    leading.pass_time(99)
    before = outcome.error
    leading.pass_time(1)

    assert (before, outcome.error) == (None, ErrorCode.request_timed_out)
    assert leading.log.log_end_offset == 1


def test_who_waits_hears_when_another_leads() -> None:
    leading = Leading()
    leading.append()
    outcome = leading.wait(1)

    leading.hear(leader=2, leader_epoch=1)

    assert outcome.error is ErrorCode.not_leader_or_follower


def test_who_waits_hears_when_the_replica_is_deleted() -> None:
    leading = Leading()
    leading.append()
    outcome = leading.wait(1)

    leading.partition.close()

    assert outcome.error is ErrorCode.not_leader_or_follower


def test_who_waits_for_several_partitions_may_hear_later_of_one_that_failed() -> None:
    leading = Leading()
    leading.append()
    future = leading.partition.replicated(1)

    leading.partition.close()
    leading.pass_time(1)

    with pytest.raises(KafkaError):
        future.result()


def test_a_leader_that_leads_on_keeps_those_who_wait() -> None:
    leading = Leading()
    leading.append()
    outcome = leading.wait(1)

    leading.hear(leader_epoch=1)

    assert outcome.error is None


def test_before_3_7_a_shrunk_set_of_in_sync_replicas_was_told_after_the_append() -> None:
    leading = Leading(in_sync=(1, 2), rules=BrokerRules(keeps_high_watermark_below_min_isr=False))
    leading.append()
    outcome = leading.wait(1)

    leading.hear(in_sync_replicas=(1,))

    assert outcome.error is ErrorCode.not_enough_replicas_after_append


def test_since_3_7_who_waits_is_left_to_its_timeout_when_too_few_are_in_sync() -> None:
    leading = Leading(in_sync=(1, 2))
    leading.append()
    outcome = leading.wait(1, timeout_ms=100)

    leading.hear(in_sync_replicas=(1,))
    before = outcome.error
    leading.pass_time(100)

    assert (before, outcome.error) == (None, ErrorCode.request_timed_out)


def test_a_follower_in_place_of_a_leader_appends_nothing_for_clients() -> None:
    leading = Leading()
    leading.hear(leader=2, leader_epoch=1)

    with pytest.raises(KafkaError) as caught:
        leading.append()

    assert caught.value.code is ErrorCode.not_leader_or_follower


def test_an_older_image_is_ignored() -> None:
    leading = Leading()
    leading.hear(leader_epoch=1)
    older = leading.image
    leading.hear(leader_epoch=2)

    assert not leading.partition.become(older)
    assert leading.partition.leader_epoch == 2


def test_each_leader_epoch_starts_where_the_log_ends() -> None:
    leading = Leading()
    leading.append("a", "b")
    leading.hear(leader_epoch=3)

    assert leading.log.end_offset_for(0).end_offset == 2
    assert leading.partition.leading().epoch_start_offset == 2


@pytest.mark.parametrize(("epoch", "error"), [(4, ErrorCode.fenced_leader_epoch), (6, ErrorCode.unknown_leader_epoch)])
def test_readers_of_another_leader_epoch_are_refused(epoch: int, error: ErrorCode) -> None:
    leading = Leading()
    leading.hear(leader_epoch=5)

    with pytest.raises(KafkaError) as caught:
        leading.partition.readable_log(epoch)

    assert caught.value.code is error


def test_a_stranger_that_fetches_is_told_to_ask_again() -> None:
    leading = Leading()

    errors: list[ErrorCode] = []
    for epoch in (0, -1):
        with pytest.raises(KafkaError) as caught:
            leading.partition.follower(9, epoch)
        errors.append(caught.value.code)

    assert errors == [ErrorCode.unknown_leader_epoch, ErrorCode.not_leader_or_follower]


def test_an_incarnation_that_is_no_more_is_told_so() -> None:
    leading = Leading()

    with pytest.raises(KafkaError) as caught:
        leading.fetched(2, 0, broker_epoch=19)

    assert caught.value.code is ErrorCode.not_leader_or_follower


def test_a_follower_that_lags_is_waited_for_until_it_is_dropped() -> None:
    leading = Leading()
    leading.append()
    leading.fetched(2, 1)
    leading.pass_time(LAG_MS + 1)
    leading.fetched(2, 1)
    leading.partition.shrink()
    before = leading.log.high_watermark
    leading.controller.grant()

    assert leading.controller.wanted == [(1, 2)]
    assert (before, leading.log.high_watermark) == (0, 1)
