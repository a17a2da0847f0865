"""An application that reads, as the model has it: what it holds, what it waits for, what the sink has."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from ackproof.model.consume.consumer import Held
from ackproof.model.consume.rules import (
    ConsumerRules,
    collects,
    commits_prefix,
    stores_after_processing,
    stores_at_hand_out,
)
from ackproof.reference.consumer.consumer import Consumer, Offsets
from ackproof.reference.consumer.errors import FencedInstanceIdError, NoOffsetForPartitionError
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.future import sleep, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.refinement.consume.listening import TOLD_TO_OUTSIDERS, Noting, is_final, listens
from ackproof.reference.refinement.consume.on_stage import OnStage
from ackproof.reference.refinement.consume.records import ADDED, PLACE, TOPIC, number_of, offsets_of
from ackproof.reference.refinement.consume.setting import consumer_of
from ackproof.reference.refinement.consume.sink import Sink, keep, pass_by, read_added
from ackproof.reference.refinement.consume.work import Work
from ackproof.reference.simulator.applications.application import Application, GaveUpError
from ackproof.reference.simulator.applications.consuming import FAILED_COMMITS, Failure
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.world import World

POLL_MS, SLOWEST_PROCESSING_MS = 40, 12

Ending = Literal["crash", "leave", "stop", "stop with all"]
"""How a process has ended: it died, closed, just stopped, or so did all of them, for long."""


class ReadingApplication(OnStage, Application):
    """
    One instance.

    Attributes:
        client: Its consumer, while it runs.
        work: What it holds, in the order in which it was handed out.
        batch: What it does not process before it is committed.
        to_commit: The offset of a synchronous commit that it waits for.
        refused_in: The assignment in which it has heard that a commit is refused; None if in none.
        sink: That of all instances.
        ending, last_process: How its last process has ended, and that itself.
        is_leaving, is_closing: It is to leave; it does.
        stands_still_until_ms: Until then it neither polls nor processes.
        fails_next, failed: It is to fail to process its next record; what it is to stop over.
    """

    def __init__(self, world: World, rules: ConsumerRules, settings: ConsumerSettings, name: str, sink: Sink) -> None:
        super().__init__(world, name, longest_pause_ms=0)
        self.rules, self.settings = rules, settings
        self.client: Consumer | None = None
        self.work: list[Work] = []
        self.batch: tuple[Held, ...] = ()
        self.to_commit: int | None = None
        self.refused_in: int | None = None
        self._assignment = self._earlier = 0
        self.sink = sink
        self.ending: Ending | None = None
        self.last_process: Process | None = None
        self.is_leaving = self.is_closing = False
        self.stands_still_until_ms = 0
        self.fails_next: Failure | None = None
        self.failed: tuple[Work, Failure] | None = None
        self._rng, self._asked = world.own_rng(), list[int]()

    # Its life.

    @property
    def is_through(self) -> bool:
        """Never: there may be more to read."""
        return False

    def start(self) -> None:
        """Its process starts."""
        self.work, self.batch, self.to_commit, self._asked = [], (), None, []
        self.refused_in, self._assignment, self._earlier = None, 0, 0
        self.ending, self.stands_still_until_ms = None, 0
        self.is_leaving, self.is_closing, self.failed = False, False, None
        super().start()

    def start_again(self) -> None:
        """Its process has died of an error: it starts again later."""
        self.restarts()

    def ends(self, ending: Ending) -> None:
        """Its process ends."""
        self.ending, self.last_process = ending, self.process
        super().crash()
        self.client = None

    def crash(self) -> None:
        """Its process dies."""
        if self.is_up:
            self.ends("crash")

    async def run(self, process: Process) -> None:
        """Read, process and commit until it is to leave; who is fenced goes on with another consumer."""
        while self.ending is None:
            with suppress(FencedInstanceIdError):
                await self._read(process)

    async def _read(self, process: Process) -> None:
        node = self.world.network.node(process)
        self._earlier, self._asked = self.assignment, []
        consumer = self.client = consumer_of(process, node, self.settings, self.rules, self.world.own_rng())
        consumer.subscribe([TOPIC], Noting(self) if listens(self.rules) else None)
        while not (self.is_leaving and self.may_leave() and self._is_done(consumer)):
            await self._stand_still(process)
            if not (self.is_leaving and self.work):
                await self._poll(process, consumer)
            else:
                await sleep(process, 1)
            if commits_prefix(self.rules):
                await self._stand_still(process)
                await self._commit_prefix(process, consumer)
            if self.failed is not None:
                await self._stop(process, consumer, *self.failed)
        self.is_closing = True
        await consumer.close()
        self.ends("leave")

    async def _stop(self, process: Process, consumer: Consumer, work: Work, failure: Failure) -> None:
        """It closes its consumer over a record that it could not process, and starts again later."""
        while self.rules.awaits_commits_on_close and not self.has_told():
            await sleep(process, 1)
        if failure == "after":
            keep(self.sink, self.rules, work.held)
        self.is_closing = True
        self.commits_urgently(is_urgent=True)
        await consumer.close()
        self.ends("crash")
        self.restarts()

    def _is_done(self, consumer: Consumer) -> bool:
        """Whether it has processed what it holds, and committed what it commits between polls."""
        offset = self.prefix(consumer) if commits_prefix(self.rules) else None
        return not (self.work or consumer.view().collected) and (offset is None or self.is_committed(offset))

    async def _poll(self, process: Process, consumer: Consumer) -> None:
        try:
            records = await self._next(consumer)
        except NoOffsetForPartitionError:
            # It waits for somebody to tell it where to start.
            await sleep(process, POLL_MS)
            return
        except KafkaError as error:
            if error.code not in TOLD_TO_OUTSIDERS:
                raise
            await sleep(process, 1)
            return
        if records:
            await self._handle(process, consumer, records)

    async def _next(self, consumer: Consumer) -> Sequence[ConsumedRecord]:
        """What it is handed next: a batch that takes some time, if that makes a difference."""
        if collects(self.rules):
            return await consumer.consume(self.settings.max_poll_records, POLL_MS)
        return await consumer.poll(POLL_MS)

    async def _stand_still(self, process: Process) -> None:
        if self.stands_still_until_ms > process.now_ms:
            await sleep(process, self.stands_still_until_ms - process.now_ms)

    # Records.

    async def _handle(self, process: Process, consumer: Consumer, records: Sequence[ConsumedRecord]) -> None:
        read_added(self.sink, consumer, [record for record in records if record.topic_partition == ADDED])
        records = [record for record in records if record.topic_partition == PLACE]
        if not records:
            return
        rules, position = self.rules, records[-1].offset + 1
        handed = tuple((record.offset, number_of(record)) for record in records)
        if rules.is_before_processing and rules.commit == "sync":
            self.batch = handed
            is_committed = await self._commit_sync(process, consumer, position)
            self.batch = ()
            if not is_committed:
                return
        if stores_at_hand_out(rules) and rules.auto_commit.stores == "application":
            self._store(consumer, position)
        self.work += [Work(held, self.assignment) for held in handed]
        if rules.is_before_processing and rules.commit == "async":
            consumer.commit_async(offsets_of(position))
        if rules.is_handed_off:
            for work in self.work[-len(handed) :]:
                spawn(process, self._process_apart(process, consumer, work))
            return
        for work in self.work[-len(handed) :]:
            await self._process(process, consumer, work)
            if self.failed is not None:
                return
        if not rules.is_before_processing:
            await self._commit(process, consumer)

    async def _process_apart(self, process: Process, consumer: Consumer, work: Work) -> None:
        try:
            await sleep(process, self._rng.randrange(SLOWEST_PROCESSING_MS))
            while self.rules.commit == "with-sink" and self.work[0] is not work:
                # A sink that keeps the offset gets results in order.
                await sleep(process, 1)
            await self._process(process, consumer, work)
        except GaveUpError:
            self.crash()
            self.restarts()

    async def _process(self, process: Process, consumer: Consumer, work: Work) -> None:
        await sleep(process, self._rng.randrange(1, SLOWEST_PROCESSING_MS))
        await self._stand_still(process)
        if self.is_closing:
            # What other threads still have does not come to an end.
            return
        failure, self.fails_next = self.fails_next, None
        if failure is not None and self.rules.closes_on_failure:
            self.failed = self.failed or (work, failure)
            return
        if failure != "before":
            keep(self.sink, self.rules, work.held)
        if failure is not None:
            match self.rules.on_processing_failure:
                case "retry":
                    await sleep(process, 1)
                    keep(self.sink, self.rules, work.held)
                case "dead-letter":
                    keep(self.sink, self.rules, work.held, is_refused=False)
                case "stop" | "crash":
                    raise GaveUpError("a record that can not be processed")
                case "skip":
                    pass_by(self.sink, self.rules, work.held)
        self.work.remove(work)
        if stores_after_processing(self.rules):
            self._store(consumer, self.prefix(consumer))

    # Commits.

    def _store(self, consumer: Consumer, offset: int | None) -> None:
        if offset is not None and consumer.assignment:
            consumer.store_offsets(offsets_of(offset))

    async def _commit(self, process: Process, consumer: Consumer) -> None:
        position = consumer.view().positions.get(PLACE)
        if position is not None and self.rules.commit == "sync":
            await self._commit_sync(process, consumer, position)
        elif position is not None and self.rules.commit == "async":
            consumer.commit_async(offsets_of(position))

    async def _commit_sync(self, process: Process, consumer: Consumer, offset: int) -> bool:
        self.to_commit = offset
        try:
            await consumer.commit_sync(offsets_of(offset))
        except FAILED_COMMITS as error:
            self._has_heard(error)
            return False
        finally:
            self.to_commit = None
        return True

    async def _commit_prefix(self, process: Process, consumer: Consumer) -> None:
        offset = self.prefix(consumer)
        if offset is None or offset in self._asked or self.is_refused or self.is_committed(offset):
            return
        if self.rules.commit == "async":
            self._asked.append(offset)
            consumer.commit_async(offsets_of(offset), self._heard)
        else:
            await self._commit_sync(process, consumer, offset)

    def _heard(self, offsets: Offsets, error: Exception | None) -> None:
        self._asked.remove(offsets[PLACE].offset)
        self._has_heard(error)

    def _has_heard(self, error: Exception | None) -> None:
        if is_final(error):
            self.refused_in = self.assignment

    @property
    def assignment(self) -> int:
        """Which assignment of its consumer it has, or had last, counted."""
        if self.client is not None:
            latest = self.client.view().assignments.get(PLACE)
            self._assignment = self._assignment if latest is None else self._earlier + latest
        return self._assignment

    @property
    def is_refused(self) -> bool:
        """It has heard that a commit is refused, and was assigned nothing since: it does not ask in vain."""
        return self.refused_in is not None and self.refused_in == self.assignment

    def prefix(self, consumer: Consumer) -> int | None:
        """The offset below which all is done that its present assignment gave it; None without one."""
        position = consumer.view().positions.get(PLACE)
        if position is None or self.rules.is_before_processing:
            return position
        return min([position, *(work.held[0] for work in self.work if work.assignment == self.assignment)])
