"""The replicas on the stage of the produce half, as they are in the fine-grained model."""

from collections.abc import Callable
from copy import deepcopy

from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.network import Delayed
from ackproof.model.produce.replica import Replica, Replicas, Role
from ackproof.model.produce.retention import anonymous, forgotten
from ackproof.model.produce.truncation import Log
from ackproof.reference.broker.logs import Logs
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.image import NO_LEADER
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.records.batch import Batch as StoredBatch
from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.produce.stage import TOPIC, ProduceStage


class ReplicasMap:
    """
    Maps the replicas of one run.

    What the model remembers and the reference does not, it remembers here: what each has deleted, what is on the disk
    of a broker that is down, in which epoch each replica led last, how far a leader that is gone knew its followers,
    and who has to truncate before it fetches.

    A broker is up from when it has registered on: it fetches before the controller takes its fence away.

    Attributes:
        logs: What each broker has, and its high watermark.
    """

    def __init__(
        self,
        stage: ProduceStage,
        batch: Callable[[StoredBatch], Batch],
        held: Callable[[int], Delayed],
        raw_producer_id: Callable[[int], int],
    ) -> None:
        """
        Begin where the stage is.

        Args:
            stage: The stage.
            batch: What a batch in a log is in the model.
            held: What the network holds back on its way to a broker since it led.
            raw_producer_id: Of a producer id of the model.
        """
        self._stage = stage
        self._batch = batch
        self._held = held
        self._raw_producer_id = raw_producer_id
        self.logs: dict[int, tuple[tuple[Batch, ...], int]] = {}
        self._is_gone: set[int] = set()
        self._deleted: dict[int, Log] = {}
        self._processes = {broker: stage.cluster.machines[broker].process for broker in stage.image.replicas}
        self._had: dict[int, int] = {}
        self._led: dict[int, tuple[int, int]] = {}
        self._broker_epochs: dict[int, int] = {}
        self._fetched_to: dict[int, int] = {}
        self._truncating: dict[int, int] = {}
        others = (broker for broker in stage.image.replicas if broker != stage.first_leader)
        self._brokers = (stage.first_leader, *others)

    def replicas(self) -> Replicas:
        """The replicas, the first leader first, with what the controller says of them."""
        self._had.clear()
        for broker in self._brokers:
            self._look_at(broker)
        if self._stage.image.leader != NO_LEADER:
            self._look_at_leader(self._stage.image.leader)
            self._look_at_truncation()
        return tuple(self._replica(broker) for broker in self._brokers)

    def _replica(self, broker: int) -> Replica:
        image = self._stage.image
        is_up = self._stage.has_registered(broker)
        log, high_watermark = self.logs[broker]
        epoch, epoch_start = self._led.get(broker, (0, 0))
        return Replica(
            role=self._role(broker),
            is_up=is_up,
            log=log,
            was_last_leader=image.leader == NO_LEADER and image.last_known_leader == broker,
            is_dirty=not is_up,
            high_watermark=high_watermark,
            fetched_to=self._fetched_to.get(broker, 0),
            leader_epoch=epoch,
            epoch_start=epoch_start,
            is_truncating=broker in self._truncating,
            is_joining=broker in self._joining(),
            held=self._held(broker),
        )

    def _role(self, broker: int) -> Role:
        """What the controller says of a broker."""
        image = self._stage.image
        if broker == image.leader:
            return "leader"
        if broker in image.in_sync_replicas:
            return "in-sync"
        return "eligible" if broker in image.eligible_leader_replicas else "out"

    def _joining(self) -> frozenset[int]:
        """
        Whom the leader counts as in sync while the controller has not decided so.

        It asks for one after the other; the model has it ask for all at once.
        """
        led = self._stage.partition(self._stage.image.leader) if self._stage.image.leader != NO_LEADER else None
        if led is None or led.leadership is None or not self._stage.rules.brokers.asks_controller_to_join:
            return frozenset()
        leadership, least = led.leadership, max(led.log.high_watermark, led.leadership.epoch_start_offset)
        asked = frozenset(leadership.in_sync.maximal)
        others = (each for each in leadership.followers.values() if each.log_end_offset >= least)
        waits = frozenset(each.broker_id for each in others if leadership.waits_for(each))
        return (asked | waits) - frozenset(leadership.in_sync.committed)

    def _look_at(self, broker: int) -> None:
        machine = self._stage.cluster.machines[broker]
        partition = self._stage.partition(broker)
        if machine.process not in (self._processes[broker], None) and broker not in self._is_gone:
            # It has started at once: nobody has seen it gone.
            self._has_gone(broker)
            if broker == self._stage.image.leader and self._stage.has_registered(broker):
                self._leads_on(broker)
        self._processes[broker] = machine.process
        if partition is not None:
            self.logs[broker] = self._contents(broker, partition.log)
            self._is_gone.discard(broker)
        elif machine.is_up:
            self._is_gone.discard(broker)
        elif broker not in self._is_gone:
            self._has_gone(broker)
            self._is_gone.add(broker)
        broker_epoch = self._stage.cluster.image.brokers[broker].epoch
        if self._broker_epochs.get(broker) != broker_epoch:
            self._broker_epochs[broker] = broker_epoch
            self._fetched_to[broker] = 0

    def _has_gone(self, broker: int) -> None:
        """What it had, and what is left of that on its disk."""
        self._had[broker] = len(self.logs[broker][0]) if broker in self.logs else 0
        self.logs[broker] = self._contents(broker, self._log_on_disk(broker))
        self._has_to_truncate(broker, self._fetches(broker)[1])

    def _leads_on(self, broker: int) -> None:
        """It leads in the epoch in which it led before it started again, and has yet to hear of its followers."""
        self._truncating.pop(broker, None)
        self._led[broker] = (self._stage.image.leader_epoch, len(self.logs[broker][0]))
        self._fetched_to = {}

    def _contents(self, broker: int, log: PartitionLog) -> tuple[tuple[Batch, ...], int]:
        """What is in a *log*, also what was until it was deleted, and its high watermark."""
        there = tuple(self._batch(decode(data)) for data in log.batches())
        start = log.log_start_offset
        known = self._deleted.get(broker, ())
        if start > len(known):
            had = (*self._had_before(broker, start)[:start], *there)
            has_to_forget = self._stage.rules.brokers.forgets_producers_with_their_records
            known = forgotten(had, start) if has_to_forget else had
        deleted = known[:start]
        if any(self._is_lost(log, batch) for batch in deleted):
            deleted = tuple(map(anonymous, deleted))
        self._deleted[broker] = deleted
        return (*deleted, *there), log.high_watermark

    def _had_before(self, broker: int, start: int) -> Log:
        """What a broker had that deletes what is below *start*: what its leader had if it has just begun there."""
        logs = (self.logs[each][0] for each in (broker, self._stage.image.leader, *self._brokers) if each in self.logs)
        return next(log for log in logs if len(log) >= start)

    def _is_lost(self, log: PartitionLog, batch: Batch) -> bool:
        """Whether a log has lost what its producers' state had of a *batch*, as it has read again what is left."""
        if batch.producer_id == NO_PRODUCER_ID:
            return False
        entry = log.producers.entries.get(self._raw_producer_id(batch.producer_id))
        if entry is None:
            return True
        are_all_there = len(entry.batches) < self._stage.rules.brokers.remembered_batches
        remembered = {(entry.producer_epoch, each.last_sequence) for each in entry.batches}
        is_current = batch.producer_epoch == entry.producer_epoch
        return is_current and are_all_there and (batch.producer_epoch, batch.base_sequence) not in remembered

    def _log_on_disk(self, broker: int) -> PartitionLog:
        """What a broker that is down will find when it starts."""
        stage, disk = self._stage, deepcopy(self._stage.cluster.machines[broker].disk)
        rules = stage.rules
        logs = Logs(stage.clock, disk, BrokerSettings(), rules.brokers, rules.transactions)
        topic = stage.cluster.image.topics[TOPIC]
        return logs.open(TopicPartition(TOPIC, 0), topic.topic_id, LogSettings())

    def _look_at_leader(self, leader: int) -> None:
        leader_epoch = self._stage.image.leader_epoch
        led = self._stage.partition(leader)
        known = self._led.get(leader)
        if known is None or known[0] != leader_epoch:
            # Who has come to lead and lost power since the last look led with what it had.
            self._led[leader] = (leader_epoch, self._had.get(leader, len(self.logs[leader][0])))
            self._fetched_to = {}
            for broker in self._brokers:
                if broker != leader:
                    self._has_to_truncate(broker, -1)
                elif leader not in self._is_gone:
                    self._truncating.pop(leader, None)
        if led is not None and led.leadership is not None and led.leadership.leader_epoch == leader_epoch:
            self._look_at_followers(led)

    def _look_at_followers(self, led: Partition) -> None:
        assert led.leadership is not None
        for broker, follower in led.leadership.followers.items():
            if follower.broker_epoch == self._broker_epochs[broker]:
                self._fetched_to[broker] = max(follower.log_end_offset, 0)

    def _has_to_truncate(self, broker: int, fetches: int) -> None:
        """It begins to follow, after so many fetches, and truncates first."""
        self._truncating.pop(broker, None)
        if self._stage.rules.brokers.truncates_before_fetching and self.logs[broker][0]:
            self._truncating[broker] = fetches

    def _look_at_truncation(self) -> None:
        """Who fetches from the leader has truncated."""
        image = self._stage.image
        for broker, before in tuple(self._truncating.items()):
            leader_epoch, fetches = self._fetches(broker)
            if leader_epoch == image.leader_epoch and fetches > before:
                del self._truncating[broker]

    def _fetches(self, broker: int) -> tuple[int, int]:
        """In which leader epoch it fetched last, and how often before."""
        return self._stage.network.fetches.get(f"broker-{broker}", (-1, -1))
