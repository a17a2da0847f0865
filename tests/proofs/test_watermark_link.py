"""The theorem of the high watermark is about the replicas that are searched, step by step."""

from collections.abc import Iterator
from functools import partial
from typing import cast

import attrs
import pytest

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.append import Leader as Lead
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replica, Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import Log, common_prefix
from ackproof.model.system import System
from ackproof.proofs.logic import Question
from ackproof.proofs.replica_state import Follower, Leader, state
from ackproof.proofs.replicas import steps
from ackproof.proofs.states import values_of
from ackproof.proofs.theorems.watermark import invariant
from tests.proofs.linking import Named, Transition, Values, as_seen, is_reached, once, transitions

KINDS = frozenset({"broker-crash", "leader-change", "follower-lag"})


@attrs.frozen
class Past:
    """
    What a state does not say.

    Attributes:
        leader: Who led last; its log and what it knew as it did.
        committed: The highest high watermark that there has been.
    """

    leader: int = 0
    log: Log = ()
    high_watermark: int = 0
    epoch_start: int = 0
    committed: int = 0
    has_lost: bool = False


def remember(past: Past, now: Named) -> Past:
    replicas = cast("Replicas", now["replicas"])
    leader = next((i for i, replica in enumerate(replicas) if replica.role == "leader"), None)
    if leader is None or has_lost(now, replicas[leader]):
        return attrs.evolve(past, has_lost=past.has_lost or has_lost(now, replicas[past.leader]))
    led = replicas[leader]
    return Past(leader, led.log, led.high_watermark, led.epoch_start, max(past.committed, led.high_watermark))


def has_lost(now: Named, replica: Replica) -> bool:
    """Whether it went down with a loss of data, where that happens; then no other way of going down does."""
    faults = cast("Faults", now[FAULTS])
    return replica.is_dirty and "power-loss" in dict(faults.limits)


def replicated(brokers: BrokerRules, *, records: int = 1, faults: int, kinds: frozenset[str] = KINDS) -> System:
    return produce_half(
        ProducerRules(max_in_flight=1),
        brokers,
        records=records,
        faults=Faults(faults, tuple((kind, faults) for kind in sorted(kinds))),
        kinds=kinds,
        is_fine=True,
    )


def known(at: tuple[Named, Past], when: str = "", order: int = 1) -> Values:
    """The state of the theorem for three replicas; a negative *order* names the followers the other way round."""
    now, past = at
    replicas = cast("Replicas", now["replicas"])
    led = replicas[past.leader]
    leader = {
        "end": len(past.log),
        "high_watermark": past.high_watermark,
        "epoch_start": past.epoch_start,
        "committed": past.committed,
        "is_member": led.is_in_sync and not past.has_lost,
        "is_eligible": led.role == "eligible" and not past.has_lost,
        "has_lost": past.has_lost,
        "members": sum(replica.is_in_sync for replica in replicas),
        "unclean": sum(replica.is_in_sync and has_lost(now, replica) for replica in replicas),
    }
    followers = [of_follower(at, replica) for index, replica in enumerate(replicas) if index != past.leader][::order]
    acting, other = (values_of(Follower, one, of, when) for one, of in zip(followers, FOLLOWERS, strict=True))
    return values_of(Leader, leader, "leader's", when) | acting | other


FOLLOWERS = ("acting follower's", "other follower's")


def of_follower(at: tuple[Named, Past], one: Replica) -> dict[str, int | bool]:
    may_lead = not has_lost(at[0], one)
    return {
        "end": len(one.log),
        "agrees": common_prefix(at[1].log, one.log),
        "told": one.fetched_to if may_lead else 0,
        "high_watermark": one.high_watermark,
        "is_in_sync": one.is_in_sync and may_lead,
        "is_joining": one.is_joining and may_lead,
        "is_eligible": one.role == "eligible" and may_lead,
    }


WITHOUT_ELIGIBLE = BrokerRules(has_eligible_leader_replicas=False, keeps_high_watermark_below_min_isr=False)
SYSTEMS = {
    "another one leads": replicated(BrokerRules(), faults=1, kinds=frozenset({"leader-change"})),
    "eligible leader replicas": replicated(BrokerRules(), faults=2, kinds=KINDS - {"leader-change"}),
    "without them": replicated(WITHOUT_ELIGIBLE, faults=1),
    "a loss of data": replicated(BrokerRules(), faults=1, kinds=frozenset({"power-loss"})),
    "two records": replicated(BrokerRules(), records=2, faults=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_step_of_replicas_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    system = SYSTEMS[name]
    rules = rules_of(system)
    least: Values = {"min.insync.replicas": rules.min_insync_replicas}
    holds, follows = Question(invariant(rules, state())), is_reached(partial(steps, rules), state, most=3)
    for step in distinct(system):
        before, after = (known(step.before), known(step.before, "", -1)), known(step.after, "after")
        turned = known(step.after, "after", -1)

        assert holds.is_possible_for(known(step.after) | least), step.taken.says
        ways = [one | then | least for then in (after, turned) for one in before]
        assert same(step) or follows(*ways), step.taken.says


BROKEN = BrokerRules(keeps_high_watermark_below_min_isr=False)


def test_where_the_high_watermark_moves_on_below_min_isr_the_invariant_fails_in_the_system_too() -> None:
    system = replicated(BROKEN, faults=2, kinds=frozenset({"follower-lag"}))
    least: Values = {"min.insync.replicas": BROKEN.min_insync_replicas}
    holds = Question(invariant(BROKEN, state()))

    assert not all(holds.is_possible_for(known(step.after) | least) for step in distinct(system))


def rules_of(system: System) -> BrokerRules:
    return cast("Lead", system.rules["leader"]).rules


def same(step: Transition[Past]) -> bool:
    """Whether the theorem sees no difference."""
    return known(step.before) == known(step.after)


def distinct(system: System) -> Iterator[Transition[Past]]:
    """The transitions of *system*, one of those that are the same for the theorem."""
    return once(
        transitions(system, Past(), remember), lambda step: as_seen((step, known(step.before), known(step.after)))
    )
