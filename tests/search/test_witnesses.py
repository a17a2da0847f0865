"""Executions that show something: the shortest first, then others that come to it in other ways."""

from collections import Counter
from collections.abc import Hashable, Mapping

from ackproof.model.system import Step
from ackproof.search.witnesses import witnesses
from ackproof.traces.trace import replay
from tests.search.to_nine import COUNTER


def is_nine(_step: Step, after: Mapping[str, Hashable]) -> bool:
    return after["number"] == 9


def test_each_takes_other_actions_than_those_before_it_the_shortest_first() -> None:
    found = list(witnesses(COUNTER, is_nine))

    ways = [Counter(step.action.name for step in trace.steps) for trace in found]
    assert ways == [{"leap": 3}, {"leap": 2, "count": 3}]
    assert all(replay(COUNTER, trace) == trace for trace in found)


def test_what_a_step_shows_counts_and_not_only_where_it_leads() -> None:
    found = list(witnesses(COUNTER, lambda step, after: step.action.name == "count" and is_nine(step, after)))

    assert [[step.action.name for step in trace.steps][-1] for trace in found] == ["count"]


def test_it_looks_no_further_after_so_many_states() -> None:
    assert list(witnesses(COUNTER, is_nine, most_states=4)) == []
