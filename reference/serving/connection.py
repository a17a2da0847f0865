"""One client's connection to a served broker."""

import asyncio
from collections.abc import Callable

from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.codec import RequestHeader, decode_request, encode_response
from ackproof.reference.protocol.frames import Frames
from ackproof.reference.protocol.request import Caller, CloseConnectionError, Server

Answer = Future[ResponsePayload | None]


class Connection(asyncio.Protocol):
    """
    Cuts bytes into requests, has them served one after the other, and sends the answers in that order.

    Bytes that are no request close it, and nothing else.

    Source: ``SocketServer``, ``Processor``: a channel is muted until its request is answered and the answer is sent.
    """

    def __init__(
        self, server: Server, number: int, request_max_bytes: int, closed: "Callable[[Connection], None]"
    ) -> None:
        self._server = server
        self._number = number
        self._frames = Frames(request_max_bytes)
        self._closed = closed
        self._caller = Caller(number)
        self._transport: asyncio.Transport | None = None
        self._is_busy = False
        self._is_sending = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(0)
        peer = transport.get_extra_info("peername")
        self._caller = Caller(self._number, f"/{peer[0]}" if peer else "/127.0.0.1")

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""
        self._frames.feed(data)
        self._serve()

    def pause_writing(self) -> None:
        """The client does not take an answer as fast as it is sent."""
        self._is_sending = True
        self._mute()

    def resume_writing(self) -> None:
        """It has it."""
        self._is_sending = False
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone: nobody hears the answer that is being made."""
        self._transport = None
        self._closed(self)

    # What it does.

    def close(self) -> None:
        """Close it, once what was answered is sent."""
        if self._transport:
            self._transport.close()

    def _serve(self) -> None:
        """Begin with the next request, unless one is being served, or its answer is being sent."""
        while not (self._is_busy or self._is_sending):
            taken = self._take()
            if taken is None:
                return
            header, answer = taken
            if answer.is_done:
                self._send(header, answer)
            else:
                self._wait(header, answer)

    def _take(self) -> "tuple[RequestHeader, Answer] | None":
        """The next request, and what is going to be its answer; None if there is none."""
        if self._transport is None or self._transport.is_closing():
            return None
        try:
            frame = self._frames.take()
            if frame is None:
                return None
            header, request = decode_request(frame)
        except CloseConnectionError:
            self.close()
            return None
        return header, self._server.serve(self._caller, request)

    def _wait(self, header: RequestHeader, answer: Answer) -> None:
        self._is_busy = True
        self._mute()

        def answered() -> None:
            self._is_busy = False
            self._send(header, answer)
            self._go_on()

        answer.then(answered)

    def _mute(self) -> None:
        """What a client sends while it waits for an answer is not read, so that what waits here is bounded."""
        if self._transport:
            self._transport.pause_reading()

    def _go_on(self) -> None:
        if self._transport and not (self._is_busy or self._is_sending):
            self._transport.resume_reading()
        self._serve()

    def _send(self, header: RequestHeader, answer: Answer) -> None:
        try:
            response = answer.result()
            if self._transport and response is not None:
                self._transport.write(encode_response(header, response))
        except CloseConnectionError:
            self.close()
        except Exception:
            self.close()
            raise
