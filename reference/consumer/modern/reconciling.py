"""Reconciling: from what a member has to what it is to have, partition by partition (KIP-848)."""

from collections.abc import Callable, Iterable, Sequence

from kio.schema.errors import ErrorCode

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.consumer.callbacks import Told, listener_error, tell
from ackproof.reference.consumer.commits.auto_commit import AutoCommitting
from ackproof.reference.consumer.deadline import deadline
from ackproof.reference.consumer.errors import StaleMemberEpochError, is_retriable
from ackproof.reference.consumer.modern.events import Events
from ackproof.reference.consumer.modern.local_assignment import LocalAssignment
from ackproof.reference.consumer.modern.member import Member
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import spawn
from ackproof.reference.protocol.errors import KafkaError


class Reconciling:
    """
    Commits, revokes, takes over, and has the group told.

    Source: ``AbstractMembershipManager.maybeReconcile``, ``revokeAndAssign``; ``ConsumerMembershipManager``.
    """

    def __init__(
        self,
        clock: Clock,
        metadata: Metadata,
        subscription: Subscription,
        settings: ConsumerSettings,
        member: Member,
        auto_commit: AutoCommitting,
        events: Events,
        changed: Callable[[], None],
        *,
        in_background: bool = False,
    ) -> None:
        """
        A member that has nothing yet.

        Args:
            clock: That of its process.
            metadata: What names topics have.
            subscription: What is assigned.
            settings: The consumer's.
            member: Who it is in its group.
            auto_commit: What it commits by itself.
            events: What poll is to do.
            changed: There is something to tell the group.
            in_background: It does not wait for poll (before 4.3, KAFKA-20332).
        """
        self._clock = clock
        self._metadata = metadata
        self._subscription = subscription
        self._settings = settings
        self._member = member
        self._auto_commit = auto_commit
        self._events = events
        self._changed = changed
        self._in_background = in_background

    def begin_if_needed(self, *, in_poll: bool) -> None:
        """
        Begin, if there is something to reconcile.

        Args:
            in_poll: The application is not processing what is about to be revoked or committed: without that only what
                adds partitions is begun.
        """
        member = self._member
        if member.state != "reconciling" or member.has_all or member.is_reconciling:
            return
        resolved = self._resolved()
        if member.current.local_epoch >= 0 and resolved.partitions == member.current.partitions:
            # The rest of it has no name yet; the group hears that what has is there.
            member.current, member.state = resolved, "acknowledging"
            return
        assigned = tuple(sorted(resolved.named(member.names)))
        revoked = tuple(p for p in sorted(self._subscription.assigned) if p not in assigned)
        if not in_poll and not self._in_background and (self._auto_commit.is_enabled or revoked):
            return
        member.is_reconciling, member.has_rejoined = True, False
        self._mark_pending(revoked)
        spawn(self._clock, self._reconcile(resolved, assigned, revoked))

    async def _reconcile(
        self, resolved: LocalAssignment, assigned: Sequence[TopicPartition], revoked: Sequence[TopicPartition]
    ) -> None:
        member = self._member
        await self._commit()
        if self._has_stopped():
            return
        try:
            await self._revoke(revoked)
            if self._has_stopped():
                return
            has_taken = await self._assign(assigned, resolved)
        except Exception:  # poll raises it; the group is not told, and puts the member out in the end
            member.end_reconciling()
            return
        if member.is_reconciling and not self._has_stopped():
            if has_taken:
                member.current, member.state = resolved, "acknowledging"
                self._auto_commit.joined()
            member.end_reconciling()
            self._changed()

    def _has_stopped(self) -> bool:
        """Whether there is no point in going on."""
        if self._member.must_stop_reconciling:
            self._member.end_reconciling()
            return True
        return False

    async def _commit(self) -> None:
        """
        Commit what was read, again and again until that is done, or refused, or takes too long, or a topic is gone.

        Source: ``CommitRequestManager.maybeAutoCommitSyncBeforeRebalance``.
        """
        auto, until = self._auto_commit, deadline(self._clock, self._settings.max_poll_interval_ms)
        if not auto.is_enabled or not auto.rule.covers_what_is_revoked or not auto.commits_positions:
            return
        while not until.has_passed:
            error = await auto.attempt(until)
            is_stale = isinstance(error, StaleMemberEpochError) and self._member.epoch > 0
            is_deleted = isinstance(error, KafkaError) and error.code == ErrorCode.unknown_topic_or_partition
            if error is None or is_deleted or not (is_retriable(error) or is_stale):
                return
            await until.rest(self._settings.retry_backoff_ms)

    async def _revoke(self, partitions: Sequence[TopicPartition]) -> None:
        still = [partition for partition in partitions if self._subscription.is_assigned(partition)]
        if still:
            self._mark_pending(still)
            await self.tell("revoked", still)
            if not self._auto_commit.commits_positions and self._auto_commit.rule.covers_what_is_revoked:
                await self._auto_commit.finish(deadline(self._clock, self._settings.max_poll_interval_ms), still)
            self._auto_commit.revoked(still)

    async def _assign(self, assigned: Sequence[TopicPartition], resolved: LocalAssignment) -> bool:
        """Take over what is *assigned*; whether it has: who is told otherwise may give up what is added."""
        added = [partition for partition in assigned if not self._subscription.is_assigned(partition)]
        has_taken = False

        async def apply() -> None:
            nonlocal has_taken
            if self._member.must_stop_reconciling:
                # It has lost everything since.
                return
            if self._member.is_told_otherwise(resolved):
                self._subscription.assign_from_group(p for p in assigned if p not in added)
                return
            has_taken = True
            self._subscription.assign_from_group(assigned)
            for state in self._subscription.states(added):
                state.is_pending_callback = True
            error = await tell(self._subscription.listener, "assigned", added)
            if error is not None:
                raise listener_error(error)

        if self._in_background and self._subscription.listener is None:
            await apply()
        else:
            await self._events.add(apply, is_assignment=True)
        for state in self._subscription.states(assigned):
            state.is_pending_callback = False
        return has_taken

    async def tell(self, told: Told, partitions: Iterable[TopicPartition]) -> None:
        """
        Have the application told in poll, if there is anything to tell.

        Raises:
            ListenerError: The listener raised an error.
        """
        about = tuple(partitions)
        if not about or self._subscription.listener is None:
            return

        async def call() -> None:
            error = await tell(self._subscription.listener, told, about)
            if error is not None:
                raise listener_error(error)

        await self._events.add(call)

    def release(self) -> None:
        """Everything is gone."""
        self._auto_commit.revoked(self._subscription.assigned)
        if self._subscription.is_by_group:
            self._subscription.assign_from_group(())
        self._member.forget_assignment()

    def mark_all_pending(self) -> None:
        """Nothing more is read of what is assigned."""
        self._mark_pending(self._subscription.assigned)

    def _mark_pending(self, partitions: Iterable[TopicPartition]) -> None:
        for state in self._subscription.states(partitions):
            state.is_pending_revocation = True

    def _resolved(self) -> LocalAssignment:
        """The part of the target of which the topics have names, as far as metadata tells."""
        member = self._member
        for name, topic_id in self._metadata.cluster.topic_ids.items():
            if topic_id in member.target.partitions:
                member.names[topic_id] = name
        if any(topic_id not in member.names for topic_id in member.target.partitions):
            self._metadata.request_update(resets_backoff=True)
        return member.target.restricted(member.names)
