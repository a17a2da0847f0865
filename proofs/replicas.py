"""All that may happen to replicas as theorems see them."""

from collections.abc import Iterator
from typing import cast

from ackproof.model.produce.controller import role_after_leaving
from ackproof.model.produce.replica import are_too_few
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.stored import is_far_enough, raised
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, number, same, same_truth
from ackproof.proofs.paths import taken
from ackproof.proofs.replica_state import Follower, State, followers, rest
from ackproof.proofs.states import becomes, unchanged
from ackproof.proofs.theorem import Step


def steps(rules: BrokerRules, before: State, after: State) -> Iterator[Step]:
    """Everything that may happen to a leader, a follower that acts and another one."""
    appends = becomes(before.leader, after.leader, end=before.leader.end + 1) & rest(before, after, "acting", "other")
    yield Step("the leader appends", before.leader.is_member & appends)
    yield Step("a follower fetches", fetched(before, after))
    yield Step("the leader hears how far a follower is", heard(rules, before, after))
    commits = committing(rules, before, after) & rest(before, after, "acting", "other")
    yield Step("the leader raises its high watermark", commits)
    yield Step("a follower diverges", diverged(rules, before, after))
    yield Step("a follower starts again", restarted(before, after))
    yield Step("a follower joins", joined(rules, before, after))
    yield Step("one that has lost what it had joins", joined_without(rules, before, after))
    yield Step("a follower leaves", left(rules, before, after))
    yield Step("followers leave at once", left_at_once(rules, before, after))
    yield Step("the leader leaves", leader_left(rules, before, after))
    outs = becomes(before.leader, after.leader, is_eligible=NEVER) & rest(before, after, "acting", "other")
    yield Step("who led last starts again", ~before.leader.is_member & outs)
    yield Step("a follower loses what it had", lost(before, after))
    yield Step("the leader loses what it had", leader_lost(before, after))
    fewer = {"members": before.leader.members - 1, "unclean": before.leader.unclean - 1}
    fenced = becomes(before.leader, after.leader, **fewer) & rest(before, after, "acting", "other")
    yield Step("one that has lost what it had leaves", (before.leader.unclean >= 1) & fenced)
    yield Step("a follower is elected", elected(before, after))
    yield Step("the last leader leads again", elected_again(before, after))


def fetched(before: State, after: State) -> Truth:
    """A follower whose log is the start of the leader's copies some of what follows, with a high watermark."""
    mine, now, leader = before.acting, after.acting, before.leader
    copies = (now.end >= mine.end) & (now.end <= leader.end) & same(mine.agrees, mine.end)
    watermark = (now.high_watermark >= 0) & (now.high_watermark <= leader.high_watermark)
    fits = now.high_watermark <= now.end
    changed = becomes(mine, now, end=now.end, agrees=now.end, high_watermark=now.high_watermark)
    return leader.is_member & copies & watermark & fits & changed & rest(before, after, "leader", "other")


def heard(rules: BrokerRules, before: State, after: State) -> Truth:
    """The leader hears where the log of a follower ends that is the start of its own."""
    mine = before.acting
    is_told = becomes(mine, after.acting, told=mine.end) & same(mine.agrees, mine.end)
    return is_told & committing(rules, before, after) & rest(before, after, "other")


def committing(rules: BrokerRules, before: State, after: State) -> Truth:
    """The leader raises its high watermark by how far it knows those to be who have to have what is committed."""
    leader, acting, other = before.leader, after.acting, after.other
    others = number("least that the leader knows of those not named")
    is_counted = (other.is_in_sync | other.is_joining).implies(others <= other.told)

    def watermark() -> Number:
        may_not = rules.keeps_high_watermark_below_min_isr and are_too_few(rules, cast("int", leader.members))
        if may_not:
            return leader.high_watermark
        ends = [leader.end, acting.told, others] if acting.is_in_sync | acting.is_joining else [leader.end, others]
        return cast("Number", raised(cast("int", leader.high_watermark), cast("list[int]", ends)))

    def is_raised(to: Number) -> Truth:
        highest = all_of((after.leader.committed >= leader.committed, after.leader.committed >= to))
        is_one = same(after.leader.committed, leader.committed) | same(after.leader.committed, to)
        return highest & is_one & becomes(leader, after.leader, high_watermark=to, committed=after.leader.committed)

    return leader.is_member & (others >= 0) & is_counted & taken(watermark, is_raised)


def diverged(rules: BrokerRules, before: State, after: State) -> Truth:
    """A follower whose log parts from the leader's truncates to where they agree."""
    mine, now = before.acting, after.acting
    own = (now.high_watermark >= 0) & (now.high_watermark <= mine.agrees) & (now.high_watermark <= mine.high_watermark)
    told = mine.end if rules.counts_diverging_fetches else mine.told
    cut = becomes(mine, now, end=mine.agrees, told=told, high_watermark=now.high_watermark)
    return own & (mine.agrees < mine.end) & cut & committing(rules, before, after) & rest(before, after, "other")


