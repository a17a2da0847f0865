"""When a member of the consumer protocol sends heartbeats, and what their answers do to it."""

from collections.abc import Callable
from random import Random

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.modern.heartbeat import HeartbeatFields
from ackproof.reference.consumer.modern.local_assignment import told
from ackproof.reference.consumer.modern.member import SILENT, TAKES_ASSIGNMENTS, URGENT, Member
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock, Timer
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import milliseconds
from ackproof.reference.protocol.request import DisconnectedError

COORDINATOR_IS_ELSEWHERE = (ErrorCode.not_coordinator, ErrorCode.coordinator_not_available)
UNDERSTOOD = (ErrorCode.none, ErrorCode.coordinator_load_in_progress)
FENCES = (ErrorCode.fenced_member_epoch, ErrorCode.unknown_member_id)


class MemberHeartbeats:
    """
    Sends a heartbeat every interval that the group wants, and at once where there is something to say.

    Attributes:
        on_change: Something may be to be done.
        on_stale: The member has left as the application does not poll.
        on_fenced: The group has put it out.
        on_fatal: The group does not want it, and the application has to be told.
        on_error: The application has to be told, and the member stays.
        on_epoch: The group has given it an epoch.
        on_left: There is nothing to wait for any more, where it is leaving.
        is_silenced: It takes a request that was refused for one that is still under way, and sends no other.

    Source: ``AbstractHeartbeatRequestManager``, ``ConsumerHeartbeatRequestManager``,
    ``ConsumerMembershipManager.onHeartbeatSuccess``.
    """

    def __init__(
        self,
        clock: Clock,
        requests: Requests,
        lookup: CoordinatorLookup,
        subscription: Subscription,
        settings: ConsumerSettings,
        member: Member,
        rng: Random,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_stale: Callable[[], None] = lambda: None
        self.on_fenced: Callable[[], None] = lambda: None
        self.on_fatal: Callable[[Exception], None] = lambda _: None
        self.on_error: Callable[[Exception], None] = lambda _: None
        self.on_epoch: Callable[[int], None] = lambda _: None
        self.on_left: Callable[[], None] = lambda: None
        self._clock = clock
        self._requests = requests
        self._lookup = lookup
        self._subscription = subscription
        self._settings = settings
        self._member = member
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._fields = HeartbeatFields()
        self._interval_ms = 0
        self._due_ms = 0
        self._attempts = 0
        self._under_way = 0
        self._poll_ends_ms = clock.now_ms + settings.max_poll_interval_ms
        self._timer: Timer | None = None
        self._is_closed = self.is_silenced = False

    def polled(self) -> bool:
        """The application has polled; whether that was overdue."""
        was_overdue = self._clock.now_ms >= self._poll_ends_ms
        self._poll_ends_ms = self._clock.now_ms + self._settings.max_poll_interval_ms
        return was_overdue

    @property
    def poll_left_ms(self) -> int:
        """How long until the application should poll again."""
        return max(self._poll_ends_ms - self._clock.now_ms, 0)

    def drive(self) -> None:
        """Send what is to be sent now, and see to it that the next one is in time."""
        if self._is_closed:
            return
        member, node = self._member, self._lookup.node
        if node is None:
            self._skip()
            self._find()
        elif member.state in SILENT:
            self._skip()
        elif self.poll_left_ms == 0 and not member.is_leaving:
            self._leave_as_stuck(node)
        elif not self.is_silenced and self._is_due():
            self._send(node)
        self._sleep()

    def close(self) -> None:
        """None is sent any more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _is_due(self) -> bool:
        return self._is_urgent() or (not self._under_way and self._clock.now_ms >= self._due_ms)

    def _is_urgent(self) -> bool:
        state = self._member.state
        return state == "leaving" or (state in URGENT and not self._under_way and self._attempts == 0)

    def _skip(self) -> None:
        """Who can not say that it leaves has left."""
        if self._member.state == "leaving":
            self._member.state = "unsubscribed"
            self.on_left()

    def _find(self) -> None:
        finding = self._lookup.find()
        finding.then(self._found)

    def _found(self) -> None:
        self._lookup.forget_attempt()
        if self._lookup.node is None:
            self._wake_at(self._clock.now_ms + self._settings.retry_backoff_ms)
        else:
            self.on_change()

    def _sleep(self) -> None:
        if self._lookup.node is None or self._member.state in SILENT:
            return
        # One that is under way wakes this up by its answer.
        is_waiting = self._under_way or self.is_silenced
        due_ms = self._poll_ends_ms if is_waiting else min(self._due_ms, self._poll_ends_ms)
        if due_ms > self._clock.now_ms:
            self._wake_at(due_ms)

    def _wake_at(self, at_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_at(at_ms, self.on_change)

    def _leave_as_stuck(self, node: Node) -> None:
        """
        Leave for an application that does not poll (``max.poll.interval.ms``); nobody waits for the answer.

        Who was silenced is so no more (``HeartbeatRequestManager.poll`` of 3.7, which resets the state of requests).
        """
        self._member.begin_leaving(as_application_is_stuck=True)
        request = self._fields.request(self._member, self._subscription, self._settings)
        answer = self._requests.nodes.ask(node, request)
        answer.may_fail()
        self._retry_at_once()
        self.is_silenced = False
        self._member.state = "stale"
        self.on_stale()

    def _send(self, node: Node) -> None:
        member = self._member
        request = self._fields.request(member, self._subscription, self._settings)
        self._under_way += 1
        self._due_ms = self._clock.now_ms + self._interval_ms
        if member.state == "acknowledging":
            member.state = "stable" if member.has_all else "reconciling"
        elif member.state == "leaving":
            member.state = "unsubscribed"
        spawn(self._clock, self._beat(node, request))

    async def _beat(self, node: Node, request: ConsumerGroupHeartbeatRequest) -> None:
        answer: ConsumerGroupHeartbeatResponse | Exception
        try:
            answer = await self._requests.ask(node, request, ConsumerGroupHeartbeatResponse)
        except (DisconnectedError, TimedOutError, UnsupportedVersionError) as error:
            answer = error
        self._under_way -= 1
        if isinstance(answer, ConsumerGroupHeartbeatResponse):
            self._read(answer)
        else:
            self._unanswered(answer)
        if self._member.state == "unsubscribed":
            # It says only once that it leaves, whatever becomes of that.
            self.on_left()
        self.on_change()

    def _unanswered(self, error: Exception) -> None:
        self._retry_later()
        if isinstance(error, DisconnectedError):
            self._lookup.mark_unknown(is_disconnected=True)
        elif isinstance(error, UnsupportedVersionError):
            self.on_fatal(KafkaError(ErrorCode.unsupported_version, str(error)))

    def _read(self, answer: ConsumerGroupHeartbeatResponse) -> None:
        code = answer.error_code
        # It took the request for one that is still under way (KAFKA-16215).
        self.is_silenced = self._member.rules.is_silenced_by_errors and code not in UNDERSTOOD
        if code == ErrorCode.none:
            self._attempts = 0
            self._set_interval(milliseconds(answer.heartbeat_interval))
            self._accept(answer)
        elif code in COORDINATOR_IS_ELSEWHERE:
            self._lookup.mark_unknown()
            self._retry_at_once()
        elif code in FENCES:
            self.on_fenced()
            self._retry_at_once()
        else:
            self._retry_later()
            self._refuse(code, answer.error_message)

    def _set_interval(self, interval_ms: int) -> None:
        if interval_ms != self._interval_ms:
            self._interval_ms = interval_ms
            self._due_ms = self._clock.now_ms + interval_ms

    def _retry_later(self) -> None:
        """
        Say everything again, after the back-off.

        Kafka has none while it joins, and asks a coordinator that is loading as fast as that answers.
        """
        self._fields.reset()
        self._due_ms = self._clock.now_ms + self._backoff.backoff_ms(self._attempts)
        self._attempts += 1

    def _retry_at_once(self) -> None:
        self._fields.reset()
        self._due_ms, self._attempts = self._clock.now_ms, 0

    def _accept(self, answer: ConsumerGroupHeartbeatResponse) -> None:
        member = self._member
        if member.state == "leaving" or member.state in SILENT or answer.member_epoch < 0:
            return
        member.epoch = answer.member_epoch
        self.on_epoch(member.epoch)
        if answer.assignment is not None and member.state in TAKES_ASSIGNMENTS:
            member.receive(told(answer.assignment.topic_partitions))

    def _refuse(self, code: ErrorCode, message: str | None) -> None:
        if code == ErrorCode.coordinator_load_in_progress:
            return
        if code == ErrorCode.topic_authorization_failed:
            self.on_error(KafkaError(code, message))
        elif code != ErrorCode.group_id_not_found or self._member.state != "unsubscribed":
            self.on_fatal(KafkaError(code, message))
