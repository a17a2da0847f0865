"""Heartbeats of the consumer protocol: what is said in them, which is only what the group does not know yet."""

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.reference.consumer.modern.local_assignment import LocalAssignment
from ackproof.reference.consumer.modern.member import Member
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.protocol.primitive import GroupId, TopicName, duration, i32


@attrs.define(eq=False)
class HeartbeatFields:
    """
    What was said last.

    Source: ``ConsumerHeartbeatRequestManager.HeartbeatState``.
    """

    topics: tuple[str, ...] | None = None
    regex: str = ""
    has_told_timeout: bool = False
    assignor: str | None = None
    assignment: LocalAssignment | None = None

    def reset(self) -> None:
        """The group may not have heard it: say everything again."""
        self.topics, self.assignor, self.assignment = None, None, None
        self.regex = ""
        self.has_told_timeout = False

    def request(
        self, member: Member, subscription: Subscription, settings: ConsumerSettings
    ) -> ConsumerGroupHeartbeatRequest:
        """The next heartbeat: everything when it joins, else what has changed."""
        says_all = member.state == "joining"
        topics, assignor = subscription.subscribed_topics, settings.group_remote_assignor
        tells_topics = says_all or topics != self.topics
        tells_regex = subscription.regex != self.regex or (says_all and bool(subscription.regex))
        tells_timeout = says_all or not self.has_told_timeout
        tells_assignor = assignor is not None and (says_all or assignor != self.assignor)
        tells_assignment = says_all or member.current != self.assignment
        self.topics, self.has_told_timeout, self.assignment = topics, True, member.current
        self.assignor, self.regex = assignor, subscription.regex
        return ConsumerGroupHeartbeatRequest(
            group_id=GroupId(settings.group_id or ""),
            member_id=member.member_id,
            member_epoch=i32(member.epoch),
            instance_id=member.group_instance_id,
            rack_id=settings.client_rack if says_all else None,
            rebalance_timeout=duration(settings.max_poll_interval_ms if tells_timeout else -1),
            subscribed_topic_names=tuple(TopicName(topic) for topic in topics) if tells_topics else None,
            subscribed_topic_regex=subscription.regex if tells_regex else None,
            server_assignor=assignor if tells_assignor else None,
            topic_partitions=member.current.owned() if tells_assignment else None,
        )
