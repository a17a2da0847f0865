"""The rest of what the controller decides."""

import pytest
from kio.schema.allocate_producer_ids.v0.request import AllocateProducerIdsRequest
from kio.schema.elect_leaders.v2.request import ElectLeadersRequest, TopicPartitions
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest

from ackproof.reference.controller.settings import ControllerSettings
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i32, i64
from tests.reference.controller.commanding import TOPIC, Commanding

PREFERRED, UNCLEAN = 0, 1


def allocate(cluster: Commanding, broker: int, epoch: int) -> tuple[ErrorCode, int, int]:
    request = AllocateProducerIdsRequest(broker_id=BrokerId(broker), broker_epoch=i64(epoch))
    answer = cluster.controller.allocate_producer_ids(request)
    return answer.error_code, answer.producer_id_start, answer.producer_id_len


def elect(cluster: Commanding, election: int, *, everywhere: bool = False, partition: int = 0) -> list[ErrorCode]:
    chosen = None if everywhere else (TopicPartitions(topic=TopicName(TOPIC), partitions=(i32(partition),)),)
    request = ElectLeadersRequest(election_type=i8(election), topic_partitions=chosen, timeout=duration(0))
    answer = cluster.controller.elect_leaders(request)
    return [each.error_code for topic in answer.replica_election_results for each in topic.partition_result]


def test_no_producer_id_is_given_out_twice() -> None:
    cluster = Commanding()

    blocks = [allocate(cluster, broker, cluster.epoch(broker)) for broker in (1, 2, 1)]

    assert blocks == [(ErrorCode.none, first, 1000) for first in (0, 1000, 2000)]


def test_an_earlier_incarnation_gets_no_producer_ids() -> None:
    assert allocate(Commanding(), 1, 77) == (ErrorCode.stale_broker_epoch, 0, 0)


def test_the_preferred_leader_is_elected_when_somebody_says_so() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)
    cluster.crash(1)
    cluster.restart(1)

    unavailable = elect(cluster, PREFERRED)
    cluster.alter(2, 3, 1)

    assert unavailable == [ErrorCode.preferred_leader_not_available]
    assert elect(cluster, PREFERRED) == [ErrorCode.none]
    assert cluster.partition.leader == 1
    assert elect(cluster, PREFERRED) == [ErrorCode.election_not_needed]
    assert elect(cluster, PREFERRED, everywhere=True) == []


def test_an_unclean_leader_is_elected_when_somebody_says_so() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)
    cluster.alter(1)
    not_needed = elect(cluster, UNCLEAN)
    cluster.crash(1)

    assert not_needed == [ErrorCode.election_not_needed]
    assert elect(cluster, UNCLEAN) == [ErrorCode.none]
    assert (cluster.partition.leader, cluster.partition.is_recovering) == (2, True)


def test_leaders_are_elected_only_of_partitions() -> None:
    cluster = Commanding()
    cluster.create(1)

    assert elect(cluster, PREFERRED, partition=9) == [ErrorCode.unknown_topic_or_partition]


def test_leaders_are_balanced_every_five_minutes() -> None:
    cluster = Commanding(broker_session_timeout_ms="1000000000")
    cluster.create(1, 2, 3)
    cluster.controller.fence(1)
    cluster.beat(1)
    cluster.alter(2, 3, 1)

    cluster.clock.run_until(299_999)
    before = cluster.partition.leader
    cluster.clock.run_until(300_000)

    assert (before, cluster.partition.leader) == (2, 1)


def test_a_request_for_somebody_else_is_a_mistake() -> None:
    request = MetadataRequest(topics=None, allow_auto_topic_creation=False, include_topic_authorized_operations=False)

    with pytest.raises(ValueError, match="does not serve MetadataRequest"):
        Commanding().controller.answer(request)


def test_settings_are_read_by_kafkas_keys() -> None:
    settings = ControllerSettings.of(
        {
            "broker.session.timeout.ms": "500",
            "unclean.leader.election.enable": "TRUE",
            "leader.imbalance.check.interval.seconds": "2",
            "log.retention.ms": "1",
        }
    )

    assert settings == ControllerSettings(
        broker_session_timeout_ms=500, elects_uncleanly=True, leader_imbalance_check_interval_ms=2000
    )


@pytest.mark.parametrize(("key", "value"), [("num.partitions", "many"), ("unclean.leader.election.enable", "yes")])
def test_a_setting_that_is_none_is_named(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=key):
        ControllerSettings.of({key: value})
