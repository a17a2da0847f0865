"""Leading a classic group: assigning, and noticing that there is something else to assign."""

from collections.abc import Sequence

from kio.schema.join_group.v9.response import JoinGroupResponse

from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.consumer.assignors.assignor import Assignment, Assignor, RebalanceProtocol, Subscriptions
from ackproof.reference.consumer.assignors.sticky import CooperativeSticky
from ackproof.reference.consumer.assignors.subscribing import decode_subscription, encode_assignment
from ackproof.reference.consumer.classic.membership import Assignments
from ackproof.reference.consumer.classic.snapshot import MetadataSnapshot, snapshot
from ackproof.reference.consumer.subscription import Subscription


class Leading:
    """
    Assigns what there is to all members, by their subscriptions.

    Attributes:
        is_leader: This member has assigned the present generation.

    Source: ``ConsumerCoordinator``: ``onLeaderElected``, ``updateGroupSubscription``, ``rejoinNeededOrPending``.
    """

    def __init__(
        self,
        metadata: Metadata,
        subscription: Subscription,
        assignors: Sequence[Assignor],
        protocol: RebalanceProtocol,
        rules: ClassicRules,
    ) -> None:
        self.is_leader = False
        self._metadata = metadata
        self._subscription = subscription
        self._assignors = assignors
        self._protocol = protocol
        self._rules = rules
        self._seen = snapshot(subscription, metadata.cluster, metadata.version)
        self._assigned_by: MetadataSnapshot | None = None

    @property
    def has_news(self) -> bool:
        """Whether the topics are not any more as they were when this member assigned them."""
        return self._assigned_by is not None and not self._assigned_by.matches(self._seen)

    def look(self) -> None:
        """Take note of what metadata tells by now."""
        if self._metadata.version > self._seen.version:
            if self._subscription.kind == "pattern":
                self.match()
            self._seen = snapshot(self._subscription, self._metadata.cluster, self._metadata.version)

    def match(self) -> None:
        """Subscribe to the topics that match the pattern, as far as they are known."""
        topics = [topic for topic in self._metadata.cluster.partitions if self._subscription.matches(topic)]
        if self._subscription.subscribe_matching(topics):
            self._metadata.request_update_for_new_topics()

    def joins(self) -> None:
        """This member is about to join: where all watch their topics it does from now on, if it knows them yet."""
        if self._rules.all_watch_partitions:
            self._assigned_by = self._seen if self._seen.counts else None

    def joined(self) -> None:
        """A generation has begun: who does not lead it does not watch its topics, unless all do."""
        if not self.is_leader:
            self._assigned_by = self._assigned_by or self._seen if self._rules.all_watch_partitions else None

    async def assign(self, answer: JoinGroupResponse) -> Assignments:
        """
        What each member gets; nothing if it is to stay as it is (KIP-814).

        Raises:
            ValueError: There is no such assignor here, it moves what a member has not given up, or a subscription
                can not be read.
        """
        subscriptions = {
            member.member_id: decode_subscription(member.metadata, member.group_instance_id)
            for member in answer.members
        }
        await self._watch({topic for subscription in subscriptions.values() for topic in subscription.topics})
        self.is_leader = True
        self._assigned_by = self._seen
        if answer.skip_assignment:
            return ()
        assignor = next((known for known in self._assignors if known.name == answer.protocol_name), None)
        if assignor is None:
            raise ValueError(f"Coordinator selected invalid assignment protocol: {answer.protocol_name}")
        shares = assignor.assign(self._seen.counts, subscriptions)
        if self._protocol == "cooperative" and self._is_checked(assignor):
            check_cooperative(shares, subscriptions)
        return [(member, encode_assignment(share)) for member, share in shares.items()]

    def _is_checked(self, assignor: Assignor) -> bool:
        """Whether claims are taken at their word: Kafka's own assignor knows which are stale (KAFKA-13406)."""
        return self._rules.refuses_stale_claims or not isinstance(assignor, CooperativeSticky)

    async def _watch(self, topics: set[str]) -> None:
        """Learn of all topics of the group, and of their changes from now on."""
        self._subscription.group_topics = tuple(sorted(topics))
        if not topics <= set(self._subscription.topics):
            await self._metadata.updated(self._metadata.request_update_for_new_topics())
        elif self._metadata.time_to_next_update_ms() == 0:
            await self._metadata.updated(self._metadata.request_update())
        self.look()
        self._seen = snapshot(self._subscription, self._metadata.cluster, self._metadata.version)


def check_cooperative(shares: Assignment, subscriptions: Subscriptions) -> None:
    """
    Nothing goes to a member while another one has it.

    Raises:
        ValueError: Something does.

    Source: ``ConsumerCoordinator.validateCooperativeAssignment``.
    """
    revoked = {p for member, share in shares.items() for p in subscriptions[member].owned if p not in share}
    added = {p for member, share in shares.items() for p in share if p not in subscriptions[member].owned}
    if revoked & added:
        raise ValueError("Assignor supporting the COOPERATIVE protocol violates its requirements")
