"""A group coordinator with a clock, topics and a log of its own, and short words for requests to it."""

from collections.abc import Coroutine, Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.coordinator import GroupCoordinator
from ackproof.reference.groups.rules import NEWEST, CoordinatorRules
from ackproof.reference.groups.settings import GroupSettings
from ackproof.reference.groups.topics import Transactions
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch
from ackproof.reference.records.control import marker

T = TypeVar("T")

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class ListLog:
    """
    A partition of ``__consumer_offsets`` as a list of batches.

    Attributes:
        refusal: What it answers appends with, if it refuses them.
        is_replicating: Whether appends are replicated at once; else only on ``replicate``.
    """

    def __init__(self, clock: VirtualClock, batches: Sequence[Batch] = ()) -> None:
        self.leader_epoch = 0
        self.refusal: ErrorCode | None = None
        self.is_replicating = True
        self._clock = clock
        self._batches = list(batches)
        self._waiting: list[tuple[Future[int], int]] = []

    @property
    def records(self) -> int:
        """How many records it holds."""
        return sum(len(batch.records) for batch in self._batches)

    def append(self, batch: Batch) -> Future[int]:
        """Keep *batch*, or refuse it."""
        appended = Future[int](self._clock)
        if self.refusal is not None:
            appended.fail(KafkaError(self.refusal))
            return appended
        base_offset = self._batches[-1].next_offset if self._batches else 0
        self._batches.append(attrs.evolve(batch, base_offset=base_offset))
        self._waiting.append((appended, base_offset))
        if self.is_replicating:
            self.replicate()
        return appended

    def replicate(self) -> None:
        """Everything that it holds is replicated."""
        waiting, self._waiting = self._waiting, []
        for appended, base_offset in waiting:
            appended.resolve(base_offset)

    def lose(self, code: ErrorCode = ErrorCode.not_leader_or_follower) -> None:
        """What is not replicated will not be, as far as this leader knows."""
        waiting, self._waiting = self._waiting, []
        for appended, _ in waiting:
            appended.fail(KafkaError(code))

    def batches(self) -> Iterator[Batch]:
        """Everything that it holds."""
        return iter(self._batches)


@attrs.define
class FixedTopics:
    """Topics by name, with the number of their partitions."""

    counts: dict[str, int]
    version: int = 1
    newest_topic_version: int = 1

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(self.counts)

    def partition_count(self, topic: str) -> int | None:
        """How many partitions *topic* has."""
        return self.counts.get(topic)

    def topic_id(self, topic: str) -> UUID | None:
        """A UUID that starts with the name."""
        return topic_id(topic) if topic in self.counts else None

    def topic_name(self, topic_id: UUID) -> str | None:
        """Which topic has that id."""
        return next((name for name in self.counts if self.topic_id(name) == topic_id), None)


def topic_id(topic: str) -> UUID:
    """The id of a topic."""
    return UUID(bytes=topic.encode().ljust(16, b"_")[:16])


def topic_of(topic_id: UUID | None) -> str:
    """The topic of an id."""
    assert topic_id is not None
    return topic_id.bytes.decode().rstrip("_")


class Scene:
    """A coordinator of groups that are all in one partition."""

    def __init__(
        self,
        topics: Mapping[str, int] | None = None,
        rules: CoordinatorRules = NEWEST,
        transactions: Transactions | None = None,
        log: ListLog | None = None,
        loading_ms: int = 0,
        **settings: str,
    ) -> None:
        self.clock = VirtualClock(NOW_MS)
        self.topics = FixedTopics(dict(topics or {"t": 4}))
        defaults = {"offsets.topic.num.partitions": "1", "group.initial.rebalance.delay.ms": "100"}
        given = defaults | {key.replace("_", "."): value for key, value in settings.items()}
        self.rules = rules
        self.settings = GroupSettings.of(given)
        self.transactions = transactions
        self.loading_ms = loading_ms
        self.log = log or ListLog(self.clock)
        self.coordinator = self._coordinator()
        self.begin_loading()
        self.wait(loading_ms)

    def _coordinator(self) -> GroupCoordinator:
        return GroupCoordinator(
            self.clock, self.settings, Random(7), self.topics, self.transactions, self.rules, self.loading_ms
        )

    def settle(self) -> None:
        """Everything that is due now happens."""
        self.clock.run_until(self.clock.now_ms)

    def wait(self, duration_ms: int) -> None:
        """Some time passes."""
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Send a request; its answer may come later."""
        answer = spawn(self.clock, coroutine)
        self.settle()
        return answer

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Send a request that is answered at once."""
        answer = self.begin(coroutine)
        assert answer.is_done, "there is no answer yet"
        return answer.result()

    def begin_loading(self) -> None:
        """The coordinator leads its partition anew, which takes ``loading_ms``."""
        self.coordinator.resigned(0)
        self.coordinator.elected(0, self.log)

    def fail_over(self) -> None:
        """Another coordinator loads what this one has written, and takes its place."""
        self.coordinator.resigned(0)
        self.settle()
        self.log = ListLog(self.clock, list(self.log.batches()))
        self.coordinator = self._coordinator()
        self.begin_loading()
        self.wait(self.loading_ms)

    def end_transaction(self, producer_id: int, *, is_commit: bool, epoch: int = 0) -> None:
        """A marker is written to the partition."""
        batch = marker("commit" if is_commit else "abort", producer_id, epoch, 0, self.clock.now_ms)
        replicated = self.log.append(batch)
        self.coordinator.marker_written(0, producer_id, is_commit, replicated)
        self.settle()
