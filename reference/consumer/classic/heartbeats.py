"""Heartbeats of a classic group's member, in the background: they go on while the application processes records."""

from collections.abc import Callable

from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.classic.generation import NOT_JOINED, Generation
from ackproof.reference.consumer.classic.liveness import Liveness
from ackproof.reference.consumer.classic.membership import Membership
from ackproof.reference.consumer.deadline import deadline
from ackproof.reference.consumer.errors import FencedInstanceIdError
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.signalling import Signal
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId, i32
from ackproof.reference.protocol.request import DisconnectedError

RESETS = frozenset({ErrorCode.illegal_generation, ErrorCode.unknown_member_id, ErrorCode.fenced_instance_id})


class Heartbeats:
    """
    Sends a heartbeat whenever one is due, and leaves the group for an application that does not poll.

    Attributes:
        waits_for_assignment: It does not give up its coordinator while it waits for its assignment (librdkafka
            ``rd_kafka_cgrp_serve``, which looks at the session in join-state steady alone).

    Source: ``AbstractCoordinator.HeartbeatThread``, ``HeartbeatResponseHandler``.
    """

    def __init__(
        self,
        clock: Clock,
        requests: Requests,
        lookup: CoordinatorLookup,
        settings: ConsumerSettings,
        membership: Membership,
        liveness: Liveness,
    ) -> None:
        self.liveness = liveness
        self.waits_for_assignment = False
        self.leave: Callable[[str], object] = lambda _: None
        """How to leave the group."""
        self._clock = clock
        self._requests = requests
        self._lookup = lookup
        self._settings = settings
        self._membership = membership
        self._changed = Signal(clock)
        self._error: Exception | None = None
        self._is_running = False
        self._is_closed = self._is_held = False

    def enable(self) -> None:
        """A generation begins."""
        self.liveness.reset()
        self._changed.notify()
        if not self._is_running and not self._is_closed:
            self._is_running = True
            spawn(self._clock, self._run())

    def hold(self) -> None:
        """None is sent until they are let go."""
        self._is_held = True

    def let_go(self) -> None:
        """They go on, with what has become due meanwhile."""
        self._is_held = False
        self._changed.notify()

    @property
    def has_failed(self) -> bool:
        """Whether a heartbeat was refused for good, which poll is to raise."""
        return self._error is not None

    def polled(self) -> None:
        """
        The application has polled.

        Raises:
            FencedInstanceIdError, KafkaError: A heartbeat was refused for good.
        """
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        self.liveness.polled()

    def time_to_next_ms(self) -> int | None:
        """How long until the next one is due; None if none is."""
        if self._membership.state in NOT_JOINED:
            return None
        return max(self.liveness.heartbeat_at_ms - self._clock.now_ms, 0)

    def close(self) -> None:
        """None is sent any more."""
        self._is_closed = True
        self._changed.notify()

    async def _run(self) -> None:
        try:
            while not self._is_closed and self._error is None and self._membership.state not in NOT_JOINED:
                await self._step()
        finally:
            self._is_running = False

    async def _step(self) -> None:
        now_ms = self._clock.now_ms
        if self._is_held:
            await self._changed.wait(deadline(self._clock, self._settings.session_timeout_ms))
        elif self._lookup.node is None:
            self._look_up()
            await self._changed.wait(deadline(self._clock, self._settings.retry_backoff_ms))
        elif now_ms >= self.liveness.session_ends_ms:
            if self.waits_for_assignment and self._membership.state == "completing rebalance":
                self.liveness.reset_session()
            else:
                self._lookup.mark_unknown()
        elif self.liveness.is_stuck:
            self.leave("consumer poll timeout has expired.")
        elif now_ms >= self.liveness.heartbeat_at_ms:
            self.liveness.sent()
            spawn(self._clock, self._beat(self._lookup.node))
        else:
            await self._changed.wait(deadline(self._clock, self.liveness.next_ms - now_ms))

    def _look_up(self) -> None:
        """Begin a look-up, or, if one is under way, let another one begin the next time."""
        if self._lookup.is_finding:
            self._lookup.forget_attempt()
        else:
            self._lookup.find()

    async def _beat(self, node: Node) -> None:
        sent = self._membership.generation
        try:
            answer = await self._requests.ask(node, self._request(sent), HeartbeatResponse)
        except (DisconnectedError, TimedOutError) as error:
            if isinstance(error, DisconnectedError):
                self._lookup.mark_unknown(is_disconnected=True)
            self._failed()
        except UnsupportedVersionError as error:
            self._error = KafkaError(ErrorCode.unsupported_version, str(error))
        else:
            self._read(sent, answer.error_code)

    def _request(self, generation: Generation) -> HeartbeatRequest:
        return HeartbeatRequest(
            group_id=GroupId(self._settings.group_id or ""),
            generation_id=i32(generation.generation_id),
            member_id=generation.member_id,
            group_instance_id=self._settings.group_instance_id,
        )

    def _read(self, sent: Generation, code: ErrorCode) -> None:
        member = self._membership
        if code == ErrorCode.none or (code in RESETS and member.generation != sent):
            self.liveness.answered()
        elif code == ErrorCode.rebalance_in_progress:
            # The coordinator hears from this member all the same, so it keeps it until the rebalance timeout.
            self.liveness.answered()
            if member.state == "stable":
                member.request_rejoin("group is already rebalancing")
        elif code in RESETS:
            keeps_member_id = code == ErrorCode.illegal_generation
            member.reset(f"encountered {code.name.upper()} from HEARTBEAT response", keeps_member_id=keeps_member_id)
            if code == ErrorCode.fenced_instance_id:
                self._error = FencedInstanceIdError()
            self._failed()
        elif code in (ErrorCode.coordinator_not_available, ErrorCode.not_coordinator):
            self._lookup.mark_unknown()
            self._failed()
        else:
            self._failed()

    def _failed(self) -> None:
        self.liveness.failed()
        self._changed.notify()
