"""A trace of a group of several members, taken on the reference: down to what its coordinator has assigned."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import cast

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.rules import ClassicRules, GroupRules
from ackproof.model.system import System
from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.refinement.directing.groups import classic, failover, faults, meanwhile, modern
from ackproof.reference.refinement.directing.groups.director import GroupsDirector
from ackproof.reference.refinement.directing.groups.missing import hold_up
from ackproof.reference.refinement.directing.groups.ordering import in_time, is_to_begin, leaving, together
from ackproof.reference.refinement.directing.groups.position import Position, differences
from ackproof.reference.refinement.directing.groups.ranking import Ranking, rankings
from ackproof.reference.refinement.directing.groups.seeing import look
from ackproof.reference.refinement.directing.groups.shift import Group, Shift
from ackproof.reference.refinement.directing.groups.stage import MemberStage
from ackproof.reference.refinement.directing.groups.waiting import add_partition, wait
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.replaying.group_findings import Grouped, instances_of, number_of, refusals_of
from ackproof.reference.refinement.replaying.repeating import repeated
from ackproof.traces.trace import Trace

MOST_TRIES = 6
"""How often a trace is tried where several rankings of member ids lead to what is assigned in it."""

SEED = 1
"""Of what chance decides, which is nothing of what is compared."""

APART_MS = 2
"""How long there is between two steps at least: sessions that begin one after the other also end so."""

Directions = Mapping[str, Callable[[GroupsDirector, Shift], None]]

OF_BOTH: Directions = {
    "consumer crash": faults.crash,
    "partitions added": faults.partitions_added,
}

CLASSIC: Directions = {
    **OF_BOTH,
    "join": classic.join,
    "return as the same": classic.return_as_the_same,
    "rejoin": classic.rejoin,
    "ask again": classic.ask_again,
    "hear of removal": classic.hear_of_removal,
    "session expires": classic.session_expires,
    "session expires, join": classic.return_in_time,
    "sync expires": classic.sync_expires,
    "begin generation": classic.begin_generation,
    "assign": classic.assign,
    "learn": classic.learn,
    "notice partitions": classic.notice_partitions,
    "consumer pause": faults.pause,
    "coordinator failover": faults.move_coordinator,
    "member joins": classic.join,
    "member leaves": faults.member_leaves,
    "response lost": faults.lose_response,
}

MODERN: Directions = {
    **OF_BOTH,
    "join": modern.join,
    "return as the same": modern.join,
    "heartbeat": modern.heartbeat,
    "follow": modern.follow,
    "hear of error": modern.hear_of_error,
    "session expires": modern.session_expires,
    "consumer pause": modern.pause,
    "coordinator failover": failover.move_coordinator,
    "member joins": modern.join,
    "member leaves": modern.leave,
    "response lost": modern.lose_response,
}
"""By the names of the model's actions."""


class NotGroupedError(Exception):
    """
    The reference can not be brought to take the trace.

    Attributes:
        step: At which it fails; 0 where the trace as a whole can not be taken.
    """

    def __init__(self, why: str, shift: Shift | None = None) -> None:
        super().__init__(why if shift is None else f"step {shift.number} ({shift.says}): {why}")
        self.step = 0 if shift is None else shift.number


def grouped(system: System, trace: Trace) -> Grouped:
    """
    *trace* of a group, on the reference.

    Raises:
        NotGroupedError: It can not be taken.
    """
    rules = cast("GroupRules", system.rules["rules"])
    shifts = tuple(leaving(tuple(together(repeated(tuple(shifts_of(in_time(system, trace))), trace.loop)))))
    if not shifts:
        raise NotGroupedError("nothing happens in it")
    known = CLASSIC if isinstance(rules, ClassicRules) else MODERN
    unknown = next((shift for shift in shifts if shift.action not in known), None)
    if unknown is not None:
        raise NotGroupedError(f"{unknown.action} is not replayed yet", unknown)
    failures = list[NotGroupedError]()
    for ranking in islice(rankings(shifts, rules), MOST_TRIES):
        try:
            director, position = begun(rules, shifts, ranking)
            return taken(director, position, known, waits=trace.loop is not None)
        except NotGroupedError as problem:
            failures.append(problem)
    nothing = NotGroupedError("no order of members leads to what their leaders assign")
    raise max(failures, key=lambda failure: failure.step, default=nothing)


def shifts_of(trace: Trace) -> Iterator[Shift]:
    """The steps of a trace."""
    place = trace.names.index("group")
    groups = [cast("Group", state[place]) for state in trace.states]
    for number, (step, (before, after)) in enumerate(zip(trace.steps, pairwise(groups), strict=True), start=1):
        yield Shift(number, step.action.name, step.says, before, after)


def begun(rules: GroupRules, shifts: Sequence[Shift], ranking: Ranking) -> tuple[GroupsDirector, Position]:
    """A new stage that is where the model begins, with its director and its map."""
    first = shifts[0].before
    try:
        stage = MemberStage(GroupSetting(rules, len(first.members), first.partitions), len(first.members), SEED)
    except ConfigError as problem:
        raise NotGroupedError(f"the reference has no such member: {problem}") from problem
    return GroupsDirector(stage, shifts, ranking), Position(stage, first)


def taken(director: GroupsDirector, position: Position, directions: Directions, *, waits: bool) -> Grouped:
    """
    The steps on a new stage.

    Args:
        director: Of that stage.
        position: Where it is in the model.
        directions: How its steps are taken.
        waits: Time goes by in the end, and nothing may come of it.
    """
    for place, shift in enumerate(director.shifts):
        director.begin(place)
        look(director)
        try:
            hold_up(director)
            directions[shift.action](director, shift)
            check(director, position)
            director.calm(APART_MS)
            if directions is MODERN:
                meanwhile.pass_time(director, shift)
        except NotDirectedError as problem:
            raise NotGroupedError(str(problem), shift) from problem
    if waits:
        wait(director)
    return outcome(director, position, len(director.shifts))


def check(director: GroupsDirector, position: Position) -> None:
    """
    The reference is where the model is, or further where a generation begins with what happened.

    Raises:
        NotDirectedError: It is not.
    """
    found, shift = position.state(), director.coming[0]
    if is_to_begin(director.coming[1:]) and has_begun(found, shift.after):
        return
    problems = differences(found, shift.after)
    if problems:
        raise NotDirectedError("; ".join(problems))


def has_begun(found: Group, wanted: Group) -> bool:
    """Whether a generation has begun that in the model all have joined."""
    if not isinstance(found, ClassicGroup) or not isinstance(wanted, ClassicGroup):
        return False
    return found.state == "completing" and wanted.state == "preparing"


def outcome(director: GroupsDirector, position: Position, steps: int) -> Grouped:
    """What has come of it; a leader that is to assign does, and one that is to watch has something to see."""
    stage, rules = director.stage, director.stage.setting.rules
    is_classic = isinstance(rules, ClassicRules)
    if isinstance(rules, ClassicRules) and rules.refuses_stale_claims:
        for member in stage.instances:
            director.poll_once(member)
    state = position.state()
    found = Grouped(
        steps,
        tuple(instances_of(stage, state)),
        number_of(stage),
        is_classic,
        stage.partitions,
        tuple(refusals_of(stage)),
    )
    if isinstance(rules, ClassicRules) and rules.returning_leader_follows:
        return attrs.evolve(found, unnoticed=add_partition(director))
    return found
