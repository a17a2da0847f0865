"""Brokers that are only replicas of one partition: they lead and follow as they are told, and nobody else is there."""

from collections.abc import Mapping
from random import Random
from uuid import UUID

import attrs
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.static.protocol import ResponsePayload

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.broker.apis.list_offsets import ListOffsetsHandler
from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.broker.apis.offset_for_leader_epoch import OffsetForLeaderEpochHandler
from ackproof.reference.broker.fetchers.fetcher_leader import Follower
from ackproof.reference.broker.fetchers.fetchers import ReplicaFetchers
from ackproof.reference.broker.fetches.fetch import FetchHandler
from ackproof.reference.broker.fetches.fetch_session import FetchSessions
from ackproof.reference.broker.host import Host
from ackproof.reference.broker.logs import Logs
from ackproof.reference.broker.partitions.altering import Alteration, Altered
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.settings import RACK_AWARE_SELECTOR, BrokerSettings
from ackproof.reference.controller.image import BrokerRegistration, Image, PartitionImage, TopicImage
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.request import Address, Caller, Request
from ackproof.reference.records.batch import Record, decode, encode, new_batch
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process

TOPIC = "orders"
TOPIC_ID = UUID(int=1)


class Unheard:
    """A controller that never answers."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def alter_partition(self, alteration: Alteration) -> Future[Altered]:
        return Future[Altered](self._process)


class Node:
    """A broker of which only replication is there."""

    def __init__(
        self,
        network: SimulatedNetwork,
        clock: VirtualClock,
        broker_id: int,
        rules: BrokerRules,
        settings: BrokerSettings,
    ) -> None:
        self.broker_id = broker_id
        self.process = Process(clock, f"broker-{broker_id}")
        self.metadata = MetadataCache()
        host = Host(broker_id, self.process, Unheard(self.process), self.metadata, rules=rules)
        follower = Follower(broker_id, lambda: broker_id, self.process, network.node(self.process), settings)
        self.fetchers = ReplicaFetchers(follower, self._address_of)
        logs = Logs(self.process, Disk(), settings, rules, TransactionRules())
        self.replicas = ReplicaManager(host, logs, self.metadata, settings, self.fetchers)
        self._fetch = FetchHandler(self.process, self.replicas, settings, FetchSessions(self.process, Random(0), 1000))
        self._list_offsets = ListOffsetsHandler(self.replicas)
        self._epochs = OffsetForLeaderEpochHandler(self.replicas)
        self.asked: list[str] = []
        network.listen(address(broker_id), self.process.name, self.process, self)

    @property
    def partition(self) -> Partition:
        return self.replicas.partition(TOPIC, 0)

    @property
    def log(self) -> PartitionLog:
        return self.partition.log

    @property
    def values(self) -> list[str]:
        batches = [decode(data) for data in self.log.batches()]
        return [(record.value or b"").decode() for batch in batches for record in batch.records]

    def apply(self, image: Image) -> None:
        before, self.metadata.image = self.metadata.image, image
        self.replicas.apply(before, image)

    def write(self, *values: str) -> None:
        """As a leader, a batch for each value."""
        for value in values:
            self.partition.append(encode(new_batch([Record(value.encode())])), acks=1)

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        self.asked.append(type(request.body).__name__)
        return spawn(self.process, self._answer(request))

    async def _answer(self, request: Request) -> ResponsePayload | None:
        match request.body:
            case FetchRequest():
                return await self._fetch.serve(request)
            case ListOffsetsRequest():
                return await self._list_offsets.serve(request)
            case _:
                return await self._epochs.serve(request)

    def _address_of(self, broker_id: int) -> Address | None:
        found = self.metadata.image.brokers.get(broker_id)
        return found.address if found else None


def address(broker_id: int) -> Address:
    return Address(f"broker-{broker_id}", 9092)


class Following:
    """Some brokers with a replica each, who lead and follow as they are told."""

    def __init__(
        self,
        brokers: int = 2,
        rules: BrokerRules | None = None,
        settings: Mapping[str, str] | None = None,
        racks: Mapping[int, str] | None = None,
    ) -> None:
        """Where there are *racks*, consumers are sent to who stands in theirs."""
        self._racks = racks or {}
        own = BrokerSettings(replica_selector_class=RACK_AWARE_SELECTOR if racks else None)
        self.clock = VirtualClock()
        self.network = SimulatedNetwork(self.clock, Random(0), Delays(1, 1))
        self.nodes = {
            each: Node(self.network, self.clock, each, rules or BrokerRules(), own) for each in range(1, brokers + 1)
        }
        replicas = tuple(self.nodes)
        self.partition = PartitionImage(replicas, replicas, leader_epoch=-1, partition_epoch=-1)
        self._settings = dict(settings or {})

    def elect(self, leader: int, *heard_by: int) -> None:
        """*leader* leads from now on; only it and those in *heard_by* know, or all if there is nobody."""
        self.partition = attrs.evolve(
            self.partition,
            leader=leader,
            leader_epoch=self.partition.leader_epoch + 1,
            partition_epoch=self.partition.partition_epoch + 1,
        )
        image = Image(
            brokers={
                each: BrokerRegistration(each, each, address(each), is_fenced=False, rack=self._racks.get(each))
                for each in self.nodes
            },
            topics={TOPIC: TopicImage(TOPIC, TOPIC_ID, (self.partition,), self._settings)},
        )
        for each in (leader, *heard_by) if heard_by else self.nodes:
            self.nodes[each].apply(image)

    def run(self, duration_ms: int = 5_000) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)
