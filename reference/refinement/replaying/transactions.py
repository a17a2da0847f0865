"""A trace of the model's transactions, taken on the reference: down to markers, offsets and what a reader is given."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import cast

import attrs

from ackproof.model.system import System
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.output import MARKER
from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions import clients, ending, faults, in_steps, members
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.directing.transactions.stage import TransactionStage
from ackproof.reference.refinement.directing.transactions.under_way import is_taken
from ackproof.reference.refinement.replaying.repeating import repeated
from ackproof.reference.refinement.transactions.cluster import state_name
from ackproof.reference.refinement.transactions.logs import outputs_in
from ackproof.reference.refinement.transactions.setting import OUTPUT, TransactionSetting
from ackproof.traces.trace import Trace

LONG_MS, LATE_MS, SHORT_MS = 1_000_000, 190_000, 20_000
"""``delivery.timeout.ms``: too long for anything to pass it by itself; or longer than a transaction; or shorter."""

MOST_IN_FLIGHT = 5
"""How many batches are on their way where one at a time does not do: while offsets are, Java sends no further one."""

MOVES = frozenset({"leader change", "coordinator failover"})
"""What needs other replicas."""

DEATHS = frozenset({"broker crash", "power loss"})
"""How a broker comes to know no more than what it has written down."""

PASSES_DEADLINE = frozenset({"OUT_OF_ORDER_SEQUENCE_NUMBER"})
"""Errors after which a batch is sent again and again until its deadline."""

TIMES_OUT = frozenset({"time out", "producer pause"})
"""How the coordinator comes to abort a transaction by itself."""

Directions = Mapping[str, Callable[[TransactionDirector, Move], None]]

DIRECTIONS: Directions = {
    "append": clients.append,
    "locate": clients.locate,
    "begin": clients.begin,
    "add partition": clients.answer,
    "produce": clients.answer,
    "commit offsets": clients.answer,
    "end or start": clients.answer,
    "mark": ending.mark,
    "time out": ending.time_out,
    "join": members.join,
    "notice": members.notice,
    "consumer pause": members.pause,
    "member joins": members.come,
    "member leaves": members.leave,
    "offsets expired": members.expire,
    "producer pause": faults.producer_pause,
    "retention": faults.delete,
    "late": faults.late,
    "request delayed": faults.request_delayed,
    "marker delayed": faults.marker_delayed,
    "response lost": faults.response_lost,
    "broker crash": faults.broker_crash,
    "power loss": faults.broker_crash,
    "leader change": faults.leader_moves,
    "coordinator failover": faults.coordinator_moves,
    "producer crash": faults.crash,
    "consumer crash": faults.crash,
    "send timeout": faults.send_timeout,
}
"""By the names of the model's actions."""


class NotTransactedError(Exception):
    """
    The reference can not be brought to take the trace.

    Attributes:
        step: At which it fails; 0 where the trace as a whole can not be taken.
    """

    def __init__(self, why: str, move: Move | None = None) -> None:
        super().__init__(why if move is None else f"step {move.number} ({move.says}): {why}")
        self.step = 0 if move is None else move.number


@attrs.frozen
class Transacted:
    """What has come of a trace."""

    director: TransactionDirector
    steps: int

    @property
    def stage(self) -> TransactionStage:
        """Where it was taken."""
        return self.director.stage


def transacted(system: System, trace: Trace) -> Transacted:
    """
    *trace* of transactions, on the reference.

    Raises:
        NotTransactedError: It can not be taken.
    """
    moves = repeated(tuple(moves_of(system, trace)), trace.loop)
    known = directions(system)
    unknown = next((move for move in moves if move.action not in known), None)
    if unknown is not None:
        raise NotTransactedError(f"{unknown.action} is not replayed yet", unknown)
    client, failures = cast("Client", system.rules["client"]), list[NotTransactedError]()
    # Markers of two transactions do not overtake each other, unless each has a coordinator of its own.
    instances = len(moves[0].instances_before) if moves else 1
    # Batches may linger until a coordinator has answered, so that they are not sent meanwhile.
    orders = (True, False) if client.rules.sends_meanwhile else (False,)
    # A batch may outlive its transaction, and pass its deadline after that.
    deadlines = deadlines_of(moves)
    most, brokers = (1, MOST_IN_FLIGHT), range(1, 1 + instances)
    for deadline_ms, sends_meanwhile, in_flight, coordinators in product(deadlines, orders, most, brokers):
        chances = Chances(coordinators, in_flight, sends_meanwhile, deadline_ms)
        try:
            return taken(begun(system, trace, moves, chances, known), moves)
        except NotTransactedError as problem:
            failures.append(problem)
    raise max(failures, key=lambda failure: failure.step)


def directions(system: System) -> Directions:
    """How the actions of a system are taken."""
    client = cast("Client", system.rules["client"])
    return {**DIRECTIONS, **in_steps.IN_STEPS} if client.detail.is_fine else DIRECTIONS


