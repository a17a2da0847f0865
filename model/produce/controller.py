"""The controller: who is in sync, who is eligible, who leads (``PartitionChangeBuilder``)."""

from collections.abc import Collection

import attrs

from ackproof.model.produce.replica import Replica, Replicas, Role, are_too_few, in_sync, is_short, replaced
from ackproof.model.produce.rules import BrokerRules


def without(rules: BrokerRules, replicas: Replicas, *indexes: int) -> Replicas:
    """
    *replicas* after those of *indexes* left the in-sync replicas, by one decision.

    Without eligible leader replicas the last member stays listed. With them it leaves too; where a decision leaves the
    in-sync replicas too few, all that leave with it are eligible, as the high watermark stands still.

    Source: ``PartitionChangeBuilder.maybePopulateTargetElr``, KIP-966.
    """
    leaving = [index for index in indexes if replicas[index].is_in_sync]
    role = role_after_leaving(rules, len(in_sync(replicas)) - len(leaving))
    for index in leaving:
        left = replicas[index]
        led_last = left.role == "leader" if rules.has_eligible_leader_replicas else left.was_last_leader
        replicas = replaced(replicas, index, attrs.evolve(left, role=role, was_last_leader=led_last))
    return replicas


def role_after_leaving(rules: BrokerRules, members_left: int) -> Role:
    """What a member of the in-sync replicas is once it leaves, and how many are left."""
    if not rules.has_eligible_leader_replicas:
        return "out" if members_left > 0 else "in-sync"
    return "eligible" if are_too_few(rules, members_left) else "out"


def joined(rules: BrokerRules, replicas: Replicas, index: int) -> Replicas:
    """*replicas* after *index* became in-sync; nobody is eligible once they are enough."""
    after = _put(without_proposal(replicas, index), index, "in-sync")
    return after if is_short(rules, after) else _forget_eligible(after)


def proposed(replicas: Replicas, index: int) -> Replicas:
    """*replicas* after the leader asked the controller to let *index* join."""
    return replaced(replicas, index, attrs.evolve(replicas[index], is_joining=True))


def without_proposal(replicas: Replicas, index: int) -> Replicas:
    """*replicas* after the controller decided on *index*."""
    asked = replicas[index]
    return replaced(replicas, index, attrs.evolve(asked, is_joining=False)) if asked.is_joining else replicas


def without_proposals(replicas: Replicas) -> Replicas:
    """*replicas* with a new leader: what the old one asked for is refused (FENCED_LEADER_EPOCH)."""
    for index in range(len(replicas)):
        replicas = without_proposal(replicas, index)
    return replicas


def candidates(rules: BrokerRules, replicas: Replicas, unnoticed: Collection[int] = ()) -> list[int]:
    """
    Who may lead now.

    Any in-sync replica, else any eligible one, else the last leader (KIP-966), else, where unclean election is
    allowed, anybody who is up.

    Args:
        unnoticed: Who is down without the controller knowing, so that it counts on them.

    Source: ``PartitionChangeBuilder.electAnyLeader``. Preferred order is left out: any permitted replica may win.
    """
    members = in_sync(replicas)
    if not members:
        members = [i for i, replica in enumerate(replicas) if replica.role == "eligible"]
    if not members:
        members = [i for i, replica in enumerate(replicas) if replica.was_last_leader]
    up = [i for i in members if replicas[i].is_up or i in unnoticed]
    if up or not rules.elects_uncleanly:
        return up
    return [i for i, replica in enumerate(replicas) if replica.is_up]


def elected(rules: BrokerRules, replicas: Replicas, index: int) -> Replicas:
    """
    *replicas* led by *index*: a leader from outside the in-sync replicas becomes their only member.

    If it was not eligible either nobody is from then on.

    Source: ``PartitionChangeBuilder``: ``tryElection``, ``maybeUpdateRecordElr``.
    """
    is_clean, is_unclean = replicas[index].is_in_sync, replicas[index].role == "out"
    demoted = tuple(_below(rules, replica, is_clean) for replica in without_proposals(replicas))
    leader = attrs.evolve(demoted[index], role="leader")
    led = _forget_leader(replaced(demoted, index, leader))
    return _forget_eligible(led) if is_unclean else led


def noticed(rules: BrokerRules, replicas: Replicas) -> Replicas:
    """
    *replicas* once the controller has fenced the brokers that are down.

    Source: ``ReplicationControlManager.handleBrokerFenced``.
    """
    for index, replica in enumerate(replicas):
        if not replica.is_up:
            replicas = without(rules, replicas, index)
    return replicas


def registered(rules: BrokerRules, replicas: Replicas, index: int) -> Replicas:
    """
    *replicas* after the broker of *index* came back and registered.

    Where eligible leader replicas are in force, an unclean shutdown costs it its place.

    Source: ``ClusterControlManager.registerBroker``, ``ReplicationControlManager.handleBrokerUncleanShutdown``.
    """
    back = replicas[index]
    role: Role = "out" if rules.has_eligible_leader_replicas and back.is_dirty else back.role
    # The controller refuses who has restarted (INELIGIBLE_REPLICA), if it can tell.
    is_joining = back.is_joining and not rules.checks_broker_epochs
    # Until then its leader goes by what it last heard of it (``Replica.updateFetchState``).
    again = attrs.evolve(back, is_up=True, is_dirty=False, role=role, fetched_to=0, is_joining=is_joining)
    return replaced(replicas, index, again)


def _below(rules: BrokerRules, replica: Replica, is_clean: bool) -> Replica:
    if replica.role in ("leader", "in-sync"):
        return attrs.evolve(replica, role="in-sync" if is_clean else "out")
    return replica if rules.has_eligible_leader_replicas else attrs.evolve(replica, role="out")


def _put(replicas: Replicas, index: int, role: Role) -> Replicas:
    return replaced(replicas, index, attrs.evolve(replicas[index], role=role))


def _forget_leader(replicas: Replicas) -> Replicas:
    return tuple(attrs.evolve(r, was_last_leader=False) for r in replicas)


def _forget_eligible(replicas: Replicas) -> Replicas:
    return tuple(attrs.evolve(r, role="out") if r.role == "eligible" else r for r in replicas)
