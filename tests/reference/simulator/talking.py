"""A client and a server that count what they hear."""

from functools import partial
from random import Random

from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.find_coordinator.v6.response import FindCoordinatorResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import duration
from ackproof.reference.protocol.request import (
    Address,
    Caller,
    CloseConnectionError,
    Connection,
    DisconnectedError,
    Request,
)
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process

HERE = Address("broker-1", 9092)


def request(name: str) -> Request:
    return Request(ApiVersionsRequest(client_software_name=name, client_software_version=""), 4)


class Echo:
    """A server that takes its time, and answers with what it was asked."""

    def __init__(self, process: Process, takes_ms: int = 0) -> None:
        self.heard: list[str] = []
        self.most_at_once = 0
        self._process = process
        self._takes_ms = takes_ms
        self._serving = 0

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        body = request.body
        assert isinstance(body, ApiVersionsRequest)
        self.heard.append(body.client_software_name)
        self._serving += 1
        self.most_at_once = max(self.most_at_once, self._serving)
        answer = Future[ResponsePayload | None](self._process)
        self._process.call_at(self._process.now_ms + self._takes_ms, lambda: self._answer(body, answer))
        return answer

    def _answer(self, body: ApiVersionsRequest, answer: Future[ResponsePayload | None]) -> None:
        self._serving -= 1
        name = body.client_software_name
        if name == "close":
            answer.fail(CloseConnectionError())
        elif name == "silent":
            answer.resolve(None)
        else:
            answer.resolve(echoed(name))


def echoed(name: str) -> ResponsePayload:
    # Any response with a text in it would do.
    return FindCoordinatorResponse(throttle_time=duration(0), coordinators=())


class Talking:
    """One client, one server, and a connection between them."""

    def __init__(self, seed: int = 0, takes_ms: int = 0, delays: Delays | None = None) -> None:
        self.clock = VirtualClock()
        self.network = SimulatedNetwork(self.clock, Random(seed), delays)
        self.client, self.broker = Process(self.clock, "client"), Process(self.clock, "broker")
        self.server = Echo(self.broker, takes_ms)
        self.network.listen(HERE, "broker-1", self.broker, self.server)
        self.outcomes: dict[str, str] = {}
        self.connection = self.connect()

    def connect(self) -> Connection:
        connected = self.network.node(self.client).connect(HERE)
        self.clock.run_until(self.clock.now_ms + 100)
        return connected.result()

    def ask(self, *names: str) -> None:
        for name in names:
            answer = self.connection.ask(request(name))
            answer.then(partial(self._hear, name, answer))

    def run(self, duration_ms: int = 10_000) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def _hear(self, name: str, answer: Future[ResponsePayload]) -> None:
        try:
            answer.result()
        except DisconnectedError:
            self.outcomes[name] = "gone"
        else:
            self.outcomes[name] = "answered"
