"""How far the fixes of replication reached."""

import attrs
import pytest

from ackproof.bugs import elections, replication
from ackproof.bugs.bug import Bug
from ackproof.bugs.replication import ONE_IN_FLIGHT, RETRYING, producing, two_replicas
from ackproof.config.rules import brokers_of
from ackproof.model.produce.rules import BrokerRules
from ackproof.search.explorer import explore


def ended(bug: Bug, brokers: BrokerRules, *, records: int = 1) -> str:
    """How the search for *bug* ends with other brokers."""
    client = RETRYING if bug is replication.truncates_in_one_round else ONE_IN_FLIGHT
    system = producing(brokers, bug.budget, frozenset(bug.faults), records=records, client=client)
    return explore(system, bug.statement).ended


@pytest.mark.parametrize("version", [(0, 11), (2, 0, 0)])
def test_a_leader_that_lost_everything_let_logs_diverge_until_2_0_1(version: tuple[int, ...]) -> None:
    """KIP-101 left it open, and KAFKA-7415 closed it: an epoch before the first one is answered since."""
    brokers = attrs.evolve(two_replicas(version), min_insync_replicas=1)

    assert ended(replication.keeps_what_is_below_its_high_watermark, brokers, records=2) == "violated"


def test_asking_again_did_not_help_where_no_epoch_was_shared() -> None:
    """So KIP-279 was complete in 2.0.1 only."""
    assert ended(replication.truncates_in_one_round, two_replicas((2, 0, 0)), records=2) == "violated"


def test_the_first_scenario_needs_no_restart_where_there_are_three_replicas() -> None:
    """A follower of the new leader truncates as well."""
    noticing = attrs.evolve(brokers_of((0, 10, 2)), misses_quick_restarts=False)
    bug = attrs.evolve(replication.truncates_to_its_high_watermark, faults={"broker-crash": 1, "leader-change": 1})

    assert ended(bug, noticing) == "violated"
    assert ended(bug, brokers_of((0, 11))) == "exhausted"


def test_a_controller_that_notices_every_restart_saves_two_replicas() -> None:
    noticing = attrs.evolve(two_replicas((0, 10, 2)), misses_quick_restarts=False)

    assert ended(replication.truncates_to_its_high_watermark, noticing) == "exhausted"


def test_leaders_that_write_to_zookeeper_themselves_leave_no_time_for_a_restart() -> None:
    """KAFKA-14139 came with AlterPartition."""
    directly = attrs.evolve(brokers_of((3, 4, 1)), asks_controller_to_join=False)

    assert ended(elections.takes_a_restarted_follower_as_in_sync, directly) == "exhausted"
