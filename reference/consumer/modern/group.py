"""A member of a group with the consumer protocol, as a consumer polls it."""

from base64 import urlsafe_b64encode
from random import Random

from kio.schema.errors import ErrorCode

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.consumer.commits.auto_commit import AutoCommitting
from ackproof.reference.consumer.commits.commit import NOBODY, Identity
from ackproof.reference.consumer.commits.commits import Commits
from ackproof.reference.consumer.deadline import Deadline, deadline
from ackproof.reference.consumer.errors import CommitFailedError, StaleMemberEpochError
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.modern.events import Events
from ackproof.reference.consumer.modern.heartbeats import MemberHeartbeats
from ackproof.reference.consumer.modern.member import Member
from ackproof.reference.consumer.modern.parting import Parting
from ackproof.reference.consumer.modern.reconciling import Reconciling
from ackproof.reference.consumer.offsets.committed import CommittedOffsets
from ackproof.reference.consumer.record import GroupMetadata
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.rules import MemberRules
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.consumer.view import MemberView
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.errors import KafkaError


class ModernGroup:
    """
    Membership, commits and committed offsets of a consumer with ``group.protocol=consumer``.

    Nothing of it waits in poll but what the application has to be told; the rest happens in the background.

    Source: ``AsyncKafkaConsumer``, ``ApplicationEventProcessor``, ``AbstractMembershipManager``,
    ``ConsumerMembershipManager``, ``CommitRequestManager``.
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
        self._metadata = metadata
        self._subscription = subscription
        self._settings = settings
        self._rules = rules
        self.lookup = CoordinatorLookup(clock, requests, metadata, settings, rng)
        self.member = Member(member_id_of(rng), settings.group_instance_id, member_rules.modern)
        self.commits = Commits(clock, requests, self.lookup, subscription, settings, self, rng, keeps_unsent=True)
        self.auto_commit = AutoCommitting(
            clock,
            self.commits,
            subscription,
            settings,
            rules.auto_commit,
            is_one_at_a_time=rules.auto_commit.stores == "nobody",
        )
        self.committed = self._committed_offsets(requests, transactions, rng)
        self._events = Events(clock, requests.signal)
        self._heartbeats = MemberHeartbeats(clock, requests, self.lookup, subscription, settings, self.member, rng)
        self._reconciling = Reconciling(
            clock,
            metadata,
            subscription,
            settings,
            self.member,
            self.auto_commit,
            self._events,
            self._drive,
            in_background=rules.rejoins_in_background,
        )
        self._parting = Parting(
            clock, subscription, self.member, self._reconciling, self._events, self._heartbeats, self._drive
        )
        self._group_metadata = self._no_metadata()
        self._has_subscribed = False
        self._seen_version = -1
        self._heartbeats.on_change = self._drive
        self._heartbeats.on_epoch = self._got_epoch
        metadata.on_update(self._drive)
        clock.call_at(clock.now_ms, self._drive)

    def _committed_offsets(self, requests: Requests, transactions: TransactionRules, rng: Random) -> CommittedOffsets:
        return CommittedOffsets(
            self._clock,
            requests,
            self.lookup,
            self._settings,
            self.identity,
            lambda: None,
            rng,
            requires_stable=transactions.requires_stable_offsets,
            resets_without_answer=self._rules.resets_without_answer,
        )

    @property
    def waits_for_positions(self) -> bool:
        """It does not."""
        return False

    @property
    def metadata(self) -> GroupMetadata:
        """Who this member is, for producers."""
        return self._group_metadata

    def member_view(self) -> MemberView:
        """What this member is, for whoever looks at it from outside."""
        epoch = self.member.epoch if self.member.epoch > 0 else -1
        return MemberView(self.member.member_id, epoch, self.member.state, self._heartbeats.is_silenced)

    def subscribed(self) -> None:
        """The application has subscribed to something: the next poll joins."""
        self._has_subscribed = True

    def request_rejoin(self) -> None:
        """
        Nobody can ask for that.

        Raises:
            ValueError: Always: the coordinator assigns when there is something to assign.
        """
        raise ValueError("Operation not supported in the consumer group protocol")

    async def poll(self, until: Deadline) -> bool:
        """
        Do what a member has to do in poll.

        Raises:
            KafkaError: The group does not want it.
            ListenerError: The rebalance listener raised an error.

        Source: ``AsyncKafkaConsumer.checkInflightPoll``, ``ApplicationEventProcessor.process(AsyncPollEvent)``.
        """
        self.commits.invoke_completed()
        await self._events.process()
        self._reconciling.begin_if_needed(in_poll=True)
        self.auto_commit.in_poll()
        self._match_pattern()
        if self._has_subscribed and self.member.state == "unsubscribed":
            self.member.join()
        self._has_subscribed = False
        if self._heartbeats.polled() or self.member.state == "stale":
            self._parting.rejoin_if_stale()
        self._drive()
        return True

    def time_to_next_poll_ms(self) -> int | None:
        """How long poll may wait at most: it has to be seen to poll, and to commit."""
        times = [self._heartbeats.poll_left_ms // 2, self.auto_commit.time_to_next_ms()]
        return min(time for time in times if time is not None)

    def _drive(self) -> None:
        self._reconciling.begin_if_needed(in_poll=False)
        self._heartbeats.drive()

    def _match_pattern(self) -> None:
        if self._subscription.kind != "pattern" or self._seen_version == self._metadata.version:
            return
        self._seen_version = self._metadata.version
        topics = [topic for topic in self._metadata.cluster.partitions if self._subscription.matches(topic)]
        if self._subscription.subscribe_matching(topics):
            self._metadata.request_update_for_new_topics()
        self._has_subscribed = True

    def identity(self) -> Identity:
        """
        Who commits now: nobody in particular before the group has given an epoch; afterwards some keep their name.

        Source: ``CommitRequestManager.onMemberEpochUpdated``; librdkafka ``rd_kafka_cgrp_consumer_reset``.
        """
        is_nobody = self._rules.commits_as_nobody or not self._group_metadata.member_id
        if self.member.epoch <= 0 and is_nobody:
            return NOBODY
        return Identity(max(self.member.epoch, 0), self.member.member_id, self._settings.group_instance_id)

    def refused(self, sent: Identity, code: ErrorCode) -> Exception:
        """
        What the application is told of a refused commit; its membership is the heartbeats' business.

        Source: ``CommitRequestManager.OffsetCommitRequestState.onResponse``.
        """
        if code == ErrorCode.unknown_member_id:
            return CommitFailedError("OffsetCommit failed with unknown member ID.")
        if code == ErrorCode.stale_member_epoch:
            return StaleMemberEpochError("OffsetCommit failed with stale member epoch.")
        return KafkaError(code)

    def _got_epoch(self, epoch: int) -> None:
        self._group_metadata = GroupMetadata(
            self._settings.group_id or "", epoch, self.member.member_id, self._settings.group_instance_id
        )

    def _no_metadata(self) -> GroupMetadata:
        return GroupMetadata(self._settings.group_id or "", group_instance_id=self._settings.group_instance_id)

    async def leave(self, reason: str) -> None:
        """
        Give up everything and leave the group; nothing is committed.

        Raises:
            ListenerError: The rebalance listener raised an error.
        """
        error = await self._parting.attempt(deadline(self._clock, self._settings.default_api_timeout_ms))
        self._group_metadata = self._no_metadata()
        if error is not None:
            raise error

    async def close(self, until: Deadline) -> None:
        """
        Commit, tell the application, leave, and wait for commits.

        Raises:
            ListenerError: The rebalance listener raised an error.

        Source: ``AsyncKafkaConsumer.close``.
        """
        await self.auto_commit.finish(until)
        self.auto_commit.close()
        error = await self._parting.attempt(until)
        if self._rules.awaits_commits_on_close:
            await self.commits.settle(until)
        self._heartbeats.close()
        if error is not None:
            raise error


def member_id_of(rng: Random) -> str:
    """A member id that the client makes up: a random uuid in Kafka's spelling (``Uuid.randomUuid``)."""
    return urlsafe_b64encode(rng.randbytes(16)).decode().rstrip("=")
