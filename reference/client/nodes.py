"""Connections of a client to its nodes, and what is under way on them."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.asking import Asking
from ackproof.reference.client.connecting import Connecting
from ackproof.reference.client.link import Link, Unsent
from ackproof.reference.client.node import Node
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.client.versions import NEWEST, BrokerVersions
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError
from ackproof.reference.protocol.apis import APIS
from ackproof.reference.protocol.request import DisconnectedError, Network

API_NAMED = {api.name: api for api in APIS}


class Nodes:
    """
    A client's connections.

    A request that is not answered in time closes its connection, and everything on it fails. Only the time out of one
    that was never sent is told apart: nothing of it happened. A connection that a broker closes is missed only as it is
    used again.

    Source: ``NetworkClient``, ``ConsumerNetworkClient``.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        settings: ClientSettings,
        rng: Random,
        *,
        versions: Mapping[str, int] = NEWEST,
        max_in_flight: int = 100,
    ) -> None:
        """
        No connections yet.

        Args:
            clock: The process's.
            network: To reach brokers.
            settings: Of the client.
            rng: For jitter, and for which node to prefer.
            versions: The newest version of each API that the client sends, by the names of ``protocol/apis.py``.
            max_in_flight: How many requests may be under way on one connection.
        """
        self._clock = clock
        self._settings = settings
        self._rng = rng
        self._newest = versions
        self._max_in_flight = max_in_flight
        self._features: tuple[int, Mapping[str, int]] = (-1, {})
        self._changed: list[Callable[[], None]] = []
        self._gone: list[Callable[[Node], None]] = []
        self._links: dict[int, Link] = {}
        self._connecting = Connecting(clock, network, settings, rng, versions, self._is_ready_now, self._lose)
        self._asking = Asking(clock, versions, settings.client_id, self._has_room, self._lose)
        self.is_closed = False
        self.is_update_due: Callable[[], bool] = lambda: False
        """Whether metadata has to be asked for first: nothing else is sent then. ``Metadata`` sets it."""

    def ask(
        self, node: Node, body: RequestPayload, *, timeout_ms: int | None = None, at_most: int | None = None
    ) -> Future[ResponsePayload]:
        """
        The answer of *node*, once it is connected and has room; it connects if it has to, after the back-off.

        Args:
            node: Whom.
            body: Of the class in ``protocol/apis.py``; the version that is sent is the newest that both know.
            timeout_ms: In place of ``request.timeout.ms``.
            at_most: The newest version to send, where that is not the client's.

        It fails with ``DisconnectedError`` (no connection, or it is gone with the answer), with ``TimedOutError`` if it
        was not even sent in time, with ``UnsupportedVersionError``.
        """
        link = self._link(node)
        wait_ms = self._settings.request_timeout_ms if timeout_ms is None else timeout_ms
        future: Future[ResponsePayload] = Future(self._clock)
        unsent = Unsent(body, future, wait_ms, at_most)
        link.unsent.append(unsent)
        self._serve(link)
        if unsent in link.unsent:
            unsent.timer = self._clock.call_at(self._clock.now_ms + wait_ms, lambda: self._give_up(link, unsent))
        return future

    def send(
        self, node: Node, body: RequestPayload, *, timeout_ms: int | None = None, at_most: int | None = None
    ) -> Future[ResponsePayload]:
        """The answer of *node*, which has to be ready; it fails as ``ask`` does."""
        wait_ms = self._settings.request_timeout_ms if timeout_ms is None else timeout_ms
        future: Future[ResponsePayload] = Future(self._clock)
        self._asking.send(self._link(node), Unsent(body, future, wait_ms, at_most))
        return future

    def tell(self, node: Node, body: RequestPayload, *, at_most: int | None = None) -> None:
        """Send something that has no answer to *node*, which has to be ready (acks=0)."""
        link = self._link(node)
        assert link.connection is not None
        request = self._asking.request(link, body, at_most)
        if request is not None:
            link.last_used_ms = self._clock.now_ms
            link.connection.tell(request)

    def ready(self, node: Node) -> bool:
        """Whether *node* can be sent something now; if it is not connected, a connection is begun."""
        if self.is_ready(node):
            return True
        link = self._link(node)
        if link.state == "disconnected" and not link.backoff_left_ms(self._clock.now_ms):
            self._connecting.begin(link)
        return False

    def is_ready(self, node: Node) -> bool:
        """Whether *node* can be sent something now: it is connected, has room, and no metadata is overdue."""
        return not self.is_update_due() and self.can_send(node)

    def can_send(self, node: Node) -> bool:
        """Whether *node* is connected and has room."""
        link = self._link(node)
        return self._is_usable(link) and len(link.in_flight) < self._max_in_flight

    def is_unavailable(self, node: Node) -> bool:
        """Whether the connection to *node* has failed, and the back-off is not over."""
        link = self._link(node)
        return link.state == "disconnected" and link.backoff_left_ms(self._clock.now_ms) > 0

    def has_failed(self, node: Node) -> bool:
        """Whether the connection to *node* has failed or was closed, and no other has been begun."""
        link = self._link(node)
        return link.state == "disconnected" and link.last_attempt_ms is not None

    def is_connecting(self, node: Node) -> bool:
        """Whether a connection to *node* has been begun, and can not be used yet."""
        return self._link(node).state in ("connecting", "checking versions")

    def poll_delay_ms(self, node: Node) -> int | None:
        """How long to wait before *node* is worth a try; None where an event will tell."""
        link, now_ms = self._link(node), self._clock.now_ms
        if link.state == "disconnected":
            return link.backoff_left_ms(now_ms)
        throttled_ms = link.throttled_until_ms - now_ms
        return throttled_ms if throttled_ms > 0 else None

    def in_flight_count(self, node: Node | None = None) -> int:
        """How many requests are under way, to *node* or to all."""
        links = self._links.values() if node is None else (self._link(node),)
        return sum([len(link.in_flight) for link in links])

    def has_pending(self, node: Node) -> bool:
        """Whether anything is under way to *node*, or waits to be sent to it."""
        link = self._link(node)
        return bool(link.in_flight or link.unsent)

    def least_loaded(self, nodes: Sequence[Node]) -> Node | None:
        """The node of *nodes* that a request to any of them had better go to; None if none can be reached now."""
        if not nodes:
            return None
        offset = self._rng.randrange(len(nodes))
        turned = [*nodes[offset:], *nodes[:offset]]
        if sendable := [node for node in turned if self.can_send(node)]:
            return min(sendable, key=self.in_flight_count)
        # What is being connected comes before what would have to be: the last found, as in Kafka.
        if connecting := [node for node in turned if self.is_connecting(node)]:
            return connecting[-1]
        possible = [node for node in turned if self._can_connect(node)]
        return min(possible, key=self._last_attempt_ms, default=None)

    def has_ready(self, nodes: Sequence[Node]) -> bool:
        """Whether any of *nodes* is connected, whatever is under way on it."""
        return any(self._is_usable(self._link(node)) for node in nodes)

    def versions_of(self, node: Node) -> BrokerVersions | None:
        """What *node* said that it understands; None while it is not connected."""
        return self._link(node).versions

    def version_for(self, node: Node, api_name: str) -> int | None:
        """The version of an API that *node* is asked in; None while that is not known, or if there is none."""
        versions = self._link(node).versions
        return versions.usable(API_NAMED[api_name], self._newest[api_name]) if versions else None

    def finalized_feature(self, name: str) -> int:
        """The level of a feature (``transaction.version``) as the best informed node told it; 0 if none did."""
        return self._features[1].get(name, 0)

    @property
    def finalized_features_epoch(self) -> int:
        """The epoch of what is known of the cluster's features; -1 if nothing is."""
        return self._features[0]

    def disconnect(self, node: Node) -> None:
        """Close the connection to *node*: what is under way fails."""
        link = self._link(node)
        if link.state != "disconnected":
            self._lose(link)

    def close(self) -> None:
        """Close all connections; nothing is sent any more, and nothing comes of what is under way."""
        self.is_closed = True
        for link in self._links.values():
            link.forget_in_flight()
            link.forget_unsent()
            link.has_gone(self._clock.now_ms)

    def on_change(self, callback: Callable[[], None]) -> None:
        """*callback* happens whenever a connection becomes ready, gets room, or goes."""
        self._changed.append(callback)

    def on_disconnect(self, callback: Callable[[Node], None]) -> None:
        """*callback* happens whenever a connection goes or fails."""
        self._gone.append(callback)

    def serve_all(self) -> None:
        """What waits is sent where it can be: metadata is no longer overdue."""
        for link in self._links.values():
            self._serve(link)

    def _link(self, node: Node) -> Link:
        known = self._links.get(node.node_id)
        if known is None or (known.state == "disconnected" and known.node != node):
            known = self._connecting.link(node, known)
            self._links[node.node_id] = known
        return known

    def _is_usable(self, link: Link) -> bool:
        if link.connection is not None and not link.connection.is_open and not link.in_flight:
            self._lose(link)
        return link.state == "ready" and link.throttled_until_ms <= self._clock.now_ms and not self.is_closed

    def _can_connect(self, node: Node) -> bool:
        link = self._link(node)
        return link.state == "disconnected" and not link.backoff_left_ms(self._clock.now_ms)

    def _last_attempt_ms(self, node: Node) -> int:
        return self._link(node).last_attempt_ms or 0

    def _serve(self, link: Link) -> None:
        """Send what waits, or see to it that it can be sent later."""
        while link.unsent and self.is_ready(link.node):
            unsent = link.unsent.popleft()
            if unsent.timer is not None:
                unsent.timer.cancel()
            self._asking.send(link, unsent)
        if link.unsent and link.state == "disconnected" and not self.is_closed:
            wait_ms = link.backoff_left_ms(self._clock.now_ms)
            if wait_ms:
                self._clock.call_at(self._clock.now_ms + wait_ms, lambda: self._serve(link))
            else:
                self._connecting.begin(link)

    def _is_ready_now(self, link: Link) -> None:
        assert link.versions is not None
        if link.versions.finalized_features_epoch > self._features[0]:
            self._features = (link.versions.finalized_features_epoch, link.versions.finalized_features)
        self._has_room(link)

    def _has_room(self, link: Link) -> None:
        self._serve(link)
        self._tell_change()

    def _give_up(self, link: Link, unsent: Unsent) -> None:
        if unsent in link.unsent:
            link.unsent.remove(unsent)
            unsent.future.fail(TimedOutError(f"not sent to node {link.node.node_id} after {unsent.timeout_ms} ms"))

    def _lose(self, link: Link, error: DisconnectedError | None = None) -> None:
        """The connection is gone, and everything with it."""
        error = error or DisconnectedError(f"node {link.node.node_id}")
        futures = [request.future for request in link.forget_in_flight()]
        futures += [request.future for request in link.forget_unsent()]
        link.has_gone(self._clock.now_ms)
        for future in futures:
            future.fail(error)
        for callback in self._gone:
            callback(link.node)
        self._clock.call_at(self._clock.now_ms + link.reconnect_backoff_ms, self._tell_change)
        self._tell_change()

    def _tell_change(self) -> None:
        for callback in self._changed:
            callback()
