"""What was acknowledged, and brokers that lose their data."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.produce.controller import role_after_leaving
from ackproof.model.produce.replica import are_too_few
from ackproof.model.produce.rules import BrokerRules
from ackproof.proofs.case import Case
from ackproof.proofs.logic import Number, Truth, number, same
from ackproof.proofs.paths import taken
from ackproof.proofs.states import becomes, unchanged, unknown
from ackproof.proofs.theorem import Obligation, Step, kept, theorem


@attrs.frozen
class State:
    """
    Where an acknowledged record is, counted over any number of replicas.

    Attributes:
        members: In-sync replicas that have it, as none joins without what is committed.
        unclean: In-sync replicas that have gone down uncleanly, and with it perhaps what they had, before the
            controller has noticed.
        eligible: Eligible leader replicas that have it.
        lost: How many brokers have gone down uncleanly since it was acknowledged, or were down as it was and may still
            count as in sync.
    """

    members: Number
    unclean: Number
    eligible: Number
    lost: Number


LEAST = number("min.insync.replicas")


def invariant(at: State) -> Truth:
    """What every step keeps: whoever may be elected and has the record outnumbers what can still be lost."""
    counts = (at.members >= 0) & (at.unclean >= 0) & (at.eligible >= 0) & (at.unclean <= at.lost)
    return counts & (LEAST >= 1) & (at.members + at.eligible >= LEAST - at.lost)


@theorem(
    source="KIP-966; PartitionChangeBuilder.maybePopulateTargetElr, "
    "ReplicationControlManager.handleBrokerUncleanShutdown",
    sound=(BrokerRules(has_eligible_leader_replicas=True),),
    broken={"no eligible leader replicas (before KIP-966)": BrokerRules(has_eligible_leader_replicas=False)},
)
def acknowledged_records_survive_all_but_one_of_min_insync_replicas(rules: BrokerRules) -> Iterator[Obligation]:
    """
    With acks=all, an acknowledged record survives min.insync.replicas - 1 unclean shutdowns, with or without data loss.

    For any number of replicas and any min.insync.replicas, without unclean election. A record is acknowledged while
    that many replicas are in sync and have it. A member that leaves while they are too few is eligible, and stays so
    until they are enough, each of them with the record; a broker that went down uncleanly loses its place. So while
    fewer than min.insync.replicas brokers did, somebody is left that has it and may be elected.
    """
    before, after = unknown(State), unknown(State, when="after")
    holds = invariant(before)
    # The proof is for any min.insync.replicas.
    for_any = attrs.evolve(rules, min_insync_replicas=cast("int", LEAST))
    yield Obligation("base: it is acknowledged", acknowledged(before).implies(holds))
    yield from kept(holds, steps(for_any, before, after), invariant(after))
    is_tolerated = before.lost <= LEAST - 1
    somebody = before.members + before.eligible >= 1
    yield Obligation("safety: somebody who has it may lead", (holds & is_tolerated).implies(somebody))


def acknowledged(at: State) -> Truth:
    """A record has just been acknowledged: enough replicas are in sync."""
    counts = (LEAST >= 1) & (at.members >= 0) & (at.unclean >= 0) & (at.eligible >= 0)
    return counts & (at.members + at.unclean >= LEAST) & (at.lost >= at.unclean)


def steps(rules: BrokerRules, before: State, after: State) -> Iterator[Step]:
    """Everything that may happen to who has it."""
    yield Step("members leave at once", left(rules, before, after))
    yield Step("a replica joins", joined(rules, before, after))
    yield Step("one that went down uncleanly joins", joined_unclean(rules, before, after))
    down = becomes(before, after, members=before.members - 1, unclean=before.unclean + 1, lost=before.lost + 1)
    yield Step("a member goes down uncleanly", (before.members >= 1) & down)
    down = becomes(before, after, eligible=before.eligible - 1, lost=before.lost + 1)
    yield Step("an eligible one goes down uncleanly", (before.eligible >= 1) & down)
    yield Step("another one goes down uncleanly", becomes(before, after, lost=before.lost + 1))
    leads = becomes(before, after, members=1, eligible=before.eligible - 1)
    yield Step("an eligible one is elected", same(before.members + before.unclean, 0) & (before.eligible >= 1) & leads)


def left(rules: BrokerRules, before: State, after: State) -> Truth:
    """Members leave the in-sync replicas at once: they fell behind, or one was fenced or stopped."""
    leaving, unclean = before.members - after.members, before.unclean - after.unclean
    roles = {
        "in-sync": unchanged(before, after),
        "eligible": same(after.eligible, before.eligible + leaving),
        "out": same(after.eligible, before.eligible),
    }
    left_over = cast("int", after.members + after.unclean)
    goes = (leaving >= 0) & (unclean >= 0) & (leaving + unclean >= 1) & (after.members >= 0) & (after.unclean >= 0)
    stays = becomes(before, after, members=after.members, unclean=after.unclean, eligible=after.eligible)
    return goes & stays & taken(lambda: role_after_leaving(rules, left_over), lambda role: roles[role])


def joined(rules: BrokerRules, before: State, after: State) -> Truth:
    """A replica that has caught up joins, from the eligible ones or not; nobody is eligible once they are enough."""
    members, from_eligible = before.members + 1, before.eligible - after.eligible
    is_one = (from_eligible >= 0) & (from_eligible <= 1) & (after.eligible >= 0)
    is_short = taken(
        # The model's own answer: where it is unknown the run branches.
        lambda: bool(are_too_few(rules, cast("int", members + before.unclean))),
        lambda short: is_one if short else same(after.eligible, 0),
    )
    return is_short & becomes(before, after, members=members, eligible=after.eligible)


def joined_unclean(rules: BrokerRules, before: State, after: State) -> Truth:
    """A replica goes down uncleanly after its leader has asked for it, and the controller lets it join."""
    unclean = before.unclean + 1
    is_short = taken(
        lambda: bool(are_too_few(rules, cast("int", before.members + unclean))),
        lambda short: same(after.eligible, before.eligible if short else 0),
    )
    goes = becomes(before, after, unclean=unclean, eligible=after.eligible)
    return (before.unclean < before.lost) & is_short & goes


def covers(case: Case) -> bool:
    """
    Whether what was acknowledged had to be in sync, and too few brokers can go down uncleanly to lose it.

    A leader that asks the controller to let a follower join may be answered after that has lost what it had, unless
    the controller can tell (KIP-903).
    """
    brokers = case.brokers
    is_proved = brokers.has_eligible_leader_replicas and brokers.checks_broker_epochs and case.replicates_as_proved
    return case.client.acks == "all" and is_proved and case.unclean_shutdowns < brokers.min_insync_replicas
