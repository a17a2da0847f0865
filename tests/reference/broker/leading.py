"""A partition that this broker leads, with followers that are only said to fetch."""

from typing import Any
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.broker.host import Host
from ackproof.reference.broker.partitions.altering import Alteration, Altered
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.log import Appended, PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Record, encode, new_batch

NOW_MS = 1_700_000_000_000
LAG_MS = 30_000
TOPIC_ID = UUID(int=1)


class Asked:
    """A controller that answers when it is told to."""

    def __init__(self, clock: VirtualClock) -> None:
        self.alterations: list[Alteration] = []
        self._clock = clock
        self._future = Future[Altered](clock)

    def alter_partition(self, alteration: Alteration) -> Future[Altered]:
        self.alterations.append(alteration)
        self._future = Future[Altered](self._clock)
        return self._future

    @property
    def wanted(self) -> list[tuple[int, ...]]:
        """The in-sync replicas that were asked for, each time."""
        return [tuple(broker for broker, _ in each.in_sync_replicas) for each in self.alterations]

    def grant(self) -> None:
        asked = self.alterations[-1]
        replicas = tuple(broker for broker, _ in asked.in_sync_replicas)
        self._future.resolve(Altered(asked.leader_epoch, asked.partition_epoch + 1, replicas))
        self._clock.run_until(self._clock.now_ms)

    def refuse(self, error: ErrorCode) -> None:
        self._future.fail(KafkaError(error))
        self._clock.run_until(self._clock.now_ms)


@attrs.define(eq=False)
class Known:
    """The brokers that are active, each with its epoch."""

    epochs: dict[int, int]

    def active_epoch(self, broker_id: int) -> int | None:
        return self.epochs.get(broker_id)

    def is_alive(self, broker_id: int) -> bool:
        return broker_id in self.epochs


class Leading:
    """Broker 1, which leads; brokers 2 and 3 follow."""

    def __init__(
        self,
        *,
        in_sync: tuple[int, ...] = (1, 2, 3),
        min_insync_replicas: int = 2,
        rules: BrokerRules | None = None,
    ) -> None:
        self.clock = VirtualClock(NOW_MS)
        self.controller = Asked(self.clock)
        self.brokers = Known({1: 10, 2: 20, 3: 30})
        host = Host(1, self.clock, self.controller, self.brokers, LAG_MS, rules or BrokerRules())
        settings = LogSettings(min_insync_replicas=min_insync_replicas)
        self.log = PartitionLog(Disk(), "orders-0", self.clock, settings, broker_rules=rules)
        self.partition = Partition(host, "orders", TOPIC_ID, 0, self.log)
        self.image = PartitionImage((1, 2, 3), in_sync, leader=1)
        self.partition.become(self.image)

    @property
    def in_sync(self) -> tuple[int, ...]:
        return self.partition.leading().in_sync.committed

    @property
    def maximal(self) -> tuple[int, ...]:
        return self.partition.leading().in_sync.maximal

    def hear(self, **changes: Any) -> None:
        """The controller says that the partition has changed."""
        epoch = self.image.partition_epoch + 1
        self.image = attrs.evolve(self.image, **{"partition_epoch": epoch, **changes})
        self.partition.become(self.image)
        self.pass_time(0)

    def append(self, *values: str, acks: int = -1) -> Appended:
        records = [Record(value.encode(), timestamp_ms=NOW_MS) for value in values or ("a",)]
        return self.partition.append(encode(new_batch(records)), acks=acks)

    def fetched(self, broker: int, offset: int, broker_epoch: int = -1) -> None:
        """A follower fetches from *offset*."""
        self.partition.has_fetched(self.partition.follower(broker, 0), offset, 0, broker_epoch)
        self.pass_time(0)

    def pass_time(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def wait(self, offset: int, timeout_ms: int | None = None) -> "Outcome":
        return Outcome(self, self.partition.replicated(offset, timeout_ms))


class Outcome:
    """What a producer hears that waits for all in-sync replicas."""

    def __init__(self, leading: Leading, future: Future[None]) -> None:
        self._leading = leading
        self._future = future
        future.then(lambda: None)

    @property
    def error(self) -> ErrorCode | None:
        """None while it waits."""
        self._leading.pass_time(0)
        if not self._future.is_done:
            return None
        error = self._future.error
        assert error is None or isinstance(error, KafkaError)
        return error.code if error else ErrorCode.none
