"""Bugs of rebalancing are rules that verdicts on pipelines of the affected versions use."""

from collections.abc import Mapping

import pytest

from ackproof.bugs import rebalancing, reconciling
from ackproof.bugs.bug import Bug
from ackproof.bugs.hunting import hunt
from ackproof.config.group_rules import group_rules
from ackproof.model.faults import Faults
from ackproof.model.groups.half import group_half
from ackproof.properties.groups import each_partition_has_one_owner
from ackproof.search.explorer import explore
from tests.config.pipelines import read, side

JAVA = {"partition.assignment.strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"}
PYTHON = {"partition_assignment_strategy": "CooperativeStickyAssignor"}
GROWTH = {"member-joins": 1, "partitions-added": 1}


def has_two_owners(client: str, config: Mapping[str, str], faults: Mapping[str, int]) -> bool:
    """Whether a group of two such consumers lets two of them own a partition."""
    rules = group_rules(read(side("consumer", config, client, "4.1")))
    budget = Faults(sum(faults.values()), tuple(sorted(faults.items())))
    system = group_half(rules, members=2, partitions=2, faults=budget, kinds=frozenset(faults))
    return explore(system, each_partition_has_one_owner).violation is not None


@pytest.mark.parametrize(
    ("client", "config", "faults", "expected"),
    [
        ("java 2.8.0", JAVA, {"consumer-pause": 2}, True),
        ("java 2.8.1", JAVA, {"consumer-pause": 2}, False),
        ("java 3.0.0", JAVA, GROWTH, False),
        ("java 3.0.1", JAVA, GROWTH, True),
        ("java 3.3.2", JAVA, GROWTH, True),
        ("java 3.4.0", JAVA, GROWTH, False),  # KIP-792
        ("java 3.4.1", JAVA, GROWTH, False),
        ("java", JAVA, GROWTH, False),
        ("kafka-python", PYTHON, {"consumer-pause": 1}, True),
        ("kafka-python", {}, {"consumer-pause": 1}, False),
    ],
)
def test_pipelines_of_the_affected_versions_have_it(
    client: str, config: Mapping[str, str], faults: Mapping[str, int], expected: bool
) -> None:
    assert has_two_owners(client, config, faults) == expected


BUGS = [value for module in (rebalancing, reconciling) for value in vars(module).values() if isinstance(value, Bug)]


@pytest.mark.parametrize("bug", BUGS, ids=[bug.number for bug in BUGS])
def test_it_is_found_where_it_was_and_nowhere_else(bug: Bug) -> None:
    assert hunt(bug).is_as_expected
