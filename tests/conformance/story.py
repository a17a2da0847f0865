"""One sequence of requests as one broker sees it: names that only this sequence uses, and what was heard so far."""

from contextlib import suppress
from typing import Literal, Protocol
from uuid import UUID

import attrs
from kio.static.protocol import RequestPayload, ResponsePayload

from tests.conformance.connection import ClosedError, Connect, Connection
from tests.conformance.plain import Names

Hears = Literal["an answer", "nothing", "nothing at all"]

NEVER_HANDED_OUT = 4_000_000_000
EPOCH_MAX = 2**15 - 1
NO_GROUP = 2
"""In place of the index of a group: a name that is empty."""
SLOTS = 4
"""Connections of a sequence: the first for producers and readers, one more for each member of a group."""


@attrs.frozen
class Identity:
    """A producer id and its epoch."""

    producer_id: int
    producer_epoch: int


@attrs.define
class Member:
    """What a member of a group has last heard of itself; its epoch is that of a member or a generation."""

    member_id: str = ""
    epoch: int = -1


@attrs.define(eq=False)
class Story:
    """
    A sequence.

    Attributes:
        number: Tells it from all others on both brokers.
        started_ms: What its records say when they were made.
        topic_ids: Of its topics, in their order.
        identities: By who has it: the transactional ids ``t0`` and ``t1``, and an idempotent producer ``i``.
        sequences: The next one by topic, partition and identity.
        members: Of each group, by connection.
        session: The id of the fetch session, and the epoch of its next fetch.
    """

    connect: Connect
    number: int
    started_ms: int
    topic_ids: tuple[UUID, ...] = ()
    names: Names = attrs.Factory(lambda self: Names(self.number, self.started_ms, self.started_ms), takes_self=True)
    connections: dict[int, Connection] = attrs.Factory(dict[int, Connection])
    identities: dict[str, Identity] = attrs.Factory(dict[str, Identity])
    sequences: dict[tuple[int, int, Identity], int] = attrs.Factory(dict[tuple[int, int, Identity], int])
    members: dict[tuple[int, int], Member] = attrs.Factory(dict[tuple[int, int], Member])
    session: tuple[int, int] = (0, 0)

    def topic(self, index: int) -> str:
        """The name of a topic; the last does not exist."""
        return f"topic-{self.number}-{index}"

    def group(self, index: int) -> str:
        """The name of a group."""
        return "" if index == NO_GROUP else f"group-{self.number}-{index}"

    def transactional_id(self, who: str) -> str:
        """The transactional id of who may have one."""
        return f"{who}-{self.number}"

    def identity(self, who: str, epoch_offset: int = 0) -> Identity:
        """What a producer says of itself."""
        known = self.identities.get(who, Identity(NEVER_HANDED_OUT, 0))
        return Identity(known.producer_id, min(known.producer_epoch + epoch_offset, EPOCH_MAX))

    def member(self, group: int, slot: int) -> Member:
        """The member of a group that is behind a connection."""
        return self.members.setdefault((group, slot), Member())

    def connection(self, slot: int) -> Connection:
        """A connection, made where there is none."""
        if slot not in self.connections:
            self.connections[slot] = Connection(self.connect())
        return self.connections[slot]

    def drop(self, slot: int) -> None:
        """A connection is of no more use."""
        self.connections.pop(slot).transport.close()

    def close(self) -> None:
        """It is over."""
        for slot in list(self.connections):
            self.drop(slot)

    def ask(self, slot: int, body: RequestPayload, version: int, patience_ms: int) -> "Heard":
        """Send a request, and wait for its answer for a while."""
        self.send(slot, body, version)
        return self.hear(slot, patience_ms)

    def send(self, slot: int, body: RequestPayload, version: int) -> None:
        """Send a request; that its connection is closed is heard where its answer is."""
        with suppress(ClosedError):
            self.connection(slot).send(body, version)

    def hear(self, slot: int, patience_ms: int) -> "Heard":
        """The answer, or ``ClosedError`` in its place; None if it does not come in time."""
        try:
            return self.connections[slot].poll(patience_ms)
        except ClosedError as closed:
            self.drop(slot)
            return closed


Heard = ResponsePayload | ClosedError | None


class Step(Protocol):
    """One request of a sequence, in terms of what was heard before."""

    @property
    def slot(self) -> int:
        """The connection that it goes over."""
        ...

    @property
    def version(self) -> int:
        """Of its API."""
        ...

    @property
    def hears(self) -> Hears:
        """
        What Kafka does with it: "nothing" is said to acks=0, though the connection goes on or is closed.

        To records that are null there is nothing at all, so that the connection is of no more use.
        """
        ...

    def request(self, story: Story) -> RequestPayload:
        """What is sent."""
        ...

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        """Take note of the answer."""
        ...
