"""The high watermark, and what every in-sync replica has."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.stored import is_far_enough, raised
from ackproof.proofs.logic import Number, Truth, all_of, constant, number, same, truth
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem


@attrs.frozen
class Leader:
    """
    The leader of a partition.

    Attributes:
        epoch_start: Its log end offset as it began to lead.
        committed: The highest high watermark that there has ever been.
    """

    end: Number
    high_watermark: Number
    epoch_start: Number
    committed: Number


@attrs.frozen
class Follower:
    """
    One of any number of followers.

    Attributes:
        agrees: How much of its log is the start of the leader's.
        told: How far the leader knows it to be.
        high_watermark: Its own.
    """

    end: Number
    agrees: Number
    told: Number
    high_watermark: Number
    is_in_sync: Truth


def follower(name: str) -> Follower:
    """An unknown follower."""
    end, agrees, told, watermark = (number(f"{name}'s {part}") for part in ("end", "agrees", "told", "high watermark"))
    return Follower(end, agrees, told, watermark, truth(f"{name} is in sync"))


def invariant(leader: Leader, *followers: Follower) -> Truth:
    """What every step keeps of the leader and of any of its followers."""
    of_leader = (leader.high_watermark >= 0) & (leader.committed <= leader.end) & (leader.epoch_start <= leader.end)
    watermark = leader.high_watermark <= leader.committed
    # After an election the high watermark may be behind, but not what the leader had as it was elected.
    start = (leader.committed <= leader.high_watermark) | (leader.committed <= leader.epoch_start)
    return of_leader & watermark & start & all_of(of_follower(leader, one) for one in followers)


def of_follower(leader: Leader, one: Follower) -> Truth:
    """What every step keeps of a follower."""
    logs = (one.agrees >= 0) & (one.agrees <= one.end) & (one.agrees <= leader.end)
    told = (one.told >= 0) & (one.told <= one.agrees)
    own = (one.high_watermark >= 0) & (one.high_watermark <= leader.committed) & (one.high_watermark <= one.end)
    return logs & told & own & one.is_in_sync.implies(leader.committed <= one.agrees)


@theorem(
    source="KIP-101; Partition.maybeIncrementLeaderHW, Partition.isFollowerInSync",
    sound=BrokerRules(),
    broken={
        "a follower joins below the start of the leader's epoch (KAFKA-7128)": BrokerRules(
            joins_below_leader_epoch=True
        ),
        "a fetch that diverges counts for the high watermark (KAFKA-13141)": BrokerRules(counts_diverging_fetches=True),
    },
)
def the_high_watermark_never_exceeds_what_every_in_sync_replica_has(rules: BrokerRules) -> Iterator[Obligation]:
    """
    Whatever was ever below a high watermark is in the log of every in-sync replica, and of every leader to come.

    For any number of replicas, records and elections, without data loss and unclean election. The leader counts a
    follower as far as it knows it to agree, so what it commits all in-sync ones have; one that joins has what is
    committed, as it has all that the leader had when it was elected. What is proved of one follower that acts and of
    another one holds for all of them.
    """
    leader = Leader(*(number(f"leader's {part}") for part in ("end", "high watermark", "epoch start", "committed")))
    acting, other = follower("acting follower"), follower("other follower")
    holds = invariant(leader, acting, other)
    start = all_of(same(part, 0) for one in (leader, acting, other) for part in numbers_of(one))
    yield Obligation("base", start.implies(holds))
    grown = attrs.evolve(leader, end=leader.end + 1)
    yield Obligation("step: the leader appends", holds.implies(invariant(grown, acting, other)))
    yield Obligation("step: a follower fetches", fetched(holds, leader, acting, other))
    yield Obligation("step: a follower diverges", diverged(rules, holds, leader, acting, other))
    yield Obligation("step: a follower joins", joined(rules, holds, leader, acting, other))
    yield Obligation("step: a follower leaves", left(holds, leader, acting, other))
    yield Obligation("step: an in-sync follower is elected", elected(holds, leader, acting, other))
    behind = other.is_in_sync.implies(leader.high_watermark <= other.agrees)
    yield Obligation("safety: each in-sync replica has what is committed", holds.implies(behind))


def numbers_of(one: Leader | Follower) -> Iterator[Number]:
    """The numbers that describe it."""
    for field in attrs.fields(type(one)):
        value = getattr(one, field.name)
        if isinstance(value, Number):
            yield value


def committing(given: Truth, leader: Leader, acting: Follower, other: Follower, after: Follower) -> Truth:
    """The leader hears how far *acting* is, and raises its high watermark by what all in-sync ones have."""
    rest = number("least that the leader knows of the others in sync")
    of_others = other.is_in_sync.implies(rest <= other.told)
    told = after.told

    def watermark() -> Number:
        ends = [leader.end, told, rest] if acting.is_in_sync else [leader.end, rest]
        return cast("Number", raised(cast("int", leader.high_watermark), cast("list[int]", ends)))

    def kept(raised_to: Number) -> Truth:
        committed = number("committed after")
        is_highest = (committed >= leader.committed) & (committed >= raised_to)
        is_one = same(committed, leader.committed) | same(committed, raised_to)
        new = attrs.evolve(leader, high_watermark=raised_to, committed=committed)
        return (is_highest & is_one).implies(invariant(new, after, other))

    return holds_on_every_path(watermark, given & of_others & (rest >= 0), kept)


def fetched(holds: Truth, leader: Leader, acting: Follower, other: Follower) -> Truth:
    """A follower whose log is the start of the leader's tells its end, and copies some of what follows."""
    copied, watermark = number("end after the fetch"), number("high watermark in the answer")
    given = holds & same(acting.agrees, acting.end) & (copied >= acting.end) & (copied <= leader.end)
    heard = (watermark >= 0) & (watermark <= leader.high_watermark) & (watermark <= copied)
    after = attrs.evolve(acting, end=copied, agrees=copied, told=acting.end, high_watermark=watermark)
    return committing(given & heard, leader, acting, other, after)


