"""
Logs of replicas as theorems see them: one leader and two of any number of followers, and all that may happen to them.

Of each log the leader epochs at two offsets are known, whichever these are: what is true of those is true of all.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations, product

import attrs

from ackproof.proofs.logic import Number, Truth, all_of, number, same
from ackproof.proofs.states import becomes, unchanged, unknown
from ackproof.proofs.theorem import Step


@attrs.frozen
class Log:
    """
    A log of any length.

    Attributes:
        here, there: The leader epochs at the two offsets, where it has them.
    """

    end: Number
    here: Number
    there: Number

    @property
    def epochs(self) -> Mapping[str, Number]:
        """The leader epoch at each of the offsets."""
        return {"here": self.here, "there": self.there}


@attrs.frozen
class Between:
    """
    Who leads, and what logs have in common.

    Attributes:
        leader_epoch: Of who leads, or led last; there has been no higher one.
        is_led: Whether it leads now.
        with_acting, with_other: How much a follower's log shares with that of the leader, from the start.
        of_followers: How much those of the two followers share.
        losses: How often a broker has lost some of what it had.
    """

    leader_epoch: Number
    is_led: Truth
    with_acting: Number
    with_other: Number
    of_followers: Number
    losses: Number


@attrs.frozen
class State:
    """The leader, a follower that acts, and another one."""

    leader: Log
    acting: Log
    other: Log
    between: Between


LOGS = ("leader's", "acting follower's", "other follower's")
"""Whose they are."""
OFFSETS = {"here": number("one offset"), "there": number("another offset")}


def state(when: str = "") -> State:
    """An unknown state."""
    leader, acting, other = (unknown(Log, of, when) for of in LOGS)
    return State(leader, acting, other, unknown(Between, when=when))


def within(offset: Number, end: Number) -> Truth:
    """Whether a log that ends at *end* has that offset."""
    return (offset >= 0) & (offset < end)


def match(
    agree: Number,
    ends: tuple[Number, Number],
    epochs: tuple[Mapping[str, Number], Mapping[str, Number]],
    offsets: Mapping[str, Number],
) -> Truth:
    """
    Whether epochs never fall in either of two logs, and what both have of one epoch is part of what they share.

    Args:
        agree: How much they share.
        ends, epochs: Where each ends, and the epoch at each of the *offsets*.
    """
    facts = [agree >= 0, agree <= ends[0], agree <= ends[1]]
    for one, other in product(offsets, repeat=2):
        is_before = offsets[one] <= offsets[other]
        for end, of in zip(ends, epochs, strict=True):
            are_there = within(offsets[one], end) & within(offsets[other], end)
            facts.append((are_there & is_before).implies(of[one] <= of[other]))
        both = within(offsets[one], ends[0]) & within(offsets[other], ends[1])
        is_shared = (offsets[one] < agree) | (offsets[other] < agree)
        facts.append((both & same(epochs[0][one], epochs[1][other])).implies(is_shared))
    for name, offset in offsets.items():
        facts.append(within(offset, agree).implies(same(epochs[0][name], epochs[1][name])))
    return all_of(facts)


def invariant(at: State) -> Truth:
    """What every step keeps: any two logs match, and what there is of the last epoch is the leader's."""
    between = at.between
    pairs = (
        (between.with_acting, at.leader, at.acting),
        (between.with_other, at.leader, at.other),
        (between.of_followers, at.acting, at.other),
    )
    are_matching = all_of(match(agree, (a.end, b.end), (a.epochs, b.epochs), OFFSETS) for agree, a, b in pairs)
    shares = [agree for agree, *_ in pairs]
    # What two logs share with a third one they share.
    are_shared = all_of((one >= other) | (one >= third) for one, other, third in permutations(shares))
    return are_matching & are_shared & of_last_epoch(at)


def of_last_epoch(at: State) -> Truth:
    """Whether no epoch is above that of the leader; and while it leads, whether it has all that there is of that."""
    facts: list[Truth] = []
    agrees = (at.leader.end, at.between.with_acting, at.between.with_other)
    for log, agree in zip((at.leader, at.acting, at.other), agrees, strict=True):
        for name, offset in OFFSETS.items():
            epoch, is_there = log.epochs[name], within(offset, log.end)
            facts.append(is_there.implies(epoch <= at.between.leader_epoch))
            is_last = is_there & at.between.is_led & same(epoch, at.between.leader_epoch)
            facts.append(is_last.implies(offset < agree))
    return all_of(facts)


def first(at: State) -> Truth:
    """Every log is empty."""
    between = at.between
    shares = (between.with_acting, between.with_other, between.of_followers)
    return all_of(same(one, 0) for one in (at.leader.end, at.acting.end, at.other.end, *shares))


