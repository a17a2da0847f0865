"""A connection to our own broker: no socket, but the same bytes, on a clock that goes on only while somebody waits."""

from collections import deque
from itertools import count
from random import Random
from uuid import UUID

import attrs
from kio.static.protocol import ResponsePayload

from ackproof.reference.broker.broker import Broker
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.standalone import standalone
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.codec import RequestHeader, decode_request, encode_response
from ackproof.reference.protocol.request import Caller, CloseConnectionError
from tests.conformance.connection import ClosedError
from tests.conformance.kafka import SETTINGS
from tests.conformance.side import Side

SIZE_BYTES = 4
UUID_BITS = 128
UNANSWERED_MS = 1_000
BETWEEN_REQUESTS_MS = 2


@attrs.define(eq=False)
class InProcess:
    """
    Frames to a broker in this process, one at a time.

    Attributes:
        waiting: What was asked last, and the answer.
    """

    broker: Broker
    clock: VirtualClock
    caller: Caller
    waiting: tuple[RequestHeader, Future[ResponsePayload | None]] | None = None
    is_closed: bool = False

    def send(self, frame: bytes) -> None:
        try:
            if self.waiting is not None:
                # A request that gets no answer (acks=0) is done with before the next one is looked at.
                self.poll(UNANSWERED_MS)
            header, request = decode_request(frame[SIZE_BYTES:])
        except (CloseConnectionError, ClosedError):
            self.is_closed = True
        else:
            answer = self.broker.serve(self.caller, request)
            answer.then(lambda: None)
            self.waiting = header, answer

    def poll(self, patience_ms: int) -> bytes | None:
        if self.is_closed:
            raise ClosedError
        if self.waiting is None:
            return None
        header, future = self.waiting
        until_ms = self.clock.now_ms + patience_ms
        while not future.is_done and self.clock.step(until_ms):
            pass
        if not future.is_done:
            self.clock.run_until(until_ms)
            return None
        self.waiting = None
        # What was to happen at once has happened when the next request comes.
        self.clock.run_until(self.clock.now_ms + BETWEEN_REQUESTS_MS)
        return self._frame(header, future)

    def _frame(self, header: RequestHeader, future: Future[ResponsePayload | None]) -> bytes | None:
        try:
            answer = future.result()
        except CloseConnectionError as closed:
            self.is_closed = True
            raise ClosedError from closed
        return None if answer is None else encode_response(header, answer)[SIZE_BYTES:]

    def close(self) -> None:
        self.is_closed = True


class TopicIds(Random):
    """Draws the ids that another broker drew for its topics, as what is assigned to whom depends on them."""

    def __init__(self, drawn: deque[UUID]) -> None:
        super().__init__(0)
        self.drawn = drawn

    def getrandbits(self, k: int, /) -> int:
        return self.drawn.popleft().int if k == UUID_BITS and self.drawn else super().getrandbits(k)


def our_side(now_ms: int, topic_ids: deque[UUID]) -> Side:
    """Our broker; what it draws for its next topics is taken from *topic_ids* as long as there are any."""
    clock = VirtualClock(now_ms)
    broker = standalone(clock, Disk(), BrokerSettings.of(SETTINGS), TopicIds(topic_ids))
    clock.run_until(clock.now_ms + 1_000)
    connections = count(1)
    side = Side(
        lambda: InProcess(broker, clock, Caller(next(connections))),
        lambda duration_ms: clock.run_until(clock.now_ms + duration_ms),
        lambda: clock.now_ms,
    )
    side.warm_up()
    return side
