"""A trace of the model's produce half, taken on the reference: step by step, down to bytes and offsets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, permutations
from typing import cast

import attrs

from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import leader_of
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import System
from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.refinement.directing import (
    brokers,
    client,
    deadlines,
    elsewhere,
    leaderless,
    returning,
    showing,
)
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.stage import DirectedStage
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.produce.stage import ProduceSetting
from ackproof.reference.refinement.replaying.repeating import repeated
from ackproof.traces.trace import Trace

Direct = Callable[[Director, Turn], None]


DIRECTIONS: Mapping[str, Direct] = {
    "send": client.send,
    "send and forget": client.send,
    "append": brokers.append,
    "fetch": brokers.fetch,
    "answer": client.answer,
    "give up": client.give_up,
    "hear refusal": client.hear_refusal,
    "disconnect": client.disconnect,
    "resolve": deadlines.resolve,
    "expand": brokers.expand,
    "alter partition": brokers.alter_partition,
    "notice": leaderless.notice,
    "notice one": leaderless.notice,
    "come back": returning.come_back,
    "request lost": client.request_lost,
    "response lost": client.response_lost,
    "request delayed": client.request_delayed,
    "late": client.late,
    "late again": client.late,
    "broker crash": brokers.crash,
    "power loss": brokers.lose_power,
    "leader change": brokers.leader_change,
    "follower lag": brokers.follower_lag,
    "2 followers lag": brokers.follower_lag,
    "send timeout": deadlines.send_timeout,
    "message timeout": deadlines.message_timeout,
    "retention": brokers.retention,
    "retention of one": brokers.retention_of_one,
    "topic vanishes": client.topic_vanishes,
    "bump elsewhere": elsewhere.bump,
    "deadline passes with the connection": deadlines.deadline_passes_with_the_connection,
    "deadlines pass with the connection": deadlines.deadline_passes_with_the_connection,
    "deadline passes with the answer": deadlines.deadline_passes_with_the_answer,
    "producer pause": deadlines.producer_pause,
    "producer crash": client.producer_crash,
    "producer crash unnoticing": client.producer_crash,
    "show": showing.show,
}
"""By the names of the model's actions."""

DEADLINES = frozenset(
    {
        "send timeout",
        "message timeout",
        "producer pause",
        "deadline passes with the connection",
        "deadlines pass with the connection",
        "deadline passes with the answer",
    }
)
URGENT = frozenset({"notice", "disconnect", "hear refusal"})
"""What follows at once: what comes before it may be ahead by that."""


class NotReplayedError(Exception):
    """
    The reference can not be brought to take the trace.

    Attributes:
        turn: The step at which it fails; None where the trace as a whole can not be taken.
    """

    def __init__(self, why: str, turn: Turn | None = None) -> None:
        where = "" if turn is None else f"step {turn.number} ({turn.says}): "
        super().__init__(f"{where}{why}")
        self.turn = turn


@attrs.frozen
class Replayed:
    """What has come of a trace."""

    director: Director
    steps: int

    @property
    def stage(self) -> DirectedStage:
        """Where it was taken."""
        return self.director.stage


def replayed(system: System, trace: Trace) -> Replayed:
    """
    *trace* of a produce half, on the reference.

    Raises:
        NotReplayedError: It can not be taken.
    """
    turns = repeated(tuple(turns_of(system, trace)), trace.loop)
    unknown = [turn for turn in turns if turn.action not in DIRECTIONS]
    if unknown:
        raise NotReplayedError(f"{unknown[0].action} is not replayed yet", unknown[0])
    failures: list[NotReplayedError] = []
    factor = len(turns[0].replicas_before) if turns else 1
    for order in permutations(range(1, factor)):
        try:
            return taken(system, turns, order)
        except NotReplayedError as problem:
            failures.append(problem)
    raise max(failures, key=lambda failure: failure.turn.number if failure.turn else 0)


