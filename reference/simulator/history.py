"""Histories: what happened in a run, in order, and the same bytes for the same seed."""

import json
from collections.abc import Iterator
from zlib import crc32

from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.value import value

Fact = str | int | bool | None | tuple[str | int, ...]


@value
class Event:
    """
    Something that happened.

    Attributes:
        kind: Which of the ones below, each with facts of its own.

    ==================== ==========================================================================================
    sent                 An application sends a record (again): ``record``, ``topic``, ``key``, ``transaction``.
    acknowledged         It has heard that the record is stored; not-acknowledged: that it is not, or may not be.
    joined               An instance has started to consume: ``instance``, ``group``, ``topic``, ``output``.
    processed            It has processed a record: ``topic``, ``partition``, ``offset``, ``is_repeat``; skipped: not.
    offsets-committed    It has heard that its offsets are stored; not-committed: that they are not, or may not be.
    began                A transaction has begun; committed, aborted: and ended so, as its application has heard.
    gave-up              An application has ended because of an error.
    led                  The controller's word on a partition: ``leader``, ``in_sync``, ``eligible``.
    fault                Something goes wrong with ``target``; struck: with a message of its; healed: no longer; spared:
                         it could not go wrong.
    ended                All is sent and processed (``is_through``), or the time is over.
    stored               A record in the log of a leader in the end: ``is_committed``, ``made_of``.
    offset-stored        An offset that a group has committed in the end.
    ==================== ==========================================================================================
    """

    at_ms: int
    kind: str
    facts: dict[str, Fact]

    def __getitem__(self, fact: str) -> Fact:
        """One of its facts."""
        return self.facts[fact]

    @property
    def text(self) -> str:
        """As JSON, in one line."""
        return json.dumps({"at_ms": self.at_ms, "kind": self.kind, **self.facts}, sort_keys=True)


@value
class Delivery:
    """A message that has arrived: on which connection, and which of its requests it is or answers."""

    at_ms: int
    sender: str
    receiver: str
    wire: int
    number: int
    body: RequestPayload | ResponsePayload

    @property
    def text(self) -> str:
        """As JSON, in one line, with a checksum of the message in place of it."""
        return json.dumps(
            {
                "at_ms": self.at_ms,
                "kind": "delivered",
                "sender": self.sender,
                "receiver": self.receiver,
                "wire": self.wire,
                "number": self.number,
                "message": type(self.body).__name__,
                "checksum": crc32(repr(self.body).encode()),
            },
            sort_keys=True,
        )


class History:
    """What has happened so far."""

    def __init__(self) -> None:
        self.entries: list[Event | Delivery] = []

    def add(self, at_ms: int, kind: str, **facts: Fact) -> None:
        """Something has happened."""
        self.entries.append(Event(at_ms, kind, facts))

    def delivered(
        self, at_ms: int, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        self.entries.append(Delivery(at_ms, sender, receiver, wire, number, body))

    def of(self, *kinds: str) -> Iterator[Event]:
        """The events of those kinds, in order."""
        return (each for each in self.entries if isinstance(each, Event) and each.kind in kinds)

    @property
    def text(self) -> str:
        """All of it, one JSON document a line."""
        return "".join(f"{each.text}\n" for each in self.entries)