def diverged(rules: BrokerRules, holds: Truth, leader: Leader, acting: Follower, other: Follower) -> Truth:
    """A follower whose log parts from the leader's truncates to where they agree."""
    watermark = number("its high watermark after truncating")
    own = (watermark <= acting.agrees) & (watermark <= acting.high_watermark) & (watermark >= 0)
    given = holds & (acting.agrees < acting.end) & own
    told = acting.end if rules.counts_diverging_fetches else acting.told
    after = attrs.evolve(acting, end=acting.agrees, told=told, high_watermark=watermark)
    return committing(given, leader, acting, other, after)


def joined(rules: BrokerRules, holds: Truth, leader: Leader, acting: Follower, other: Follower) -> Truth:
    """A follower that is far enough is in sync."""

    def may_join() -> bool:
        numbers = (acting.told, leader.high_watermark, leader.epoch_start)
        return bool(is_far_enough(rules, *(cast("int", value) for value in numbers)))

    def kept(may: bool) -> Truth:
        now = attrs.evolve(acting, is_in_sync=same(constant(0), 0)) if may else acting
        return invariant(leader, now, other)

    return holds_on_every_path(may_join, holds, kept)


def left(holds: Truth, leader: Leader, acting: Follower, other: Follower) -> Truth:
    """A follower is no longer in sync."""
    after = attrs.evolve(acting, is_in_sync=same(constant(0), 1))
    return holds.implies(invariant(leader, after, other))


def elected(holds: Truth, leader: Leader, acting: Follower, other: Follower) -> Truth:
    """An in-sync follower leads: it knows its own high watermark, and nothing of its followers."""
    agrees = number("what the other agrees on with the new leader")
    # Both agree with the old leader up to there; beyond it they may agree by chance.
    meet = ((agrees >= other.agrees) | (agrees >= acting.agrees)) & (agrees <= other.end) & (agrees <= acting.end)
    new = Leader(acting.end, acting.high_watermark, acting.end, leader.committed)
    after = attrs.evolve(other, agrees=agrees, told=constant(0))
    return (holds & acting.is_in_sync & meet).implies(invariant(new, after))
