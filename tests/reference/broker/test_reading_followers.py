"""Consumers are sent to followers that stand where they do, and read there (KIP-392)."""

import attrs
import pytest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic
from kio.schema.fetch.v12.response import FetchResponse, PartitionData

from ackproof.reference.broker.settings import LEADER_SELECTOR, BrokerSettings
from ackproof.reference.protocol.primitive import TopicName, duration, i8, i32, i64
from ackproof.reference.protocol.request import Caller, Request
from tests.reference.broker.following import TOPIC, Following

RACKS = {1: "a", 2: "b", 3: "b"}


def following() -> Following:
    """Broker 1 leads, and the others have all that it has."""
    cluster = Following(3, racks=RACKS)
    cluster.elect(1)
    cluster.nodes[1].write("x", "y")
    cluster.run()
    return cluster


def fetch(
    cluster: Following,
    rack: str,
    *,
    broker: int = 1,
    offset: int = 0,
    version: int = 12,
    epoch: int = -1,
    max_wait_ms: int = 60_000,
) -> PartitionData:
    partition = FetchPartition(
        partition=i32(0),
        current_leader_epoch=i32(epoch),
        fetch_offset=i64(offset),
        partition_max_bytes=i32(1 << 20),
    )
    body = FetchRequest(
        max_wait=duration(max_wait_ms),
        min_bytes=i32(1),
        isolation_level=i8(0),
        topics=(FetchTopic(topic=TopicName(TOPIC), partitions=(partition,)),),
        forgotten_topics_data=(),
        rack_id=rack,
    )
    answer = cluster.nodes[broker].serve(Caller(), Request(body, version))
    cluster.clock.run_until(cluster.clock.now_ms)
    response = answer.result()
    assert isinstance(response, FetchResponse)
    return response.responses[0].partitions[0]


def test_a_consumer_is_sent_to_a_follower_in_its_rack_and_gets_nothing_here() -> None:
    told = fetch(following(), "b")

    assert (told.preferred_read_replica, told.records, told.high_watermark) == (3, b"", 2)


@pytest.mark.parametrize("rack", ["a", "c", ""])
def test_who_stands_with_the_leader_or_with_nobody_reads_from_the_leader(rack: str) -> None:
    told = fetch(following(), rack)

    assert told.preferred_read_replica == -1
    assert told.records


def test_consumers_of_before_version_11_read_from_the_leader() -> None:
    told = fetch(following(), "b", version=10)

    assert told.preferred_read_replica == -1
    assert told.records


def test_who_waits_for_records_is_sent_away_at_once() -> None:
    assert fetch(following(), "b", offset=2).preferred_read_replica == 3


def test_a_follower_that_does_not_have_the_offset_is_not_told_of() -> None:
    cluster = following()
    cluster.nodes[1].write("z")

    assert fetch(cluster, "b", offset=2).preferred_read_replica == 3
    assert fetch(cluster, "b", offset=3, max_wait_ms=0).preferred_read_replica == -1


def test_the_follower_that_has_most_is_told_of_and_the_higher_id_of_two() -> None:
    cluster = following()
    leadership = cluster.nodes[1].partition.leading()
    leadership.followers[3].log_end_offset = 1

    assert fetch(cluster, "b").preferred_read_replica == 2


def test_a_follower_that_is_not_in_sync_is_not_told_of() -> None:
    cluster = following()
    cluster.partition = attrs.evolve(cluster.partition, in_sync_replicas=(1, 2))
    cluster.elect(1)
    cluster.run()

    assert fetch(cluster, "b").preferred_read_replica == 2


def test_a_follower_serves_up_to_its_own_high_watermark_and_sends_nobody_on() -> None:
    told = fetch(following(), "b", broker=2)

    assert (told.preferred_read_replica, told.high_watermark) == (-1, 2)
    assert told.records


def test_a_consumer_of_another_leader_epoch_hears_that_first() -> None:
    assert fetch(following(), "b", epoch=7).error_code is ErrorCode.unknown_leader_epoch


def test_selectors_that_kafka_does_not_have_are_refused() -> None:
    assert not BrokerSettings(replica_selector_class=LEADER_SELECTOR).sends_consumers_to_followers
    with pytest.raises(ValueError, match=r"replica\.selector\.class"):
        BrokerSettings(replica_selector_class="Nearest")
