"""What docs/rebalancing.md says of the cost of a rebalance is what the search finds."""

import importlib.util
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, GroupRules

DOCS = Path(__file__).parent.parent / "docs"
ALL = {0, 1, 2}


def script() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("rebalancing", DOCS / "rebalancing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "rebalancing.md").read_text(encoding="utf-8") == script().page()


def test_a_join_stops_every_partition_under_the_eager_protocol_and_one_under_the_others() -> None:
    stopped = [script().cost(rules, "member-joins").partitions for rules in (EAGER, COOPERATIVE, CONSUMER)]

    assert set(stopped[0]) == ALL
    assert [len(partitions) for partitions in stopped[1:]] == [1, 1]


def test_the_partition_that_moves_has_no_owner_for_longest_in_two_cooperative_rounds() -> None:
    longest = {name: script().cost(rules, "member-joins").longest for name, rules in script().PROTOCOLS.items()}

    assert sorted(longest, key=longest.__getitem__) == [
        "KIP-848 (`uniform`)",
        "eager (`range`)",
        "cooperative (`cooperative-sticky`)",
    ]


@pytest.mark.parametrize("rules", [EAGER, COOPERATIVE, CONSUMER], ids=["eager", "cooperative", "consumer"])
def test_who_restarts_a_static_member_stops_nobody_else(rules: GroupRules) -> None:
    cost = script().cost(attrs.evolve(rules, is_static=True), "member-leaves")

    assert len(cost.consumers) == 1
    assert set(cost.partitions) < ALL


@pytest.mark.parametrize("rules", [EAGER, COOPERATIVE, CONSUMER], ids=["eager", "cooperative", "consumer"])
def test_another_coordinator_costs_a_settled_group_nothing(rules: GroupRules) -> None:
    cost = script().cost(rules, "coordinator-failover")

    assert (cost.steps, cost.partitions, cost.consumers) == (0, {}, {})
