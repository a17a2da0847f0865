"""AlterPartition: facts D.2."""

import pytest
from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.protocol.primitive import BrokerId, i64
from tests.reference.controller.commanding import Commanding

BEFORE_KIP_903 = BrokerRules(checks_broker_epochs=False)
BEFORE_KIP_497 = BrokerRules(asks_controller_to_join=False)


def led_by_1(rules: BrokerRules | None = None) -> Commanding:
    cluster = Commanding(rules=rules)
    cluster.create(1, 2, 3)
    return cluster


def test_a_leader_changes_who_is_in_sync() -> None:
    cluster = led_by_1()
    before = cluster.partition

    assert cluster.alter(1, 3) is ErrorCode.none

    assert cluster.partition == PartitionImage(
        (1, 2, 3), (1, 3), leader=1, leader_epoch=before.leader_epoch, partition_epoch=before.partition_epoch + 1
    )


def test_a_stale_leader_epoch_is_fenced() -> None:
    cluster = led_by_1()
    cluster.controller.move_leader("payments", 0, 2)

    assert cluster.alter(1, 2, leader=1, leader_epoch=0, partition_epoch=0) is ErrorCode.fenced_leader_epoch


def test_a_stale_partition_epoch_is_an_invalid_update_version() -> None:
    cluster = led_by_1()
    cluster.alter(1, 2)

    assert cluster.alter(1, partition_epoch=0) is ErrorCode.invalid_update_version


@pytest.mark.parametrize(("leader_epoch", "partition_epoch"), [(1, 0), (0, 1), (1, 1)])
def test_who_knows_more_than_the_controller_looks_for_another_one(leader_epoch: int, partition_epoch: int) -> None:
    asked = led_by_1().alter(1, leader_epoch=leader_epoch, partition_epoch=partition_epoch)

    assert asked is ErrorCode.not_controller


def test_only_the_leader_may_ask() -> None:
    assert led_by_1().alter(1, 2, leader=2) is ErrorCode.invalid_request


@pytest.mark.parametrize("members", [(), (2, 3), (1, 1), (1, 7)])
def test_members_are_different_replicas_with_the_leader_among_them(members: tuple[int, ...]) -> None:
    assert led_by_1().alter(*members) is ErrorCode.invalid_request


def test_a_leader_that_recovers_is_alone_in_sync() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings={"unclean.leader.election.enable": "true"})
    cluster.alter(1)
    cluster.crash(1)

    together = cluster.alter(2, 3, recovery=1)
    alone = cluster.alter(2, recovery=1)
    recovered = cluster.alter(2, 3)

    assert (together, alone, recovered) == (ErrorCode.invalid_request, ErrorCode.none, ErrorCode.none)
    assert not cluster.partition.is_recovering


def test_a_leader_that_has_recovered_does_not_recover_again() -> None:
    assert led_by_1().alter(1, recovery=1) is ErrorCode.invalid_request


def test_who_is_fenced_is_ineligible() -> None:
    cluster = led_by_1()
    cluster.crash(3)

    assert cluster.alter(1, 2, 3) is ErrorCode.ineligible_replica


def test_who_is_shutting_down_is_ineligible() -> None:
    cluster = led_by_1()
    cluster.controller.move_leader("payments", 0, 2)
    cluster.beat(2, stops=True)

    assert cluster.image.brokers[2].is_shutting_down
    assert cluster.alter(1, 2, 3, leader=cluster.partition.leader) is ErrorCode.ineligible_replica


def test_who_has_restarted_since_it_fetched_is_ineligible() -> None:
    """KIP-903."""
    cluster = led_by_1()
    before = cluster.epoch(3)
    cluster.restart(3)

    assert cluster.alter(1, 2, 3, epochs={3: before}) is ErrorCode.ineligible_replica
    assert cluster.alter(1, 2, 3, epochs={3: -1}) is ErrorCode.none


def test_before_kip_903_a_restart_is_not_noticed() -> None:
    cluster = led_by_1(BEFORE_KIP_903)
    before = cluster.epoch(3)
    cluster.restart(3)

    assert cluster.alter(1, 2, 3, epochs={3: before}) is ErrorCode.none


def test_before_kip_497_nobody_looks_at_who_joins() -> None:
    cluster = led_by_1(BEFORE_KIP_497)
    cluster.crash(3)

    assert cluster.alter(1, 2, 3) is ErrorCode.none


def test_what_is_refused_changes_nothing() -> None:
    cluster = led_by_1()
    before = cluster.image

    cluster.alter(2, 3)

    assert cluster.image is before


def test_a_broker_of_another_incarnation_may_ask_nothing() -> None:
    cluster = led_by_1()
    request = AlterPartitionRequest(broker_id=BrokerId(1), broker_epoch=i64(99), topics=())

    assert cluster.controller.alter_partition(request).error_code is ErrorCode.stale_broker_epoch
