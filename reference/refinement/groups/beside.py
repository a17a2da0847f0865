"""A group beside the model: a run of the reference whose every step is one of the model."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import cast

from ackproof.model.faults import Faults
from ackproof.model.groups.assigning import claims_of, moves_at_once, shares_of
from ackproof.model.groups.claims import NONE
from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import ConsumerGroup, is_fenced
from ackproof.model.groups.half import group_half
from ackproof.model.groups.joining import is_remembered
from ackproof.model.groups.rules import ClassicRules, ConsumerRules, GroupRules
from ackproof.model.system import System
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups import classic_look, classic_map, consumer_map
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting, may_join_beside, waits_in_vain
from ackproof.reference.refinement.groups.stage import GroupStage
from ackproof.reference.refinement.groups.tracking import Tracker
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.traces.trace import Trace

QUIET_MS = 1_500
GROUP = "group"

TIMES = {"consumer-pause": 2}
"""Who stands still for too long may be removed twice: for its session, then because it does not poll."""


class TwoOwnersError(AssertionError):
    """Two members of the present generation or epoch of the reference own the same partition."""


MOST_PUT_OUT = 20
"""How often a group puts somebody out at most that it has waited for in vain."""

BREAKS = frozenset({"coordinator-failover", "response-lost"})
"""What keeps somebody from saying that it leaves."""


class LeaderRefusesError(AssertionError):
    """The leader's poll raises an error instead of assigning, as the model says that it may (KAFKA-13406)."""


def faults_of(setting: GroupSetting, disturbances: Sequence[Disturbance]) -> Counter[str]:
    """
    As often as what may happen of each kind.

    Who joins beside who it was is one that dies and another that joins. One that dies is also who leaves unheard, and
    who is told nothing as a member was forgotten (KAFKA-9801).
    """
    counts = Counter[str]()
    for disturbance in disturbances:
        counts[disturbance.kind] += TIMES.get(disturbance.kind, 1)
    if waits_in_vain(setting.rules):
        counts["consumer-pause"] += MOST_PUT_OUT
    if "consumer-pause" in counts and BREAKS & counts.keys() and may_join_beside(setting.rules):
        counts.update(["consumer-crash", "member-joins"])
    if BREAKS & counts.keys() and isinstance(setting.rules, ConsumerRules):
        counts["consumer-crash"] += counts["consumer-pause"]
    if isinstance(setting.rules, ClassicRules) and setting.rules.forgets_replaced_members and disturbances:
        counts["consumer-crash"] += setting.members + 1
    return +counts


def fine_system(setting: GroupSetting, disturbances: Sequence[Disturbance]) -> System:
    """The model without any reduction, with as many faults of each kind as may happen."""
    counts = faults_of(setting, disturbances)
    faults = Faults(counts.total(), tuple(sorted(counts.items())))
    return group_half(
        setting.rules,
        members=setting.members,
        partitions=setting.partitions,
        faults=faults,
        kinds=frozenset(+counts),
        is_fine=True,
    )


def run_group_beside(
    setting: GroupSetting, seed: int, disturbances: Sequence[Disturbance], *, model: GroupSetting | None = None
) -> Trace:
    """
    Run the reference, and take each of its steps in the model.

    Args:
        setting: The rules of the group, and how many members and partitions it has.
        seed: Of everything that chance decides.
        disturbances: What goes wrong, one after the other; what can not happen when it is due does not.
        model: The rules of the model, if they are to be others than those of what runs.

    Raises:
        NotRefinedError: One of its steps is none of the model.
        TwoOwnersError: It has two owners of one partition, be it that the model has them too.
        LeaderRefusesError: The leader does not assign, and nobody can.
    """
    with suppress(NotRefinedError):
        return run_once(setting, seed, disturbances, model or setting)
    return run_once(setting, seed, disturbances, model or setting, further=1)


