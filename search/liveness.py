"""Liveness: whether every fair execution reaches a goal again and again; if not, a lasso that does not."""

import attrs
import numpy as np

from ackproof.model.system import State, Step, System, steps_of
from ackproof.properties.property import Property
from ackproof.search.components import fair_components, may_be_stayed_in
from ackproof.search.exploration import Budget, Exploration
from ackproof.search.explorer import OnLevel, Plan, Search
from ackproof.search.graph import Graph, graph_of, true_of
from ackproof.search.index import Numbers
from ackproof.search.paths import path
from ackproof.search.rounds import Move, fair_round
from ackproof.traces.trace import Trace

GOAL = 0
"""The goal's place among the statements."""


class UnsoundError(ValueError):
    """A reduction is in force with which an answer about liveness might be wrong."""


def explore_fairly(
    system: System,
    goal: Property,
    *,
    looks_for: tuple[Property, ...] = (),
    budget: Budget | None = None,
    on_level: OnLevel | None = None,
    plan: Plan | None = None,
) -> Exploration:
    """
    Explore *system* for a fair execution that from some point on never satisfies *goal*.

    An execution is fair if every fair action happens again and again, unless it is impossible again and again (weak
    fairness), or for ever from some point on where it is strongly fair. It may stop where no fair action is possible.
    An outcome that changes nothing is an outcome like others: an action that has it is possible, and has happened. The
    violation is a lasso with as few steps as possible before those that it repeats.

    Args:
        looks_for, on_level: As for ``explore``.
        budget: Its depth does not count, as cycles may go deeper. Where it is spent, what was explored is searched:
            ``ended`` says what was spent although there may be a violation, and then perhaps a nearer one.
        plan: As for ``explore``; nothing is sliced off.

    Raises:
        UnsoundError: A reduction is in force that may leave out executions that never reach the goal.
        CheckpointError: There is a checkpoint to go on from, but not of this search.
        OSError: The checkpoint can not be written.
    """
    plan = plan or Plan()
    refuse_reductions(system, plan)
    search = Search(system, (), (goal, *looks_for), attrs.evolve(budget or Budget(), depth=None), plan)
    found = search.explored(on_level)
    violation = lasso(search) if found.ended != "interrupted" else None
    if violation is None:
        return found
    found = attrs.evolve(found, violation=violation, broken=goal.name)
    is_complete = found.ended == "exhausted"
    return attrs.evolve(found, ended="violated" if is_complete else found.ended, is_shortest=is_complete)


def refuse_reductions(system: System, plan: Plan) -> None:
    """
    Raise an error if executions may be left out that never reach the goal.

    Raises:
        UnsoundError: Something is urgent, like parts are not told apart, or another reduction is in force.
    """
    if system.urgent:
        names = ", ".join(system.actions[place].name for place in sorted(system.urgent))
        raise UnsoundError(f"liveness is not decided where others wait for urgent actions ({names})")
    if "symmetry" in system.reductions and (system.symmetric or system.interchangeable):
        raise UnsoundError("liveness is not decided where like parts are not told apart")
    others = system.reductions - {"urgency", "symmetry"} | ({"partial order"} if plan.partial_order else set[str]())
    if others:
        raise UnsoundError(f"liveness is not decided under {', '.join(sorted(others))}")


def lasso(search: Search) -> Trace | None:
    """A fair execution that from some point on never satisfies the goal, among those of the states expanded so far."""
    levels = expanded(search)
    if not levels:
        return None
    rows = np.concatenate(levels)
    is_open = ~true_of(search.questions, GOAL, rows)
    graph = graph_of(search.questions, rows[is_open])
    actions = search.questions.system.actions
    fair = [place for place, act in enumerate(actions) if act.is_fair]
    strong = {place for place in fair if actions[place].is_strongly_fair}
    component = fair_components(graph, strong)
    stays = may_be_stayed_in(graph, component, fair)
    if not stays.any():
        return None
    depths = np.repeat(np.arange(len(levels)), [len(level) for level in levels])[is_open]
    nearest = depths[stays].min()
    way = path(search.engine, packed(search, graph.rows[stays & (depths == nearest)]), int(nearest))
    start = int(graph.index.find(np.array([search.questions.row(way.states[-1])]))[0])
    return closed(search, way, fair_round(graph, component, start, fair, strong), graph)


def expanded(search: Search) -> list[Numbers]:
    """The states of each level that has been expanded: all but the last."""
    shape = (-1, len(search.questions.names))
    levels = [
        np.array(level if isinstance(level, np.ndarray) else list(level), np.int64) for level in search.engine.rows()
    ]
    return [level.reshape(shape) for level in levels[:-1]]


def packed(search: Search, rows: Numbers) -> set[int]:
    """States as the engine knows them."""
    return {search.engine.pack(row) for row in rows.tolist()}


def closed(search: Search, way: Trace, moves: list[Move], graph: Graph) -> Trace:
    """The lasso that goes the *way*, and then makes the *moves* for ever."""
    system, state = search.questions.system, way.states[-1]
    taken = list(way.steps)
    for move in moves:
        after = search.questions.state(tuple(graph.rows[move.target].tolist()))
        taken.append(step_to(system, state, move.action, after))
        state = after
    return attrs.evolve(way, steps=tuple(taken), loop=len(way.steps))


def step_to(system: System, state: State, place: int, after: State) -> Step:
    """The step by the action at that *place* from one state to another."""
    return next(step for step in steps_of(system, place, system.named(state)) if step.state == after)