def restarted(before: State, after: State) -> Truth:
    """A follower has crashed, and is back with what it had; its leader goes by what it hears from now on."""
    mine, now = before.acting, after.acting
    back = becomes(mine, now, told=0, is_joining=now.is_joining, is_eligible=now.is_eligible)
    fewer = now.is_joining.implies(mine.is_joining) & now.is_eligible.implies(mine.is_eligible)
    return back & fewer & rest(before, after, "leader", "other")


def joined(rules: BrokerRules, before: State, after: State) -> Truth:
    """A follower that is far enough is asked to join, and then is in sync; nobody is eligible once they are enough."""
    mine, leader = before.acting, before.leader
    members = leader.members + 1

    def may_join() -> bool:
        numbers = (mine.told, leader.high_watermark, leader.epoch_start)
        return bool(is_far_enough(rules, *(cast("int", value) for value in numbers)))

    def is_short() -> bool:
        return bool(are_too_few(rules, cast("int", members)))

    is_enough = taken(may_join, lambda may: ALWAYS if may else NEVER) & leader.is_member & ~mine.is_in_sync
    asks = is_enough & becomes(mine, after.acting, is_joining=ALWAYS)
    is_asked = asks & rest(before, after, "leader", "other")
    takes = becomes(mine, after.acting, is_in_sync=ALWAYS, is_joining=NEVER, is_eligible=NEVER)
    grows = becomes(leader, after.leader, members=members)
    stay = taken(
        is_short,
        lambda short: (
            unchanged(before.other, after.other) if short else becomes(before.other, after.other, is_eligible=NEVER)
        ),
    )
    return is_asked | ((is_enough | mine.is_joining) & leader.is_member & ~mine.is_in_sync & takes & grows & stay)


def joined_without(rules: BrokerRules, before: State, after: State) -> Truth:
    """A follower loses what it had after its leader has asked for it, and the controller lets it join."""
    leader, members = before.leader, before.leader.members + 1
    grows = becomes(leader, after.leader, members=members, unclean=leader.unclean + 1)
    stay = rest(before, after, "acting", "other")
    outs = (becomes(one, now, is_eligible=NEVER) for one, now in zip(followers(before), followers(after), strict=True))
    forgotten = all_of(outs)
    is_short = taken(lambda: bool(are_too_few(rules, cast("int", members))), lambda short: stay if short else forgotten)
    return leader.is_member & grows & is_short


def left(rules: BrokerRules, before: State, after: State) -> Truth:
    """A follower leaves the in-sync replicas: it fell behind, or was fenced."""
    mine = before.acting
    goes = after_leaving(rules, before.leader.members - 1)
    is_out = becomes(mine, after.acting, is_in_sync=NEVER, is_eligible=goes, told=after.acting.told)
    forgotten = same(after.acting.told, mine.told) | same(after.acting.told, 0)
    fewer = becomes(before.leader, after.leader, members=before.leader.members - 1)
    return mine.is_in_sync & is_out & forgotten & fewer & rest(before, after, "other")


def left_at_once(rules: BrokerRules, before: State, after: State) -> Truth:
    """Followers are behind, and the leader puts them out together; some may have lost what they had."""
    leader, now = before.leader, after.leader
    sound, left = leader.members - leader.unclean, now.members - now.unclean
    fewer = becomes(leader, now, members=now.members, unclean=now.unclean) & (now.members < leader.members)
    fewer &= (now.unclean >= 0) & (now.unclean <= leader.unclean)
    eligible = after_leaving(rules, now.members)
    is_sound = (left >= 1) & after.other.is_in_sync.implies(left >= 2)
    one = before.acting.is_in_sync & (left <= sound - 1) & unlisted(before.acting, after.acting, eligible)
    both = before.other.is_in_sync & (left <= sound - 2) & unlisted(before.other, after.other, eligible)
    return leader.is_member & fewer & is_sound & one & (both | rest(before, after, "other"))


def unlisted(one: Follower, now: Follower, eligible: Truth) -> Truth:
    """Whether a follower is in sync no more, and nothing else has happened to it."""
    return becomes(one, now, is_in_sync=NEVER, is_eligible=eligible)


def after_leaving(rules: BrokerRules, members: Number) -> Truth:
    """Whether members that leave so many are eligible from then on."""
    left = cast("int", members)
    return taken(lambda: role_after_leaving(rules, left), lambda role: ALWAYS if role == "eligible" else NEVER)


