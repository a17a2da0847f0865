"""The connection from the producer to the leader, and what stuck connections still hold."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.append import Error
from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.rules import ProducerRules


@attrs.frozen(cache_hash=True)
class Request:
    """
    A Produce request on the connection.

    Attributes:
        sent: The bytes on the wire.
        attempt: What the producer does with it if it fails; None once nobody waits for the outcome.
        waits_for: Served: the answer goes out when the high watermark (acks=all) or the log end reaches this offset.
        error: Served and refused.
        log_start: The log start offset that comes with the error.
        expired: What nobody waits for any more, where its failure still means something to the client.
    """

    sent: Batch
    attempt: Attempt | None
    waits_for: int | None = None
    error: Error | None = None
    log_start: int = 0
    expired: Attempt | None = None

    @property
    def is_served(self) -> bool:
        """Whether the broker has dealt with it, so that its answer is what is still to come."""
        return self.waits_for is not None or self.error is not None


@attrs.frozen(cache_hash=True)
class Connection:
    """
    Requests in the order of sending; a broker serves one at a time, so only the first can be served already.

    Attributes:
        broken: Requests whose failure the producer has yet to notice, oldest first.
    """

    requests: tuple[Request, ...] = ()
    broken: tuple[Request, ...] = ()

    @property
    def head(self) -> Request | None:
        """The request that the broker serves now."""
        return self.requests[0] if self.requests else None

    @property
    def unserved(self) -> int:
        """The index of the first request that the broker has not dealt with."""
        return 1 if self.requests and self.requests[0].is_served else 0


Delayed = tuple[tuple[Batch, ...], ...]
"""What each connection that the producer gave up on still holds, in order; the connections are interchangeable."""


def is_intact(connection: Connection) -> bool:
    """Whether no failure waits for the producer to notice it."""
    return not connection.broken


def has_room(connection: Connection, client: ProducerRules) -> bool:
    """Whether one more request may be sent on it (``max.in.flight.requests.per.connection``)."""
    is_ready = is_intact(connection) or not client.mutes_partition
    return is_ready and len(connection.requests) < client.max_in_flight


def is_broken(connection: Connection) -> bool:
    """Whether requests failed with the connection, and the producer has yet to notice."""
    return bool(connection.broken)


def has_given_up(connection: Connection) -> bool:
    """Whether nobody waits any more for the outcome of something on it, which may come all the same."""
    return any(request.attempt is None for request in connection.requests)


def has_unserved_head(connection: Connection) -> bool:
    """Whether the broker has to deal with the first request."""
    return connection.head is not None and not connection.head.is_served


def has_waiting_head(connection: Connection) -> bool:
    """Whether the first request is appended, and its answer is still to come."""
    return connection.head is not None and connection.head.waits_for is not None


def has_refused_head(connection: Connection) -> bool:
    """Whether the first request is refused, and the producer has yet to hear it."""
    return connection.head is not None and connection.head.error is not None


def records_on(connection: Connection) -> frozenset[int]:
    """The records on their way to the leader."""
    return frozenset(request.sent.record for request in connection.requests)


def holds_batches(delayed: Delayed) -> bool:
    """Whether a stuck connection still holds anything."""
    return bool(delayed)


def records_held_back(delayed: Delayed) -> frozenset[int]:
    """The records that stuck connections still hold."""
    return frozenset(batch.record for held in delayed for batch in held)


def with_stuck(delayed: Delayed, *held: tuple[Batch, ...]) -> Delayed:
    """*delayed* with more connections, of which each holds that."""
    return tuple(sorted((*delayed, *filter(None, held)), key=_place))


def _place(held: tuple[Batch, ...]) -> list[tuple[int, int, int, int]]:
    return [batch.place for batch in held]


def arriving(delayed: Delayed) -> Iterator[tuple[Batch, Delayed]]:
    """Which batch may arrive next, the first of any connection, and what is held back then."""
    for place, (batch, *left) in enumerate(delayed):
        yield batch, with_stuck((*delayed[:place], *delayed[place + 1 :]), tuple(left))


def with_head(connection: Connection, head: Request) -> Connection:
    """*connection* with its first request replaced."""
    return attrs.evolve(connection, requests=(head, *connection.requests[1:]))


def without_head(connection: Connection) -> Connection:
    """*connection* once its first request is answered."""
    return attrs.evolve(connection, requests=connection.requests[1:])


def as_broken(connection: Connection) -> Connection:
    """
    *connection* when it breaks, which it does as a whole: the producer has no answer for anything on it.

    Source: ``NetworkClient.cancelInFlightRequests``; librdkafka ``rd_kafka_broker_fail``; kafka-python
    ``fail_in_flight_requests``; aiokafka ``AIOKafkaConnection.close``.
    """
    return Connection(broken=connection.broken + connection.requests)
