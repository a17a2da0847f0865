"""The poll loop of one consumer: in which order poll commits, finds its position, fetches and hands records out."""

from typing import Literal

import attrs

from ackproof.model.naming import record_name

Task = Literal["rejoin", "commit", "locate", "hand out"]
Order = tuple[Task, ...]

CLASSIC: Order = ("rejoin", "commit", "locate", "hand out")
"""Java's classic consumer. Source: ``ClassicKafkaConsumer.poll``, ``ConsumerCoordinator.poll``."""

COMMITS_LAST: Order = ("rejoin", "locate", "hand out", "commit")
"""
What many texts describe, and what the Java consumer of the new group protocol may do: its background thread reads the
position after it moved, while the records are still on their way to the application.

Source: ``AsyncKafkaConsumer`` before KAFKA-18641, and from 4.2.0 on again.
"""


@attrs.frozen
class PollRules:
    """
    A consumer as configured, and its application.

    Attributes:
        order: What poll does, in order.
        max_poll_records: None for a client that hands out all that is buffered.
        fetch_max: How many records the fetch buffer holds (fetch.max.bytes).
        commit_interval: Ticks between two automatic commits (auto.commit.interval.ms).
        moves_at_fetch: The position moves as records are fetched, not as they are handed out (KAFKA-2942, in 0.9.0.0).
    """

    order: Order = CLASSIC
    max_poll_records: int | None = 1
    fetch_max: int = 2
    commit_interval: int = 1
    moves_at_fetch: bool = False


@attrs.frozen(cache_hash=True)
class Client:
    """
    A consumer that alone reads one partition.

    Attributes:
        task: What poll does next; None while the application has the records.
        position: The offset after what was handed out; None until it is found.
        buffered: How many records beyond that are in the fetch buffer.
        in_hand: The offsets that the last poll returned and the application has not processed.
        timer: Ticks until the next automatic commit.
        has_to_rejoin: The coordinator has told it that the group rebalances.
    """

    task: Task | None = None
    position: int | None = None
    buffered: int = 0
    in_hand: tuple[int, ...] = ()
    timer: int = 0
    has_to_rejoin: bool = False


def after_task(order: Order, task: Task) -> Task | None:
    """What poll does after *task*; None where it returns."""
    place = order.index(task) + 1
    return order[place] if place < len(order) else None


def commits_now(client: Client) -> bool:
    """Whether the automatic commit is due and there is a position (``maybeAutoCommitOffsetsAsync``)."""
    return client.timer == 0 and client.position is not None


def handed_out(rules: PollRules, client: Client) -> Client:
    """
    *client* after the buffer gave up to max.poll.records: the position moves now.

    Source: ``FetchCollector.collectFetch``, ``SubscriptionState.position``.
    """
    assert client.position is not None
    count = client.buffered if rules.max_poll_records is None else min(client.buffered, rules.max_poll_records)
    first = client.position - (client.buffered if rules.moves_at_fetch else 0)
    return attrs.evolve(
        client,
        position=client.position if rules.moves_at_fetch else first + count,
        buffered=client.buffered - count,
        in_hand=tuple(range(first, first + count)),
    )


def fetched(rules: PollRules, client: Client, log_end: int) -> Client:
    """*client* with its fetch buffer filled from the log (``Fetcher.sendFetches``, ``FetchBuffer``)."""
    assert client.position is not None
    next_fetch = client.position + (0 if rules.moves_at_fetch else client.buffered)
    got = max(0, min(log_end - next_fetch, rules.fetch_max - client.buffered))
    moved = client.position + (got if rules.moves_at_fetch else 0)
    return attrs.evolve(client, position=moved, buffered=client.buffered + got)


def rejoined(client: Client) -> Client:
    """*client* with the partition revoked and assigned again: position and buffer are gone (eager)."""
    return attrs.evolve(client, position=None, buffered=0, has_to_rejoin=False)


def names(offsets: tuple[int, ...]) -> str:
    """The records at *offsets*; record n stands at offset n - 1."""
    return ", ".join(map(record_name, offsets)) or "nothing"
