"""A member of a group of the consumer protocol."""

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.reference.consumer.consumer import Consumer
from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup


def beats(group: ScriptedGroup) -> list[ConsumerGroupHeartbeatRequest]:
    return group.asked("consumer_group_heartbeat", ConsumerGroupHeartbeatRequest)


def member(told: Told | None = None, partitions: int = 1, **settings: object) -> tuple[ScriptedGroup, Consumer]:
    group = ScriptedGroup({"t": partitions})
    consumer = group.joined(told, group_protocol="consumer", **settings)
    group.pass_time(20)
    return group, consumer
