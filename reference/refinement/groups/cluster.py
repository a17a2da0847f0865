"""The cluster of a group: two brokers with a topic without records, and what its coordinator knows."""

from collections.abc import Mapping, Sequence
from random import Random

from kio.schema.create_partitions.v3.request import CreatePartitionsRequest, CreatePartitionsTopic

from ackproof.model.groups.rules import ConsumerRules
from ackproof.reference.broker.rules import Rules
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import ConsumerMember
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.primitive import TopicName, duration, i32
from ackproof.reference.refinement.groups.network import MemberNetwork
from ackproof.reference.refinement.groups.setting import (
    GROUP,
    OFFSETS_TOPIC,
    TOPIC,
    GroupSetting,
    broker_properties,
)
from ackproof.reference.refinement.staging import pass_one_millisecond, shard_of, wait_until
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.world import World

Member = ClassicMember | ConsumerMember


class GroupCluster:
    """
    Two brokers, of which one coordinates the group.

    Attributes:
        has_stored: A classic group was last written to its log with members.
    """

    def __init__(self, setting: GroupSetting, rng: Random) -> None:
        self.setting = setting
        self.clock = VirtualClock()
        self.network = self.network_on(self.clock, Random(rng.getrandbits(64)))
        rules = Rules(groups=setting.coordinator_rules)
        cluster_rng = Random(rng.getrandbits(64))
        self.cluster = Cluster(self.clock, self.network, cluster_rng, 2, self.broker_properties(), rules)
        world_rng = Random(rng.getrandbits(64))
        self.world = World(self.clock, self.network, History(), world_rng, self.cluster.bootstrap_servers)
        self.has_stored = False
        wait_until(lambda: self.cluster.is_ready, self.step)
        self.cluster.create_topic(TOPIC, setting.partitions, 1, {})
        self.cluster.create_topic(OFFSETS_TOPIC, 1, 2, {})
        wait_until(self._is_set, self.step)

    def network_on(self, clock: VirtualClock, rng: Random) -> MemberNetwork:
        """What connects its processes."""
        return MemberNetwork(clock, rng)

    def broker_properties(self) -> Mapping[str, str]:
        """The configuration of its brokers."""
        return broker_properties(self.setting)

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        pass_one_millisecond(self.clock)
        group = self.group()
        if isinstance(group, ClassicGroup) and group.state in ("Stable", "Empty"):
            self.has_stored = bool(group.members)

    def add_partition(self) -> None:
        """The topic gets one more partition."""
        topic = CreatePartitionsTopic(name=TopicName(TOPIC), count=i32(self.partitions + 1), assignments=None)
        self.cluster.controller.create_partitions(
            CreatePartitionsRequest(topics=(topic,), timeout=duration(1_000), validate_only=False)
        )

    # What is.

    @property
    def is_modern(self) -> bool:
        """Whether the group is one of the consumer protocol."""
        return isinstance(self.setting.rules, ConsumerRules)

    @property
    def partitions(self) -> int:
        """How many the topic has."""
        return len(self.cluster.image.topics[TOPIC].partitions)

    def image(self, topic: str) -> PartitionImage:
        """What the controller has decided about the first partition of a topic."""
        image = self.cluster.image.partition(topic, 0)
        assert image is not None
        return image

    def shard(self) -> Shard | None:
        """Where the group is kept; None while no coordinator has loaded it."""
        return shard_of(self.cluster, GROUP)

    def group(self) -> ClassicGroup | ConsumerGroup | None:
        """The group, as its coordinator knows it; None while there is none."""
        shard = self.shard()
        return None if shard is None else shard.groups.get(GROUP)

    def members(self) -> Sequence[Member]:
        """Those that the group has."""
        group = self.group()
        return () if group is None else tuple(group.members.values())

    def _is_set(self) -> bool:
        shown = [self.cluster.image.partition(topic, 0) for topic in (TOPIC, OFFSETS_TOPIC)]
        if any(image is None or image.leader < 0 for image in shown):
            return False
        return self.shard() is not None and len(self.image(OFFSETS_TOPIC).in_sync_replicas) == 2


def number_of(client_id: str) -> int:
    """The place of the instance whose client has this name."""
    return int(client_id.rpartition("-")[2]) - 1


def revoking_members(group: ClassicGroup | ConsumerGroup | None) -> frozenset[str]:
    """The members of a consumer group (KIP-848) that have to give something up, and have not said that they did."""
    members = group.members.values() if isinstance(group, ConsumerGroup) else ()
    return frozenset(member.member_id for member in members if member.pending_revocation)
