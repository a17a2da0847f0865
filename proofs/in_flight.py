"""What a producer has in flight, as theorems see it: how it is spread out, for any number of batches before it."""

from typing import cast

import attrs

from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, same, same_truth
from ackproof.proofs.states import becomes

MOST_IN_FLIGHT = 5
PRODUCER, EPOCH = 7, 0


@attrs.frozen
class State:
    """
    A producer, its connection, one of any number of connections that it gave up on, and a partition.

    Batches are counted from 0. What is in flight is on the connection, then lost, then to be sent again.

    Attributes:
        acked: Every batch below this has succeeded.
        stored: How many are in the log of the leader; where nobody leads, what has succeeded.
        sent: How many have been sent at least once.
        on_wire: How many of those in flight are on the connection.
        lost: How many more had been there, which the producer has yet to notice.
        is_served: The leader has dealt with the first one on the connection.
        held: The next batch that the stuck connection still holds.
        held_end: After the last batch that it holds; the same if that is none.
        is_in_order: Everything has been where it is said to be; all before it was stored whenever a batch arrived.
    """

    acked: Number
    stored: Number
    sent: Number
    on_wire: Number
    lost: Number
    is_served: Truth
    held: Number
    held_end: Number
    is_in_order: Truth


@attrs.frozen
class InFlight:
    """
    How what is in flight is spread out.

    Attributes:
        wire, lost, queue: How many batches are on the connection, lost with it, and to be sent again.
        is_served: Of the first on the connection.
    """

    wire: int
    lost: int
    queue: int
    is_served: bool

    @property
    def count(self) -> int:
        """How many are in flight."""
        return self.wire + self.lost + self.queue

    def of(self, at: State) -> Truth:
        """Whether that is how it is."""
        counts = same(at.on_wire, self.wire) & same(at.lost, self.lost) & same(at.sent - at.acked, self.count)
        return counts & same_truth(at.is_served, ALWAYS if self.is_served else NEVER)

    def parts(self, at: State) -> tuple[Producer, Connection]:
        """The producer and its connection, as the model has them."""
        every = [Attempt(batch_of(at, place), was_sent=True) for place in range(self.count)]
        on_wire, lost = every[: self.wire], every[self.wire : self.wire + self.lost]
        requests = [Request(attempt.batch, attempt) for attempt in on_wire]
        if self.is_served:
            requests[0] = attrs.evolve(requests[0], waits_for=1)
        again = tuple(attrs.evolve(attempt, is_retry=True) for attempt in every[self.wire + self.lost :])
        producer = Producer(
            next_record=self.count,
            queue=again,
            producer_id=PRODUCER,
            producer_epoch=EPOCH,
            next_sequence=cast("int", at.sent),
            last_acked_sequence=cast("int", at.acked - 1),
        )
        broken = tuple(Request(attempt.batch, attempt) for attempt in lost)
        return producer, Connection(tuple(requests), broken)


def batch_of(at: State, place: int) -> Batch:
    """The batch at that *place* of those in flight, of one record."""
    return Batch(place, PRODUCER, EPOCH, cast("int", at.acked + place))


SPREADS = [
    InFlight(wire, lost, count - wire - lost, is_served)
    for count in range(MOST_IN_FLIGHT + 1)
    for wire in range(count + 1)
    for lost in range(count - wire + 1)
    for is_served in (False, True)[: 1 + bool(wire)]
]
"""Every way in which at most five batches may be spread out."""


def is_laid_out(acked: Number, producer: Producer, connection: Connection) -> Truth:
    """Whether connection, lost requests and queue hold all batches from *acked* on, in that order."""
    requests = [request.sent for request in (*connection.requests, *connection.broken)]
    batches = (*requests, *(attempt.batch for attempt in producer.queue))
    in_order = (same(acked + place, batch.base_sequence) for place, batch in enumerate(batches))
    return all_of(in_order) & same(acked + len(batches), producer.next_sequence)


def follows(
    before: State, after: State, acked: Number, parts: tuple[Producer, Connection], **changes: Number | Truth
) -> Truth:
    """Whether *after* is what follows once producer and connection are those *parts*, with some more *changes*."""
    producer, connection = parts
    order = before.is_in_order & is_laid_out(acked, producer, connection)
    served = ALWAYS if connection.unserved else NEVER
    return becomes(
        before,
        after,
        acked=acked,
        sent=cast("Number", producer.next_sequence),
        on_wire=len(connection.requests),
        lost=len(connection.broken),
        is_served=served,
        is_in_order=order,
        **changes,
    )
