"""The theorem of truncation is about the logs of the replicas that are searched, step by step."""

from collections.abc import Iterator
from typing import cast

import attrs
import pytest

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replicas, leader_of
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import Log as Batches
from ackproof.model.produce.truncation import (
    Truncation,
    by_leader_epoch,
    by_leader_epochs,
    common_prefix,
    to_own_high_watermark,
)
from ackproof.model.system import System
from ackproof.proofs.logic import Question, all_of
from ackproof.proofs.logs import LOGS, Between, Log, State, first, invariant, state, steps
from ackproof.proofs.states import unchanged, values_of
from ackproof.proofs.theorem import Step
from tests.proofs.linking import Named, Transition, Values, is_reached, never_taken, once, transitions


@attrs.frozen
class Past:
    """Who leads, or has led last, and under which epoch."""

    leader: int = 0
    epoch: int = 0


def remember(past: Past, now: Named) -> Past:
    replicas = cast("Replicas", now["replicas"])
    leader = leader_of(replicas)
    return past if leader is None else Past(leader, replicas[leader].leader_epoch)


def replicated(brokers: BrokerRules, faults: Faults, *, records: int = 2) -> System:
    kinds = frozenset(dict(faults.limits))
    client = ProducerRules(max_in_flight=1)
    return produce_half(client, brokers, records=records, faults=faults, kinds=kinds, is_fine=True)


TWO = BrokerRules(replication_factor=2, min_insync_replicas=1)
UNCLEAN = attrs.evolve(TWO, elects_uncleanly=True, has_eligible_leader_replicas=False)
MOVING = Faults(2, (("follower-lag", 1), ("leader-change", 2)))
SYSTEMS = {
    "leaders move": replicated(TWO, MOVING),
    "brokers crash": replicated(TWO, Faults(2, (("broker-crash", 2), ("follower-lag", 1)))),
    "power is lost": replicated(TWO, Faults(2, (("power-loss", 1), ("leader-change", 1)))),
    "unclean elections": replicated(UNCLEAN, Faults(2, (("broker-crash", 2), ("follower-lag", 1)))),
    "three replicas": replicated(BrokerRules(min_insync_replicas=1), Faults(1, (("leader-change", 1),))),
}

NO_BATCHES: Batches = ()


def logs_of(at: tuple[Named, Past], order: int) -> tuple[Batches, Batches, Batches]:
    """The leader's log and those of two followers, of which one may be missing; or these the other way round."""
    logs = [replica.log for replica in cast("Replicas", at[0]["replicas"])]
    followers = [log for index, log in enumerate(logs) if index != at[1].leader]
    acting, other = [*followers, NO_BATCHES][:2][::order]
    return logs[at[1].leader], acting, other


def epoch_at(log: Batches, offset: int) -> int:
    return log[offset].partition_leader_epoch if 0 <= offset < len(log) else -1


def power_losses_left(now: Named) -> int:
    return dict(cast("Faults", now[FAULTS]).limits).get("power-loss", 0)


def known(at: tuple[Named, Past], offsets: tuple[int, int], when: str = "", order: int = 1) -> Values:
    """The state of the theorem, seen at two offsets; a negative *order* names the followers the other way round."""
    logs = logs_of(at, order)
    leader, acting, other = logs
    found: Values = dict(zip(("one offset", "another offset"), offsets, strict=True))
    for log, of in zip(logs, LOGS, strict=True):
        here, there = (epoch_at(log, offset) for offset in offsets)
        found |= values_of(Log, {"end": len(log), "here": here, "there": there}, of, when)
    between = {
        "leader_epoch": at[1].epoch,
        "is_led": leader_of(cast("Replicas", at[0]["replicas"])) is not None,
        "with_acting": common_prefix(leader, acting),
        "with_other": common_prefix(leader, other),
        "of_followers": common_prefix(acting, other),
        "losses": -power_losses_left(at[0]),
    }
    return found | values_of(Between, between, when=when)


