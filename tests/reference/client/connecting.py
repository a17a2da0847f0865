"""A client that connects to one broker."""

from random import Random

from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.node import Node
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import GroupId, duration, i32
from ackproof.reference.protocol.request import Address
from tests.reference.client.scripted import ScriptedNetwork, ScriptedServer

HERE = Address("here", 9092)


NODE = Node(1, HERE)


BODY = HeartbeatRequest(group_id=GroupId("g"), generation_id=i32(1), member_id="m")


def beat(throttle_ms: int = 0) -> HeartbeatResponse:
    return HeartbeatResponse(error_code=ErrorCode.none, throttle_time=duration(throttle_ms))


class Scene:
    def __init__(self, **settings: object) -> None:
        self.clock = VirtualClock(1_000)
        self.network = ScriptedNetwork(self.clock)
        self.settings = ClientSettings(**settings)  # type: ignore[arg-type]  # any of its keys

    def nodes(self, **more: object) -> Nodes:
        return Nodes(self.clock, self.network, self.settings, Random(1), **more)  # type: ignore[arg-type]  # likewise

    def server(self, *answers: HeartbeatResponse | None) -> ScriptedServer:
        said = iter(answers)
        return self.network.serve(HERE, {"heartbeat": lambda _: next(said, None)})

    def outcome(self, answer: Future[ResponsePayload], until_ms: int = 10**6) -> object:
        answer.then(lambda: None)
        self.clock.run_until(until_ms)
        return answer.error or answer.result()
