"""A fetcher: what brings followers what one leader has."""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.response import PartitionData
from kio.schema.offset_for_leader_epoch.v4.response import EpochEndOffset

from ackproof.reference.broker.fetchers.fetcher_leader import EARLIEST, LATEST, Follower, LeaderEndpoint
from ackproof.reference.broker.fetchers.fetcher_state import FetchState, first_state, last_epoch_to_say
from ackproof.reference.broker.fetchers.fetcher_truncation import UNDEFINED, asks_leader, truncation
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.kernel.future import Future, sleep, spawn
from ackproof.reference.log.leader_epochs import EpochEnd
from ackproof.reference.log.log import UnexpectedOffsetError
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import NO_ERROR, KafkaError
from ackproof.reference.protocol.request import Address, DisconnectedError


class Fetcher:
    """
    Fetches from one leader: truncates where logs differ, fetches, appends, again and again.

    Not as in Kafka: every fetch names all partitions, without a fetch session; one fetcher for each leader.

    Source: ``AbstractFetcherThread``, ``ReplicaFetcherThread``.
    """

    def __init__(self, follower: Follower, address: Address) -> None:
        self._clock = follower.clock
        self._backoff_ms = follower.settings.replica_fetch_backoff_ms
        self._leader = LeaderEndpoint(follower, address)
        self._states: dict[TopicPartition, FetchState] = {}
        self._is_running = False
        self._nudged: Future[None] | None = None

    def add(self, partition: Partition) -> None:
        """Fetch for *partition* too, in the leader epoch that it has now."""
        state = first_state(partition)
        self._states[state.name] = state
        if self._nudged is not None:
            self._nudged.resolve(None)
        if not self._is_running:
            self._is_running = True
            spawn(self._clock, self._run())

    def remove(self, partition: Partition) -> None:
        """Fetch for *partition* no more."""
        self._states.pop(TopicPartition(partition.topic, partition.index), None)

    async def _run(self) -> None:
        while self._states:
            ready = self._ready()
            truncating = [state for state in ready if state.is_truncating]
            if truncating:
                await self._truncate(truncating)
                ready = [state for state in self._ready() if not state.is_truncating]
            await self._fetch(ready)
        self._is_running = False
        self._leader.close()

    # Truncating before the first fetch.

    async def _truncate(self, truncating: list[FetchState]) -> None:
        asking = [state for state in truncating if self._can_ask(state)]
        if asking:
            await self._truncate_by_epoch(asking)
        for state in truncating:
            if state not in asking and self._is_current(state):
                state.partition.truncate_to(state.offset)
                self._fetches_from(state, state.offset, is_complete=True)

    def _can_ask(self, state: FetchState) -> bool:
        return asks_leader(state.partition.rules) and state.partition.log.latest_epoch is not None

    async def _truncate_by_epoch(self, asking: list[FetchState]) -> None:
        try:
            ends = await self._leader.epoch_ends(asking)
        except DisconnectedError:
            self._delay(asking)
            return
        for state in asking:
            if self._is_current(state):
                self._truncate_to_end(state, ends[state.name])

    def _truncate_to_end(self, state: FetchState, end: EpochEndOffset) -> None:
        if end.error_code is ErrorCode.fenced_leader_epoch:
            self._fail(state)
        elif end.error_code is not ErrorCode.none:
            self._delay([state])
        else:
            self._truncate_one(state, EpochEnd(end.leader_epoch, end.end_offset))

    def _truncate_one(self, state: FetchState, leader: EpochEnd) -> None:
        partition = state.partition
        to = truncation(partition.log, leader, state.offset, partition.rules)
        partition.truncate_to(to.offset)
        # Who finds out while it fetches need not ask again: the next answer says more.
        is_complete = to.is_complete or not partition.rules.truncates_before_fetching
        self._fetches_from(state, to.offset, is_complete=is_complete)

    # Fetching.

    async def _fetch(self, fetching: list[FetchState]) -> None:
        if not fetching:
            if self._states:
                await self._wait()
            return
        try:
            answers = await self._leader.fetch(fetching)
        except DisconnectedError:
            self._delay(fetching)
            return
        for state in fetching:
            answer = answers.get(state.partition.name)
            if answer is None or not self._is_current(state):
                continue
            if answer.error_code is NO_ERROR and answer.diverging_epoch.epoch == UNDEFINED:
                self._append(state, answer)
            else:
                await self._process(state, answer)

    async def _process(self, state: FetchState, answer: PartitionData) -> None:
        """
        An answer that brings nothing to append.

        Source: ``AbstractFetcherThread.processFetchRequest``.
        """
        match answer.error_code:
            case ErrorCode.none:
                await self._diverged(state, answer)
            case ErrorCode.offset_out_of_range:
                await self._start_anew(state)
            case ErrorCode.fenced_leader_epoch:
                self._fail(state)
            case _:
                self._delay([state])

    async def _diverged(self, state: FetchState, answer: PartitionData) -> None:
        if state.partition.rules.takes_high_watermark_before_truncating:
            # Others may read in between (KAFKA-14704).
            state.partition.take_high_watermark(answer.high_watermark)
            await sleep(self._clock, 0)
        if self._is_current(state):
            diverging = answer.diverging_epoch
            self._truncate_one(state, EpochEnd(diverging.epoch, diverging.end_offset))

    def _append(self, state: FetchState, answer: PartitionData) -> None:
        partition = state.partition
        assert state.offset == partition.log.log_end_offset
        try:
            partition.append_fetched(answer.records or b"", answer.high_watermark, answer.log_start_offset)
        except KafkaError:
            # What is corrupt may be whole the next time.
            self._delay([state])
            return
        except UnexpectedOffsetError:
            self._fail(state)
            return
        # Without records it goes on from where it is.
        if answer.records:
            self._fetches_from(state, partition.log.log_end_offset, is_complete=True)

    async def _start_anew(self, state: FetchState) -> None:
        """
        The leader's log does not reach to where this one ends, or starts only after that.

        Source: ``AbstractFetcherThread.fetchOffsetAndTruncate``.
        """
        try:
            offset = await self._offset_to_start_at(state)
        except (DisconnectedError, KafkaError):
            if self._is_current(state):
                self._delay([state])
            return
        if offset is not None:
            self._fetches_from(state, offset, is_complete=True)

    async def _offset_to_start_at(self, state: FetchState) -> int | None:
        """Where to go on; None if that does not matter any more."""
        partition, own_end = state.partition, state.partition.log.log_end_offset
        leader_end = await self._leader.offset_at(state, LATEST)
        if not self._is_current(state):
            return None
        if leader_end < own_end:
            partition.truncate_to(leader_end)
            return leader_end
        leader_start = await self._leader.offset_at(state, EARLIEST)
        if not self._is_current(state):
            return None
        if leader_start > own_end:
            partition.truncate_fully_and_start_at(leader_start)
        return max(leader_start, own_end)

    # States.

    def _ready(self) -> list[FetchState]:
        now_ms = self._clock.now_ms
        return [state for state in self._states.values() if state.ready_ms <= now_ms]

    def _is_current(self, state: FetchState) -> bool:
        """Whether it still is what it was when the leader was asked."""
        return self._states.get(state.partition.name) is state

    def _fetches_from(self, state: FetchState, offset: int, *, is_complete: bool) -> None:
        partition = state.partition
        last_fetched_epoch = last_epoch_to_say(partition, partition.rules)
        self._states[partition.name] = FetchState(
            partition, state.leader_epoch, offset, last_fetched_epoch, not is_complete, state.ready_ms
        )

    def _delay(self, states: list[FetchState]) -> None:
        ready_ms = self._clock.now_ms + self._backoff_ms
        for state in states:
            if self._is_current(state):
                self._states[state.name] = attrs.evolve(state, ready_ms=ready_ms)

    def _fail(self, state: FetchState) -> None:
        """Nothing comes of it until the controller says more (``markPartitionFailed``)."""
        del self._states[state.name]

    async def _wait(self) -> None:
        """Until there may be something to fetch."""
        self._nudged = nudged = Future[None](self._clock)
        timer = self._clock.call_at(self._clock.now_ms + self._backoff_ms, lambda: nudged.resolve(None))
        await nudged
        timer.cancel()
        self._nudged = None
