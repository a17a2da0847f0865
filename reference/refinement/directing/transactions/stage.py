"""The stage of a directed run of transactions."""

from collections.abc import Set
from functools import partial
from random import Random

from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing.stage import DirectedApplication
from ackproof.reference.refinement.directing.transactions.application import FIRST_RANK, DirectedInstance
from ackproof.reference.refinement.directing.transactions.network import TransactionNetwork
from ackproof.reference.refinement.directing.transactions.reader import OutputReader
from ackproof.reference.refinement.transactions.cluster import TransactionCluster
from ackproof.reference.refinement.transactions.setting import (
    LEADERS,
    STATE_TOPIC,
    TRANSACTION_TIMEOUT_MS,
    TransactionSetting,
)
from ackproof.reference.simulator.scenario import ProducerPlan

RETENTION_MS = 300_000
"""For how long offsets are kept of a group without members, where they are to be forgotten."""

PATIENT_MS = TRANSACTION_TIMEOUT_MS * 3 // 2
"""``transaction.timeout.ms`` of an instance whose transaction outlives one that began later."""

FORGETTING = {
    "offsets.retention.check.interval.ms": "1000",
    "offsets.retention.minutes": str(RETENTION_MS // 60_000),
}


class TransactionStage(TransactionCluster):
    """
    A cluster, instances with their producers initialised, and the log that they read, if there is one.

    Attributes:
        instances: First the one that has the partition of the log.
        is_replicated: There are several replicas of everything, so that leaders and coordinators can move.
        writer: Who writes the log.
        reader: Who reads the output, once it has begun to.
    """

    def __init__(
        self,
        setting: TransactionSetting,
        instances: int,
        delivery_timeout_ms: int,
        *,
        coordinators: int = 1,
        is_replicated: bool = False,
        forgets_offsets: bool = False,
        in_flight: int = 1,
        patient: Set[int] = frozenset(),
    ) -> None:
        self.clock = VirtualClock()
        self.network = TransactionNetwork(self.clock, Random(0))
        self.is_replicated = is_replicated
        super().__init__(
            setting,
            self.clock,
            self.network,
            Random(1),
            is_replicated=is_replicated,
            coordinators=coordinators,
            spare_brokers=2 if is_replicated else 0,
            properties=FORGETTING if forgets_offsets else {},
        )
        self.writer = DirectedApplication(self.world, ProducerPlan(records=setting.records))
        self.reader: OutputReader | None = None
        self.instances = [
            DirectedInstance(
                self.world,
                setting,
                index,
                delivery_timeout_ms,
                in_flight,
                PATIENT_MS if index in patient else TRANSACTION_TIMEOUT_MS,
            )
            for index in range(instances)
        ]

    def start(self, written: int, running: int) -> None:
        """So many records are written, and the first instances start, be it in a group; then what matters waits."""
        self.writer.start()
        for number in range(written):
            self.writer.hand_over()
            self.wait_until(partial(self._is_written, number))
        for instance in self.instances[:running]:
            instance.start()
        self.wait_until(lambda: all(each.calls["initialise"].is_done for each in self.instances[:running]))
        self.network.passing.clear()
        if self.setting.has_group:
            for place, instance in enumerate(self.instances[:running]):
                instance.join(FIRST_RANK + place)
            self.wait_until(lambda: all(self.is_stable(each) for each in self.instances[:running]))
            for instance in self.instances:
                instance.polls = False
            self.instances.sort(key=lambda each: not self.owns(each))

    def _is_written(self, record: int) -> bool:
        return record in self.writer.offsets

    def idle_broker(self) -> int:
        """A broker that leads nothing."""
        coordinating = (self.leader(STATE_TOPIC, index) for index in range(self.coordinators))
        busy = {*coordinating, *(self.leader(topic) for topic in LEADERS)}
        return next(number for number, machine in self.cluster.machines.items() if machine not in busy)

    def is_stable(self, instance: DirectedInstance) -> bool:
        """Whether an instance is a member of the present generation, and knows its assignment."""
        group, consumer = self.group(), instance.consumer
        if group is None or consumer is None or group.state != "Stable" or not instance.is_up:
            return False
        view = consumer.view().member
        is_told = consumer.group_metadata.generation == view.epoch == group.generation
        return is_told and view.state == "stable" and view.member_id in group.members

    def owns(self, instance: DirectedInstance) -> bool:
        """Whether it has the partition of the log, as far as it knows."""
        return instance.is_up and instance.consumer is not None and PLACE in instance.consumer.view().positions

    def read_output(self) -> list[ConsumedRecord]:
        """What the reader of the output is given, from its beginning on, now and whenever it has read before."""
        if self.reader is None:
            self.reader = OutputReader(self.world, self.setting)
        reading = self.reader.reads_on()
        self.wait_until(lambda: reading.is_done)
        reading.result()
        return self.reader.given
