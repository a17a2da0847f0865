"""The key of the records moves to a partition that is added, on the reference as in the model."""

import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA
from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Log
from ackproof.model.consume.rebalancing import COOPERATIVE, EAGER, RECONCILING, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.properties.consume import records_are_first_processed_in_order
from ackproof.properties.liveness import the_lag_is_zero
from ackproof.properties.property import Property, always
from ackproof.reference.refinement.replaying.consume import Read, read_again
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly
from tests.reference.refinement.pieces import TWO_START_AND_ONE_READS, execution

PROTOCOLS = pytest.mark.parametrize("protocol", [EAGER, COOPERATIVE, RECONCILING], ids=["eager", "cooperative", "new"])


def read(rules: ConsumerRules, holds: Property, records: int = 2) -> Read:
    system = consume_half(
        rules, records=records, faults=Faults(1), kinds=frozenset({"partitions-added"}), moves_key=True
    )
    found = explore(system, holds).violation
    assert found is not None
    return read_again(system, found)


@PROTOCOLS
def test_what_the_new_partition_holds_overtakes_what_the_old_one_does(protocol: Rebalancing) -> None:
    taken = read(ConsumerRules(rebalancing=protocol), records_are_first_processed_in_order)

    assert (taken.records, taken.moved, taken.processed) == ((0,), (1,), (1, 0))
    assert taken.findings("in-order") == ("r2 (offset 0 of the new partition) is processed before r1 (offset 0)",)


@pytest.mark.slow
def test_a_client_commits_by_itself_as_the_group_rebalances_for_a_new_partition() -> None:
    taken = read(ConsumerRules(commit="auto", reset="latest"), records_are_first_processed_in_order)

    assert (taken.processed, taken.commits[0]) == ((1, 0), 0)


@pytest.mark.slow
def test_a_client_commits_by_itself_before_it_gains_a_partition_and_polls_late() -> None:
    rules = ConsumerRules(commit="auto", reset="latest", rebalancing=RECONCILING)
    taken = read(rules, records_are_first_processed_in_order)

    assert (taken.processed, taken.commits[0]) == ((1, 0), 0)


@pytest.mark.slow
def test_an_owner_reads_on_while_the_group_rebalances_for_a_new_partition() -> None:
    system = consume_half(
        ConsumerRules(commit="async", rebalancing=COOPERATIVE),
        records=2,
        faults=Faults(1),
        kinds=frozenset({"partitions-added"}),
        moves_key=True,
        is_fine=True,
    )
    found = explore_fairly(system, the_lag_is_zero).violation
    assert found is not None

    assert (read_again(system, found).processed, read_again(system, found).commits) == ((0,), ())


@always(source="auto.offset.reset")
def the_new_partition_is_read_from_its_start(log: Log, consumers: Consumers) -> bool:
    """Whoever has read the first partition skips nothing of the one that is added."""
    skips = log.added is not None and log.added.position == len(log.added.records) == 1
    return not (skips and any(consumer.position for consumer in consumers))


def test_what_was_sent_there_before_the_group_discovers_it_is_skipped_from_the_latest_offset_on() -> None:
    taken = read(ConsumerRules(reset="latest"), the_new_partition_is_read_from_its_start)

    assert "r2 (offset 0 of the new partition) is skipped: the new partition is read from offset 1 on" in (
        taken.findings("no-loss")
    )


def test_another_topic_grows_as_well_so_that_the_partition_is_another_static_member_s_turn() -> None:
    rules = ConsumerRules(commit="with-sink", instances=2, is_static=True, revokes_on_close=False)
    kinds = frozenset({"partitions-added"})
    system = consume_half(rules, records=2, faults=Faults(1), kinds=kinds, moves_key=True, is_fine=True)
    both = ("consumer 1", "consumer 2")
    says = (
        *(f"{each} asks to join" for each in both),
        *("generation 1 begins", "the group assigns the partition to consumer 1", "consumer 1 learns that it is owner"),
        *("consumer 1 starts at the earliest offset, 0", "consumer 2 learns that it is member", "r1 is appended"),
        *("the topic gets more partitions", "the group sees the new partition"),
        *(f"{each} rejoins" for each in both),
        *("generation 2 begins", "the group assigns the partition to consumer 2"),
        *("consumer 1 learns that it is member", "consumer 2 learns that it is owner"),
        "consumer 2 starts at the earliest offset, 0",
        "consumer 2 polls: it is handed r1 (position 1)",
    )
    taken = read_again(system, execution(system, *says))

    assert (taken.held, taken.position) == ((0,), 1)


IN_BACKGROUND = ConsumerRules(auto_commit=AIOKAFKA, instances=2, rejoins_in_background=True, commits_as_nobody=True)
STARTED = (
    *TWO_START_AND_ONE_READS,
    "the topic gets more partitions, and the key moves to a new one",
    "the group sees the new partition",
    "consumer 1 rejoins",
)
BEGUN = ("consumer 2 rejoins", "generation 2 begins", "the group assigns the partition to consumer 1")


def step_by_step(rules: ConsumerRules, *says: str) -> Read:
    kinds = frozenset({"partitions-added"})
    system = consume_half(rules, records=2, faults=Faults(1), kinds=kinds, moves_key=True, is_fine=True)
    return read_again(system, execution(system, *says))


@pytest.mark.slow
def test_who_has_the_new_partition_starts_before_others_have_their_assignment() -> None:
    """aiokafka joins while its application processes a record."""
    read = step_by_step(
        IN_BACKGROUND,
        *STARTED,
        *BEGUN,
        "a member is assigned the new partition",
        "the group discovers the new partition and starts there at offset 0",
        "r2 is appended to the new partition",
        "r2 is processed from the new partition",
        "consumer 1 processes r1",
    )

    assert len(read.findings("in-order")) == 1


@pytest.mark.slow
def test_an_owner_has_its_assignment_anew_before_anybody_reads_the_new_partition() -> None:
    read = step_by_step(
        IN_BACKGROUND,
        *STARTED,
        "consumer 1 processes r1",
        *BEGUN,
        "consumer 1 learns that it is owner",
        "consumer 1 starts at the earliest offset, 0",
        "consumer 1 polls: it is handed r1 (position 1)",
        "consumer 1 processes r1",
    )

    assert read.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)