def steps(before: State, after: State) -> Iterator[Step]:
    """Everything that may happen to the logs, and to who leads."""
    yield Step("the leader appends", appended(before, after))
    yield Step("a follower fetches", fetched(before, after))
    yield Step("a follower truncates", truncated(before, after))
    yield Step("a follower loses what it had", lost(before, after))
    yield Step("the leader loses what it had", leader_lost(before, after))
    gone = becomes(before.between, after.between, is_led=~before.between.is_led)
    yield Step("the leader is gone", before.between.is_led & gone & are_unchanged(before, after))
    yield Step("a follower is elected", elected(before, after))
    again = becomes(before.between, after.between, is_led=after.between.is_led, leader_epoch=after.between.leader_epoch)
    yield Step("the last leader leads again", again & is_new(before, after) & are_unchanged(before, after))


CUT = frozenset({"with_acting", "of_followers"})


def are_unchanged(before: State, after: State, *but: str) -> Truth:
    """Whether logs are as they were, *but* those."""
    logs = {"leader", "acting", "other"} - set(but)
    return all_of(unchanged(getattr(before, log), getattr(after, log)) for log in sorted(logs))


def has_epochs_of(log: Log, of: Log, end: Number) -> Truth:
    """Whether *log* has up to *end* what another one has there."""
    return all_of(within(offset, end).implies(same(log.epochs[at], of.epochs[at])) for at, offset in OFFSETS.items())


def is_lesser(one: Number, *of: Number) -> Truth:
    """Whether it is the least of those."""
    return all_of(one <= another for another in of) & ~all_of(one < another for another in of)


def appended(before: State, after: State) -> Truth:
    """Who leads appends a record under its epoch."""
    end, between = before.leader.end, before.between
    is_new = all_of(
        same(offset, end).implies(same(after.leader.epochs[at], between.leader_epoch)) for at, offset in OFFSETS.items()
    )
    longer = same(after.leader.end, end + 1) & has_epochs_of(after.leader, before.leader, end) & is_new
    return between.is_led & longer & are_unchanged(before, after, "leader") & unchanged(between, after.between)


def fetched(before: State, after: State) -> Truth:
    """A follower whose log is the start of the leader's copies some of what follows."""
    between, end = before.between, after.acting.end
    may = between.is_led & same(between.with_acting, before.acting.end)
    copies = (end >= before.acting.end) & (end <= before.leader.end) & has_epochs_of(after.acting, before.leader, end)
    shares = same(after.between.with_acting, end) & is_lesser(after.between.of_followers, end, between.with_other)
    rest = are_unchanged(before, after, "acting") & unchanged(between, after.between, but=CUT)
    return may & copies & shares & rest


def truncated(before: State, after: State) -> Truth:
    """A follower cuts its log to where it parts from the leader's, as its rounds of questions end there."""
    ends_there = same(after.acting.end, before.between.with_acting)
    rest = unchanged(before.between, after.between, but=CUT)
    return before.between.is_led & ends_there & is_cut(before, after) & rest


def is_cut(before: State, after: State) -> Truth:
    """Whether some of a follower's log is gone."""
    end = after.acting.end
    shorter = (end >= 0) & (end <= before.acting.end) & has_epochs_of(after.acting, before.acting, end)
    shares = all_of(
        is_lesser(getattr(after.between, share), end, getattr(before.between, share)) for share in sorted(CUT)
    )
    return shorter & shares & are_unchanged(before, after, "acting")


def lost(before: State, after: State) -> Truth:
    """A follower loses power, and some of its log."""
    rest = unchanged(before.between, after.between, but=CUT | {"losses"})
    return is_cut(before, after) & same(after.between.losses, before.between.losses + 1) & rest


def leader_lost(before: State, after: State) -> Truth:
    """Who leads, or led last, loses some of its log, and leads no more."""
    end, between, now = after.leader.end, before.between, after.between
    shorter = (end >= 0) & (end <= before.leader.end) & has_epochs_of(after.leader, before.leader, end)
    shares = is_lesser(now.with_acting, end, between.with_acting) & is_lesser(now.with_other, end, between.with_other)
    rest = same(now.leader_epoch, between.leader_epoch) & same(now.of_followers, between.of_followers)
    rest &= same(now.losses, between.losses + 1)
    return shorter & shares & ~now.is_led & rest & are_unchanged(before, after, "leader")


def is_new(before: State, after: State) -> Truth:
    """Whether somebody leads under a higher epoch."""
    return after.between.is_led & (after.between.leader_epoch > before.between.leader_epoch)


def elected(before: State, after: State) -> Truth:
    """A follower leads, in sync or not; who led before it follows."""
    logs = unchanged(before.acting, after.leader) & unchanged(before.leader, after.acting)
    between, now = before.between, after.between
    same_as = {
        "with_acting": between.with_acting,
        "with_other": between.of_followers,
        "of_followers": between.with_other,
        "losses": between.losses,
    }
    shares = all_of(same(getattr(now, name), value) for name, value in same_as.items())
    return is_new(before, after) & logs & shares & unchanged(before.other, after.other)