def turns_of(system: System, trace: Trace) -> Iterator[Turn]:
    """The steps of a trace."""
    states = [dict(zip(trace.names, state, strict=True)) for state in trace.states]
    for number, (step, (before, after)) in enumerate(zip(trace.steps, pairwise(states), strict=True), start=1):
        yield Turn(number, step.action.name, step.says, before, after, system.rules)


def taken(system: System, turns: Sequence[Turn], order: Sequence[int]) -> Replayed:
    """The steps on a new stage, whose followers are those of the model in some order."""
    rules, leader = cast("ProducerRules", system.rules["client"]), cast("Leader", system.rules["leader"])
    setting = ProduceSetting(rules, leader.rules, cast("int", system.rules["records"]))
    try:
        actions = {turn.action for turn in turns}
        spare_brokers = elsewhere.BROKERS if "bump elsewhere" in actions else 0
        has_deadlines = bool(actions & DEADLINES) or elsewhere.times_out(turns)
        stage = DirectedStage(setting, has_deadlines=has_deadlines, spare_brokers=spare_brokers)
        stage.start()
    except ConfigError as problem:
        raise NotReplayedError(f"the reference has no such producer: {problem}") from problem
    others = [broker for broker in stage.image.replicas if broker != stage.first_leader]
    director = Director(stage, (stage.first_leader, *(others[place - 1] for place in order)))
    director.calm()
    if elsewhere.times_out(turns):
        elsewhere.hold_one(director)
    for place, (turn, following) in enumerate(zip(turns, [*turns[1:], None], strict=True)):
        director.coming = turns[place:]
        try:
            DIRECTIONS[turn.action](director, turn)
            if following is None or following.action not in URGENT:
                check(director, turn)
        except NotDirectedError as problem:
            raise NotReplayedError(str(problem), turn) from problem
    return Replayed(director, len(turns))


def check(director: Director, turn: Turn) -> None:
    """
    The reference is where the model is.

    Raises:
        NotDirectedError: It is not.
    """
    for index, replica in enumerate(turn.replicas_after):
        broker = director.brokers[index]
        if replica.is_up != director.is_up(broker):
            raise NotDirectedError(f"broker {broker} is {'down' if replica.is_up else 'up'}")
        if replica.is_up and not has_at_least(director, turn, index):
            raise NotDirectedError(f"broker {broker} has {director.records(broker)}, not {turn.records_after(index)}")
    leader, image = leader_of(turn.replicas_after), director.stage.image
    if leader is not None and image.leader != director.brokers[leader]:
        raise NotDirectedError(f"broker {image.leader} leads")
    in_sync = {director.brokers[at] for at, each in enumerate(turn.replicas_after) if each.is_in_sync}
    if in_sync != set(image.in_sync_replicas):
        raise NotDirectedError(f"in sync are {image.in_sync_replicas}, not {tuple(sorted(in_sync))}")
    # What is sent while nobody leads waits, be it that in the model it has succeeded with that.
    waiting = frozenset(request.sent.record for request in turn.connection_after.requests if leader is None)
    mine = frozenset(director.stage.acknowledged)
    if turn.remembers_acknowledged and not turn.acknowledged_after - waiting <= mine <= turn.acknowledged_after:
        raise NotDirectedError(f"acknowledged are {sorted(mine)}")


def has_at_least(director: Director, turn: Turn, index: int) -> bool:
    """Whether the log of a broker is that of the model; where it had to fetch earlier, it may be the leader's."""
    if brokers.has_what_it_is_to(director, turn, index):
        return True
    if turn.replicas_after[index].is_truncating:
        # It truncates as soon as it begins to follow, in the model as it fetches.
        return turn.records_after(index)[: len(mine := director.records(director.brokers[index]))] == mine
    leader = leader_of(turn.replicas_after)
    if not director.is_ahead or leader is None or leader == index:
        return False
    mine, led = director.records(director.brokers[index]), director.records(director.brokers[leader])
    wanted = turn.records_after(index)
    return led[: len(mine)] == mine and mine[: len(wanted)] == wanted