def sight(at: tuple[Named, Past]) -> tuple[object, ...]:
    """What the theorem is about."""
    return logs_of(at, 1), at[1], leader_of(cast("Replicas", at[0]["replicas"])), power_losses_left(at[0])


def distinct(system: System) -> Iterator[Transition[Past]]:
    """The transitions of *system*, one of those that are the same for the theorem."""
    return once(transitions(system, Past(), remember), lambda step: (sight(step.before), sight(step.after)))


def seen(step: Transition[Past]) -> Iterator[tuple[tuple[int, int], list[Values]]]:
    """A transition at any two offsets, in all the ways to name the followers."""
    longest = max(len(log) for at in (step.before, step.after) for log in logs_of(at, 1))
    for offsets in ((here, there) for there in range(longest + 1) for here in range(there + 1)):
        ways = ((one, other) for one in (1, -1) for other in (1, -1))
        yield offsets, [known(step.before, offsets, "", a) | known(step.after, offsets, "after", b) for a, b in ways]


FAST = "leaders move"
NAMES = [FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS if name != FAST)]


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_replicas_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    holds, follows = Question(invariant(state())), is_reached(steps, state)
    for step in distinct(SYSTEMS[name]):
        for offsets, ways in seen(step):
            assert holds.is_possible_for(known(step.after, offsets)), step.taken.says
            assert is_same(step) or follows(*ways), step.taken.says


@pytest.mark.parametrize("name", SYSTEMS)
def test_replicas_begin_as_the_theorem_says(name: str) -> None:
    now = SYSTEMS[name].named(SYSTEMS[name].first_state)

    assert Question(first(state())).is_possible_for(known((now, Past()), (0, 0)))


def changing(before: State, after: State) -> Iterator[Step]:
    """The steps of the theorem, where something changes."""
    parts = [attribute.name for attribute in attrs.fields(State)]
    same = all_of(unchanged(getattr(before, part), getattr(after, part)) for part in parts)
    for step in steps(before, after):
        yield Step(step.name, step.holds & ~same)


@pytest.mark.slow
def test_every_step_of_the_theorem_is_taken() -> None:
    of_all = (step for name in ("power is lost", "brokers crash") for step in distinct(SYSTEMS[name]))
    ways = (way for step in of_all if not is_same(step) for way in next(seen(step))[1])

    assert never_taken(changing, state, ways) == frozenset()


def is_same(step: Transition[Past]) -> bool:
    """Whether the theorem sees no difference."""
    return sight(step.before) == sight(step.after)


MANY = Faults(3, (("follower-lag", 1), ("leader-change", 3), ("response-lost", 1)))


@pytest.mark.parametrize(
    "truncation",
    [
        by_leader_epoch,
        *(pytest.param(one, marks=pytest.mark.slow) for one in (to_own_high_watermark, by_leader_epochs)),
    ],
)
def test_where_followers_truncate_as_they_did_no_step_of_the_theorem_is_that_of_the_system(
    truncation: Truncation,
) -> None:
    system, follows = replicated(attrs.evolve(TWO, truncation=truncation), MOVING), is_reached(steps, state)
    outside = {
        step.taken.action.name
        for step in distinct(system)
        if not is_same(step) and not all(follows(*ways) for _, ways in seen(step))
    }

    assert outside == {"fetch"}


@pytest.mark.slow
@pytest.mark.parametrize("truncation", [by_leader_epoch, by_leader_epochs])
def test_where_followers_truncate_as_they_did_the_invariant_fails_in_the_system_too(truncation: Truncation) -> None:
    system, holds = replicated(attrs.evolve(TWO, truncation=truncation), MANY, records=3), Question(invariant(state()))

    assert not all(
        holds.is_possible_for(known(step.after, offsets)) for step in distinct(system) for offsets, _ in seen(step)
    )