def leader_left(rules: BrokerRules, before: State, after: State) -> Truth:
    """The leader is fenced; without eligible replicas the last one stays listed. It is still what others agree with."""
    leader, members = before.leader, before.leader.members
    eligible = after_leaving(rules, members - 1)
    goes = becomes(leader, after.leader, is_member=NEVER, is_eligible=eligible, members=members - 1)
    stays = taken(
        lambda: role_after_leaving(rules, cast("int", members - 1)),
        lambda role: unchanged(leader, after.leader) if role == "in-sync" else goes,
    )
    return leader.is_member & stays & rest(before, after, "acting", "other")


def lost(before: State, after: State) -> Truth:
    """A follower loses power, and some of its log: it can not lead any more, whatever the controller knows."""
    mine, now, leader = before.acting, after.acting, before.leader
    watermark = (now.high_watermark >= 0) & (now.high_watermark <= mine.high_watermark)
    agrees = (now.agrees >= 0) & (now.agrees <= now.end) & (now.agrees <= mine.agrees)
    is_cut = (now.end <= mine.end) & (now.high_watermark <= now.end) & watermark & agrees
    is_out = ~now.is_in_sync & ~now.is_joining & ~now.is_eligible & same(now.told, 0)
    was_member = becomes(leader, after.leader, unclean=leader.unclean + 1)
    counted = (mine.is_in_sync & was_member) | (~mine.is_in_sync & unchanged(leader, after.leader))
    return is_cut & is_out & counted & rest(before, after, "other")


def leader_lost(before: State, after: State) -> Truth:
    """Who leads, or has led last, loses power, and some of its log."""
    leader, now = before.leader, after.leader
    unclean = same(now.unclean, leader.unclean + 1) & leader.is_member
    unclean |= same(now.unclean, leader.unclean) & ~leader.is_member
    out = becomes(leader, now, is_member=NEVER, is_eligible=NEVER, has_lost=ALWAYS, unclean=now.unclean)
    return unclean & out & rest(before, after, "acting", "other")


def elected(before: State, after: State) -> Truth:
    """
    A follower leads: it knows its own high watermark, and nothing of its followers.

    Another one, or the leader there was, agrees with it as far as both agreed with that, or further by chance. From
    outside the in-sync replicas it is their only member.
    """
    leader, mine, now = before.leader, before.acting, after.leader
    is_clean, is_last = mine.is_in_sync, mine.is_eligible & same(leader.members, 0)
    members = (is_clean & same(now.members, leader.members)) | (is_last & same(now.members, 1))
    new = same(now.end, mine.end) & same(now.high_watermark, mine.high_watermark) & same(now.epoch_start, mine.end)
    leads = new & same(now.committed, leader.committed) & now.is_member & ~now.is_eligible & ~now.has_lost
    leads &= members & same(now.unclean, leader.unclean)
    return leads & follows(before, after.other, before.other, before.other.agrees) & former(before, after)


def follows(before: State, after: Follower, one: Follower, agreed: Number) -> Truth:
    """A follower of the new leader, that *agreed* with the old one so far."""
    mine = before.acting
    meet = ((after.agrees >= agreed) | (after.agrees >= mine.agrees)) & (after.agrees <= one.end)
    told = same(after.told, 0) & (after.agrees <= mine.end)
    return meet & told & becomes(one, after, agrees=after.agrees, told=0, is_joining=NEVER)


def former(before: State, after: State) -> Truth:
    """The leader there was: it follows, as in sync or eligible as it was."""
    leader, now = before.leader, after.acting
    as_it_was = same(now.end, leader.end) & same(now.high_watermark, leader.high_watermark)
    less = (now.end <= leader.end) & (now.high_watermark <= leader.high_watermark) & (now.high_watermark <= now.end)
    has = (~leader.has_lost & as_it_was) | (leader.has_lost & less & (now.high_watermark >= 0))
    meet = (now.agrees >= 0) & (now.agrees <= now.end) & (now.agrees <= before.acting.end)
    meet &= leader.has_lost | (now.agrees >= before.acting.agrees)
    is_listed = same_truth(now.is_in_sync, leader.is_member) & same_truth(now.is_eligible, leader.is_eligible)
    return has & same(now.told, 0) & meet & is_listed & ~now.is_joining


def elected_again(before: State, after: State) -> Truth:
    """Who led last leads again: it is listed or eligible, or nobody else is."""
    leader, now = before.leader, after.leader
    nobody = ~before.acting.is_eligible & ~before.other.is_eligible
    is_last = same(leader.members, 0) & (leader.is_eligible | nobody)
    listed = (leader.is_member & same(now.members, leader.members)) | (is_last & same(now.members, 1))
    leads = becomes(leader, now, epoch_start=leader.end, is_member=ALWAYS, is_eligible=NEVER, members=now.members)
    forgets = all_of(
        becomes(one, then, told=0, is_joining=NEVER)
        for one, then in ((before.acting, after.acting), (before.other, after.other))
    )
    return ~leader.has_lost & listed & leads & forgets
