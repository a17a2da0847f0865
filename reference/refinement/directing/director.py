"""The director of a run of the reference: who lets requests in and answers out, one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import attrs
from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest
from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.broker.partitions.leadership import Leadership
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.producer.record import RecordMetadata
from ackproof.reference.protocol.primitive import duration, milliseconds
from ackproof.reference.records.batch import read_header
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError, pass_until
from ackproof.reference.refinement.directing.stage import METADATA_MS, DirectedStage, records_of
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.network import Line

SOON_MS, SEND_MS, AT_LAST_MS = 3_000, 12_000, 600_000
"""How long to wait for what takes no time, for a batch to be sent, and for what a timeout decides."""

MOST_FETCHES = 12


class Director:
    """
    Lets things happen on a stage.

    Attributes:
        brokers: The broker of each replica of the model.
        notes: Where the reference could not but do something else than the model, to the same effect.
        is_ahead: Followers have had to fetch earlier than in the model.
        doomed: Connections that have lost something, which the producer has yet to notice.
        coming: The steps from the present one on.
        deleted: Batches that the leader has deleted, from offset 0 on.
        seen: The records that consumers could read, as far as the model remembers that.
        older: What becomes of a batch of another partition whose deadline is to pass before all others.
        beside: The broker that is to have that batch, by name, and leads nothing else.
    """

    def __init__(self, stage: DirectedStage, brokers: tuple[int, ...]) -> None:
        self.stage = stage
        self.network = stage.network
        self.brokers = brokers
        self.notes: list[str] = []
        self.is_ahead = False
        self.doomed: list[Line] = []
        self.coming: Sequence[Turn] = ()
        self.deleted: list[bytes] = []
        self.seen: tuple[int, ...] = ()
        self.older: Future[RecordMetadata] | None = None
        self.beside = ""

    # Time.

    def now(self) -> None:
        """What takes no time happens."""
        while self.stage.clock.step(self.stage.clock.now_ms):
            pass

    def calm(self) -> None:
        """What takes next to no time happens, such as trying again after a back-off."""
        self.stage.clock.run_until(self.stage.clock.now_ms + 30)

    def until(self, is_so: Callable[[], bool], what: str, limit_ms: int = SOON_MS) -> None:
        """
        Time passes until something is so.

        Raises:
            NotDirectedError: It does not come to that.
        """
        pass_until(self.stage.clock, self.stage.step, is_so, what, limit_ms)

    # Brokers.

    def is_up(self, broker: int) -> bool:
        """Whether its process runs."""
        return self.stage.cluster.machines[broker].is_up

    def is_back(self, broker: int) -> bool:
        """Whether it runs, and the controller counts on this run of it."""
        return self.stage.is_up(broker) and self.stage.has_registered(broker)

    def log(self, broker: int) -> PartitionLog | None:
        """Its log, while it runs."""
        partition = self.stage.partition(broker)
        return None if partition is None else partition.log

    def batches(self, broker: int) -> list[bytes]:
        """What is in its log, and what was until it was deleted; nothing while it is down."""
        log = self.log(broker)
        if log is None:
            return []
        return [
            *(data for data in self.deleted if read_header(data).base_offset < log.log_start_offset),
            *log.batches(),
        ]

    def records(self, broker: int) -> tuple[int, ...]:
        """The records in its log, deleted ones too; none while it is down."""
        return records_of(self.batches(broker))

    def delete_below(self, leader: int, offset: int) -> None:
        """The *leader* deletes what is below an offset that is committed."""
        log = self.log(leader)
        assert log is not None
        self.deleted += (data for data in log.batches() if read_header(data).base_offset < offset)
        log.increase_log_start(offset)

    def leadership(self) -> Leadership | None:
        """What the leader that is up knows."""
        leader = self.stage.image.leader
        partition = self.stage.partition(leader) if leader >= 0 else None
        return None if partition is None else partition.leadership

    def leads(self, broker: int) -> bool:
        """Whether it leads, and knows."""
        led = self.leadership()
        image = self.stage.image
        return image.leader == broker and led is not None and led.leader_epoch == image.leader_epoch

    # Followers.

    def fetches(self, follower: int) -> list[Waiting]:
        """Its fetch from the leader, before or after the leader got it."""
        return self.network.of(FetchRequest, f"broker-{follower}", f"broker-{self.stage.image.leader}")

    def _fetch(self, follower: int) -> Waiting:
        self.until(lambda: self._comes_to_fetch(follower), f"a fetch of broker {follower}")
        return self.fetches(follower)[-1]

    def _comes_to_fetch(self, follower: int) -> bool:
        """Whether it fetches; it may ask first where it has to truncate to."""
        for waiting in self.network.of(OffsetForLeaderEpochRequest, f"broker-{follower}"):
            if waiting.answer is None:
                waiting.admit()
            elif waiting.is_answered:
                self.network.release(waiting)
        return bool(self.fetches(follower))

    def asks(self, follower: int) -> None:
        """Its fetch reaches the leader."""
        waiting = self._fetch(follower)
        if waiting.answer is None:
            waiting.admit()
            self.until(lambda: waiting.is_answered, "the answer to a fetch")
        self.now()

    def gets(self, follower: int) -> None:
        """The answer to its fetch reaches it, and it fetches again."""
        self.asks(follower)
        waiting = self._fetch(follower)
        self.network.release(waiting)
        self.now()

    def told(self, follower: int) -> bool:
        """Whether the leader knows where its log ends."""
        led, log = self.leadership(), self.log(follower)
        known = None if led is None else led.followers.get(follower)
        return known is not None and log is not None and known.log_end_offset == log.log_end_offset

    def has_news(self, follower: int) -> bool:
        """Whether it has more than the leader knows of."""
        led, log = self.leadership(), self.log(follower)
        known = None if led is None else led.followers.get(follower)
        return known is None or log is None or known.log_end_offset < log.log_end_offset

    def tell(self, follower: int) -> None:
        """The leader hears where the log of a follower ends, which gets no more than it must for that."""
        for _ in range(MOST_FETCHES):
            self.asks(follower)
            if self.told(follower):
                return
            self.gets(follower)
        raise NotDirectedError(f"the leader does not hear where the log of broker {follower} ends")

    def copy(self, follower: int, is_there: Callable[[], bool]) -> None:
        """A follower fetches until its log is what it is to be."""
        for _ in range(MOST_FETCHES):
            if is_there():
                return
            self._fetch(follower)
            # It may have truncated before it fetches.
            if not is_there():
                self.gets(follower)
        raise NotDirectedError(f"broker {follower} does not come to have what it is to have")

    # The controller.

    def questions(self) -> list[Waiting]:
        """What leaders ask the controller for."""
        return self.network.of(AlterPartitionRequest)

    def wanted(self, waiting: Waiting) -> frozenset[int]:
        """Whom a leader wants to be in sync."""
        body = cast("AlterPartitionRequest", waiting.request.body)
        (asked,) = body.topics[0].partitions
        return frozenset(int(each.broker_id) for each in asked.new_isr_with_epochs)

    def decide(self, waiting: Waiting) -> None:
        """The controller decides, and all hear of it."""
        waiting.admit()
        self.now()
        self.network.release(waiting)
        self.calm()

    def decide_stale(self) -> None:
        """The controller refuses what it was asked by who knew less than it does."""
        for waiting in self.questions():
            body = cast("AlterPartitionRequest", waiting.request.body)
            (asked,) = body.topics[0].partitions
            image = self.stage.image
            if asked.partition_epoch != image.partition_epoch or asked.leader_epoch != image.leader_epoch:
                self.decide(waiting)

    # Produce requests.

    def lines(self) -> list[Line]:
        """The connections of the producer that hold requests for this partition and work."""
        return [line for line in self.stage.lines if not line.is_broken and line.wire.listener.name != self.beside]

    def is_current(self, waiting: Waiting) -> bool:
        """Whether a produce request is one of a connection of this producer that works."""
        return any(line.wire.number == waiting.caller.connection for line in self.lines())

    def produces(self) -> list[Waiting]:
        """The produce requests at the leader."""
        listener = f"broker-{self.stage.image.leader}"
        return [each for each in self.network.of(ProduceRequest, listener=listener) if self.is_current(each)]

    def unserved(self) -> Waiting | None:
        """The produce request that the leader gets next."""
        return next((each for each in self.produces() if each.answer is None), None)

    def served(self) -> Waiting | None:
        """The produce request whose answer is to come."""
        return next((each for each in self.produces() if each.answer is not None), None)

    def admit(self, waiting: Waiting) -> None:
        """
        The leader gets a produce request; of one without an answer nothing is left.

        If it is to give up, it waits for its followers for less time than the producer waits for it.
        """
        body = cast("ProduceRequest", waiting.request.body)
        outcome = next((turn.action for turn in self.coming if turn.action in ("answer", "give up")), "answer")
        if outcome == "give up":
            body = replace(body, timeout=duration(min(milliseconds(body.timeout), self.stage.left_ms) // 2))
            waiting.request = attrs.evolve(waiting.request, body=body)
        waiting.admit()
        if body.acks == 0:
            self.now()
            self.network.release(waiting)
            self.now()

    def breaks_doomed(self) -> None:
        """The producer notices that connections have lost something."""
        for line in self.doomed:
            line.wire.breaks()
        self.doomed.clear()
        self.wakes()

    def wakes(self) -> None:
        """The producer goes on, if it stands still."""
        process = self.stage.application.process
        if process is not None and process.is_paused:
            # Of what has happened as it stood still it sees this first, and then who leads.
            name, leader = self.stage.application.name, self.stage.image.leader
            others = {(name, f"broker-{broker}") for broker in self.brokers if broker != leader}
            self.network.apart |= others
            self.goes_on()
            self.stage.clock.run_until(self.stage.clock.now_ms + METADATA_MS + 100)
            self.network.apart -= others

    def goes_on(self) -> None:
        """What takes no time happens; who stands still sees that first, and does then what it was about to do."""
        process = self.stage.application.process
        stands_still = process is not None and process.is_paused
        if process is not None and stands_still:
            process.is_running = True
        self.now()
        if process is not None and stands_still:
            process.resume()
            self.now()

    def drop(self, line: Line) -> None:
        """What of a connection waits at a server waits for nothing."""
        for waiting in self.network.of(ProduceRequest):
            if waiting.caller.connection == line.wire.number:
                self.network.waiting.remove(waiting)
