"""The same execution in the order in which a coordinator takes it."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

import attrs

from ackproof.model.groups.classic import ClassicGroup, generations, renumbered
from ackproof.model.groups.member import Registration
from ackproof.model.groups.naming import named
from ackproof.model.system import State, Step, System, steps
from ackproof.reference.refinement.directing.groups.shift import BEGIN, FAILOVER, FORGETS, Group, Shift, has_taken
from ackproof.traces.trace import Trace

UNHEARD = (FAILOVER, "response lost", "consumer crash", "partitions added")
"""What may happen before anybody has heard of a generation that began as the last one joined."""

SLOW = ("session expires", "sync expires", "consumer pause")
"""Steps for which there is no time before a group that had no members begins (``group.initial.rebalance.delay.ms``)."""

IS_REMOVED = "pauses for too long; the coordinator removes it"
HAS_LEFT = f"{FORGETS} leaves; the coordinator removes it"
"""Of who is put out as its session ends, and of who leaves, which the model does not tell apart."""

MOST_ORDERS, MOST_MORE = 6_000, 2
"""How many states are looked at for a better order of the steps that lead to one generation, and to how many more."""


def in_time(system: System, trace: Trace) -> Trace:
    """
    *trace* as a coordinator takes it, as far as that comes to the same state, but for how generations are numbered.

    It begins a generation right behind what lets it begin, where in the model something may happen in between, be it
    that there is one more then; and of those that join a group without members the first one leads.
    """
    if not isinstance(system.named(trace.first_state)["group"], ClassicGroup):
        return trace
    apart = attrs.evolve(system, symmetric={}, interchangeable=(), reductions=frozenset())
    taken, state, loop = list[Step](), trace.first_state, trace.loop
    for start, end in _parts(trace):
        if start == trace.loop:
            loop = len(taken)
        order = Ordering(apart, trace.states[end]).of(state, trace.steps[start:end])
        if order is None and state != trace.states[start]:
            return trace
        taken += order or trace.steps[start:end]
        state = taken[-1].state
    return attrs.evolve(trace, steps=tuple(taken), loop=loop)


def _parts(trace: Trace) -> Iterator[tuple[int, int]]:
    """From where to where one generation begins; what is repeated for ever is apart."""
    ends = {place for place, step in enumerate(trace.steps, start=1) if step.action.name == BEGIN}
    start = 0
    for end in sorted({*ends, *(() if trace.loop is None else (trace.loop,)), len(trace.steps)}):
        if end > start:
            yield start, end
        start = end


class Ordering:
    """The search for an order of steps in which a coordinator takes them, and that leads to a *goal*."""

    def __init__(self, system: System, goal: State) -> None:
        self._system = system
        self._goal = self._as_numbered(goal)
        self._seen = set[tuple[State, tuple[tuple[str, str], ...], int | None, str, int]]()

    def of(self, state: State, taken: Sequence[Step]) -> tuple[Step, ...] | None:
        """Steps like those that are *taken* from a *state*, in the first such order; None if none is found."""
        for begins_more in range(MOST_MORE + 1):
            self._seen.clear()
            found = next(self._orders(state, tuple(taken), None, "", begins_more), None)
            if found is not None:
                return found
        return None

    def _orders(
        self, state: State, left: tuple[Step, ...], first: int | None, expired: str, begins_more: int
    ) -> Iterator[tuple[Step, ...]]:
        if not left:
            if not begins_more and self._as_numbered(state) == self._goal:
                yield ()
            return
        known = (state, tuple(map(kind, left)), first, expired, begins_more)
        if known in self._seen or len(self._seen) > MOST_ORDERS:
            return
        self._seen.add(known)
        possible = steps(self._system, state)
        begins = is_complete(_group(self._system, state)) and any(step.action.name == BEGIN for step in possible)
        for place, wanted in enumerate(left):
            is_in_time = wanted.action.name == BEGIN or is_unheard(wanted.action.name, wanted.says)
            is_in_time = is_in_time or is_back(expired, wanted.says)
            is_in_time = is_in_time or (first is not None and takes_no_time(wanted))
            if (begins and not is_in_time) or kind(wanted) in map(kind, left[:place]):
                continue
            for step in like(wanted, possible):
                if self._may_be_taken(state, step, first):
                    joined = self._first_to_join(state, step, first)
                    expires = step.says if expires_of_another_id(step.action.name, _group(self._system, state)) else ""
                    rest = (*left[:place], *left[place + 1 :])
                    for order in self._orders(step.state, rest, joined, expires, begins_more):
                        yield (step, *order)
        for step in possible if begins_more else ():
            if step.action.name == BEGIN and self._may_be_taken(state, step, first):
                for order in self._orders(step.state, left, None, "", begins_more - 1):
                    yield (step, *order)

    def _as_numbered(self, state: State) -> State:
        """*state*, in which generations have the lowest numbers."""
        group = _group(self._system, state)
        rank = {generation: place for place, generation in enumerate(sorted({0, *generations(group)}))}
        members = tuple(renumbered(member, rank) for member in group.members)
        numbers = (rank[group.generation], rank[group.stored_generation])
        after = attrs.evolve(group, members=members, generation=numbers[0], stored_generation=numbers[1])
        return tuple(after if value is group else value for value in state)

    def _may_be_taken(self, state: State, step: Step, first: int | None) -> bool:
        """Whether a step is possible there, for a coordinator."""
        group = _group(self._system, state)
        if step.action.name == "session expires" and group.state == "completing":
            # Whoever waits for an assignment is not missed.
            index = next(place for place in group.registered if f"of {named(place)} expires" in step.says)
            known = group.members[index].registration
            return known is not None and known.awaits_sync == known.is_static
        if step.action.name != BEGIN or first is None or not group.members[first].registration:
            return True
        return any(member.is_leader for member in group.members) or f"{named(first)} leads" in step.says

    def _first_to_join(self, state: State, step: Step, first: int | None) -> int | None:
        """Who was the first to join since the group had members, once that step is taken; None if there are none."""
        before, after = _group(self._system, state), _group(self._system, step.state)
        if step.action.name == BEGIN:
            return None
        if not before.registered:
            return next(iter(after.registered), None)
        if first is not None and has_taken(step.says) and step.says.startswith(f"{named(first)} "):
            return next(index for index in after.registered if index not in before.registered)
        return first


def _group(system: System, state: State) -> ClassicGroup:
    """The group in a state."""
    group = system.named(state)["group"]
    assert isinstance(group, ClassicGroup)
    return group


def kind(step: Step) -> tuple[str, str]:
    """What a step is, and whom it is about, where it is not how many generations there are by then."""
    return step.action.name, "" if step.action.name == BEGIN else " ".join(step.says.split()[:2])


def like(wanted: Step, possible: Sequence[Step]) -> Sequence[Step]:
    """The steps that are what is *wanted*, those first that say the same."""
    return sorted((step for step in possible if kind(step) == kind(wanted)), key=lambda step: step.says != wanted.says)


def takes_no_time(step: Step) -> bool:
    """Whether a step may come before a group that had no members begins."""
    return step.action.name not in SLOW or has_taken(step.says)


def is_unheard(action: str, says: str) -> bool:
    """Whether a step may come before anybody has heard of a generation that has begun."""
    return action in UNHEARD or has_taken(says) or says.endswith("hears so once all have joined")


def is_back(expired: str, says: str) -> bool:
    """Whether a process joins right behind the end of the session of its former one, as steps say."""
    who = expired.removeprefix("the session of ").removesuffix(" expires")
    return bool(expired) and says.startswith(f"{who} joins")


def together(shifts: Sequence[Shift]) -> Iterator[Shift]:
    """
    *shifts*, where a process that is back joins before the session of its former one ends, if that begins a generation.

    In the model it can not, as a consumer is one member. One that is static would take the place of its former one.
    """
    left = list(shifts)
    while left:
        first = left.pop(0)
        is_next = left and expires_of_another_id(first.action, first.before) and is_back(first.says, left[0].says)
        is_begun = isinstance(first.after, ClassicGroup) and first.after.registered and is_complete(first.after)
        yield first.then(left.pop(0)) if is_next and is_begun else first


def leaving(shifts: Sequence[Shift]) -> Iterator[Shift]:
    """
    *shifts*, where a member that is removed has left by itself if it takes note of that before it hears anything.

    So it is where another coordinator knows it again, which has not read of that in its log.

    Source: ``AbstractCoordinator.maybeLeaveGroup``.
    """
    for place, shift in enumerate(shifts):
        is_own = shift.action == "consumer pause" and shift.says.endswith(IS_REMOVED)
        has_left = is_own and is_known_again(shifts[place + 1 :], shift.whose())
        yield attrs.evolve(shift, says=shift.says.removesuffix(IS_REMOVED) + HAS_LEFT) if has_left else shift


def is_known_again(coming: Sequence[Shift], index: int) -> bool:
    """Whether another coordinator knows a member again that has left."""
    for shift in coming:
        if index in shift.all_named()[:1] and shift.action != FAILOVER:
            return False
        before, after = shift.before.members[index], shift.after.members[index]
        if shift.action == FAILOVER and before.status != after.status:
            return after.status == "out" and before.registration is None
    return False


def expires_of_another_id(action: str, group: Group) -> bool:
    """Whether the session of a member ends that would not come back as the same."""
    known = [member.registration for member in group.members if isinstance(member.registration, Registration)]
    return action == "session expires" and not any(of.is_static for of in known)


def is_complete(group: ClassicGroup) -> bool:
    """Whether all members of a group have joined: a coordinator waits for no time to pass then."""
    return all(member.has_joined for member in group.members if member.registration)


def is_to_begin(coming: Sequence[Shift]) -> bool:
    """Whether a generation is to begin before it matters whether it has, or the coordinator to move before that."""
    unheard = list(takewhile(lambda shift: is_unheard(shift.action, shift.says), coming))
    following = BEGIN if len(unheard) == len(coming) else coming[len(unheard)].action
    return following == BEGIN or any(shift.action == FAILOVER for shift in unheard)
