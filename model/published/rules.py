"""Rules: what the versions of the protocol differ in, as values that the actions are handed."""

from collections.abc import Callable, Hashable

import attrs

from ackproof.model.action import Action
from ackproof.model.published.leadership import Leadership
from ackproof.model.published.log import Log, Marks
from ackproof.model.published.truncation import Truncation


@attrs.frozen
class Variant:
    """
    A version of the protocol.

    Attributes:
        truncation: Where a replica truncates to when it begins to follow.
        admits: Whether a replica with this leadership lets others begin to follow it in that one.
        fence: What leader and follower must have in common of their leaderships, besides the leader.
        marks: What of two logs is compared to tell how far a follower is.
        may_expand: Whether a leader with this log, high watermark and epoch may add to the in-sync replicas.
        while_following: What a follower does.
    """

    truncation: Truncation
    admits: Callable[[Leadership, Leadership], bool]
    fence: Callable[[Leadership], Hashable]
    marks: Callable[[Log], Marks]
    may_expand: Callable[[Log, int, int], bool]
    while_following: tuple[Action, ...] = attrs.field(repr=False)


def whatever_it_believes(leader: Leadership, new: Leadership) -> bool:
    """A leader is asked for its log in any state, even if it does not know that it leads."""
    return True


def if_it_leads_in_that_epoch(leader: Leadership, new: Leadership) -> bool:
    """
    A leader answers in its own epoch only.

    Source: KIP-320: ``FENCED_LEADER_EPOCH``, ``UNKNOWN_LEADER_EPOCH``.
    """
    return leader == new


def the_leader(leadership: Leadership) -> Hashable:
    """Nothing but the leader: the epochs may differ."""
    return leadership.leader


def leader_and_epoch(leadership: Leadership) -> Hashable:
    """The epoch too. Source: KIP-320, the current leader epoch of a fetch."""
    return leadership


def at_any_time(log: Log, high_watermark: int, leader_epoch: int) -> bool:
    """A leader may expand the in-sync replicas as soon as it leads."""
    return True


def once_high_watermark_is_in_its_epoch(log: Log, high_watermark: int, leader_epoch: int) -> bool:
    """
    Only once everything of earlier epochs is below the high watermark: until then the leader's may be behind.

    Source: KIP-320; ``Partition.maybeExpandIsr``, ``leaderEpochStartOffsetOpt``.
    """
    return high_watermark == len(log) or log[high_watermark].leader_epoch == leader_epoch


def admits(leadership: Leadership, variant: Variant, leader: int, leader_epoch: int) -> bool:
    """Whether *leader*, with this leadership, lets others begin to follow it in *leader_epoch*."""
    return variant.admits(leadership, Leadership(leader_epoch, leader))


def fenced(leadership: Leadership, variant: Variant, leader: int) -> Hashable:
    """What *leader* and a follower of it see of each other's leadership; None of a replica that does not follow it."""
    return variant.fence(leadership) if leadership.leader == leader else None


def compared(log: Log, variant: Variant) -> Marks:
    """What another replica sees of a log."""
    return variant.marks(log)
