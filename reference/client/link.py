"""One node's connection: how far it has come, what is under way on it, and when it may be tried again."""

from collections import deque
from typing import Literal

import attrs
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.node import Node
from ackproof.reference.client.versions import BrokerVersions
from ackproof.reference.kernel.clock import Clock, Timer
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Connection, DisconnectedError, Request

State = Literal["disconnected", "connecting", "checking versions", "ready"]


@attrs.define(eq=False)
class InFlight:
    """
    A request on its way.

    Attributes:
        throttle_ms: For how long the broker has asked to be left alone since; that does not count as waiting.
    """

    future: Future[ResponsePayload]
    sent_ms: int
    timeout_ms: int
    throttle_ms: int = 0
    timer: Timer | None = None


@attrs.define(eq=False)
class Unsent:
    """
    A request that waits for a connection.

    Attributes:
        at_most: The newest version that it may be sent in, where that is not the client's.
    """

    body: RequestPayload
    future: Future[ResponsePayload]
    timeout_ms: int
    at_most: int | None = None
    timer: Timer | None = None


@attrs.define(eq=False)
class Link:
    """
    A node's connection (``ClusterConnectionStates.NodeConnectionState``, ``InFlightRequests``).

    Attributes:
        attempt: Counts connections that were begun, so that what comes of an old one is ignored.
        last_attempt_ms: When a connection was last begun or lost.
        failed_attempts: Since one was ready.
        failed_setups: That did not even come to be connected.
        throttled_until_ms: Until when the broker asked to be left alone.
    """

    node: Node
    reconnect_backoff: ExponentialBackoff
    setup_backoff: ExponentialBackoff
    state: State = "disconnected"
    attempt: int = 0
    last_attempt_ms: int | None = None
    last_used_ms: int = 0
    failed_attempts: int = 0
    failed_setups: int = 0
    reconnect_backoff_ms: int = 0
    throttled_until_ms: int = 0
    connection: Connection | None = None
    versions: BrokerVersions | None = None
    in_flight: deque[InFlight] = attrs.field(factory=deque[InFlight])
    unsent: deque[Unsent] = attrs.field(factory=deque[Unsent])

    def backoff_left_ms(self, now_ms: int) -> int:
        """How long until a connection may be begun again."""
        if self.last_attempt_ms is None:
            return 0
        return max(self.last_attempt_ms + self.reconnect_backoff_ms - now_ms, 0)

    def begin(self, now_ms: int) -> None:
        """A connection is begun."""
        self.state = "connecting"
        self.attempt += 1
        self.last_attempt_ms = now_ms

    def is_connected(self, connection: Connection, now_ms: int) -> None:
        """It is connected; what the broker understands is not known yet."""
        self.state = "checking versions"
        self.connection = connection
        self.failed_setups = 0
        self.last_used_ms = now_ms

    def is_understood(self, versions: BrokerVersions) -> None:
        """It can be used."""
        self.state = "ready"
        self.versions = versions
        self.failed_attempts = 0

    def has_gone(self, now_ms: int) -> None:
        """It was closed, or did not come to be; the next one has to wait."""
        self.failed_setups = self.failed_setups + 1 if self.state == "connecting" else 0
        self.reconnect_backoff_ms = self.reconnect_backoff.backoff_ms(self.failed_attempts)
        self.failed_attempts += 1
        self.last_attempt_ms = now_ms
        self.state = "disconnected"
        self.versions = None
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def setup_timeout_ms(self) -> int:
        """How long connecting may take."""
        return self.setup_backoff.backoff_ms(self.failed_setups)

    def throttle(self, until_ms: int, throttle_ms: int) -> None:
        """The broker asks to be left alone."""
        self.throttled_until_ms = max(self.throttled_until_ms, until_ms)
        for other in self.in_flight:
            other.throttle_ms += throttle_ms

    def forget_in_flight(self) -> list[InFlight]:
        """What was under way, oldest first; it is not any more."""
        gone = list(self.in_flight)
        self.in_flight.clear()
        for request in gone:
            if request.timer is not None:
                request.timer.cancel()
        return gone

    def forget_unsent(self) -> list[Unsent]:
        """What waited for a connection; it does not any more."""
        waiting = list(self.unsent)
        self.unsent.clear()
        for request in waiting:
            if request.timer is not None:
                request.timer.cancel()
        return waiting


def asked(clock: Clock, connection: Connection, request: Request) -> Future[ResponsePayload]:
    """What comes of a request; the connection may have been closed by now."""
    if connection.is_open:
        return connection.ask(request)
    closed = Future[ResponsePayload](clock)
    closed.may_fail()
    closed.fail(DisconnectedError("the connection is closed"))
    return closed
