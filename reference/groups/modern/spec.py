"""What a server-side assignor is told."""

from collections.abc import Mapping
from uuid import UUID

import attrs

from ackproof.reference.groups.modern.member import Partitions


@attrs.frozen
class Spec:
    """
    A group to assign for (``GroupSpec``, ``SubscribedTopicDescriber``).

    Attributes:
        members: Their ids, as Kafka meets them.
        subscribed: The topics of each member.
        targets: What each member is assigned so far.
        assigned: Everything that is in the target assignment of somebody so far.
        partition_counts: Of each topic that somebody subscribes to.
        is_homogeneous: All subscribe to the same.
    """

    members: tuple[str, ...]
    instance_ids: Mapping[str, str | None]
    subscribed: Mapping[str, frozenset[UUID]]
    targets: Mapping[str, Partitions]
    assigned: Partitions
    partition_counts: Mapping[UUID, int]
    is_homogeneous: bool
