"""A member of a classic group, as a consumer polls it."""

from random import Random

from ackproof.model.consume.rebalancing import Rebalancing as RebalancingRules
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.groups.assignors import COOPERATIVE_STICKY, STICKY
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.consumer.assignors.assignor import Assignor, Range, RoundRobin
from ackproof.reference.consumer.assignors.sticky import CooperativeSticky, Sticky
from ackproof.reference.consumer.classic.committer import ClassicCommitter
from ackproof.reference.consumer.classic.heartbeats import Heartbeats
from ackproof.reference.consumer.classic.joining import Joining
from ackproof.reference.consumer.classic.liveness import Liveness
from ackproof.reference.consumer.classic.membership import Membership
from ackproof.reference.consumer.classic.rebalancing import Rebalancing
from ackproof.reference.consumer.commits.auto_commit import AutoCommitting
from ackproof.reference.consumer.commits.commit import NOBODY
from ackproof.reference.consumer.commits.commits import Commits
from ackproof.reference.consumer.deadline import Deadline, deadline
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.offsets.committed import CommittedOffsets
from ackproof.reference.consumer.record import GroupMetadata
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.rules import MemberRules
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.consumer.view import MemberView
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import spawn

FOR_EVER_MS = 2**62


class ClassicGroup:
    """
    Membership, commits and committed offsets of a consumer with ``group.protocol=classic``.

    Source: ``ConsumerCoordinator``.
    """

    def __init__(
        self,
        clock: Clock,
        requests: Requests,
        metadata: Metadata,
        subscription: Subscription,
        settings: ConsumerSettings,
        rules: ConsumerRules,
        transactions: TransactionRules,
        rng: Random,
        member_rules: MemberRules,
    ) -> None:
        self._clock = clock
        self._requests = requests
        self._metadata = metadata
        self._subscription = subscription
        self._settings = settings
        self._rules = rules
        self.lookup = CoordinatorLookup(clock, requests, metadata, settings, rng)
        self.membership = Membership(self.lookup, settings, member_rules.classic)
        liveness = Liveness(clock, settings, rng)
        self.lookup.on_found(liveness.reset_session)
        self._heartbeats = Heartbeats(clock, requests, self.lookup, settings, self.membership, liveness)
        committer = ClassicCommitter(
            subscription, settings, self.membership, rules.rebalancing, commits_as_nobody=rules.commits_as_nobody
        )
        self.commits = Commits(clock, requests, self.lookup, subscription, settings, committer, rng)
        self.auto_commit = AutoCommitting(clock, self.commits, subscription, settings, rules.auto_commit)
        self._obey(rules.rebalancing)
        self.committed = self._committed_offsets(requests, transactions, rng)
        self._rebalancing = Rebalancing(
            clock,
            metadata,
            subscription,
            settings,
            self.membership,
            self.auto_commit,
            [assignor_of(name, member_rules.classic) for name in settings.partition_assignment_strategy],
            rules,
            member_rules.classic,
        )
        self._joining = Joining(
            clock, requests, self.lookup, settings, self.membership, self._rebalancing, self._heartbeats
        )
        self._heartbeats.leave = self._joining.leave
        self._is_joining_in_background = False
        if rules.rejoins_in_background:
            self.membership.on_rejoin = self._rejoin_in_background
        self._is_closing = False
        self._error: Exception | None = None
        metadata.request_update(resets_backoff=True)

    def _obey(self, rules: RebalancingRules) -> None:
        self._heartbeats.waits_for_assignment = rules.accepts_meanwhile
        self.auto_commit.is_rejoining = lambda: self.membership.is_rebalancing
        self.auto_commit.has_lost_all = lambda: rules.ends_if_fenced and self.membership.has_forgotten_itself

    def _committed_offsets(self, requests: Requests, transactions: TransactionRules, rng: Random) -> CommittedOffsets:
        return CommittedOffsets(
            self._clock,
            requests,
            self.lookup,
            self._settings,
            lambda: NOBODY,
            lambda: self.membership.stable_generation,
            rng,
            requires_stable=transactions.requires_stable_offsets,
            resets_without_answer=self._rules.resets_without_answer,
        )

    @property
    def waits_for_positions(self) -> bool:
        """It does."""
        return True

    @property
    def metadata(self) -> GroupMetadata:
        """Who this member is, for producers."""
        return self._rebalancing.group_metadata

    def member_view(self) -> MemberView:
        """What this member is, for whoever looks at it from outside."""
        member, generation = self.membership, self.membership.generation
        return MemberView(generation.member_id, generation.generation_id, member.state, is_taking=member.is_taking)

    def subscribed(self) -> None:
        """The application has subscribed to something: it is seen in poll."""
        if self._subscription.kind == "pattern":
            self._rebalancing.leading.match()

    def request_rejoin(self) -> None:
        """Join again in the next poll."""
        self.membership.request_rejoin("rebalance enforced by user")

    async def poll(self, until: Deadline) -> bool:
        """
        Do what a member has to do; whether positions are worth looking up.

        Raises:
            FencedInstanceIdError, KafkaError: It can not be in the group.
            ListenerError: The rebalance listener raised an error.

        Source: ``ConsumerCoordinator.poll``.
        """
        self._rebalancing.leading.look()
        self.commits.invoke_completed()
        if self._subscription.is_by_group and not await self._be_member(until):
            return False
        self.auto_commit.in_poll()
        return True

    def time_to_next_poll_ms(self) -> int | None:
        """How long poll may wait at most, for what has to be done by then; None for any time."""
        times = [self._heartbeats.time_to_next_ms(), self.auto_commit.time_to_next_ms()]
        return min((time for time in times if time is not None), default=None)

    async def _be_member(self, until: Deadline) -> bool:
        self._heartbeats.polled()
        self._raise_background()
        if self.lookup.node is None and not await self.lookup.ensure_ready(until):
            return False
        if not self._must_join():
            return True
        if self._subscription.kind == "pattern" and not await self._refresh(until):
            return False
        if self._rules.rejoins_in_background:
            self._join_in_background()
            return False
        return await self._join(deadline(self._clock, 0))

    async def _join(self, until: Deadline) -> bool:
        if not await self.lookup.ensure_ready(until):
            return False
        return await self.membership.join_if_needed(self._rebalancing, self._joining.begin, until)

    def _must_join(self) -> bool:
        """Whether it has to join, or the leader sees that there is something else to assign."""
        joined = self._rebalancing.joined_topics
        if not self.membership.rejoin_needed:
            if self._rebalancing.leading.has_news:
                self.membership.request_rejoin("cached metadata has changed")
            elif joined is not None and joined != self._subscription.subscribed_topics:
                self.membership.request_rejoin("subscription has changed")
        return self.membership.is_joining

    async def _refresh(self, until: Deadline) -> bool:
        """Match the pattern against topics as they are now; whether that is in time."""
        if self._metadata.time_to_next_update_ms() == 0:
            updated = self._metadata.updated(self._metadata.request_update(resets_backoff=True))
            if not await until.settled(updated):
                return False
        self._rebalancing.leading.look()
        return True

    def _join_in_background(self) -> None:
        """
        Join whatever the application does meanwhile; who knows of no loss hands out nothing from then on.

        Source: aiokafka ``GroupCoordinator._coordination_routine``, ``Fetcher.fetched_records``.
        """
        has_failed = self._error is not None or self._heartbeats.has_failed
        if not self._is_joining_in_background and not self._is_closing and not has_failed:
            self._is_joining_in_background = True
            if self._rules.commits_as_nobody:
                for state in self._subscription.states(self._subscription.assigned):
                    state.is_pending_revocation = True
            spawn(self._clock, self._rejoin())

    def _rejoin_in_background(self) -> None:
        # What it is in the middle of comes first. An application that does not poll is not joined for
        # (``rd_kafka_cgrp_join``; aiokafka ``GroupCoordinator._coordination_routine``).
        if self._subscription.is_by_group and not self._heartbeats.liveness.is_stuck:
            self._clock.call_at(self._clock.now_ms, self._join_in_background)

    async def _rejoin(self) -> None:
        try:
            await self._join(deadline(self._clock, FOR_EVER_MS))
        except Exception as error:  # poll raises it
            self._error = error
        self._is_joining_in_background = False
        self._requests.signal.notify()

    def _raise_background(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    async def leave(self, reason: str) -> None:
        """
        Give up everything and leave the group; nothing is committed but what is as partitions are given up.

        Raises:
            ListenerError: The rebalance listener raised an error.
        """
        await self._leave(reason, deadline(self._clock, self._settings.default_api_timeout_ms))

    async def _leave(self, reason: str, until: Deadline) -> None:
        await self._rebalancing.leave(until)
        self._joining.leave(reason)

    async def close(self, until: Deadline) -> None:
        """
        Commit, leave, and wait for what is under way to the coordinator.

        Raises:
            ListenerError: The rebalance listener raised an error.

        Source: ``ConsumerCoordinator.close``, ``AbstractCoordinator.close``; librdkafka ``rd_kafka_cgrp_terminate0``,
        which gives up what it has as in a rebalance.
        """
        self._is_closing = True
        if not self._rebalancing.commits_stored:
            await self.auto_commit.finish(until)
            self.auto_commit.close()
        if self._rules.awaits_commits_on_close:
            await self._send_unsent(until)
        self._heartbeats.close()
        await self._leave("the consumer is being closed", until)
        self.auto_commit.close()
        await self._await_pending(until)
        if self._rules.awaits_commits_on_close:
            self.commits.invoke_completed()

    async def _send_unsent(self, until: Deadline) -> None:
        while self.commits.has_unsent and not until.has_passed:
            await self.lookup.ensure_ready(until)
            await self._requests.signal.wait(until)
            self.commits.invoke_completed()

    async def _await_pending(self, until: Deadline) -> None:
        while not until.has_passed:
            node = self.lookup.node
            if node is None or not self._requests.nodes.has_pending(node):
                return
            await self._requests.signal.wait(until)


def assignor_of(name: str, rules: ClassicRules) -> Assignor:
    """The assignor of that *name*; what the one that the *rules* name makes of claims they say."""
    match name:
        case "range":
            return Range()
        case "roundrobin":
            return RoundRobin()
        case "sticky":
            return Sticky(rules.assignor if rules.assignor.name == name else STICKY)
        case _:
            return CooperativeSticky(rules.assignor if rules.assignor.name == name else COOPERATIVE_STICKY)
