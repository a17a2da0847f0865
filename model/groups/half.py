"""A group of several members and partitions as a system."""

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.groups import assigning, classic, consumer, disturbing, expiring, failing, heartbeats, joining
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer, ConsumerGroup
from ackproof.model.groups.member import Member
from ackproof.model.groups.rules import ClassicRules, GroupRules
from ackproof.model.groups.watching import Watching
from ackproof.model.system import REDUCTIONS, Action, System

CLASSIC: tuple[Action, ...] = (
    joining.join,
    joining.return_as_the_same,
    joining.rejoin,
    joining.ask_again,
    joining.hear_of_removal,
    expiring.session_expires,
    expiring.sync_expires,
    assigning.begin_generation,
    assigning.assign,
    assigning.learn,
    assigning.notice_partitions,
)
NEW: tuple[Action, ...] = (
    heartbeats.join,
    heartbeats.return_as_the_same,
    heartbeats.heartbeat,
    heartbeats.follow,
    heartbeats.hear_of_error,
    heartbeats.session_expires,
)

KINDS = frozenset(act.fault for act in failing.FAULTS if act.fault)
"""The kinds of fault that a group knows."""


def group_half(
    rules: GroupRules,
    *,
    members: int,
    partitions: int,
    faults: Faults,
    kinds: frozenset[str],
    is_fine: bool = False,
) -> System:
    """
    A group of so many members that starts, and what happens to it.

    Args:
        kinds: Which kinds of fault happen.
        is_fine: Members are told apart, and generations and epochs keep their numbers.
    """
    joiners = int("member-joins" in kinds or (rules.is_static and "consumer-pause" in kinds))
    more_partitions = limit(faults, "partitions-added") if "partitions-added" in kinds else 0
    fails_over = "coordinator-failover" in kinds
    is_classic = isinstance(rules, ClassicRules)
    of_faults = failing.FAULTS if is_classic else disturbing.FAULTS
    return System(
        initial={"group": started(members, joiners, partitions, is_classic=is_classic), FAULTS: faults},
        actions=(*(CLASSIC if is_classic else NEW), *(act for act in of_faults if act.fault in kinds)),
        rules={
            "rules": rules,
            "fewest_partitions": partitions,
            "most_partitions": partitions + more_partitions,
            "fails_over": fails_over,
            "watching": watching_of(partitions, more_partitions, kinds),
            "repeats": isinstance(rules, ClassicRules) and may_repeat(rules, kinds),
        },
        symmetric={"group": classic.in_any_order if is_classic else consumer.in_any_order},
        reductions=frozenset() if is_fine else REDUCTIONS,
    )


def watching_of(partitions: int, more_partitions: int, kinds: frozenset[str]) -> Watching:
    """What there may be to see of the topic of a classic group."""
    fails_over = "coordinator-failover" in kinds
    moves_leaders = fails_over or "consumer-pause" in kinds
    return Watching(partitions, partitions + more_partitions, fails_over=fails_over, moves_leaders=moves_leaders)


def may_repeat(rules: ClassicRules, kinds: frozenset[str]) -> bool:
    """
    Whether a member of a generation that its coordinator does not know may join with what it has said before.

    The coordinator has lost it as it moved, or the next one has begun without a static member. Who tells no generation
    at all is compared by what it claims.
    """
    is_left_out = rules.is_static and "consumer-pause" in kinds
    return rules.claims_heard_generation and (is_left_out or "coordinator-failover" in kinds)


def limit(faults: Faults, kind: str) -> int:
    """How often a kind of fault may happen at most."""
    return min(faults.left, dict(faults.limits).get(kind, faults.left))


def started(members: int, joiners: int, partitions: int, *, is_classic: bool) -> ClassicGroup | ConsumerGroup:
    """A group before its members have joined, with room for those who come later."""
    if is_classic:
        return ClassicGroup((Member("out"),) * members + (Member("absent"),) * joiners, partitions)
    return ConsumerGroup((Consumer("out"),) * members + (Consumer("absent"),) * joiners, partitions)
