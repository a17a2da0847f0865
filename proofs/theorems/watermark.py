"""The high watermark, and what every in-sync replica has."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.proofs.case import Case
from ackproof.proofs.logic import ALWAYS, Truth, all_of, any_of, same
from ackproof.proofs.replica_state import LEAST, Follower, Leader, State, state
from ackproof.proofs.replicas import steps
from ackproof.proofs.theorem import Obligation, kept, theorem


def invariant(rules: BrokerRules, at: State) -> Truth:
    """What every step keeps of the leader and of any two of its followers."""
    leader, followers = at.leader, (at.acting, at.other)
    of_leader = (leader.high_watermark >= 0) & (leader.committed <= leader.end) & (leader.epoch_start <= leader.end)
    watermark = leader.high_watermark <= leader.committed
    # After an election the high watermark may be behind, but not what the leader had as it was elected.
    start = (leader.committed <= leader.high_watermark) | (leader.committed <= leader.epoch_start)
    nobody = ALWAYS if rules.has_eligible_leader_replicas else ~any_of(one.is_eligible for one in (leader, *followers))
    of_followers = all_of(of_follower(leader, one) for one in followers)
    return (LEAST >= 1) & of_leader & watermark & start & counts(at) & nobody & of_followers


def of_follower(leader: Leader, one: Follower) -> Truth:
    """What every step keeps of a follower."""
    logs = (one.agrees >= 0) & (one.agrees <= one.end) & (one.agrees <= leader.end)
    told = (one.told >= 0) & (one.told <= one.agrees)
    own = (one.high_watermark >= 0) & (one.high_watermark <= leader.committed) & (one.high_watermark <= one.end)
    may_lead = one.is_in_sync | one.is_joining | one.is_eligible
    is_asked = one.is_joining.implies(~one.is_in_sync)
    return logs & told & own & is_asked & may_lead.implies(leader.committed <= one.agrees)


def counts(at: State) -> Truth:
    """Members are counted; and somebody is eligible only while they are too few to commit anything."""
    leader, acting, other = at.leader, at.acting, at.other
    both, alone = acting.is_in_sync & other.is_in_sync, acting.is_in_sync | other.is_in_sync
    sound = leader.members - leader.unclean
    are_counted = (sound >= 0) & leader.is_member.implies(sound >= 1) & alone.implies(sound >= 1)
    are_two = (both | (leader.is_member & alone)).implies(sound >= 2)
    are_three = (both & leader.is_member).implies(sound >= 3)
    all_three = (leader, acting, other)
    of_each = all_of(
        of_eligible(leader, one, *(another for another in all_three if another is not one)) for one in all_three
    )
    apart = all_of(~(one.is_eligible & one.is_in_sync) for one in (acting, other))
    of_leader = ~(leader.is_member & leader.is_eligible) & leader.has_lost.implies(
        ~leader.is_member & ~leader.is_eligible
    )
    return all_of((leader.unclean >= 0, are_counted, are_two, are_three, of_each, apart, of_leader))


def of_eligible(leader: Leader, one: Leader | Follower, *others: Leader | Follower) -> Truth:
    """Where one is eligible members are too few, and beside another one that may lead one member would be."""
    is_not_alone = any_of(another.is_eligible for another in others) | (leader.members >= 1)
    return one.is_eligible.implies((leader.members < LEAST) & is_not_alone.implies(LEAST >= 2))


WITH_ELIGIBLE, WITHOUT_ELIGIBLE = BrokerRules(), BrokerRules(has_eligible_leader_replicas=False)


@theorem(
    source="KIP-101, KIP-966; Partition.maybeIncrementLeaderHW, Partition.isFollowerInSync, "
    "PartitionChangeBuilder.maybePopulateTargetElr",
    sound=(
        WITH_ELIGIBLE,
        WITHOUT_ELIGIBLE,
        attrs.evolve(WITHOUT_ELIGIBLE, keeps_high_watermark_below_min_isr=False),
    ),
    broken={
        "a follower joins below the start of the leader's epoch (KAFKA-7128)": BrokerRules(
            joins_below_leader_epoch=True
        ),
        "a fetch that diverges counts for the high watermark (KAFKA-13141)": BrokerRules(counts_diverging_fetches=True),
        "the high watermark moves on while in-sync replicas are too few, and some are eligible": BrokerRules(
            keeps_high_watermark_below_min_isr=False
        ),
    },
)
def the_high_watermark_never_exceeds_what_every_in_sync_replica_has(rules: BrokerRules) -> Iterator[Obligation]:
    """
    Whatever was ever below a high watermark is in the log of every in-sync replica, and of every leader to come.

    For any number of replicas, records, crashes and elections and any min.insync.replicas, without unclean election,
    and if whoever has lost data leads no more unless it has caught up again. The leader counts a follower as far as it
    knows it to agree, so what it commits all in-sync ones have, and those that are about to be; one that joins has what
    is committed, as it has all that the leader had when it was elected; what is eligible left while nothing could be
    committed, and nothing is until it is eligible no more.
    """
    # The proof is for any min.insync.replicas.
    for_any = attrs.evolve(rules, min_insync_replicas=cast("int", LEAST))
    before, after = state(), state("after")
    holds = invariant(rules, before)
    yield Obligation("base", first(before).implies(holds))
    yield from kept(holds, steps(for_any, before, after), invariant(rules, after))
    has_it = before.other.is_in_sync.implies(before.leader.high_watermark <= before.other.agrees)
    yield Obligation("safety: each in-sync replica has what is committed", holds.implies(has_it))


def first(at: State) -> Truth:
    """Nobody has a record; each replica is in sync."""
    leader, followers = at.leader, (at.acting, at.other)
    ends = (leader.end, leader.high_watermark, leader.epoch_start, leader.committed)
    of_followers = (number for one in followers for number in (one.end, one.agrees, one.told, one.high_watermark))
    members = all_of(one.is_in_sync & ~one.is_joining & ~one.is_eligible for one in followers)
    is_led = leader.is_member & ~leader.is_eligible & ~leader.has_lost & (leader.members >= 3) & same(leader.unclean, 0)
    return all_of(same(one, 0) for one in (*ends, *of_followers)) & members & is_led & (LEAST >= 1)


def covers(case: Case) -> bool:
    """Whether what was acknowledged was below a high watermark, and brokers do nothing but the steps of the theorem."""
    return case.client.acks == "all" and case.loses_nothing
