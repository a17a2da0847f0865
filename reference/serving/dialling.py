"""The network as clients on this machine have it: sockets to real brokers, or to served ones."""

import asyncio
from collections import deque

from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.codec import correlation_id_of, decode_response, encode_request
from ackproof.reference.protocol.frames import Frames
from ackproof.reference.protocol.request import (
    Address,
    CloseConnectionError,
    Connection,
    DisconnectedError,
    Request,
)
from ackproof.reference.serving.securing import PLAINTEXT, NotAuthenticatedError, Security, authenticate


class SocketNetwork:
    """
    Connects over TCP, in the loop that is running.

    Attributes:
        problem: Why the last connection that failed did, for who is told only that somebody does not answer.
    """

    def __init__(self, clock: Clock, security: Security = PLAINTEXT) -> None:
        self._clock = clock
        self._security = security
        self.problem: DisconnectedError | None = None
        self._dialling: set[asyncio.Task[None]] = set()
        self._dialled: list[Dialled] = []

    def connect(self, address: Address) -> Future[Connection]:
        """A connection; it fails with ``DisconnectedError`` if nobody listens there, or the client is not let in."""
        future = Future[Connection](self._clock)
        task = asyncio.get_running_loop().create_task(self._dial(address, future))
        # The loop itself holds tasks only weakly.
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)
        return future

    async def _dial(self, address: Address, future: Future[Connection]) -> None:
        at = f"{address.host}:{address.port}"
        try:
            dialled = await self._dialled_to(address)
        except NotAuthenticatedError as problem:
            self._fail(future, NotAuthenticatedError(f"{at} does not let us in: {problem}"))
        except DisconnectedError as problem:
            self._fail(future, DisconnectedError(f"{at}: {problem}"))
        except OSError as problem:
            reason = problem.strerror or str(problem)
            self._fail(future, DisconnectedError(f"nobody can be reached at {at}: {reason}"))
        else:
            future.resolve(dialled)

    async def _dialled_to(self, address: Address) -> "Dialled":
        loop, tls = asyncio.get_running_loop(), self._security.tls
        _, dialled = await loop.create_connection(lambda: Dialled(self._clock), address.host, address.port, ssl=tls)
        self._dialled.append(dialled)
        if self._security.login is not None:
            await authenticate(dialled, self._security.login)
        return dialled

    def _fail(self, future: Future[Connection], problem: DisconnectedError) -> None:
        self.problem = problem
        future.fail(problem)

    async def close(self) -> None:
        """Close all connections."""
        for dialled in self._dialled:
            dialled.close()
        for task in self._dialling:
            task.cancel()
        # They are closed in the next turn of the loop.
        await asyncio.sleep(0)


class Dialled(asyncio.Protocol):
    """A client's connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._frames = Frames()
        self._waiting = deque[tuple[int, Request, Future[ResponsePayload]]]()
        self._transport: asyncio.Transport | None = None
        self._sent = 0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""
        self._frames.feed(data)
        try:
            while (frame := self._frames.take()) is not None:
                self._hear(frame)
        except CloseConnectionError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, and with it all answers."""
        self._transport = None
        while self._waiting:
            self._waiting.popleft()[2].fail(DisconnectedError("the connection is gone"))

    # What clients call.

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: Request) -> Future[ResponsePayload]:
        """The answer to *request*; it fails with ``DisconnectedError`` when the connection goes."""
        future = Future[ResponsePayload](self._clock)
        if self.is_open:
            self._waiting.append((self._sent, request, future))
            self.tell(request)
        else:
            future.fail(DisconnectedError("the connection is closed"))
        return future

    def tell(self, request: Request) -> None:
        """Send a *request* that is never answered."""
        if self._transport is not None and self.is_open:
            self._transport.write(encode_request(request, self._sent))
            self._sent += 1

    def close(self) -> None:
        """Close it: what has not been answered fails."""
        if self._transport is not None:
            self._transport.abort()

    def _hear(self, frame: bytes) -> None:
        if not self._waiting or self._waiting[0][0] != correlation_id_of(frame):
            raise CloseConnectionError("an answer that nobody asked for")
        _, request, future = self._waiting.popleft()
        try:
            future.resolve(decode_response(frame, request.body.__api_key__, request.version))
        except CloseConnectionError as problem:
            future.fail(DisconnectedError(str(problem)))
            raise
