"""A trace of a pipeline in one piece, taken on the reference: producer, replicas, and the group that reads them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import permutations, product
from typing import cast

import attrs

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.rules import ConsumerRules, resets
from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import System
from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.preparing import prepare
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.stage import records_in
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.directing.whole.director import WholeDirector
from ackproof.reference.refinement.directing.whole.stage import WholeSetting, WholeStage
from ackproof.reference.refinement.directing.whole.steps import WHOLE, come_back, find_out
from ackproof.reference.refinement.produce.stage import ProduceSetting
from ackproof.reference.refinement.replaying import consume, needs, produce
from ackproof.reference.refinement.replaying.consume import Read
from ackproof.reference.refinement.replaying.ordering import Moment, moments, processed_first, readers_first
from ackproof.reference.refinement.replaying.produce import NotReplayedError, Replayed
from ackproof.reference.refinement.replaying.splitting import asks_in_vain, split
from ackproof.reference.refinement.replaying.whole_findings import InOnePiece
from ackproof.traces.trace import NotAnExecutionError, Trace


@attrs.frozen
class Assignment:
    """
    Who of the stage is who of the model.

    Attributes:
        followers: The followers, by their places on the stage.
        order: The instances.
        is_sticky: Who has the partition keeps it as another instance joins.
    """

    followers: tuple[int, ...]
    order: tuple[int, ...]
    is_sticky: bool


class UnfinishedError(Exception):
    """
    The trace can not be taken on.

    Attributes:
        taken: How many steps were.
    """

    def __init__(self, why: str, taken: int) -> None:
        super().__init__(why)
        self.taken = taken


def taken_in_one_piece(system: System, trace: Trace) -> InOnePiece:
    """
    *trace* of a pipeline in one piece, on the reference.

    Raises:
        NotReplayedError: It can not be taken.
    """
    orders = tuple(orders_of(system, trace))
    failures: list[UnfinishedError] = []
    for ordered, assignment in product(orders, assignments(system)):
        try:
            return taken(system, ordered, assignment)
        except UnfinishedError as problem:
            failures.append(problem)
    raise NotReplayedError(str(max(failures, key=lambda failure: failure.taken)))


def orders_of(system: System, trace: Trace) -> Iterator[tuple[Moment, ...]]:
    """
    The orders in which the steps of a trace may be taken, best first.

    Raises:
        NotReplayedError: One of them can not be.
    """
    in_order = tuple(moments(trace))
    for moment in in_order:
        if not is_known(system, moment):
            raise NotReplayedError(f"step {moment.number}: {moment.step.action.name} is not replayed yet")
    if any(moment.step.action.name == "roll back" for moment in in_order):
        in_order = processed_first(system, in_order)
    orders = [in_order]
    with suppress(NotAnExecutionError):
        orders.insert(0, tuple(readers_first(system, in_order)))
    if all(any(asks_in_vain(system, moment) for moment in order) for order in orders):
        found = split(system, in_order)
        if found is not None:
            yield found
    yield from orders


def is_known(system: System, moment: Moment) -> bool:
    """Whether a step can be directed."""
    name = moment.step.action.name
    if moment.side == "produce":
        return name in produce.DIRECTIONS
    return name in WHOLE or name in consume.directions(system)


def assignments(system: System) -> Iterator[Assignment]:
    """All ways to say who is who."""
    factor, instances = len(replicas_in(system)), len(consumers_in(system))
    ways = product(permutations(range(factor - 1)), (True, False), permutations(range(instances)))
    for followers, is_sticky, order in ways:
        yield Assignment(followers, order, is_sticky)


def replicas_in(system: System) -> Replicas:
    """The replicas at first."""
    return cast("Replicas", system.initial["replicas"])


def consumers_in(system: System) -> Consumers:
    """The consumers at first."""
    return cast("Consumers", system.initial["consumers"])


def taken(system: System, ordered: Sequence[Moment], assignment: Assignment) -> InOnePiece:
    """
    The steps on a new stage.

    Raises:
        NotReplayedError: There is no such stage.
        UnfinishedError: The steps can not be taken on it.
    """
    try:
        stage = WholeStage(setting_of(system, ordered, assignment))
        stage.producing.start()
    except ConfigError as problem:
        raise NotReplayedError(f"the reference has no such pipeline: {problem}") from problem
    first = stage.producing.first_leader
    others = [broker for broker in stage.producing.image.replicas if broker != first]
    director = WholeDirector(stage, (first, *(others[place] for place in assignment.followers)), assignment.order)
    director.producing.calm()
    run = Run(system, director, ordered)
    for place, moment in enumerate(ordered):
        try:
            run.take(place)
        except NotDirectedError as problem:
            raise UnfinishedError(f"step {moment.number} ({moment.step.says}): {problem}", place) from problem
    return outcome(director, len(ordered))


def setting_of(system: System, ordered: Sequence[Moment], assignment: Assignment) -> WholeSetting:
    """What is run beside the model."""
    rules = system.rules
    client, leader = cast("ProducerRules", rules["client"]), cast("Leader", rules["leader"])
    records = cast("int", rules["records"])
    at_once = needs.at_once([round_of(moment) for moment in ordered if moment.side == "consume"])
    return WholeSetting(
        ProduceSetting(client, leader.rules, records),
        ConsumeSetting(cast("ConsumerRules", rules["consumer"]), records, at_once),
        instances=len(consumers_in(system)),
        offsets_replicas=needs.replicas_of(system),
        is_sticky=assignment.is_sticky,
        has_deadlines=any(moment.step.action.name in produce.DEADLINES for moment in ordered),
        times_out=any("answers REQUEST_TIMED_OUT" in moment.step.says for moment in ordered),
        validates_positions=bool(rules.get("validates_positions", True)),
    )


def round_of(moment: Moment) -> Round:
    """A step, as a director of readers sees it."""
    return Round(moment.number, moment.step.action.name, moment.step.says, moment.before, moment.after)


class Run:
    """A trace that is being taken."""

    def __init__(self, system: System, director: WholeDirector, ordered: Sequence[Moment]) -> None:
        self._directions = consume.directions(system)
        self._director = director
        self._ordered = ordered
        self._rules = system.rules

    def take(self, place: int) -> None:
        """
        Take a step, and see whether the reference is where the model is.

        Raises:
            NotDirectedError: It can not be taken, or is not.
        """
        moment = self._ordered[place]
        find_out(self._director, cast("Consumers", moment.before["consumers"]))
        if moment.side == "produce":
            self._produce(place)
        else:
            self._read(place)

    def _produce(self, place: int) -> None:
        director = self._director.producing
        director.coming = turns = [self._turn(moment) for moment in self._ordered[place:] if moment.side == "produce"]
        # What is sent next is younger.
        clock = self._director.stage.clock
        clock.run_until(clock.now_ms + 1)
        if turns[0].action == "come back":
            come_back(self._director, turns[0])
        else:
            produce.DIRECTIONS[turns[0].action](director, turns[0])
        if len(turns) == 1 or turns[1].action not in produce.URGENT:
            produce.check(director, turns[0])

    def _turn(self, moment: Moment) -> Turn:
        step = moment.step
        return Turn(moment.number, step.action.name, step.says, moment.before, moment.after, self._rules)

    def _read(self, place: int) -> None:
        director = self._director.reading
        rounds = [round_of(moment) for moment in self._ordered[place:] if moment.side != "produce"]
        director.coming, turn = rounds, rounds[0]
        prepare(director, turn)
        if turn.action in WHOLE:
            WHOLE[turn.action](self._director, turn)
        else:
            self._directions[turn.action](director, turn)
        if turn.after.get("rolled_back_to") is None:
            consume.check(director, turn)
            check_log(self._director, turn)
        else:
            check_loss(self._director, turn)


def check_log(director: WholeDirector, turn: Round) -> None:
    """
    The leader has what readers can read.

    Raises:
        NotDirectedError: It has not.
    """
    led = director.stage.reading.led(TOPIC)
    wanted = turn.log_after.records
    if led is None:
        return
    kept = wanted[led.log.log_start_offset :]
    if records_in(led.log)[: len(kept)] != kept:
        raise NotDirectedError(f"the leader has {records_in(led.log)}, where readers read {wanted}")


def check_loss(director: WholeDirector, turn: Round) -> None:
    """
    What readers could read is gone from where it is in the model.

    Raises:
        NotDirectedError: It is not.
    """
    led = director.stage.reading.led(TOPIC)
    kept, could_read = cast("int", turn.after["rolled_back_to"]), turn.log_after.records
    mine = () if led is None else records_in(led.log)
    if mine[:kept] != could_read[:kept] or mine[kept : kept + 1] == could_read[kept : kept + 1]:
        raise NotDirectedError(f"the leader has {mine}, where readers could read {could_read}")


def outcome(director: WholeDirector, steps: int) -> InOnePiece:
    """What has come of it."""
    side, reading = director.stage.reading, director.reading
    led = side.led(TOPIC)
    records = () if led is None else records_in(led.log)
    start = 0 if led is None else led.log.log_start_offset
    positions = (reading.position(at) for at in range(len(reading.order)) if reading.owns(at))
    held = (record for reader in side.applications if reader.is_up for _, record in reader.in_hand)
    read = Read(
        steps,
        (*range(start), *records),
        start,
        tuple(side.sink),
        tuple(consume.commits_in(side)),
        next(positions, None),
        tuple(held),
    )
    handed = tuple(each for reader in side.applications for each in reader.handed)
    produced = Replayed(director.producing, steps)
    return InOnePiece(produced, read, handed, restart(director), frozenset(director.stage.producing.acknowledged))


def restart(director: WholeDirector) -> int | None:
    """Where a consumer starts that has no position: at the committed offset if there is such a one, else by policy."""
    side = director.stage.reading
    led = side.led(TOPIC)
    start, end = (0, 0) if led is None else (led.log.log_start_offset, led.log.log_end_offset)
    committed = side.committed
    if committed is not None and start <= committed <= end:
        return committed
    return max(resets(side.setting.rules.reset, start, director.readable_to), default=None)
