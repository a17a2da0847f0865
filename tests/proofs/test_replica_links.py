"""The theorem of replicas that lose their data is about the replicas that are searched, step by step."""

from collections.abc import Iterator
from functools import partial
from typing import cast

import attrs
import pytest

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replica, Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.proofs.logic import Question
from ackproof.proofs.states import unchanged, unknown, values_of
from ackproof.proofs.theorem import Step
from ackproof.proofs.theorems import survival
from tests.proofs.linking import Named, Values, is_reached, never_taken, transitions

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
    return Past(power_losses_left(now) + len(unclean_members(now)) + len(unclean_to_be(now)))


def power_losses_left(now: Named) -> int:
    return dict(cast("Faults", now[FAULTS]).limits)["power-loss"]


def unclean_members(now: Named) -> list[Replica]:
    return [replica for replica in cast("Replicas", now["replicas"]) if replica.is_in_sync and replica.is_dirty]


def unclean_to_be(now: Named) -> list[Replica]:
    return [replica for replica in cast("Replicas", now["replicas"]) if replica.is_joining and replica.is_dirty]


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
    follows = is_reached(partial(survival.steps, brokers), state, most=2)
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


def changing(before: survival.State, after: survival.State) -> Iterator[Step]:
    """The steps of the theorem, where something changes."""
    for step in survival.steps(BrokerRules(), before, after):
        yield Step(step.name, step.holds & ~unchanged(before, after))


@pytest.mark.slow
def test_every_step_of_the_theorem_is_taken_and_an_election_with_what_makes_it_necessary() -> None:
    faults, least = Faults(3, (("follower-lag", 2), ("power-loss", 1))), {"min.insync.replicas": 2}
    steps = transitions(replicated(BrokerRules(), faults), Past(), remember)
    every = [(known(one.before), known(one.after, "after")) for one in steps if one.before[1].left is not None]
    seen = {tuple((before | after).items()): before | after | least for before, after in every}.values()
    changes = [one for one in seen if any(one[name] != one[f"{name} after"] for name in COUNTS)]
    follows = is_reached(partial(survival.steps, BrokerRules()), state)

    assert never_taken(changing, state, seen) == {"an eligible one is elected"}
    assert not all(map(follows, changes))


COUNTS = ("members", "unclean", "eligible", "lost")


def test_without_eligible_leader_replicas_the_invariant_fails_in_the_system_too() -> None:
    system = replicated(BrokerRules(has_eligible_leader_replicas=False), ONE_POWER_LOSS)
    least: Values = {"min.insync.replicas": 2}
    holds = Question(survival.invariant(state()))
    reached = (step.after for step in transitions(system, Past(), remember) if step.after[1].left is not None)

    assert not all(holds.is_possible_for(known(after) | least) for after in reached)