def run_once(
    setting: GroupSetting, seed: int, disturbances: Sequence[Disturbance], model: GroupSetting, *, further: int = 0
) -> Trace:
    """The same, along states of the model that may take *further* actions than need be: that takes long."""
    kinds = faults_of(setting, disturbances).keys()
    expects_more = "member-joins" in kinds or (setting.rules.is_static and "consumer-pause" in kinds)
    stage = GroupStage(setting, seed, expects_more=expects_more)
    beside = Beside(fine_system(model, disturbances), stage, further)
    stage.start()
    for disturbance in disturbances:
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        if FAULTS[disturbance.kind](stage, disturbance.choice) and disturbance.kind != "member-leaves":
            stage.happened[disturbance.kind] += TIMES.get(disturbance.kind, 1)
    beside.run_until(stage.clock.now_ms + QUIET_MS)
    return beside.trace


def have_two_owners(group: Hashable, rules: GroupRules) -> bool:
    """
    Whether two members that the coordinator does not refuse fetch from one partition.

    What a member only takes as it had begun to does not count, where it does so.
    """
    if isinstance(group, ClassicGroup):
        owned = [member.owned for member in group.members if is_current(group, member)]
    else:
        finishes = isinstance(rules, ConsumerRules) and rules.finishes_what_it_began
        owned = [
            member.owned & member.registration.holds if finishes else member.owned
            for member in cast("ConsumerGroup", group).members
            if member.registration and not is_fenced(member)
        ]
    return sum(map(len, owned)) > len(NONE.union(*owned))


def may_refuse(group: ClassicGroup, rules: ClassicRules) -> bool:
    """Whether the leader of the present generation may come to an assignment that moves at once what members claim."""
    shares = shares_of(group, rules, group.partitions)
    return rules.refuses_stale_claims and any(moves_at_once(claims_of(group), each) for each in shares)


class Beside:
    """A stage, and the model that follows it."""

    def __init__(self, system: System, stage: GroupStage, further: int = 0) -> None:
        self._stage = stage
        first = system.initial[GROUP]
        self._states: list[Callable[[], Sequence[Hashable]]]
        if isinstance(first, ClassicGroup):
            # Whether who stands still hears its assignment shows in what it claims or keeps, which is later.
            rules = stage.setting.rules
            ways = (True, False) if isinstance(rules, ClassicRules) and is_remembered(rules) else (True,)
            self._states = [classic_map.ClassicMap(stage, first, hears_assignments=hears).states for hears in ways]
            self._tracker = Tracker(system, GROUP, classic_look.look_of, stage.happened, further)
        else:
            mapped = consumer_map.ConsumerMap(stage, cast("ConsumerGroup", first))
            self._states = [mapped.states]
            self._tracker = Tracker(system, GROUP, consumer_map.look_of, stage.happened, further)

    @property
    def trace(self) -> Trace:
        """What the model has taken part in so far."""
        return self._tracker.trace

    def run_until(self, until_ms: int) -> None:
        """The reference goes on, and the model follows."""
        while self._stage.clock.now_ms < until_ms:
            self._stage.step()
            self.check()

    def check(self) -> None:
        """The model comes to where the reference is, which has one owner of each partition by itself."""
        maybe = [state for states in self._states for state in states()]
        problem, present = self._tracker.follow(*maybe), maybe[-1]
        if problem is not None:
            raise NotRefinedError(self._stage.clock.now_ms, self.trace, problem)
        if any(each.has_refused for each in self._stage.applications):
            rules = self._stage.setting.rules
            assert isinstance(present, ClassicGroup)
            assert isinstance(rules, ClassicRules)
            assert may_refuse(present, rules)
            raise LeaderRefusesError(f"the leader refuses to assign at {self._stage.clock.now_ms} ms: {present}")
        if have_two_owners(present, self._stage.setting.rules):
            raise TwoOwnersError(f"two members own the same at {self._stage.clock.now_ms} ms: {present}")
