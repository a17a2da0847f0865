"""The state of replicas as theorems see them: a leader, and two of any number of followers."""

import attrs

from ackproof.proofs.logic import Number, Truth, all_of, number
from ackproof.proofs.states import unchanged, unknown


@attrs.frozen
class Leader:
    """
    The leader of a partition, or the one that led last.

    Attributes:
        epoch_start: Its log end offset as it began to lead.
        committed: The highest high watermark that there has ever been.
        is_member: Whether it is in sync; one that is not leads no more.
        is_eligible: Whether it is eligible since (KIP-966).
        has_lost: Whether it has lost some of what it had. It is still the log as it was that others agree with.
        members: How many replicas are in sync.
        unclean: How many of them have lost what they had, before the controller has noticed that they are down.
    """

    end: Number
    high_watermark: Number
    epoch_start: Number
    committed: Number
    is_member: Truth
    is_eligible: Truth
    has_lost: Truth
    members: Number
    unclean: Number


@attrs.frozen
class Follower:
    """
    One of any number of followers.

    Attributes:
        agrees: How much of its log is the start of the leader's.
        told: How far the leader knows it to be.
        high_watermark: Its own.
        is_joining: The leader has asked the controller to let it be in sync (KIP-497).
        is_eligible: It may lead once nobody is in sync (KIP-966).
    """

    end: Number
    agrees: Number
    told: Number
    high_watermark: Number
    is_in_sync: Truth
    is_joining: Truth
    is_eligible: Truth


@attrs.frozen
class State:
    """The leader, a follower that acts, and another one: what is proved of these two is true of all."""

    leader: Leader
    acting: Follower
    other: Follower


def state(when: str = "") -> State:
    """An unknown state."""
    leader, names = unknown(Leader, "leader's", when), ("acting follower's", "other follower's")
    acting, other = (unknown(Follower, of, when) for of in names)
    return State(leader, acting, other)


LEAST = number("min.insync.replicas")
"""It is unknown, as the number of replicas is."""


def followers(at: State) -> tuple[Follower, Follower]:
    """The two that are looked at."""
    return at.acting, at.other


def rest(before: State, after: State, *parts: str) -> Truth:
    """Whether these *parts* are as they were."""
    return all_of(unchanged(getattr(before, part), getattr(after, part)) for part in parts)
