"""The accumulator: when a batch may be sent, what leaves with it, and what happens while there is no memory."""

from collections.abc import Callable

import attrs

Send = tuple[int, int]
"""What the application hands over: for which partition, and how large."""


@attrs.frozen(cache_hash=True)
class Batch:
    """
    Records of one partition (``ProducerBatch``).

    Attributes:
        age: Ticks since it was created, counted up to linger.ms; it stops when the batch is sent.
        is_closed: A record found no room in it, so it takes none any more.
        why_sent: Why it was ready as it was sent; nothing if it left with another one, while it lingered itself.
    """

    partition: int
    records: tuple[int, ...]
    size: int
    age: int = 0
    is_closed: bool = False
    why_sent: frozenset[str] = frozenset()


Queue = tuple[Batch, ...]
Queues = tuple[Queue, ...]
Requests = tuple[tuple[Batch, ...], ...]
Drain = Callable[[Queues, frozenset[int]], tuple[int, ...]]
"""How many batches each partition gives to a request: (queues, partitions that are ready) to numbers."""


def the_head_of_every_partition(queues: Queues, ready: frozenset[int]) -> tuple[int, ...]:
    """One batch of every partition, also of those that still linger (``drainBatchesForOneNode``)."""
    return tuple(min(1, len(queue)) for queue in queues)


def the_heads_that_are_ready(queues: Queues, ready: frozenset[int]) -> tuple[int, ...]:
    """Only what is ready by itself (aiokafka ``MessageAccumulator.drain_by_nodes``), as many texts have it of Java."""
    return tuple(int(partition in ready) for partition in range(len(queues)))


def whole_queues(queues: Queues, ready: frozenset[int]) -> tuple[int, ...]:
    """All batches at once; brokers refuse it: Produce carries one batch for each partition."""
    return tuple(map(len, queues))


EVERY_REASON = frozenset({"full", "linger", "exhausted", "flush"})


@attrs.frozen
class AccumulatorRules:
    """
    A producer's accumulator as configured; sizes in any unit, times in ticks.

    Attributes:
        is_bounded: Whether buffer.memory is a limit; kafka-python has none since 3.0.
        max_block: How long send() waits for memory; 0 for a client that refuses at once (librdkafka's QUEUE_FULL).
        gives_up: Whether a send that has waited for max_block fails; it does in every client.
        reasons: Why a batch may be sent (``RecordAccumulator.batchReady``).

    Not modelled: max.request.size, muted partitions, backoff, several nodes; requests succeed.
    """

    batch_size: int = 2
    linger: int = 2
    buffer_memory: int = 4
    max_block: int = 2
    max_in_flight: int = 5
    is_bounded: bool = True
    gives_up: bool = True
    reasons: frozenset[str] = EVERY_REASON
    drain: Drain = the_head_of_every_partition


@attrs.frozen(cache_hash=True)
class Application:
    """
    The thread that calls send().

    Attributes:
        waited: Ticks that its present send has waited for memory; None while it does not wait.
        failed: Records whose send failed with BufferExhaustedException.
    """

    next_record: int = 0
    waited: int | None = None
    is_flushing: bool = False
    failed: tuple[int, ...] = ()


def is_full(rules: AccumulatorRules, batch: Batch) -> bool:
    """Whether it takes no further record (``ProducerBatch.isFull``)."""
    return batch.is_closed or batch.size >= rules.batch_size


def buffer_of(rules: AccumulatorRules, size: int) -> int:
    """What a batch takes from the pool that a record of that *size* begins (``RecordAccumulator.append``)."""
    return max(rules.batch_size, size)


def memory_in_use(rules: AccumulatorRules, queues: Queues, requests: Requests) -> int:
    """What waits and what is in flight: memory returns to the pool when a request is answered, not when it is sent."""
    batches = [batch for group in (*queues, *requests) for batch in group]
    return sum(buffer_of(rules, batch.size) for batch in batches)


def why_ready(rules: AccumulatorRules, application: Application, queue: Queue) -> frozenset[str]:
    """
    Why the first batch of a partition may be sent now.

    Source: ``RecordAccumulator.batchReady``; exhausted is ``BufferPool.queued() > 0``.
    """
    if not queue:
        return frozenset()
    head, *others = queue
    so = {
        "full": bool(others) or is_full(rules, head),
        "linger": head.age >= rules.linger,
        "exhausted": application.waited is not None,
        "flush": application.is_flushing,
    }
    return rules.reasons.intersection(reason for reason, is_so in so.items() if is_so)


def ready(rules: AccumulatorRules, application: Application, queues: Queues) -> frozenset[int]:
    """The partitions whose first batch may be sent now; one of them makes the node ready."""
    return frozenset(p for p, queue in enumerate(queues) if why_ready(rules, application, queue))


def has_room(rules: AccumulatorRules, batch: Batch, size: int) -> bool:
    """Whether a record of that *size* still fits the batch."""
    return not is_full(rules, batch) and batch.size + size <= rules.batch_size


def has_memory(rules: AccumulatorRules, size: int, queues: Queues, requests: Requests) -> bool:
    """Whether the pool has a buffer for a new batch."""
    needed = memory_in_use(rules, queues, requests) + buffer_of(rules, size)
    return needed <= rules.buffer_memory or not rules.is_bounded


def may_drain(rules: AccumulatorRules, application: Application, queues: Queues, requests: Requests) -> bool:
    """Whether the sender has something to send and the connection takes it (``InFlightRequests.canSendMore``)."""
    return bool(ready(rules, application, queues)) and len(requests) < rules.max_in_flight
