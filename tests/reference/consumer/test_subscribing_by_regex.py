"""Consumers subscribe by an expression that the coordinator matches (KIP-848)."""

import pytest
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.errors import ErrorCode

from ackproof.reference.consumer.modern.heartbeat import HeartbeatFields
from ackproof.reference.consumer.modern.member import Member
from ackproof.reference.consumer.reset import EARLIEST
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.broker.standing import TOPIC
from tests.reference.consumer.cluster import Cluster


def cluster() -> Cluster:
    return Cluster({TOPIC: 2, "other": 1}, 0)


def said(subscription: Subscription, fields: HeartbeatFields, *, joins: bool) -> ConsumerGroupHeartbeatRequest:
    member = Member("me", None)
    member.state = "joining" if joins else "stable"
    return fields.request(member, subscription, ConsumerSettings(group_id="g", group_protocol="consumer"))


def test_the_topics_that_the_coordinator_finds_are_read() -> None:
    scene = cluster()
    scene.produce("a", "b")
    consumer = scene.consumer(group_protocol="consumer")
    consumer.subscribe_regex(TOPIC[:2] + ".*")

    assert scene.poll_until(consumer, 2) == ["a", "b"]


def test_an_expression_that_the_coordinator_cannot_read_comes_out_of_poll() -> None:
    scene = cluster()
    consumer = scene.consumer(group_protocol="consumer")
    consumer.subscribe_regex("(?=lookahead)")

    with pytest.raises(KafkaError) as refusal:
        scene.poll_until(consumer, 1)

    assert refusal.value.code is ErrorCode.invalid_regular_expression


def test_the_expression_is_told_when_it_changes_and_when_everything_is() -> None:
    subscription, fields = Subscription(EARLIEST), HeartbeatFields()
    subscription.subscribe_regex("a.*", None)

    told = [
        said(subscription, fields, joins=True).subscribed_topic_regex,
        said(subscription, fields, joins=False).subscribed_topic_regex,
    ]
    subscription.unsubscribe()
    subscription.subscribe(["t"], None)
    told.append(said(subscription, fields, joins=False).subscribed_topic_regex)
    told.append(said(subscription, fields, joins=True).subscribed_topic_regex)

    assert told == ["a.*", None, "", None]


def test_topics_and_an_expression_exclude_each_other() -> None:
    subscription = Subscription(EARLIEST)
    subscription.subscribe_regex("a.*", None)

    with pytest.raises(ValueError, match="mutually exclusive"):
        subscription.subscribe(["t"], None)


@pytest.mark.parametrize(("protocol", "regex"), [("classic", "a.*"), ("consumer", "")])
def test_only_the_consumer_protocol_has_expressions_and_they_say_something(protocol: str, regex: str) -> None:
    consumer = cluster().consumer(group_protocol=protocol)

    with pytest.raises(ValueError, match="pattern"):
        consumer.subscribe_regex(regex)
