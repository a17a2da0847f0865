"""What was acknowledged, and brokers that lose their data."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.produce.controller import role_after_leaving
from ackproof.model.produce.replica import Role, are_too_few
from ackproof.model.produce.rules import BrokerRules
from ackproof.proofs.logic import Number, Truth, constant, number, same
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem


@attrs.frozen
class State:
    """
    Where an acknowledged record is, counted over any number of replicas.

    Attributes:
        members: In-sync replicas; each has the record, as none joins without what is committed.
        eligible: Eligible leader replicas that have it.
        lost: How many brokers have gone down uncleanly since it was acknowledged.
    """

    members: Number
    eligible: Number
    lost: Number


def invariant(least: Number, state: State) -> Truth:
    """What every step keeps: whoever may be elected and has the record outnumbers what can still be lost."""
    counts = (state.members >= 0) & (state.eligible >= 0) & (state.lost >= 0)
    return counts & (state.members + state.eligible >= least - state.lost)


@theorem(
    source="KIP-966; PartitionChangeBuilder.maybePopulateTargetElr, "
    "ReplicationControlManager.handleBrokerUncleanShutdown",
    sound=BrokerRules(has_eligible_leader_replicas=True),
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
    least = number("min.insync.replicas")
    state = State(number("members"), number("eligible"), number("lost"))
    before = invariant(least, state) & (least >= 1)
    # The proof is for any min.insync.replicas.
    for_any = attrs.evolve(rules, min_insync_replicas=cast("int", least))
    acknowledged = (least >= 1) & (state.members >= least) & (state.eligible >= 0) & same(state.lost, 0)
    yield Obligation("base: it is acknowledged", acknowledged.implies(invariant(least, state)))
    yield Obligation("step: a member leaves", left(for_any, before, least, state))
    yield Obligation("step: a replica joins", joined(for_any, before, least, state))
    member_down = attrs.evolve(state, members=state.members - 1, lost=state.lost + 1)
    goes = before & (state.members >= 1)
    yield Obligation("step: a member goes down uncleanly", goes.implies(invariant(least, member_down)))
    eligible_down = attrs.evolve(state, eligible=state.eligible - 1, lost=state.lost + 1)
    goes = before & (state.eligible >= 1)
    yield Obligation("step: an eligible one goes down uncleanly", goes.implies(invariant(least, eligible_down)))
    elects = same(state.members, 0) & (state.eligible >= 1)
    leads = attrs.evolve(state, members=constant(1), eligible=state.eligible - 1)
    yield Obligation("step: an eligible one is elected", (before & elects).implies(invariant(least, leads)))
    is_tolerated = state.lost <= least - 1
    somebody = state.members + state.eligible >= 1
    yield Obligation("safety: somebody who has it may lead", (before & is_tolerated).implies(somebody))


def left(rules: BrokerRules, before: Truth, least: Number, state: State) -> Truth:
    """A member leaves the in-sync replicas: it fell behind, or was fenced or stopped."""
    members = state.members - 1

    def role() -> Role:
        return role_after_leaving(rules, cast("int", members))

    def after(role: Role) -> Truth:
        moved = {
            "in-sync": state,
            "eligible": attrs.evolve(state, members=members, eligible=state.eligible + 1),
            "out": attrs.evolve(state, members=members),
        }
        return invariant(least, moved[role])

    return holds_on_every_path(role, before & (state.members >= 1), after)


def joined(rules: BrokerRules, before: Truth, least: Number, state: State) -> Truth:
    """A replica that has caught up joins, from the eligible ones or not; nobody is eligible once they are enough."""
    members = state.members + 1
    was_eligible = number("joins from the eligible")
    given = before & (was_eligible >= 0) & (was_eligible <= 1) & (was_eligible <= state.eligible)

    def are_short() -> bool:
        # The model's own answer: where it is unknown the run branches.
        return bool(are_too_few(rules, cast("int", members)))

    def after(is_short: bool) -> Truth:
        eligible = state.eligible - was_eligible if is_short else constant(0)
        return invariant(least, attrs.evolve(state, members=members, eligible=eligible))

    return holds_on_every_path(are_short, given, after)
