"""Asking: requests on a connection, and what comes of them."""

from collections.abc import Callable, Mapping

from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.link import InFlight, Link, Unsent, asked
from ackproof.reference.client.throttling import throttle_ms
from ackproof.reference.client.versions import api_of
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import DisconnectedError, Request


class UnsupportedVersionError(Exception):
    """A request that the broker does not know in any version that the client sends: it was not sent."""


class RequestTimedOutError(DisconnectedError):
    """A request on the connection was not answered in time, so that the client has closed it."""


class Asking:
    """
    Sends requests, and watches over their time.

    Source: ``NetworkClient.doSend``, ``handleCompletedReceives``, ``handleTimedOutRequests``.
    """

    def __init__(
        self,
        clock: Clock,
        newest: Mapping[str, int],
        client_id: str | None,
        has_room: Callable[[Link], None],
        lose: Callable[[Link, DisconnectedError], None],
    ) -> None:
        self._clock = clock
        self._newest = newest
        self._client_id = client_id
        self._has_room = has_room
        self._lose = lose

    def send(self, link: Link, unsent: Unsent) -> None:
        """Send on a *link* that is ready; the answer, or what there is in its place, settles the future of *unsent*."""
        request = self.request(link, unsent.body, unsent.at_most)
        if request is None:
            unsent.future.fail(UnsupportedVersionError(f"{api_of(unsent.body).name} on node {link.node.node_id}"))
            return
        assert link.connection is not None
        assert link.state == "ready"
        in_flight = InFlight(unsent.future, self._clock.now_ms, unsent.timeout_ms)
        link.in_flight.append(in_flight)
        link.last_used_ms = self._clock.now_ms
        answer = asked(self._clock, link.connection, request)
        answer.then(lambda: self._answered(link, in_flight, answer))
        self._watch(link, in_flight)

    def request(self, link: Link, body: RequestPayload, at_most: int | None = None) -> Request | None:
        """The request in the newest version that both sides know, if there is one."""
        api = api_of(body)
        assert link.versions is not None
        newest = self._newest[api.name]
        version = link.versions.usable(api, newest if at_most is None else min(newest, at_most))
        return None if version is None else Request(body, version, self._client_id)

    def _watch(self, link: Link, in_flight: InFlight) -> None:
        # Kafka closes the connection once more than the timeout has passed.
        at_ms = in_flight.sent_ms + in_flight.throttle_ms + in_flight.timeout_ms + 1
        in_flight.timer = self._clock.call_at(at_ms, lambda: self._overdue(link, in_flight))

    def _overdue(self, link: Link, in_flight: InFlight) -> None:
        if self._clock.now_ms - in_flight.sent_ms - in_flight.throttle_ms > in_flight.timeout_ms:
            self._lose(link, RequestTimedOutError(f"node {link.node.node_id} has not answered in time"))
        else:
            self._watch(link, in_flight)

    def _answered(self, link: Link, in_flight: InFlight, answer: Future[ResponsePayload]) -> None:
        if in_flight not in link.in_flight:
            return
        if answer.error is not None:
            self._lose(link, DisconnectedError(f"node {link.node.node_id}"))
            return
        link.in_flight.remove(in_flight)
        if in_flight.timer is not None:
            in_flight.timer.cancel()
        link.last_used_ms = self._clock.now_ms
        response = answer.result()
        if asked_ms := throttle_ms(response):
            link.throttle(self._clock.now_ms + asked_ms, asked_ms)
            self._clock.call_at(link.throttled_until_ms, lambda: self._has_room(link))
        self._has_room(link)
        in_flight.future.conclude(response)
