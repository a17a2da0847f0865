"""A network whose servers say what a test wants them to say."""

from collections import deque
from collections.abc import Callable, Mapping

import attrs
from kio.schema.api_versions.v4.response import ApiVersion, ApiVersionsResponse, FinalizedFeatureKey
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.versions import api_of
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.apis import APIS
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i16, i32, i64
from ackproof.reference.protocol.request import Address, Connection, DisconnectedError, Request

Answer = Callable[[Request], "ResponsePayload | Future[ResponsePayload] | None"]
"""What a server says: an answer, one that comes later, or none at all."""


@attrs.define(eq=False)
class ScriptedServer:
    """
    A server.

    Attributes:
        answers: By API name.
        asked: Every request that arrived.
    """

    answers: dict[str, Answer]
    asked: list[Request] = attrs.field(factory=list[Request])
    connections: list["ScriptedConnection"] = attrs.field(factory=list["ScriptedConnection"])

    def asked_for(self, api_name: str) -> list[Request]:
        """The requests of one API."""
        return [request for request in self.asked if api_of(request.body).name == api_name]

    def drop(self) -> None:
        """All connections break."""
        for connection in self.connections:
            connection.close()


class ScriptedConnection:
    """
    A connection to a server, which takes its time either way.

    As brokers do, the server serves a request only once the one before is answered: without an answer, it is stuck.
    """

    def __init__(self, clock: VirtualClock, network: "ScriptedNetwork", server: ScriptedServer) -> None:
        self._clock = clock
        self._network = network
        self._server = server
        self._waiting: list[Future[ResponsePayload]] = []
        self._arrived: deque[tuple[Request, Future[ResponsePayload] | None]] = deque()
        self._is_busy = False
        self.is_open = True

    def ask(self, request: Request) -> Future[ResponsePayload]:
        """The answer to *request*."""
        answer = Future[ResponsePayload](self._clock)
        self._waiting.append(answer)
        self._send(request, answer)
        return answer

    def tell(self, request: Request) -> None:
        """Send a *request* that is never answered."""
        self._send(request, None)

    def close(self) -> None:
        """Close it."""
        self.is_open = False
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer.fail(DisconnectedError("scripted"))

    def _send(self, request: Request, answer: Future[ResponsePayload] | None) -> None:
        def arrive() -> None:
            self._arrived.append((request, answer))
            self._serve()

        self._clock.call_at(self._clock.now_ms + self._network.delay_ms, arrive)

    def _serve(self) -> None:
        while self._arrived and not self._is_busy and self.is_open:
            request, answer = self._arrived.popleft()
            self._server.asked.append(request)
            said = self._server.answers[api_of(request.body).name](request)
            if answer is not None:
                self._is_busy = True
                self._answer_later(answer, said)

    def _answer_later(
        self, answer: Future[ResponsePayload], said: ResponsePayload | Future[ResponsePayload] | None
    ) -> None:
        if isinstance(said, Future):
            said.then(lambda: self._answer(answer, said.result()))
        elif said is not None:
            self._answer(answer, said)

    def _answer(self, answer: Future[ResponsePayload], said: ResponsePayload) -> None:
        def arrive() -> None:
            if answer in self._waiting:
                self._waiting.remove(answer)
                answer.resolve(said)

        self._clock.call_at(self._clock.now_ms + self._network.delay_ms, arrive)
        self._is_busy = False
        self._serve()


class ScriptedNetwork:
    """Servers by address; a connection to any other address fails."""

    def __init__(self, clock: VirtualClock, delay_ms: int = 1) -> None:
        self._clock = clock
        self.delay_ms = delay_ms
        self.servers: dict[Address, ScriptedServer] = {}
        self.never: set[Address] = set()
        self.attempts: list[tuple[int, Address]] = []

    def serve(self, address: Address, answers: Mapping[str, Answer]) -> ScriptedServer:
        """A server, which understands what brokers do unless it says otherwise."""
        server = ScriptedServer({"api_versions": lambda _: versions(), **answers})
        self.servers[address] = server
        return server

    def connect(self, address: Address) -> Future[Connection]:
        """A connection."""
        self.attempts.append((self._clock.now_ms, address))
        connected = Future[Connection](self._clock)
        self._clock.call_at(self._clock.now_ms + self.delay_ms, lambda: self._connect(address, connected))
        return connected

    def _connect(self, address: Address, connected: Future[Connection]) -> None:
        if address in self.never:
            return
        server = self.servers.get(address)
        if server is None:
            connected.fail(DisconnectedError("nobody listens"))
            return
        connection = ScriptedConnection(self._clock, self, server)
        server.connections.append(connection)
        connected.resolve(connection)


def versions(
    error: ErrorCode = ErrorCode.none,
    newest: Mapping[str, int] | None = None,
    features: Mapping[str, int] | None = None,
    features_epoch: int = 1,
) -> ApiVersionsResponse:
    """What a broker says that it understands: what is served here, less where *newest* says so."""
    known = newest or {}
    return ApiVersionsResponse(
        error_code=error,
        api_keys=tuple(
            ApiVersion(
                api_key=i16(api.key),
                min_version=i16(api.oldest),
                max_version=i16(known.get(api.name, api.newest)),
            )
            for api in APIS
            if known.get(api.name, api.newest) >= 0
        ),
        throttle_time=duration(0),
        finalized_features_epoch=i64(features_epoch),
        finalized_features=tuple(
            FinalizedFeatureKey(name=name, max_version_level=i16(level), min_version_level=i16(level))
            for name, level in (features or {}).items()
        ),
    )


def metadata(
    brokers: Mapping[int, Address], topics: Mapping[str, Mapping[int, int] | ErrorCode], epochs: Mapping[str, int]
) -> MetadataResponse:
    """A cluster: of each topic, the leader of each partition, or an error; -1 for no leader."""
    return MetadataResponse(
        throttle_time=duration(0),
        brokers=tuple(
            MetadataResponseBroker(node_id=BrokerId(node_id), host=address.host, port=i32(address.port))
            for node_id, address in brokers.items()
        ),
        cluster_id="scripted",
        topics=tuple(topic_metadata(name, told, epochs.get(name, 0)) for name, told in topics.items()),
    )


def topic_metadata(name: str, told: Mapping[int, int] | ErrorCode, epoch: int) -> MetadataResponseTopic:
    """One topic."""
    partitions: Mapping[int, int] = {} if isinstance(told, ErrorCode) else told
    return MetadataResponseTopic(
        error_code=told if isinstance(told, ErrorCode) else ErrorCode.none,
        name=TopicName(name),
        topic_id=None,
        partitions=tuple(
            MetadataResponsePartition(
                error_code=ErrorCode.none if leader >= 0 else ErrorCode.leader_not_available,
                partition_index=i32(partition),
                leader_id=BrokerId(leader),
                leader_epoch=i32(epoch),
            )
            for partition, leader in partitions.items()
        ),
    )
