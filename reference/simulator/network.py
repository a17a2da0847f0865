"""The simulated network: who can be reached where, how long that takes, and what goes wrong on the way."""

from collections.abc import Callable
from math import floor
from random import Random
from typing import Literal

import attrs
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Connection, DisconnectedError, Server
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Endpoint, Letter, Listener, Wire

MessageFault = Literal["request-lost", "response-lost", "request-delayed"]
"""What can become of one message."""

Delivered = Callable[[int, str, str, int, int, RequestPayload | ResponsePayload], None]
"""Hears of each message that arrives: when, from whom, to whom, on which wire, which of its requests, and what."""


@attrs.frozen
class Delays:
    """
    How long messages take, in milliseconds: each as long as chance wants.

    Attributes:
        held_ms_max: How long a request is held back at most, after its sender has given up on it.
    """

    shortest_ms: int = 0
    longest_ms: int = 4
    held_ms_max: int = 2_000


@attrs.frozen
class Affliction:
    """A fault that waits for the first message that it can happen to."""

    fault: MessageFault
    strikes: Callable[[Letter], bool]


@attrs.frozen
class Slowing:
    """Requests that take longer for a while."""

    strikes: Callable[[Letter], bool]
    until_ms: int


class SimulatedNetwork:
    """
    The network of one seed.

    Connections behave as TCP's do: in each direction messages arrive in order or not at all, and what is lost takes the
    connection with it.
    """

    def __init__(self, clock: Clock, rng: Random, delays: Delays | None = None, hears: Delivered | None = None) -> None:
        """
        A network that nobody is on.

        Args:
            clock: What time goes by.
            rng: What decides how long messages take.
            delays: Between which bounds.
            hears: Is told of every message that arrives, if anybody is.
        """
        self.deliveries = 0
        self.afflictions: list[Affliction] = []
        self._clock = clock
        self._delays = delays or Delays()
        self._random = rng.random
        self._shortest_ms = self._delays.shortest_ms
        self._span_ms = self._delays.longest_ms - self._shortest_ms + 1
        self._hears = hears
        self._listeners: dict[Address, Listener] = {}
        self._wires: list[Wire] = []
        self._slowings: list[Slowing] = []
        self._connected = 0

    # Who is on it.

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        self._listeners[address] = Listener(name, process, server)

    def node(self, process: Process) -> "Node":
        """What *process* reaches others through."""
        return Node(self, Endpoint(process.name, process))

    def vanish(self, process: Process) -> None:
        """*process* has stopped: nobody reaches it any more, and its connections are gone."""
        self._listeners = {at: each for at, each in self._listeners.items() if each.process is not process}
        for wire in self._wires:
            if wire.listener.process is process:
                wire.dies()
            elif wire.client.process is process:
                wire.cut_answers()

    def connect(self, client: Endpoint, address: Address) -> Future[Connection]:
        """A connection of *client* to *address*."""
        future: Future[Connection] = Future(client.process)

        def arrive() -> None:
            listener = self._listeners.get(address)
            if listener is None:
                future.fail(DisconnectedError(f"nobody listens at {address.host}:{address.port}"))
            else:
                future.resolve(self._wire(client, listener))

        client.process.call_at(client.process.now_ms + self.delay_ms(), arrive)
        return future

    @property
    def now_ms(self) -> int:
        """The time now."""
        return self._clock.now_ms

    # What happens to messages.

    def afflict(self, fault: MessageFault, strikes: Callable[[Letter], bool]) -> None:
        """*fault* happens to the next message that it *strikes*: a request, or the answer to one."""
        self.afflictions.append(Affliction(fault, strikes))

    def delay_ms(self) -> int:
        """How long the next message takes."""
        return self._shortest_ms + floor(self._random() * self._span_ms)

    def chance(self, outcomes: int) -> int:
        """One of so many outcomes."""
        return int(self._random() * outcomes)

    def slow(self, strikes: Callable[[Letter], bool], until_ms: int) -> None:
        """Requests that it *strikes* do not arrive before *until_ms*, nor does what follows on their connections."""
        self._slowings = [each for each in self._slowings if each.until_ms > self._clock.now_ms]
        self._slowings.append(Slowing(strikes, until_ms))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; when it arrives at the earliest."""
        if self.afflictions:
            match self._taken(letter, ("request-lost", "request-delayed")):
                case "request-lost":
                    letter.wire.cut_requests(letter.number)
                    letter.wire.breaks()
                case "request-delayed":
                    self._hold(letter.wire)
                case _:
                    pass
        arrives_ms = self._clock.now_ms + self.delay_ms()
        if not self._slowings:
            return arrives_ms
        return max([arrives_ms, *(each.until_ms for each in self._slowings if each.strikes(letter))])

    def is_answered(self, letter: Letter) -> None:
        """An answer is about to be put on its wire."""
        if self.afflictions and self._taken(letter, ("response-lost",)):
            letter.wire.cut_answers()
            letter.wire.breaks()

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        self.deliveries += 1
        if self._hears is not None:
            self._hears(self._clock.now_ms, sender, receiver, wire, number, body)

    def _taken(self, letter: Letter, faults: tuple[MessageFault, ...]) -> MessageFault | None:
        for affliction in self.afflictions:
            if affliction.fault in faults and affliction.strikes(letter):
                self.afflictions.remove(affliction)
                return affliction.fault
        return None

    def _hold(self, wire: Wire) -> None:
        wire.hold()
        wire.breaks()
        process = wire.listener.process
        held_ms = self._delays.longest_ms + 1 + self.chance(self._delays.held_ms_max)
        process.call_at(process.now_ms + held_ms, wire.let_go)

    def _wire(self, client: Endpoint, listener: Listener) -> Wire:
        self._connected += 1
        wire = Wire(self, self._connected, client, listener)
        self._wires = [*(other for other in self._wires if other.is_open), wire]
        return wire


class Node:
    """The network as one process sees it."""

    def __init__(self, network: SimulatedNetwork, endpoint: Endpoint) -> None:
        self._network = network
        self._endpoint = endpoint

    def connect(self, address: Address) -> Future[Connection]:
        """A connection; it fails with ``DisconnectedError`` if nobody listens there."""
        return self._network.connect(self._endpoint, address)
