"""The director of a run of the reference: who lets requests in and answers out, one at a time."""

from collections.abc import Callable
from typing import cast

from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.broker.partitions.leadership import Leadership
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.stage import DirectedStage, records_in
from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.map import number_of
from ackproof.reference.simulator.applications.content import content_of

SOON_MS, AT_LAST_MS = 3_000, 600_000
"""How long to wait for what takes no time, and for what a timeout decides."""

MOST_FETCHES = 12


class NotDirectedError(Exception):
    """The reference can not be brought to do what the model does."""


class Director:
    """
    Lets things happen on a stage.

    Attributes:
        brokers: The broker of each replica of the model.
        notes: Where the reference could not but do something else than the model, to the same effect.
        is_ahead: Followers have had to fetch earlier than in the model.
        doomed: Connections that have lost something, which the producer has yet to notice.
    """

    def __init__(self, stage: DirectedStage, brokers: tuple[int, ...]) -> None:
        self.stage = stage
        self.network = stage.network
        self.brokers = brokers
        self.notes: list[str] = []
        self.is_ahead = False
        self.doomed: list[Line] = []

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
        clock = self.stage.clock
        end_ms = clock.now_ms + limit_ms
        while not is_so():
            if clock.now_ms > end_ms:
                raise NotDirectedError(f"{what} does not happen")
            self.stage.step()

    # Brokers.

    def is_up(self, broker: int) -> bool:
        """Whether its process runs."""
        return self.stage.cluster.machines[broker].is_up

    def log(self, broker: int) -> PartitionLog | None:
        """Its log, while it runs."""
        partition = self.stage.partition(broker)
        return None if partition is None else partition.log

    def records(self, broker: int) -> tuple[int, ...]:
        """The records in its log; none while it is down."""
        log = self.log(broker)
        return () if log is None else records_in(log)

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
        self.until(lambda: bool(self.fetches(follower)), f"a fetch of broker {follower}")
        return self.fetches(follower)[-1]

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
        """The connections of the producer that hold requests and work."""
        return [line for line in self.stage.lines if not line.is_broken]

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
        """The leader gets a produce request; of one without an answer nothing is left."""
        waiting.admit()
        body = cast("ProduceRequest", waiting.request.body)
        if body.acks == 0:
            self.now()
            self.network.release(waiting)
            self.now()

    def drop(self, line: Line) -> None:
        """What of a connection waits at a server waits for nothing."""
        for waiting in self.network.of(ProduceRequest):
            if waiting.caller.connection == line.wire.number:
                self.network.waiting.remove(waiting)


def record_of(request: ProduceRequest) -> int:
    """Which record a produce request holds."""
    (record,) = decode(request.topic_data[0].partition_data[0].records or b"").records
    return number_of(content_of(record.value).record)


def on_the_wire(line: Line) -> list[int]:
    """The records of requests that no broker has begun to serve."""
    return [record_of(cast("ProduceRequest", letter.request.body)) for letter in line.letters[len(line.served) :]]
