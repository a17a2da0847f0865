"""Wires: simulated connections, on which structures travel in place of bytes."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import attrs
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Caller, CloseConnectionError, DisconnectedError, Request, Server
from ackproof.reference.simulator.process import Process


@attrs.frozen
class Endpoint:
    """A process that connects to others."""

    name: str
    process: Process


@attrs.frozen
class Listener:
    """A process that others connect to."""

    name: str
    process: Process
    server: Server


class Letter:
    """A request on its way, and who waits for its answer; nobody does for one that is never answered."""

    __slots__ = ("future", "number", "request", "wire")

    def __init__(self, wire: "Wire", number: int, request: Request, future: Future[ResponsePayload] | None) -> None:
        self.wire = wire
        self.number = number
        self.request = request
        self.future = future


class Medium(Protocol):
    """What wires run through."""

    def delay_ms(self) -> int:
        """How long the next message takes."""
        ...

    def chance(self, outcomes: int) -> int:
        """One of so many outcomes."""
        ...

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire, which may be cut there; when it arrives at the earliest, in milliseconds."""
        ...

    def is_answered(self, letter: Letter) -> None:
        """An answer is about to be put on its wire; this may be the place to cut that."""
        ...

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        ...


class Wire:
    """
    One connection, as its client has it: requests arrive in order, one after the other is served, so do answers.

    It breaks as a whole: what is lost takes with it all that follows, and the client notices some time later.
    """

    def __init__(self, medium: Medium, number: int, client: Endpoint, listener: Listener) -> None:
        self.number = number
        self.client = client
        self.listener = listener
        self.is_open = True
        self._medium = medium
        self._caller = Caller(number, f"/{client.name}")
        self._sent = 0
        self._arrived = 0
        self._last_through: int | None = None
        self._has_lost_answers = False
        self._holding: list[Letter] | None = None
        self._request_ms = 0
        self._answer_ms = 0
        self._waiting: dict[int, Future[ResponsePayload]] = {}
        self._inbox: deque[Letter] = deque()
        self._is_serving = False

    # The client's side.

    def ask(self, request: Request) -> Future[ResponsePayload]:
        """The answer to *request*; it fails with ``DisconnectedError`` when the connection goes."""
        future: Future[ResponsePayload] = Future(self.client.process)
        if not self.is_open:
            future.fail(DisconnectedError("the connection is closed"))
            return future
        self._waiting[self._sent] = future
        self._send(request, future)
        return future

    def tell(self, request: Request) -> None:
        """Send a *request* that is never answered."""
        if self.is_open:
            self._send(request, None)

    def close(self) -> None:
        """Close it: what has not been answered fails, and some of what is on its way still arrives."""
        if self.is_open:
            self.cut_requests(self._arrived + self._medium.chance(self._sent - self._arrived + 1))
            self._has_lost_answers = True
            self._notice()

    # What may become of it.

    def cut_requests(self, first_lost: int) -> None:
        """Requests from that number on do not arrive."""
        if self._last_through is None or first_lost <= self._last_through:
            self._last_through = first_lost - 1

    def cut_answers(self) -> None:
        """No further answer arrives; of the requests on their way some still do."""
        self._has_lost_answers = True
        self.cut_requests(self._arrived + self._medium.chance(self._sent - self._arrived + 1))

    def drop_unserved(self) -> None:
        """What has arrived and waits to be served is not."""
        self._inbox.clear()

    def hold(self) -> None:
        """Requests that have not arrived do so only when they are let go; nobody hears of them any more."""
        if self._holding is None:
            self._holding = []
        self._has_lost_answers = True

    def let_go(self) -> None:
        """What was held back arrives."""
        held, self._holding = self._holding or [], None
        for letter in held:
            self._is_there(letter)

    def breaks(self) -> None:
        """The client notices before long that the connection is gone."""
        process = self.client.process
        process.call_at(process.now_ms + self._medium.delay_ms(), self._notice)

    def dies(self) -> None:
        """Nothing arrives any more, and the client notices before long."""
        self.cut_requests(0)
        self._has_lost_answers = True
        self.breaks()

    # How messages travel.

    def _send(self, request: Request, future: Future[ResponsePayload] | None) -> None:
        letter = Letter(self, self._sent, request, future)
        self._sent += 1
        arrives_ms = self._medium.is_sent(letter)
        self._request_ms = arrives_ms if arrives_ms > self._request_ms else self._request_ms
        self.listener.process.put(self._request_ms, lambda: self._arrive(letter))

    def _arrive(self, letter: Letter) -> None:
        if self._last_through is not None and letter.number > self._last_through:
            return
        if self._holding is None:
            self._is_there(letter)
        else:
            self._holding.append(letter)

    def _is_there(self, letter: Letter) -> None:
        self._arrived = letter.number + 1
        self._medium.delivered(self.client.name, self.listener.name, self.number, letter.number, letter.request.body)
        self._inbox.append(letter)
        if not self._is_serving:
            self._serve()

    def _serve(self) -> None:
        self._is_serving = True
        while self._inbox:
            letter = self._inbox.popleft()
            answer = self.listener.server.serve(self._caller, letter.request)
            if not answer.is_done:
                answer.then(self._later(letter, answer))
                return
            self._answered(letter, answer)
        self._is_serving = False

    def _later(self, letter: Letter, answer: Future[ResponsePayload | None]) -> Callable[[], None]:
        def answered() -> None:
            self._answered(letter, answer)
            self._serve()

        return answered

    def _answered(self, letter: Letter, answer: Future[ResponsePayload | None]) -> None:
        try:
            response = answer.result()
        except CloseConnectionError:
            self._inbox.clear()
            self.dies()
            return
        future = letter.future
        if response is None or future is None or self._has_lost_answers:
            return
        self._medium.is_answered(letter)
        if self._has_lost_answers:
            return
        process = self.client.process
        arrives_ms = process.now_ms + self._medium.delay_ms()
        self._answer_ms = arrives_ms if arrives_ms > self._answer_ms else self._answer_ms
        process.put(self._answer_ms, lambda: self._hear(letter.number, future, response))

    def _hear(self, number: int, future: Future[ResponsePayload], response: ResponsePayload) -> None:
        if self.is_open:
            self._medium.delivered(self.listener.name, self.client.name, self.number, number, response)
            del self._waiting[number]
            future.conclude(response)

    def _notice(self) -> None:
        self.is_open = False
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.fail(DisconnectedError("the connection is gone"))
