"""Connecting: from nothing to a connection on which both sides know what the other understands."""

from collections import deque
from collections.abc import Callable, Mapping
from random import Random

from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import ApiVersionsResponse
from kio.schema.errors import ErrorCode
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.link import Link, asked
from ackproof.reference.client.node import Node
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.client.versions import broker_versions
from ackproof.reference.kernel.clock import Clock, Timer
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Connection, Network, Request

API_VERSIONS_KEY = 18
SOFTWARE = ("ackproof", "1")


class Connecting:
    """
    Brings connections about.

    Source: ``NetworkClient.initiateConnect``, ``handleApiVersionsResponse``, ``handleTimedOutConnections``.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        settings: ClientSettings,
        rng: Random,
        versions: Mapping[str, int],
        has_become_ready: Callable[[Link], None],
        lose: Callable[[Link], None],
    ) -> None:
        self._clock = clock
        self._network = network
        self._settings = settings
        self._rng = rng
        self._newest = versions
        self._has_become_ready = has_become_ready
        self._lose = lose

    def link(self, node: Node, before: Link | None) -> Link:
        """A link to *node*; one with the same id *before* it was to another address, and what waits there moves."""
        settings = self._settings
        return Link(
            node,
            ExponentialBackoff(settings.reconnect_backoff_ms, settings.reconnect_backoff_max_ms, self._rng),
            ExponentialBackoff(
                settings.socket_connection_setup_timeout_ms, settings.socket_connection_setup_timeout_max_ms, self._rng
            ),
            attempt=before.attempt if before else 0,
            unsent=before.unsent if before else deque(),
        )

    def begin(self, link: Link) -> None:
        """Begin to connect."""
        link.begin(self._clock.now_ms)
        attempt = link.attempt
        timer = self._clock.call_at(
            self._clock.now_ms + link.setup_timeout_ms() + 1, lambda: self._took_too_long(link, attempt)
        )
        connected = self._network.connect(link.node.address)
        connected.then(lambda: self._connected(link, attempt, timer, connected))

    def _took_too_long(self, link: Link, attempt: int) -> None:
        if link.attempt == attempt and link.state == "connecting":
            self._lose(link)

    def _connected(self, link: Link, attempt: int, timer: Timer, connected: Future[Connection]) -> None:
        timer.cancel()
        is_wanted = link.attempt == attempt and link.state == "connecting"
        if connected.error is None and not is_wanted:
            connected.result().close()
        elif connected.error is None:
            link.is_connected(connected.result(), self._clock.now_ms)
            self._ask_versions(link, self._newest["api_versions"])
        elif is_wanted:
            self._lose(link)

    def _ask_versions(self, link: Link, version: int) -> None:
        assert link.connection is not None
        attempt = link.attempt
        body = ApiVersionsRequest(client_software_name=SOFTWARE[0], client_software_version=SOFTWARE[1])
        answer = asked(self._clock, link.connection, Request(body, version, self._settings.client_id))
        over_ms = self._clock.now_ms + self._settings.request_timeout_ms + 1
        timer = self._clock.call_at(over_ms, lambda: self._not_understood(link, attempt))
        answer.then(lambda: self._answered(link, attempt, version, timer, answer))

    def _not_understood(self, link: Link, attempt: int) -> None:
        if link.attempt == attempt and link.state == "checking versions":
            self._lose(link)

    def _answered(self, link: Link, attempt: int, version: int, timer: Timer, answer: Future[ResponsePayload]) -> None:
        timer.cancel()
        if link.attempt != attempt or link.state != "checking versions":
            return
        if answer.error is not None:
            self._lose(link)
            return
        response = answer.result()
        assert isinstance(response, ApiVersionsResponse)
        match response.error_code:
            case ErrorCode.none:
                link.is_understood(broker_versions(response))
                self._watch_idleness(link, attempt)
                self._has_become_ready(link)
            case ErrorCode.unsupported_version if version > 0:
                _, newest = broker_versions(response).ranges.get(API_VERSIONS_KEY, (0, 0))
                self._ask_versions(link, newest)
            case _:
                self._lose(link)

    def _watch_idleness(self, link: Link, attempt: int) -> None:
        """A connection that nobody uses is closed (``connections.max.idle.ms``)."""
        if self._settings.connections_max_idle_ms < 0 or link.attempt != attempt or link.state != "ready":
            return
        over_ms = link.last_used_ms + self._settings.connections_max_idle_ms
        if over_ms <= self._clock.now_ms:
            self._lose(link)
        else:
            self._clock.call_at(over_ms, lambda: self._watch_idleness(link, attempt))
