"""The life of a broker, as it tells the controller: it registers, sends heartbeats, and says when it wants to stop."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import attrs
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.broker_heartbeat.v1.response import BrokerHeartbeatResponse
from kio.schema.broker_registration.v4.request import BrokerRegistrationRequest, Listener
from kio.schema.broker_registration.v4.response import BrokerRegistrationResponse
from kio.schema.errors import ErrorCode
from kio.static.primitive import u16

from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, settled, sleep, spawn
from ackproof.reference.protocol.primitive import BrokerId, i16, i64
from ackproof.reference.protocol.request import Address

State = Literal["starting", "recovery", "running", "stopping", "stopped"]
"""``BrokerState``: starting until it has heard of its registration, recovery until it is unfenced."""

FIRST_HEARTBEATS_MS = 10
"""How soon the next heartbeat follows while the broker starts."""

SHUTDOWN_HEARTBEATS_MS = 50
"""How soon the next heartbeat follows while the broker stops."""


@attrs.frozen
class Identity:
    """
    Who registers.

    Attributes:
        incarnation: Drawn anew by each run of the process.
        previous_epoch: Its broker epoch as it stopped, if it stopped cleanly; else -1.
        rack: Where it stands.
    """

    broker: int
    address: Address
    incarnation: UUID
    previous_epoch: int = -1
    rack: str | None = None


class Lifecycle:
    """
    What a broker tells the controller of itself.

    Source: ``BrokerLifecycleManager``.
    """

    def __init__(
        self,
        clock: Clock,
        controller: ControllerLink,
        identity: Identity,
        metadata_offset: Callable[[], int],
        heartbeat_interval_ms: int = 2_000,
    ) -> None:
        """
        A broker that has not started.

        Args:
            clock: That of this run of its process.
            controller: Whom it tells.
            identity: Who it is.
            metadata_offset: The offset of the image that it has applied.
            heartbeat_interval_ms: ``broker.heartbeat.interval.ms``.
        """
        self.epoch = -1
        self.state: State = "starting"
        self._clock = clock
        self._controller = controller
        self._identity = identity
        self._metadata_offset = metadata_offset
        self._heartbeat_interval_ms = heartbeat_interval_ms
        self._stopped = Future[None](clock)
        # While it waits for the next heartbeat; and that one is due at once.
        self._waiting: Future[None] | None = None
        self._is_hurried = False

    def start(self) -> None:
        """Register, and go on with heartbeats."""
        spawn(self._clock, self._run())

    def stop(self) -> Future[None]:
        """Ask to stop (a controlled shutdown); it settles once the controller lets it."""
        if self.state in ("starting", "recovery"):
            self._end()
        elif self.state == "running":
            self.state = "stopping"
            self._is_hurried = True
            if self._waiting is not None:
                self._waiting.resolve(None)
        return self._stopped

    async def _run(self) -> None:
        while not await self._is_registered():
            await sleep(self._clock, self._heartbeat_interval_ms)
        while self.state != "stopped":
            await self._wait(await self._beat())

    async def _wait(self, duration_ms: int) -> None:
        """Until the next heartbeat is due. Source: ``scheduleNextCommunicationImmediately``."""
        if not self._is_hurried:
            self._waiting = Future(self._clock)
            await settled(self._clock, self._waiting, duration_ms)
            self._waiting = None
        self._is_hurried = False

    async def _is_registered(self) -> bool:
        answer = await self._controller.ask(self._registration())
        assert isinstance(answer, BrokerRegistrationResponse)
        self.epoch = answer.broker_epoch
        return answer.error_code is ErrorCode.none

    async def _beat(self) -> int:
        """Send a heartbeat; in how many milliseconds the next one is due."""
        answer = await self._controller.ask(self._heartbeat())
        assert isinstance(answer, BrokerHeartbeatResponse)
        if answer.error_code is not ErrorCode.none:
            return self._heartbeat_interval_ms
        if self.state == "starting":
            self.state = "recovery" if answer.is_caught_up else "starting"
            return FIRST_HEARTBEATS_MS
        if self.state == "recovery" and not answer.is_fenced:
            self.state = "running"
        elif self.state == "stopping":
            if answer.should_shut_down:
                self._end()
            return SHUTDOWN_HEARTBEATS_MS
        return self._heartbeat_interval_ms

    def _end(self) -> None:
        self.state = "stopped"
        self._stopped.resolve(None)

    def _registration(self) -> BrokerRegistrationRequest:
        identity = self._identity
        return BrokerRegistrationRequest(
            broker_id=BrokerId(identity.broker),
            cluster_id="",
            incarnation_id=identity.incarnation,
            listeners=(
                Listener(
                    name="PLAINTEXT",
                    host=identity.address.host,
                    port=u16(identity.address.port),
                    security_protocol=i16(0),
                ),
            ),
            features=(),
            rack=identity.rack,
            previous_broker_epoch=i64(identity.previous_epoch),
        )

    def _heartbeat(self) -> BrokerHeartbeatRequest:
        return BrokerHeartbeatRequest(
            broker_id=BrokerId(self._identity.broker),
            broker_epoch=i64(self.epoch),
            current_metadata_offset=i64(self._metadata_offset()),
            want_fence=self.state == "starting",
            want_shut_down=self.state == "stopping",
        )
