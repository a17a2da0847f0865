"""Parting: how a member of the consumer protocol gets out of its group, by its own will or not."""

from collections.abc import Callable
from contextlib import suppress

from ackproof.reference.consumer.callbacks import listener_error, tell
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.errors import ListenerError
from ackproof.reference.consumer.modern.events import Events, SkippedError
from ackproof.reference.consumer.modern.heartbeats import MemberHeartbeats
from ackproof.reference.consumer.modern.member import SILENT, Member
from ackproof.reference.consumer.modern.reconciling import Reconciling
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn


class Parting:
    """
    Has the application told, gives everything up, and joins again where that is of use.

    Source: ``AbstractMembershipManager``: ``transitionToFenced``, ``transitionToFatal``, ``transitionToStale``,
    ``leaveGroup``.
    """

    def __init__(
        self,
        clock: Clock,
        subscription: Subscription,
        member: Member,
        reconciling: Reconciling,
        events: Events,
        heartbeats: MemberHeartbeats,
        drive: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._subscription = subscription
        self._member = member
        self._reconciling = reconciling
        self._events = events
        self._drive = drive
        self._left: Future[None] | None = None
        self._released: Future[None] | None = None
        heartbeats.on_fenced, heartbeats.on_stale = self._fenced, self._stale
        heartbeats.on_fatal, heartbeats.on_error = self._fatal, events.raises
        heartbeats.on_left = self._complete_leave

    def rejoin_if_stale(self) -> None:
        """The application polls again (``maybeRejoinStaleMember``)."""
        self._member.has_stopped_polling = False
        if self._member.state == "stale" and self._released is not None:
            self._released.then(self._rejoin_stale)

    async def attempt(self, until: Deadline) -> ListenerError | None:
        """Have the application told, and leave; wait for the answer. An error of the listener does not change that."""
        if self._member.state in SILENT:
            self._forget()
            return None
        was_member = self._member.epoch > 0
        self._member.state = "preparing to leave"
        self._left = Future[None](self._clock)
        error = await self._tell(was_member=was_member)
        with suppress(Exception):  # who leaves is not interested in what went wrong before
            await self._events.process(skips_assignments=True)
        self._forget()
        self._member.begin_leaving()
        self._drive()
        await until.settled(self._left)
        self._left = None
        return error

    async def _tell(self, *, was_member: bool) -> ListenerError | None:
        assigned = self._subscription.assigned
        if not assigned:
            return None
        self._reconciling.mark_all_pending()
        error = await tell(self._subscription.listener, "revoked" if was_member else "lost", assigned)
        return None if error is None else listener_error(error)

    def _forget(self) -> None:
        if self._member.state == "fenced":
            self._member.state = "unsubscribed"
        self._reconciling.release()
        self._subscription.unsubscribe()

    def _complete_leave(self) -> None:
        if self._left is not None:
            self._left.resolve(None)

    def _fenced(self) -> None:
        member = self._member
        if member.is_leaving:
            member.begin_leaving()
            member.state = "unsubscribed"
            self._complete_leave()
        elif member.state != "unsubscribed":
            member.state, member.epoch = "fenced", 0
            spawn(self._clock, self._lose_and_rejoin())

    async def _lose_and_rejoin(self) -> None:
        await self._lose()
        if self._member.state == "fenced":
            self._member.join()
        self._drive()

    async def _lose(self) -> None:
        """Have the application told in poll that everything is lost; poll raises an error of its listener."""
        self._reconciling.mark_all_pending()
        with suppress(ListenerError, SkippedError):
            await self._reconciling.tell("lost", self._subscription.assigned)
        self._reconciling.release()

    def _stale(self) -> None:
        self._released = spawn(self._clock, self._lose())

    def _rejoin_stale(self) -> None:
        if self._member.state == "stale":
            self._member.join()
            self._drive()

    def _fatal(self, error: Exception) -> None:
        was_leaving = self._member.is_leaving or self._member.state == "unsubscribed"
        self._events.raises(error)
        self._member.state, self._member.epoch = "fatal", 0
        if was_leaving:
            self._complete_leave()
        else:
            spawn(self._clock, self._lose())
