"""Theorems of replicas that lose data and of logs that part are about the replicas that are searched."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise, permutations
from typing import cast

import attrs
import pytest

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replica, Replicas, leader_of
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import Log, by_leader_epoch, common_prefix
from ackproof.model.system import System
from ackproof.proofs.logic import Question
from ackproof.proofs.states import unknown, values_of
from ackproof.proofs.theorems import survival
from tests.proofs.linking import Named, Values, is_reached, transitions

RECORD = 0


def replicated(brokers: BrokerRules, faults: Faults, *, records: int = 1) -> System:
    kinds = frozenset(dict(faults.limits))
    return produce_half(
        ProducerRules(max_in_flight=1), brokers, records=records, faults=faults, kinds=kinds, is_fine=True
    )


@attrs.frozen
class Past:
    """How many power losses were left as the record was acknowledged; None before that."""

    left: int | None = None


def remember(past: Past, now: Named) -> Past:
    if past.left is not None or RECORD not in cast("frozenset[int]", now["acknowledged"]):
        return past
    return Past(power_losses_left(now) + len(unclean_members(now)))


def power_losses_left(now: Named) -> int:
    return dict(cast("Faults", now[FAULTS]).limits)["power-loss"]


def unclean_members(now: Named) -> list[Replica]:
    return [replica for replica in cast("Replicas", now["replicas"]) if replica.is_in_sync and replica.is_dirty]


def has_it(replica: Replica) -> bool:
    return any(batch.record == RECORD for batch in replica.log)


def known(at: tuple[Named, Past], when: str = "") -> Values:
    """Where the record is; it has been acknowledged."""
    now, past = at
    replicas = cast("Replicas", now["replicas"])
    clean = [replica for replica in replicas if not replica.is_dirty]
    counts = {
        "members": sum(replica.is_in_sync and has_it(replica) for replica in clean),
        "unclean": len(unclean_members(now)),
        "eligible": sum(replica.role == "eligible" and has_it(replica) for replica in clean),
        "lost": (past.left or 0) - power_losses_left(now),
    }
    return values_of(survival.State, counts, when=when)


def state(when: str = "") -> survival.State:
    return unknown(survival.State, when=when)


ONE_POWER_LOSS = Faults(2, (("follower-lag", 1), ("power-loss", 1)))


@pytest.mark.slow
def test_every_step_of_brokers_that_lose_power_is_one_of_the_theorem() -> None:
    brokers = BrokerRules()
    least: Values = {"min.insync.replicas": brokers.min_insync_replicas}
    holds, begins = Question(survival.invariant(state())), Question(survival.acknowledged(state()))
    follows = is_reached(partial(survival.steps, brokers), state, most=3)
    seen: set[tuple[object, ...]] = set()
    for step in transitions(replicated(brokers, ONE_POWER_LOSS), Past(), remember):
        if step.after[1].left is None:
            continue
        before, after = known(step.before), known(step.after)
        if (key := (*before.values(), *after.values(), step.before[1])) in seen:
            continue
        seen.add(key)

        assert holds.is_possible_for(after | least), step.taken.says
        if step.before[1].left is None:
            assert begins.is_possible_for(after | least), step.taken.says
        else:
            assert before == after or follows(before | known(step.after, "after") | least), step.taken.says


def test_without_eligible_leader_replicas_the_invariant_fails_in_the_system_too() -> None:
    system = replicated(BrokerRules(has_eligible_leader_replicas=False), ONE_POWER_LOSS)
    least: Values = {"min.insync.replicas": 2}
    holds = Question(survival.invariant(state()))
    reached = (step.after for step in transitions(system, Past(), remember) if step.after[1].left is not None)

    assert not all(holds.is_possible_for(known(after) | least) for after in reached)


def logs_of(now: Named) -> list[Log]:
    return [replica.log for replica in cast("Replicas", now["replicas"])]


def epochs_match(one: Log, other: Log) -> bool:
    """Whether epochs never fall, and both agree up to the last record of an epoch of which both have some."""
    if any(b.partition_leader_epoch < a.partition_leader_epoch for a, b in pairwise(one)):
        return False
    agree = common_prefix(one, other)
    return all(
        agree > min(place, other_place)
        for place, batch in enumerate(one)
        for other_place, other_batch in enumerate(other)
        if batch.partition_leader_epoch == other_batch.partition_leader_epoch
    )


def do_all_match(now: Named) -> bool:
    return all(epochs_match(one, other) for one, other in permutations(logs_of(now), 2))


MOVING = Faults(2, (("follower-lag", 1), ("leader-change", 2)))
BEFORE_KIP_279 = BrokerRules(replication_factor=2, min_insync_replicas=1, truncation=by_leader_epoch)


def shortened(system: System) -> Iterator[tuple[Named, Named, int]]:
    """Each transition in which a follower cuts its log, and which one."""
    for step in transitions(system, None, lambda _past, _now: None):
        for index, (log, after) in enumerate(zip(logs_of(step.before[0]), logs_of(step.after[0]), strict=True)):
            if len(after) < len(log):
                yield step.before[0], step.after[0], index


def test_logs_of_the_system_match_as_the_theorem_says_and_are_cut_where_they_part() -> None:
    system = replicated(attrs.evolve(BEFORE_KIP_279, truncation=BrokerRules().truncation), MOVING, records=2)
    cuts = list(shortened(system))

    assert cast("Leader", system.rules["leader"]).rules.truncation is BrokerRules().truncation
    assert all(do_all_match(step.after[0]) for step in transitions(system, None, lambda _past, _now: None))
    assert cuts
    for before, after, index in cuts:
        replicas = cast("Replicas", before["replicas"])
        leader = replicas[leader_of(replicas) or 0].log
        assert len(logs_of(after)[index]) == common_prefix(leader, replicas[index].log)


@pytest.mark.slow
def test_where_followers_ask_once_logs_of_the_system_do_not_match() -> None:
    many = Faults(3, (("follower-lag", 1), ("leader-change", 3), ("response-lost", 1)))
    system = replicated(BEFORE_KIP_279, many, records=3)

    assert not all(do_all_match(step.after[0]) for step in transitions(system, None, lambda _past, _now: None))
