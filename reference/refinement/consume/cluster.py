"""The cluster of a stage of the consume half: what the group reads, and where its coordinator keeps it."""

from random import Random

from kio.schema.create_partitions.v3.request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kio.schema.create_topics.v7.request import CreatableReplicaAssignment, CreatableTopic, CreateTopicsRequest
from kio.schema.types import BrokerId

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.broker.rules import Rules
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.primitive import TopicName, duration, i16, i32
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.consume.setting import BROKERS, BROKERS_THAT_ARE_MISSED
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.network import SimulatedNetwork

OFFSETS_TOPIC = "__consumer_offsets"


def cluster_of(
    clock: VirtualClock, network: SimulatedNetwork, rng: Random, rules: ConsumerRules, *, loses_power: bool
) -> Cluster:
    """Two brokers, or three if one is to lose power: none of the two then keeps what the group reads."""
    coordinator = CoordinatorRules(keeping=rules.keeping, rebalancing=rules.rebalancing)
    brokers, properties = (3, BROKERS_THAT_ARE_MISSED) if loses_power else (2, BROKERS)
    return Cluster(clock, network, rng, brokers, properties, Rules(groups=coordinator))


def create_topics(cluster: Cluster, offsets_replicas: int, *, apart: bool) -> None:
    """Create both, of one partition each; *apart* if what happens to the one is not to happen to the other."""
    if not apart:
        cluster.create_topic(TOPIC, 1, 1, {})
    cluster.create_topic(OFFSETS_TOPIC, 1, offsets_replicas, {})
    if apart:
        image = cluster.image.partition(OFFSETS_TOPIC, 0)
        assert image is not None
        (other,) = set(cluster.machines) - set(image.replicas)
        assignment = CreatableReplicaAssignment(partition_index=i32(0), broker_ids=(BrokerId(other),))
        topic = CreatableTopic(
            name=TopicName(TOPIC),
            num_partitions=i32(-1),
            replication_factor=i16(-1),
            assignments=(assignment,),
            configs=(),
        )
        cluster.controller.create_topics(CreateTopicsRequest(topics=(topic,), timeout=duration(30_000)))


def add_partition(cluster: Cluster) -> None:
    """The topic gets one more partition, where the first one is: no key moves to it before the producer hears of it."""
    partitions = cluster.image.topics[TOPIC].partitions
    assignment = CreatePartitionsAssignment(broker_ids=tuple(map(BrokerId, partitions[0].replicas)))
    topic = CreatePartitionsTopic(name=TopicName(TOPIC), count=i32(len(partitions) + 1), assignments=(assignment,))
    cluster.controller.create_partitions(
        CreatePartitionsRequest(topics=(topic,), timeout=duration(1_000), validate_only=False)
    )
