"""Registrations, heartbeats and fencing."""

from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.image import NO_LEADER
from tests.reference.controller.commanding import Commanding

MIN_ISR_2 = {"min.insync.replicas": "2"}


def test_a_broker_is_fenced_until_it_has_heard_of_its_registration() -> None:
    cluster = Commanding(brokers=0)
    cluster.register(1)

    early = cluster.beat(1, offset=cluster.epoch(1) - 1)
    caught_up = cluster.beat(1, offset=cluster.epoch(1))

    assert (early.is_caught_up, early.is_fenced) == (False, True)
    assert (caught_up.is_caught_up, caught_up.is_fenced) == (True, False)


def test_a_broker_that_wants_to_stay_fenced_does() -> None:
    cluster = Commanding(brokers=0)
    cluster.register(1)

    assert cluster.beat(1, wants_fence=True).is_fenced


def test_the_epoch_of_a_broker_grows_with_every_incarnation() -> None:
    cluster = Commanding()
    before = cluster.epoch(3)

    cluster.restart(3)

    assert cluster.epoch(3) > before


def test_a_new_incarnation_waits_until_the_session_of_the_old_one_is_over() -> None:
    cluster = Commanding()

    at_once = cluster.register(3)
    cluster.crash(3)

    assert (at_once, cluster.register(3)) == (ErrorCode.duplicate_broker_registration, ErrorCode.none)


def test_a_broker_is_fenced_when_its_session_times_out() -> None:
    cluster = Commanding(broker_session_timeout_ms="800")

    cluster.clock.run_until(800)
    in_time = cluster.image.brokers[1].is_fenced
    cluster.clock.run_until(901)

    assert (in_time, cluster.image.brokers[1].is_fenced) == (False, True)


def test_a_heartbeat_of_an_earlier_incarnation_is_refused() -> None:
    cluster = Commanding()
    before = cluster.epoch(3)
    cluster.restart(3)

    assert cluster.beat(3, epoch=before).error_code is ErrorCode.stale_broker_epoch


def test_an_unclean_shutdown_costs_a_broker_its_place_among_the_eligible() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    cluster.crash(2)
    cluster.crash(3)
    eligible = cluster.partition.eligible_leader_replicas

    cluster.restart(3)

    assert (eligible, cluster.partition.eligible_leader_replicas) == ((3,), ())


def test_a_clean_shutdown_does_not() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    cluster.crash(2)
    epoch = cluster.stop(3)
    eligible = cluster.partition.eligible_leader_replicas

    cluster.restart(3, epoch)

    assert (eligible, cluster.partition.eligible_leader_replicas) == ((3,), (3,))


def test_who_crashes_after_a_clean_restart_is_unclean() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    epoch = cluster.stop(3)
    cluster.restart(3, epoch)
    cluster.alter(1)
    cluster.crash(3)

    cluster.restart(3, epoch)

    assert cluster.partition.eligible_leader_replicas == (2,)


def test_a_leader_that_shuts_down_hands_its_partitions_over_first() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)

    first = cluster.beat(1, stops=True)
    handed_to = cluster.partition.leader
    unheard = cluster.beat(1, stops=True)
    for other in (2, 3):
        cluster.beat(other)
    last = cluster.beat(1, stops=True)

    assert handed_to == 2
    assert [beat.should_shut_down for beat in (first, unheard, last)] == [False, False, True]
    assert cluster.image.brokers[1].is_fenced


def test_who_leads_nothing_stops_at_once() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)

    assert cluster.beat(3, stops=True).should_shut_down
    assert cluster.partition.in_sync_replicas == (1, 2)


def test_a_partition_gets_its_leader_back_with_its_broker() -> None:
    cluster = Commanding(rules=BrokerRules(has_eligible_leader_replicas=False))
    cluster.create(1)
    cluster.crash(1)
    gone = cluster.partition

    cluster.restart(1)

    assert (gone.leader, cluster.partition.leader) == (NO_LEADER, 1)
    assert cluster.partition.leader_epoch == gone.leader_epoch + 1


def test_before_kip_380_a_quick_restart_is_not_noticed() -> None:
    """KAFKA-1120."""
    cluster = Commanding(rules=BrokerRules(misses_quick_restarts=True))
    before = cluster.create(1, 2, 3)

    assert cluster.register(1) is ErrorCode.none
    cluster.beat(1, wants_fence=True)
    assert cluster.partition == before
    assert not cluster.image.brokers[1].is_fenced


def test_every_image_has_a_later_offset_than_the_one_before() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)
    cluster.crash(1)
    cluster.restart(1)

    offsets = [image.offset for image in cluster.published]
    assert offsets == list(range(len(offsets)))
