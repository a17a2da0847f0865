"""The pipeline of a scenario with real requests: a broker, a network, a group of consumers, and how it lags."""

from collections.abc import Iterator
from random import Random

from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.kernel.future import sleep, spawn
from ackproof.reference.lag.pipeline import TICK_MS
from ackproof.reference.lag.queue import arrivals
from ackproof.reference.lag.scenario import Rebalances, Scenario, Spike, Stuck
from ackproof.reference.simulator.process import Process
from tests.reference.broker.standing import TOPIC
from tests.reference.consumer.cluster import Cluster

HEARTBEAT_MS = 1_000


class Worker:
    """
    A consumer that works on what it reads.

    Attributes:
        stuck_until_ms: It does not come back from what it is working on before.
    """

    def __init__(self, cluster: Cluster, scenario: Scenario) -> None:
        self._process = Process(cluster.clock, f"worker-{len(cluster.processes)}")
        self._processing_ms = scenario.processing_ms
        self.stuck_until_ms = 0
        self.consumer: Consumer = cluster.consumer(
            process=self._process,
            enable_auto_commit="true",
            auto_commit_interval_ms=scenario.commit_interval_ms,
            max_poll_records=scenario.max_poll_records,
            max_poll_interval_ms=scenario.max_poll_interval_ms,
            heartbeat_interval_ms=HEARTBEAT_MS,
            isolation_level=scenario.isolation,
        )
        self.consumer.subscribe([TOPIC])
        spawn(self._process, self._work())

    async def _work(self) -> None:
        while True:
            records = await self.consumer.poll(TICK_MS)
            await sleep(self._process, round(len(records) * self._processing_ms))
            await sleep(self._process, max(self.stuck_until_ms - self._process.now_ms, 0))


class FullStack:
    """A scenario under way, with the same arrivals as in the pipeline with the same seed."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._rng = Random(seed)
        self._cluster = Cluster({TOPIC: scenario.partitions})
        self._ends = [0] * scenario.partitions
        self._workers = [Worker(self._cluster, scenario) for _ in range(scenario.consumers)]
        # The scenario begins with a group that is stable.
        self._cluster.pass_time(10_000)
        self._begun_ms = self._cluster.clock.now_ms

    def lags(self) -> Iterator[int]:
        """Of the group, at each sample."""
        scenario, samples = self._scenario, 0
        for tick in range(scenario.duration_ms // TICK_MS + 1):
            at_ms = tick * TICK_MS
            self._happen(at_ms)
            self._arrive(at_ms)
            if at_ms == samples * scenario.sample_interval_ms:
                samples += 1
                yield self._lag()
            self._cluster.clock.run_until(self._begun_ms + at_ms + TICK_MS)

    def _happen(self, at_ms: int) -> None:
        for event in self._scenario.events:
            if isinstance(event, Stuck) and event.at_ms == at_ms:
                self._workers[event.consumer].stuck_until_ms = self._begun_ms + at_ms + event.duration_ms
            if isinstance(event, Rebalances) and at_ms in range(
                event.at_ms, event.at_ms + event.times * event.every_ms, event.every_ms
            ):
                self._workers[0].consumer.enforce_rebalance()

    def _arrive(self, at_ms: int) -> None:
        factor = 1.0
        for event in self._scenario.events:
            if isinstance(event, Spike) and event.at_ms <= at_ms < event.at_ms + event.duration_ms:
                factor *= event.factor
        mean = self._scenario.arrival_rate_per_s * factor * TICK_MS / 1000 / self._scenario.partitions
        for partition in range(self._scenario.partitions):
            count = arrivals(self._rng, mean)
            self._ends[partition] += count
            if count:
                self._cluster.produce(*["x"] * count, partition=partition)

    def _lag(self) -> int:
        asking = self._cluster.consumer()
        places = [(TOPIC, partition) for partition in range(self._scenario.partitions)]
        committed = self._cluster.committed(asking, *places)
        self._cluster.start(asking.close())
        return sum(end - (offset or 0) for end, offset in zip(self._ends, committed, strict=True))
