"""
A pipeline as a queue for each partition: records arrive, consumers poll, process and commit.

It has the poll loop of the real consumer, its automatic commits, and rebalances of an eager classic group, but neither
requests nor a network: fetching takes no time, and records arrive in lots, ten times a second. Its lag is that of the
reference consumer and broker, up to what arrives between two commits and while a rebalance is noticed.
"""

from collections.abc import Callable, Iterator
from random import Random

import attrs

from ackproof.model.groups.assignors import ranges
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.lag.metrics import LagMetrics
from ackproof.reference.lag.queue import Queue, arrivals
from ackproof.reference.lag.sample import PartitionSample, Sample, Work
from ackproof.reference.lag.scenario import Event, HangingTransaction, Rebalances, Scenario, Spike, Stuck

TICK_MS = 100
TOPIC = "t"


@attrs.define(eq=False)
class Reader:
    """
    A consumer.

    Attributes:
        partitions: What it is assigned.
        fetched: How many records of each it has fetched and not handed out, in the order of fetching.
        ends: How far it might read when it fetched these.
        metrics: What it reports of its lag.
        polled_ms: When it last came to poll.
        commit_due_ms: When poll commits next.
        owed_ms: What part of a millisecond it has yet to work.
        is_polling: It is in poll, and so joins at once where the group rebalances.
        stuck: Of how many reasons it does not come back from what it is processing.
        is_held: It would have come back.
    """

    partitions: tuple[int, ...] = ()
    fetched: dict[int, int] = attrs.field(factory=dict[int, int])
    ends: dict[int, int] = attrs.field(factory=dict[int, int])
    metrics: LagMetrics = attrs.field(factory=LagMetrics)
    polled_ms: int = 0
    commit_due_ms: int = 0
    owed_ms: float = 0.0
    is_polling: bool = True
    stuck: int = 0
    is_held: bool = False
    is_member: bool = True


