"""Clusters with a client that speaks raw requests."""

from collections.abc import Callable, Mapping
from random import Random

from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.request import PartitionProduceData, ProduceRequest, TopicProduceData
from kio.schema.produce.v12.response import ProduceResponse

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.broker.rules import Rules
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.primitive import Records, TopicName, duration, i16, i32
from ackproof.reference.protocol.request import DisconnectedError, Request
from ackproof.reference.records.batch import Record, decode, encode, new_batch
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.machine import Machine
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import QUICK_BROKERS

TOPIC = "input"


class Clustered:
    """A cluster with one topic of one partition."""

    def __init__(
        self,
        seed: int = 0,
        brokers: int = 3,
        rules: BrokerRules | None = None,
        settings: Mapping[str, str] | None = None,
        **properties: str,
    ) -> None:
        self.clock = VirtualClock()
        self.network = SimulatedNetwork(self.clock, Random(seed))
        given = {key.replace("_", "."): value for key, value in properties.items()}
        everything = Rules(rules or BrokerRules())
        self.cluster = Cluster(self.clock, self.network, Random(seed), brokers, {**QUICK_BROKERS, **given}, everything)
        self.client = Process(self.clock, "client")
        self.wait(lambda: self.cluster.is_ready)
        self.cluster.create_topic(TOPIC, 1, brokers, {"min.insync.replicas": "2", **(settings or {})})
        self.run(500)

    # What can be seen.

    @property
    def partition(self) -> PartitionImage:
        found = self.cluster.image.partition(TOPIC, 0)
        assert found is not None
        return found

    @property
    def leader(self) -> Machine:
        return self.cluster.machines[self.partition.leader]

    @property
    def followers(self) -> list[Machine]:
        return [self.cluster.machines[each] for each in self.partition.replicas if each != self.partition.leader]

    def values(self, machine: Machine) -> list[str]:
        assert machine.broker is not None
        log = machine.broker.replicas.partition(TOPIC, 0).log
        return [(record.value or b"").decode() for data in log.batches() for record in decode(data).records]

    def high_watermark(self, machine: Machine) -> int:
        assert machine.broker is not None
        return machine.broker.replicas.partition(TOPIC, 0).log.high_watermark

    # What can be done.

    def run(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def wait(self, condition: Callable[[], bool], at_most_ms: int = 60_000) -> None:
        over_ms = self.clock.now_ms + at_most_ms
        while not condition():
            assert self.clock.now_ms < over_ms, "it does not come about"
            self.run(10)

    def crash(self, machine: Machine) -> None:
        """And the controller has noticed."""
        machine.crash()
        self.wait(lambda: not self.cluster.image.is_active(machine.broker_id))
        self.run(100)

    def start(self, *machines: Machine) -> None:
        for machine in machines:
            self.cluster.start(machine)
        self.wait(lambda: all(self.cluster.image.is_active(machine.broker_id) for machine in machines))

    def produce(self, *values: str, acks: int = -1) -> ErrorCode | None:
        """What becomes of a batch that is sent to the leader; None if there is no answer within 5 s."""
        answer = self.send(*values, acks=acks)
        over_ms = self.clock.now_ms + 5_000
        while not answer.is_done and self.clock.now_ms < over_ms:
            self.run(5)
        if not answer.is_done or isinstance(answer.error, DisconnectedError):
            return None
        return answer.result().responses[0].partition_responses[0].error_code

    def send(self, *values: str, acks: int = -1) -> Future[ProduceResponse]:
        answer = spawn(self.client, self._send(values, acks))
        answer.then(lambda: None)
        return answer

    async def _send(self, values: tuple[str, ...], acks: int) -> ProduceResponse:
        records = [Record(value.encode(), timestamp_ms=self.clock.now_ms) for value in values]
        data = PartitionProduceData(index=i32(0), records=Records(encode(new_batch(records))))
        body = ProduceRequest(
            transactional_id=None,
            acks=i16(acks),
            timeout=duration(4_000),
            topic_data=(TopicProduceData(name=TopicName(TOPIC), partition_data=(data,)),),
        )
        connection = await self.network.node(self.client).connect(self.leader.address)
        answer = await connection.ask(Request(body, 12, "client"))
        assert isinstance(answer, ProduceResponse)
        return answer
