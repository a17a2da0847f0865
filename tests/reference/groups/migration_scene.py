"""Groups with members of both protocols."""

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.subscription import (
    Subscription,
    read_assignment,
    written_assignment,
    written_subscription,
)
from tests.reference.groups.classic_scene import (
    begin_sync,
    joined_group,
)
from tests.reference.groups.scene import Scene


def scene_with(policy: str = "bidirectional") -> Scene:
    """Targets are computed at once."""
    return Scene(group_consumer_assignment_interval_ms="0", group_consumer_migration_policy=policy)


def classic_consumers(scene: Scene) -> tuple[str, str]:
    """A stable classic group of two who have two partitions each; its leader's id first."""
    leader, follower = (joined.member_id for joined in joined_group(scene))
    shares = {leader: written_assignment({"t": [0, 1]}, 3), follower: written_assignment({"t": [2, 3]}, 3)}
    for member in (leader, follower):
        begin_sync(scene, member, 1, shares if member == leader else None)
    return leader, follower


def owning(*numbers: int) -> tuple[tuple[str, bytes], ...]:
    """A classic consumer of topic t that has these partitions."""
    return (("range", written_subscription(Subscription(("t",), (("t", numbers),)))),)


def share(scene: Scene, member: str, generation: int) -> dict[str, tuple[int, ...]]:
    """What SyncGroup tells a member."""
    synced = begin_sync(scene, member, generation).result()
    assert synced.error_code == ErrorCode.none
    return dict(read_assignment(synced.assignment).partitions)
