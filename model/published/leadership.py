"""Leadership: who leads in which epoch, as the controller decides it and as each replica believes it."""

from collections.abc import Iterable

import attrs

Brokers = frozenset[int]
"""Ids of brokers, for instance of the in-sync replicas."""


@attrs.frozen
class Leadership:
    """
    A leader and its epoch.

    Attributes:
        leader_epoch: -1 before the first leader.
        leader: None if there is no leader.
    """

    leader_epoch: int = -1
    leader: int | None = None


@attrs.frozen
class LeaderAndIsr:
    """
    A decision on the partition: what ZooKeeper keeps, and what a request to the replicas says (``LeaderAndIsr``).

    Not modelled: the ZooKeeper version. The controller's own decisions are atomic.
    """

    leadership: Leadership
    in_sync_replicas: Brokers

    @property
    def leader(self) -> int | None:
        """Who leads."""
        return self.leadership.leader


def broker(number: int) -> str:
    """What people call a broker."""
    return f"broker {number}"


def brokers(numbers: Iterable[int]) -> str:
    """What people call some brokers."""
    return ", ".join(map(broker, sorted(numbers))) or "nobody"


def led_by(leadership: Leadership | LeaderAndIsr, leader: int) -> bool:
    """Whether *leader* is the leader. Of its own leadership: whether it presumes to lead."""
    return leadership.leader == leader


def appoints(request: LeaderAndIsr | None, leader: int) -> bool:
    """Whether the controller has decided so: *leader* leads in the epoch of this request."""
    return request is not None and request.leader == leader


def is_older(leadership: Leadership, leader_epoch: int) -> bool:
    """Whether a replica has not heard of *leader_epoch* yet, nor of a later one."""
    return leadership.leader_epoch < leader_epoch


def has_member(members: Brokers | LeaderAndIsr, follower: int) -> bool:
    """Whether *follower* is in sync."""
    return follower in (members.in_sync_replicas if isinstance(members, LeaderAndIsr) else members)


def lacks_member(members: Brokers, follower: int) -> bool:
    """Whether *follower* is not in sync."""
    return follower not in members


def nothing_more(_value: object) -> None:
    """What is seen of a component that matters to a guard only."""