def taken(director: TransactionDirector, moves: Sequence[Move]) -> Transacted:
    """The steps on a new stage."""
    for place, move in enumerate(moves):
        director.coming = moves[place:]
        try:
            if not is_taken(director, move):
                director.take(move)
            check(director, move)
        except NotDirectedError as problem:
            raise NotTransactedError(str(problem), move) from problem
        if not move.client.rules.reads_stop_at_last_stable_offset:
            # What it is given depends on when it reads.
            director.stage.read_output()
    for index, instance in enumerate(moves[-1].instances_after if moves else ()):
        if instance.phase == "aborting" and director.instance(index).transaction not in director.instance(index).ends:
            # The application has heard why it has to, which is all that the model waits for.
            director.instance(index).end("abort")
    return Transacted(director, len(moves))


def moves_of(system: System, trace: Trace) -> Iterator[Move]:
    """The steps of a trace."""
    client = cast("Client", system.rules["client"])
    states = [dict(zip(trace.names, state, strict=True)) for state in trace.states]
    for number, (step, (before, after)) in enumerate(zip(trace.steps, pairwise(states), strict=True), start=1):
        yield Move(number, step.action.name, step.says, before, after, client)


@attrs.frozen
class Chances:
    """
    What may be one way or another.

    Attributes:
        coordinators: How many brokers coordinate transactions.
        in_flight: How many batches of a client are on their way at a time.
        sends_meanwhile: It sends them while it asks a coordinator.
        deadline_ms: ``delivery.timeout.ms``.
    """

    coordinators: int
    in_flight: int
    sends_meanwhile: bool
    deadline_ms: int


def deadlines_of(moves: Sequence[Move]) -> tuple[int, ...]:
    """What ``delivery.timeout.ms`` may be."""
    if not any(move.action == "send timeout" or move.error in PASSES_DEADLINE for move in moves):
        return (LONG_MS,)
    return (SHORT_MS, LATE_MS) if any(move.action == "producer pause" for move in moves) else (SHORT_MS,)


def begun(
    system: System, trace: Trace, moves: Sequence[Move], chances: Chances, directions: Directions
) -> TransactionDirector:
    """A new stage that is where the model begins, and its director."""
    client, first = cast("Client", system.rules["client"]), dict(zip(trace.names, trace.states[0], strict=True))
    instances, log = cast("Instances", first["instances"]), cast("Log", first["log"])
    rules = attrs.evolve(client.rules, sends_meanwhile=chances.sends_meanwhile)
    setting = TransactionSetting(client.application, rules, cast("int", system.rules["records"]))
    running = sum(instance.status != "absent" for instance in instances)
    try:
        stage = TransactionStage(
            setting,
            len(instances),
            chances.deadline_ms,
            coordinators=chances.coordinators,
            is_replicated=any(map(needs_replicas, moves)),
            forgets_offsets=any(move.action == "offsets expired" for move in moves),
            in_flight=chances.in_flight,
            patient=outliving(moves),
        )
        stage.start(log.end if setting.has_group else 0, running)
    except ConfigError as problem:
        raise NotTransactedError(f"the reference has no such client: {problem}") from problem
    return TransactionDirector(stage, directions)


def needs_replicas(move: Move) -> bool:
    """Whether another broker leads or coordinates: so does one that dies while something else is on its way to it."""
    is_awaited = bool(move.before["delayed"]) or len(move.wire_before) > 1
    return move.action in MOVES or in_steps.BEFORE in move.says or (move.action in DEATHS and is_awaited)


def outliving(moves: Sequence[Move]) -> frozenset[int]:
    """The instances with a transaction that is open as that of another one times out, which may have begun later."""
    timing_out = (move for move in moves if move.action in TIMES_OUT)
    return frozenset(
        index
        for move in timing_out
        for index, transaction in enumerate(move.coordinator_after)
        if transaction.state == "Ongoing" and index != move.whose()
    )


def check(director: TransactionDirector, move: Move) -> None:
    """
    The reference is where the model is.

    Raises:
        NotDirectedError: It is not.
    """
    # What coordinators are asked for beside a batch may have been served earlier.
    is_ahead = any(number > move.number for number in director.done)
    for index, transaction in enumerate(move.coordinator_after):
        if director.stage.metadata(director.instance(index).name) is None:
            continue
        state = director.metadata(index).state
        name = state_name(state)
        if (
            not is_ahead
            and name != transaction.state
            and (transaction.is_open or state.is_preparing or name == "Ongoing")
        ):
            raise NotDirectedError(f"the coordinator has the transaction as {name}, not {transaction.state}")
    if director.stage.setting.has_group and director.stage.committed != move.offsets_after.committed:
        raise NotDirectedError(f"the group has committed {director.stage.committed}")
    stored = outputs_in(director.stage.log(OUTPUT))
    found = Counter((each.record, each.fate) for each in stored if each.fate != "aborted")
    kept = (each for each in move.output_after.entries if each.record != MARKER and each.fate != "aborted")
    wanted = Counter((each.record, each.fate) for each in kept)
    if found != wanted:
        told = ", ".join(f"r{record + 1} {fate}" for record, fate in found.elements())
        raise NotDirectedError(f"the output holds {told or 'nothing'}")
