"""A network with one real broker, which takes a millisecond either way."""

from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.clock import Callback, Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Caller, Connection, DisconnectedError, Request, Server

DELAY_MS = 1


class BrokerConnection:
    """A connection: requests are served one after the other."""

    def __init__(self, clock: Clock, server: Server, number: int) -> None:
        self._clock = clock
        self._server = server
        self._caller = Caller(number)
        self._line: list[tuple[Request, Future[ResponsePayload] | None]] = []
        self._is_busy = False
        self.is_open = True

    def ask(self, request: Request) -> Future[ResponsePayload]:
        """The answer to *request*."""
        answer = Future[ResponsePayload](self._clock)
        self._after(lambda: self._arrived(request, answer))
        return answer

    def tell(self, request: Request) -> None:
        """Send a *request* that is never answered."""
        self._after(lambda: self._arrived(request, None))

    def close(self) -> None:
        """Close it."""
        self.is_open = False

    def _after(self, what: Callback) -> None:
        self._clock.call_at(self._clock.now_ms + DELAY_MS, what)

    def _arrived(self, request: Request, answer: Future[ResponsePayload] | None) -> None:
        self._line.append((request, answer))
        self._serve()

    def _serve(self) -> None:
        if self._is_busy or not self._line:
            return
        self._is_busy = True
        request, answer = self._line.pop(0)
        served = self._server.serve(self._caller, request)

        def done() -> None:
            self._is_busy = False
            if answer is not None:
                self._answer(answer, served)
            self._serve()

        served.then(done)

    def _answer(self, answer: Future[ResponsePayload], served: Future[ResponsePayload | None]) -> None:
        if served.error is not None:
            answer.fail(DisconnectedError("the broker closed the connection"))
        elif (said := served.result()) is not None:
            self._after(lambda: answer.resolve(said))


class BrokerNetwork:
    """The way to one broker."""

    def __init__(self, clock: Clock, server: Server) -> None:
        self._clock = clock
        self._server = server
        self._made = 0

    def connect(self, address: Address) -> Future[Connection]:
        """A connection."""
        del address
        self._made += 1
        connected = Future[Connection](self._clock)
        connection = BrokerConnection(self._clock, self._server, self._made)
        self._clock.call_at(self._clock.now_ms + DELAY_MS, lambda: connected.resolve(connection))
        return connected
