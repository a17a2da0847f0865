"""An application that sends, the accumulator, and the sender thread, as a system."""

from collections.abc import Iterator

import attrs

from ackproof.model.mechanisms.accumulator import (
    AccumulatorRules,
    Application,
    Batch,
    Queue,
    Queues,
    Requests,
    Send,
    has_memory,
    has_room,
    may_drain,
    ready,
    why_ready,
)
from ackproof.model.naming import record_name
from ackproof.model.system import Next, System, action


def accumulator(rules: AccumulatorRules, sends: tuple[Send, ...], *, flushes: bool = False) -> System:
    """
    A producer whose application sends *sends* in order to partitions that one node leads.

    Args:
        flushes: The application calls flush() after the last one.
    """
    partitions = max(partition for partition, _ in sends) + 1
    return System(
        initial={"application": Application(), "queues": ((),) * partitions, "requests": ()},
        actions=(send, *((flush,) if flushes else ()), drain, answer, tick),
        rules={"accumulator": rules, "sends": sends},
    )


@action
def send(
    accumulator: AccumulatorRules,
    sends: tuple[Send, ...],
    application: Application,
    queues: Queues,
    requests: Requests,
) -> Iterator[Next]:
    """
    The next record joins the last batch of its partition, begins a batch, or waits for memory.

    Source: ``RecordAccumulator.append``, ``BufferPool.allocate``.
    """
    if application.next_record == len(sends):
        return
    record, (partition, size) = application.next_record, sends[application.next_record]
    sent = attrs.evolve(application, next_record=record + 1, waited=None)
    says, to = f"send({record_name(record)}) to partition {partition}", queues[partition]
    if to and has_room(accumulator, to[-1], size):
        grown = attrs.evolve(to[-1], records=(*to[-1].records, record), size=to[-1].size + size)
        yield Next(f"{says}: it joins a batch", application=sent, queues=put(queues, partition, (*to[:-1], grown)))
        return
    closed = (*to[:-1], attrs.evolve(to[-1], is_closed=True)) if to else ()
    if has_memory(accumulator, size, queues, requests):
        new = Batch(partition, (record,), size)
        yield Next(f"{says}: it begins a batch", application=sent, queues=put(queues, partition, (*closed, new)))
    elif application.waited is None:
        at_once = accumulator.max_block == 0 and accumulator.gives_up
        waits = failed(application) if at_once else attrs.evolve(application, waited=0)
        what = "fails at once: no memory" if at_once else "waits for memory"
        yield Next(f"{says} {what}", application=waits, queues=put(queues, partition, closed))


def put(queues: Queues, partition: int, queue: Queue) -> Queues:
    """*queues* with another one for that *partition*."""
    return (*queues[:partition], queue, *queues[partition + 1 :])


def failed(application: Application) -> Application:
    """*application* after its send failed; it goes on with the next record."""
    record = application.next_record
    return attrs.evolve(application, next_record=record + 1, waited=None, failed=(*application.failed, record))


@action
def flush(sends: tuple[Send, ...], application: Application) -> Iterator[Next]:
    """The application calls flush after its last record: nothing lingers any more."""
    if application.next_record == len(sends) and not application.is_flushing:
        yield Next("flush()", application=attrs.evolve(application, is_flushing=True))


@action
def drain(
    accumulator: AccumulatorRules, application: Application, queues: Queues, requests: Requests
) -> Iterator[Next]:
    """The sender makes a request of what the partitions of a ready node hold (``RecordAccumulator.drain``)."""
    if not may_drain(accumulator, application, queues, requests):
        return
    numbers = accumulator.drain(queues, ready(accumulator, application, queues))
    given = [queue[:number] for queue, number in zip(queues, numbers, strict=True)]
    why = [why_ready(accumulator, application, queue) for queue in queues]
    request = tuple(
        attrs.evolve(b, why_sent=reasons) for batches, reasons in zip(given, why, strict=True) for b in batches
    )
    yield Next(
        f"the sender sends {' and '.join(map(explained, request))}",
        queues=tuple(queue[number:] for queue, number in zip(queues, numbers, strict=True)),
        requests=(*requests, request),
    )


def explained(batch: Batch) -> str:
    """A batch, and why it is sent."""
    return f"{named(batch)} ({', '.join(sorted(batch.why_sent)) or 'it still lingers'})"


def named(batch: Batch) -> str:
    """What people call a batch."""
    return f"[{' '.join(map(record_name, batch.records))}] of partition {batch.partition}"


@action
def answer(requests: Requests) -> Iterator[Next]:
    """The oldest request is answered, and its memory returns to the pool (``RecordAccumulator.deallocate``)."""
    if requests:
        batches = " and ".join(map(named, requests[0]))
        yield Next(f"the broker acknowledges {batches}; their memory is free", requests=requests[1:])


@action
def tick(accumulator: AccumulatorRules, application: Application, queues: Queues, requests: Requests) -> Iterator[Next]:
    """A tick passes; the sender thread is faster, so it has nothing that it could send."""
    if may_drain(accumulator, application, queues, requests):
        return
    older = tuple(tuple(aged(accumulator, batch) for batch in queue) for queue in queues)
    waiting = waited_longer(accumulator, application)
    if (older, waiting) != (queues, application):
        gives_up = len(waiting.failed) > len(application.failed)
        says = f"; max.block.ms has passed: {record_name(waiting.failed[-1])} fails" if gives_up else ""
        yield Next(f"a tick passes{says}", queues=older, application=waiting)


def aged(rules: AccumulatorRules, batch: Batch) -> Batch:
    """*batch* a tick later."""
    return attrs.evolve(batch, age=min(batch.age + 1, rules.linger))


def waited_longer(rules: AccumulatorRules, application: Application) -> Application:
    """*application* a tick later: its send may have waited long enough (BufferExhaustedException)."""
    if application.waited is None:
        return application
    waited = min(application.waited + 1, rules.max_block)
    is_over = rules.gives_up and waited == rules.max_block
    return failed(application) if is_over else attrs.evolve(application, waited=waited)
