"""The connection from the producer to the leader, and what a stuck connection still holds."""

import attrs

from ackproof.model.produce.append import Error
from ackproof.model.produce.batch import Attempt, Batch


@attrs.frozen(cache_hash=True)
class Request:
    """
    A Produce request on the connection.

    Attributes:
        sent: The bytes on the wire.
        attempt: What the producer does with it if it fails; None once nobody waits for the outcome.
        waits_for: Served: the answer goes out when the high watermark (acks=all) or the log end reaches this offset.
        error: Served and refused.
    """

    sent: Batch
    attempt: Attempt | None
    waits_for: int | None = None
    error: Error | None = None

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


Delayed = tuple[Batch, ...]
"""What connections that the producer gave up on still hold, in order."""


def with_head(connection: Connection, head: Request) -> Connection:
    """*connection* with its first request replaced."""
    return attrs.evolve(connection, requests=(head, *connection.requests[1:]))


def without_head(connection: Connection) -> Connection:
    """*connection* once its first request is answered."""
    return attrs.evolve(connection, requests=connection.requests[1:])


def broken_from(connection: Connection, index: int) -> Connection:
    """*connection* when the request at *index* and all behind it are lost."""
    lost = connection.requests[index:]
    return Connection(connection.requests[:index], connection.broken + lost)
