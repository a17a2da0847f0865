"""The server's range assignor: of each topic every subscriber gets a range (``RangeAssignor``)."""

from uuid import UUID

from ackproof.reference.groups.modern.member import Partition
from ackproof.reference.groups.modern.spec import Spec


def ranges(spec: Spec) -> dict[str, set[Partition]]:
    """
    What each member is to have.

    Those with an instance id come first, by that; then the others, by their member ids. The first ones get one
    partition more where it does not come out even.
    """
    targets: dict[str, set[Partition]] = {member_id: set() for member_id in spec.members}
    members = _in_order(spec)
    for topic_id in spec.partition_counts:
        subscribers = _subscribers(spec, members, topic_id)
        if subscribers:
            _divide(topic_id, spec.partition_counts[topic_id], subscribers, targets)
    return targets


def _subscribers(spec: Spec, members: list[str], topic_id: UUID) -> list[str]:
    if spec.is_homogeneous:
        return members if topic_id in spec.subscribed[members[0]] else []
    return [member_id for member_id in members if topic_id in spec.subscribed[member_id]]


def _in_order(spec: Spec) -> list[str]:
    def place(member_id: str) -> tuple[bool, str]:
        instance_id = spec.instance_ids[member_id]
        return (False, instance_id) if instance_id is not None else (True, member_id)

    return sorted(spec.members, key=place)


def _divide(topic_id: UUID, count: int, subscribers: list[str], targets: dict[str, set[Partition]]) -> None:
    least, more = divmod(count, len(subscribers))
    start = 0
    for place, member_id in enumerate(subscribers):
        end = start + least + (place < more)
        targets[member_id].update((topic_id, number) for number in range(start, end))
        start = end