class Pipeline:
    """A scenario under way."""

    def __init__(self, scenario: Scenario, rng: Random) -> None:
        self._clock = VirtualClock()
        self._scenario = scenario
        self._rng = rng
        self._queues = [Queue() for _ in range(scenario.partitions)]
        self._readers = [Reader() for _ in range(scenario.consumers)]
        self._factor = 1.0
        self._commits = 0
        self._generation = 0
        self._rebalancing_since_ms: int | None = None
        self._rebalanced_ms = 0
        self._stop_ms = 0
        self._put_out = 0
        self._work = Work()

    def run(self) -> tuple[Sample, ...]:
        """Everything happens; what was seen of it."""
        self._assign()
        for event in self._scenario.events:
            self._plan(event)
        self._every(TICK_MS, self._tick)
        self._every(self._scenario.offset_refresh_ms, self._refresh)
        return tuple(self._samples())

    def _samples(self) -> Iterator[Sample]:
        yield self._sample()
        end_ms = self._scenario.duration_ms
        while self._clock.now_ms < end_ms:
            self._clock.run_until(min(self._clock.now_ms + self._scenario.sample_interval_ms, end_ms))
            yield self._sample()

    def _sample(self) -> Sample:
        now_ms, since_ms = self._clock.now_ms, self._rebalancing_since_ms
        owners = {partition: number for number, reader in enumerate(self._readers) for partition in reader.partitions}
        partitions = tuple(self._partition_sample(number, owners.get(number)) for number in range(len(self._queues)))
        members = sum(reader.is_member for reader in self._readers)
        rebalancing_ms = self._rebalanced_ms + (0 if since_ms is None else now_ms - since_ms)
        return Sample(now_ms, partitions, self._generation, rebalancing_ms, members, self._put_out, self._work)

    def _partition_sample(self, number: int, owner: int | None) -> PartitionSample:
        sample, now_ms = self._queues[number].sample(self._clock.now_ms, owner), self._clock.now_ms
        if owner is None:
            return sample
        metrics, partition = self._readers[owner].metrics, (TOPIC, number)
        own, greatest = metrics.records_lag(partition), metrics.partition_records_lag_max(partition, now_ms)
        return attrs.evolve(sample, records_lag=own, records_lag_max=greatest)

    def _every(self, interval_ms: int, happens: Callable[[], None]) -> None:
        def again() -> None:
            happens()
            self._clock.call_at(self._clock.now_ms + interval_ms, again)

        self._clock.call_at(self._clock.now_ms, again)

    def _tick(self) -> None:
        mean = self._scenario.arrival_rate_per_s * self._factor * TICK_MS / 1000 / len(self._queues)
        for queue in self._queues:
            queue.end += arrivals(self._rng, mean)
        for reader in self._readers:
            if reader.is_polling:
                self._poll(reader)

    def _refresh(self) -> None:
        for queue in self._queues:
            queue.tell_end()

    # The poll loop.

    def _poll(self, reader: Reader) -> None:
        reader.polled_ms = self._clock.now_ms
        reader.is_polling = True
        if not reader.is_member:
            reader.is_member = True
            self._rebalance(self._scenario.rebalance_ms)
        elif self._rebalancing_since_ms is not None:
            self._join(reader)
        else:
            self._commit_if_due(reader)
            self._hand_out(reader)

    def _commit_if_due(self, reader: Reader) -> None:
        if self._clock.now_ms >= reader.commit_due_ms:
            reader.commit_due_ms = self._clock.now_ms + self._scenario.commit_interval_ms
            self._commit(reader)

    def _commit(self, reader: Reader) -> None:
        for number in reader.partitions:
            self._commits += 1
            self._queues[number].commit(self._clock.now_ms, self._commits)

    def _hand_out(self, reader: Reader) -> None:
        taken = self._take(reader)
        if taken:
            reader.is_polling = False
            reader.owed_ms += taken * self._scenario.processing_ms
            working_ms = int(reader.owed_ms)
            reader.owed_ms -= working_ms
            self._note_work(taken, working_ms)
            self._clock.call_at(self._clock.now_ms + working_ms, lambda: self._come_back(reader))
            self._watch(reader)

    def _note_work(self, taken: int, working_ms: int) -> None:
        known = self._work
        self._work = Work(known.records + taken, known.busy_ms + working_ms, max(known.longest_ms, working_ms))

    def _take(self, reader: Reader) -> int:
        """Hand out what is fetched, one partition after the other, and fetch what has been handed out again."""
        reader.metrics.keep([(TOPIC, number) for number in reader.partitions])
        self._fetch(reader)
        left = self._scenario.max_poll_records
        for number, fetched in list(reader.fetched.items()):
            taken = min(fetched, left)
            left -= taken
            self._queues[number].position += taken
            reader.fetched[number] -= taken
            if taken:
                self._tell_lag(reader, number)
            if reader.fetched[number] == 0:
                del reader.fetched[number]
        self._fetch(reader)
        return self._scenario.max_poll_records - left

    def _fetch(self, reader: Reader) -> None:
        for number in reader.partitions:
            if number in reader.fetched:
                continue
            queue = self._queues[number]
            readable = queue.readable(self._scenario.isolation)
            reader.ends[number] = queue.position + readable
            if readable > 0:
                reader.fetched[number] = min(readable, self._scenario.fetch_records)
            else:
                self._tell_lag(reader, number)

    def _tell_lag(self, reader: Reader, number: int) -> None:
        """As records are handed out, or as a fetch brings none: up to the end that it has told."""
        lag = reader.ends[number] - self._queues[number].position
        reader.metrics.record((TOPIC, number), lag, self._clock.now_ms)

    def _come_back(self, reader: Reader) -> None:
        if reader.stuck:
            reader.is_held = True
        else:
            reader.is_held = False
            self._poll(reader)

    def _watch(self, reader: Reader) -> None:
        """Who does not poll for ``max.poll.interval.ms`` leaves."""
        polled_ms = reader.polled_ms

        def leave() -> None:
            if reader.polled_ms == polled_ms and reader.is_member:
                reader.is_member = False
                self._put_out += 1
                self._revoke(reader)
                self._rebalance(self._scenario.rebalance_ms)

        self._clock.call_at(polled_ms + self._scenario.max_poll_interval_ms, leave)

    # Rebalances: eager ones, so that everybody stops.

    def _rebalance(self, stop_ms: int) -> None:
        if self._rebalancing_since_ms is None:
            self._rebalancing_since_ms = self._clock.now_ms
        self._stop_ms = stop_ms
        for reader in self._readers:
            if reader.is_polling and reader.is_member:
                self._join(reader)
        self._complete_if_all_joined()

    def _join(self, reader: Reader) -> None:
        """It commits what it has read, and gives everything up."""
        self._commit(reader)
        self._revoke(reader)
        # It goes on polling, and finds nothing to fetch.
        reader.metrics.keep(())
        self._complete_if_all_joined()

    def _revoke(self, reader: Reader) -> None:
        reader.partitions = ()
        reader.fetched.clear()

    def _complete_if_all_joined(self) -> None:
        if all(reader.is_polling for reader in self._readers if reader.is_member):
            generation = self._generation
            self._clock.call_at(self._clock.now_ms + self._stop_ms, lambda: self._complete(generation))

    def _complete(self, generation: int) -> None:
        if self._generation == generation and self._rebalancing_since_ms is not None:
            self._rebalanced_ms += self._clock.now_ms - self._rebalancing_since_ms
            self._rebalancing_since_ms = None
            self._assign()

    def _assign(self) -> None:
        self._generation += 1
        members = [number for number, reader in enumerate(self._readers) if reader.is_member]
        for queue in self._queues:
            queue.position = queue.committed or 0
        if not members:
            return
        for number, share in ranges({}, members, len(self._queues)).items():
            self._readers[number].partitions = tuple(sorted(share))
            self._readers[number].commit_due_ms = self._clock.now_ms + self._scenario.commit_interval_ms

    # What goes wrong.

    def _plan(self, event: Event) -> None:
        match event:
            case Spike(at_ms, duration_ms, factor):
                self._clock.call_at(at_ms, lambda: self._multiply(factor))
                self._clock.call_at(at_ms + duration_ms, lambda: self._multiply(1 / factor))
            case Stuck(at_ms, duration_ms, consumer):
                self._clock.call_at(at_ms, lambda: self._stick(self._readers[consumer]))
                self._clock.call_at(at_ms + duration_ms, lambda: self._unstick(self._readers[consumer]))
            case Rebalances(at_ms, every_ms, stop_ms, times):
                for turn in range(times):
                    self._clock.call_at(at_ms + turn * every_ms, lambda: self._rebalance(stop_ms))
            case HangingTransaction(at_ms, duration_ms, partition):
                self._clock.call_at(at_ms, lambda: self._begin(self._queues[partition], event))
                self._clock.call_at(at_ms + duration_ms, lambda: self._end(self._queues[partition], event))

    def _multiply(self, factor: float) -> None:
        self._factor *= factor

    def _stick(self, reader: Reader) -> None:
        reader.stuck += 1

    def _unstick(self, reader: Reader) -> None:
        reader.stuck -= 1
        if reader.is_held:
            self._come_back(reader)

    def _begin(self, queue: Queue, transaction: HangingTransaction) -> None:
        queue.open_from.setdefault(transaction, queue.end)
        queue.end += 1

    def _end(self, queue: Queue, transaction: HangingTransaction) -> None:
        """The marker takes an offset too."""
        queue.open_from.pop(transaction, None)
        queue.end += 1
