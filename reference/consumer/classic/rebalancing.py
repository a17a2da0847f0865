"""What a consumer does around joining a classic group: it commits, gives up, assigns, takes over."""

from collections.abc import Sequence

from kio.schema.join_group.v9.request import JoinGroupRequestProtocol
from kio.schema.join_group.v9.response import JoinGroupResponse

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.consumer.assignors.assignor import Assignor, RebalanceProtocol
from ackproof.reference.consumer.assignors.subscribing import MemberSubscription, decode_assignment, encode_subscription
from ackproof.reference.consumer.callbacks import listener_error, tell
from ackproof.reference.consumer.classic.generation import Generation
from ackproof.reference.consumer.classic.leading import Leading
from ackproof.reference.consumer.classic.membership import Assignments, Membership
from ackproof.reference.consumer.commits.auto_commit import AutoCommitting
from ackproof.reference.consumer.deadline import Deadline, deadline
from ackproof.reference.consumer.errors import is_retriable
from ackproof.reference.consumer.record import GroupMetadata
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future


class Rebalancing:
    """
    Gets ready to join, and does what comes of it.

    Attributes:
        protocol: Eager members give up everything before they join; cooperative ones only what moves.
        group_metadata: Who this member is, for producers.

    Source: ``ConsumerCoordinator``: ``onJoinPrepare``, ``onJoinComplete``, ``onLeavePrepare``.
    """

    def __init__(
        self,
        clock: Clock,
        metadata: Metadata,
        subscription: Subscription,
        settings: ConsumerSettings,
        membership: Membership,
        auto_commit: AutoCommitting,
        assignors: Sequence[Assignor],
        rules: ConsumerRules,
        group_rules: ClassicRules,
    ) -> None:
        self.protocol = common_protocol(assignors)
        self.leading = Leading(metadata, subscription, assignors, self.protocol, group_rules)
        self.group_metadata = GroupMetadata(settings.group_id or "", group_instance_id=settings.group_instance_id)
        self.joined_topics: tuple[str, ...] | None = None
        self._clock = clock
        self._metadata = metadata
        self._subscription = subscription
        self._settings = settings
        self._membership = membership
        self._auto_commit = auto_commit
        self._assignors = assignors
        self._rules = rules.rebalancing
        self._consumer_rules = rules
        self._group_rules = group_rules
        self._last_assigned: tuple[TopicPartition, ...] = ()
        self._prepare_until: Deadline | None = None
        self._last_commit: Future[None] | None = None

    def protocols(self) -> tuple[JoinGroupRequestProtocol, ...]:
        """The subscription, for each assignor that is configured, best first."""
        self.joined_topics = self._subscription.subscribed_topics
        self.leading.joins()
        return tuple(
            JoinGroupRequestProtocol(name=assignor.name, metadata=self._subscription_for(assignor))
            for assignor in self._assignors
        )

    def _subscription_for(self, assignor: Assignor) -> bytes:
        rules = self._group_rules
        tells_generation = rules.claims_heard_generation
        # Eager assignors of kafka-python tell nothing here, though they may in what they add.
        claims_last = rules.claims_what_was_lost and self.protocol == "cooperative"
        return encode_subscription(
            MemberSubscription(
                self._subscription.subscribed_topics,
                self._last_assigned if claims_last else self._subscription.assigned,
                self._membership.generation.generation_id if tells_generation else -1,
                assignor.user_data(),
                self._settings.client_rack,
            )
        )

    async def prepare(self, until: Deadline, generation: Generation) -> bool:
        """
        Commit what was read, and give up what is to be given up; whether that is done.

        Raises:
            ListenerError: The listener has raised an error.
        """
        if self._prepare_until is None:
            self._prepare_until = deadline(self._clock, self._settings.max_poll_interval_ms)
        if not await self._commit(until, self._prepare_until):
            return False
        error = await self._give_up(generation, self._prepare_until)
        self.leading.is_leader = False
        self._subscription.group_topics = ()
        self._prepare_until = self._last_commit = None
        if error is not None:
            raise listener_error(error)
        return True

    @property
    def commits_stored(self) -> bool:
        """Whether what is stored is committed as partitions are given up, once the application has been told."""
        auto = self._auto_commit
        return not auto.commits_positions and auto.rule.covers_what_is_revoked and self._rules.commits_on_revoke

    async def _commit(self, until: Deadline, prepare_until: Deadline) -> bool:
        """Send the last commit; whether it is answered, or there is no point in waiting for that."""
        auto = self._auto_commit
        if not auto.is_enabled or not auto.commits_positions or not auto.rule.covers_what_is_revoked:
            return True
        if self._last_commit is None:
            if self.protocol == "eager":
                # What would be read while the commit is under way would be read again by somebody else.
                for state in self._subscription.states(self._subscription.assigned):
                    state.is_pending_revocation = True
            self._last_commit = auto.send()
        if self._last_commit is None or not self._rules.awaits_commits:
            return True
        return await self._is_committed(self._last_commit, until, prepare_until)

    async def _is_committed(self, commit: Future[None], until: Deadline, prepare_until: Deadline) -> bool:
        sooner = until if until.at_ms < prepare_until.at_ms else prepare_until
        await sooner.settled(commit)
        may_be_tried_again = commit.is_done and commit.error is not None and is_retriable(commit.error)
        if commit.is_done:
            self._last_commit = None
        if prepare_until.has_passed or (commit.is_done and not may_be_tried_again):
            return True
        await sooner.rest(self._settings.retry_backoff_ms)
        return False

    async def _give_up(self, generation: Generation, until: Deadline) -> Exception | None:
        assigned = self._subscription.assigned
        has_lost_all = generation.is_none or not generation.member_id
        if has_lost_all and not assigned:
            return None
        # aiokafka knows of no loss, and the application may commit (``GroupCoordinator._on_join_prepare``).
        if has_lost_all and not self._consumer_rules.commits_as_nobody:
            return await self._lose(assigned)
        if self.protocol == "eager":
            return await self._revoke(assigned, until)
        unwanted = [partition for partition in assigned if partition[0] not in self._subscription.topics]
        return await self._revoke(unwanted, until) if unwanted else None

    async def _lose(self, partitions: Sequence[TopicPartition]) -> Exception | None:
        error = await tell(self._subscription.listener, "lost", partitions)
        self._remove(partitions)
        return error

    async def _revoke(self, partitions: Sequence[TopicPartition], until: Deadline) -> Exception | None:
        error = await tell(self._subscription.listener, "revoked", partitions)
        if self.commits_stored:
            await self._auto_commit.finish(until, partitions)
        self._remove(partitions)
        return error

    def _remove(self, partitions: Sequence[TopicPartition]) -> None:
        gone = frozenset(partitions)
        self._auto_commit.revoked(partitions)
        self._subscription.assign_from_group(p for p in self._subscription.assigned if p not in gone)

    async def elected(self, answer: JoinGroupResponse) -> Assignments:
        """This member leads the group: what each member gets; nothing if the assignment is to stay."""
        return await self.leading.assign(answer)

    async def complete(self, generation: Generation, assignment: bytes) -> None:
        """
        Take over what is assigned.

        Raises:
            ListenerError: The listener has raised an error.
        """
        self.leading.joined()
        self.group_metadata = GroupMetadata(
            self._settings.group_id or "",
            generation.generation_id,
            generation.member_id,
            self._settings.group_instance_id,
        )
        is_none = not assignment and self._group_rules.reads_no_assignment
        assigned = () if is_none else tuple(sorted(decode_assignment(assignment)))
        if not self._is_wanted(assigned):
            self._membership.request_rejoin("received assignment does not match the current subscription")
            return
        owned = frozenset(self._subscription.assigned)
        error = await self._revoke_moved(tuple(p for p in sorted(owned) if p not in assigned))
        self._learn_topics(assigned)
        for assignor in self._assignors:
            if assignor.name == generation.protocol_name:
                assignor.assigned(assigned, generation.generation_id)
        self._auto_commit.joined()
        self._last_assigned = assigned
        self._subscription.assign_from_group(assigned)
        added = tuple(partition for partition in assigned if partition not in owned)
        later = await tell(self._subscription.listener, "assigned", added)
        error = error or later
        if error is not None:
            raise listener_error(error)

    async def _revoke_moved(self, moved: Sequence[TopicPartition]) -> Exception | None:
        """Give up what another member is to get, which takes a second round."""
        if self.protocol != "cooperative" or not moved:
            return None
        error = await tell(self._subscription.listener, "revoked", moved)
        if self.commits_stored:
            await self._auto_commit.finish(deadline(self._clock, self._settings.max_poll_interval_ms), moved)
        self._auto_commit.revoked(moved)
        self._membership.request_rejoin("need to revoke partitions and re-join")
        return error

    def _is_wanted(self, partitions: Sequence[TopicPartition]) -> bool:
        subscription = self._subscription
        if subscription.pattern is not None:
            return all(subscription.matches(topic) for topic, _ in partitions)
        return all(topic in subscription.topics for topic, _ in partitions)

    def _learn_topics(self, assigned: Sequence[TopicPartition]) -> None:
        """The leader may know of topics that match the pattern before this member does."""
        if self._subscription.kind != "pattern" or self.joined_topics is None:
            return
        added = {topic for topic, _ in assigned} - set(self.joined_topics)
        if added:
            self.joined_topics = tuple(sorted({*self.joined_topics, *added}))
            if self._subscription.subscribe_matching({*self._subscription.topics, *added}):
                self._metadata.request_update_for_new_topics()

    async def leave(self, until: Deadline) -> None:
        """
        Give up everything before leaving the group, and wait *until* then for what is committed as that happens.

        Raises:
            ListenerError: The listener has raised an error.
        """
        assigned = self._subscription.assigned
        if not self._subscription.is_by_group or not assigned or not self._consumer_rules.revokes_on_close:
            return
        is_lost = self._membership.has_lost_generation or self._membership.is_rebalancing
        error = await tell(self._subscription.listener, "lost" if is_lost else "revoked", assigned)
        if self.commits_stored:
            await self._auto_commit.finish(until, assigned)
        self._remove(assigned)
        if error is not None:
            raise listener_error(error)


def common_protocol(assignors: Sequence[Assignor]) -> RebalanceProtocol:
    """
    The best protocol that all *assignors* can do.

    Raises:
        ValueError: There is none.
    """
    supported = frozenset(assignors[0].protocols).intersection(*(assignor.protocols for assignor in assignors))
    if not supported:
        names = [assignor.name for assignor in assignors]
        raise ValueError(f"Specified assignors {names} do not have commonly supported rebalance protocol")
    return "cooperative" if "cooperative" in supported else "eager"
