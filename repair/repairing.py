"""
The smallest repairs: sets of changes, the fewest first, each judged by the full search.

From each counterexample it is learned which changes could have prevented it: whoever keeps what was tried has to make
one of those as well.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.repair.change import Change, changed
from ackproof.repair.lever import Option, options
from ackproof.repair.proposing import Proposer

MOST_REPAIRS = 3
"""How many repairs of the smallest size are looked for."""

MOST_CHANGES = 3
"""A repair of more changes than this is a new design."""


@attrs.frozen
class Failed:
    """
    A configuration under which a claim is violated.

    Attributes:
        happens: Whether the execution that violates it can happen in another configuration too.
    """

    happens: Callable[[Pipeline], bool]


Judged = Literal["holds", "unknown"] | Failed
Oracle = Callable[[Pipeline], Judged]
"""What the full search says of the claims of a pipeline."""


@attrs.frozen
class Repair:
    """A set of changes under which the claims hold, in the order of their levers."""

    options: tuple[Option, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes alone."""
        return tuple(option.change for option in self.options)


@attrs.frozen
class Search:
    """
    What a search for repairs has found.

    Attributes:
        repairs: Of the smallest size that there is.
        tried: How many configurations were judged.
        undecided: How many of them could not be decided.
        is_complete: Whether nothing smaller was left out, and there is no further one if there are none.
    """

    repairs: tuple[Repair, ...]
    tried: int
    undecided: int
    is_complete: bool


def repairs(pipeline: Pipeline, levers: Sequence[Option], oracle: Oracle, *, has_time: Callable[[], bool]) -> Search:
    """The smallest repairs of *pipeline* by *levers*, as long as there is time."""
    proposer, found = Proposer(levers), list[Repair]()
    tried, undecided = 0, 0
    while (proposed := proposer.propose()) is not None:
        if is_enough(found, proposed):
            break
        if not has_time():
            return Search(tuple(found), tried, undecided, is_complete=False)
        after = changed(pipeline, frozenset(option.change for option in proposed))
        if after is None:
            proposer.exclude(proposed)
            continue
        tried += 1
        match oracle(after):
            case "holds":
                found.append(Repair(proposed))
                proposer.learn(proposed, ())
            case "unknown":
                undecided += 1
                proposer.exclude(proposed)
            case Failed() as failed:
                proposer.exclude(proposed)
                proposer.learn(proposed, preventing(pipeline, levers, proposed, failed))
    return Search(tuple(found), tried, undecided, is_complete=undecided == 0)


def is_enough(found: Sequence[Repair], proposed: Sequence[Option]) -> bool:
    """Whether what is *proposed* is no longer of interest."""
    larger = bool(found) and len(proposed) > len(found[0].options)
    return larger or len(found) >= MOST_REPAIRS or len(proposed) > MOST_CHANGES


def preventing(pipeline: Pipeline, levers: Sequence[Option], tried: Sequence[Option], failed: Failed) -> list[Option]:
    """Which further changes could have prevented what happened; those that can not be made alone count too."""
    keys = {option.change.key for option in tried}
    return [option for option in levers if option.change.key in keys or may_prevent(pipeline, tried, option, failed)]


def may_prevent(pipeline: Pipeline, tried: Sequence[Option], option: Option, failed: Failed) -> bool:
    """Whether *option* beside what was tried keeps from happening what happened."""
    after = changed(pipeline, frozenset(one.change for one in (*tried, option)))
    return after is None or not failed.happens(after)


def by_configuration_first(pipeline: Pipeline, oracle: Oracle, *, has_time: Callable[[], bool]) -> tuple[Search, bool]:
    """The smallest repairs by settings alone, else with the application too; and whether the latter were needed."""
    all_levers = tuple(options(pipeline))
    settings = tuple(option for option in all_levers if option.lever.where == "configuration")
    found = repairs(pipeline, settings, oracle, has_time=has_time)
    if found.repairs or not has_time():
        return found, False
    wider = repairs(pipeline, all_levers, oracle, has_time=has_time)
    return attrs.evolve(wider, tried=found.tried + wider.tried, undecided=found.undecided + wider.undecided), True
