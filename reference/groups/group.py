"""Groups of either protocol."""

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.protocol.errors import KafkaError

Group = ClassicGroup | ConsumerGroup


def consumer_group(group: Group | None) -> ConsumerGroup:
    """
    *group*, if it is a consumer group.

    Raises:
        KafkaError: GROUP_ID_NOT_FOUND.
    """
    if not isinstance(group, ConsumerGroup):
        raise KafkaError(ErrorCode.group_id_not_found, "there is no such consumer group")
    return group
