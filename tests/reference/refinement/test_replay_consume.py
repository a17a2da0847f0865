"""Executions of the model's consume half are taken by a group and its coordinator."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import JAVA
from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import COOPERATIVE, RECONCILING, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.properties.consume import (
    every_record_is_processed_or_can_still_be,
    no_record_is_processed_twice,
    records_are_first_processed_in_order,
)
from ackproof.properties.liveness import the_lag_is_zero
from ackproof.properties.property import Property, always
from ackproof.reference.refinement.replaying.consume import NotReadError, read_again
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly
from ackproof.traces.trace import Trace
from tests.reference.refinement.pieces import execution


def half(rules: ConsumerRules, *kinds: str) -> System:
    system = consume_half(rules, records=2, faults=Faults(len(kinds)), kinds=frozenset(kinds))
    return attrs.evolve(system, symmetric={})


def violation(system: System, holds: Property) -> Trace:
    found = explore(system, holds).violation
    assert found is not None
    return found


def twice(rules: ConsumerRules, *kinds: str) -> tuple[System, Trace]:
    system = half(rules, *kinds)
    return system, violation(system, no_record_is_processed_twice)


def test_what_was_processed_and_not_committed_is_processed_again() -> None:
    read = read_again(*twice(ConsumerRules(), "consumer-crash"))

    assert read.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)
    assert (read.processed, read.commits) == ((0, 0), ())


def test_who_paused_for_too_long_is_followed_by_another() -> None:
    read = read_again(*twice(ConsumerRules(instances=2), "consumer-pause"))

    assert read.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


def test_a_cooperative_owner_can_not_commit_while_it_rejoins() -> None:
    read = read_again(*twice(ConsumerRules(rebalancing=COOPERATIVE), "member-joins"))

    assert (read.processed, read.commits) == ((0, 0), ())


def test_an_asynchronous_commit_is_lost_with_its_coordinator() -> None:
    read = read_again(*twice(ConsumerRules(commit="async"), "coordinator-failover", "member-leaves"))

    assert (read.processed, read.commits) == ((0, 0), ())


def test_an_offset_that_was_committed_expires() -> None:
    read = read_again(*twice(ConsumerRules(), "offsets-expired"))

    assert read.commits == (1, None)


def test_what_is_committed_before_it_is_processed_is_skipped() -> None:
    rules = ConsumerRules(commit="auto", auto_commit=JAVA, processing="handed-off")
    system = half(rules, "consumer-crash")

    read = read_again(system, violation(system, every_record_is_processed_or_can_still_be))

    assert read.commits == (1,)
    assert read.findings("no-loss") == ("r1 (offset 0) is skipped: committed is offset 1, the owner reads on from 1",)


def test_what_retention_deletes_is_not_processed() -> None:
    system = half(ConsumerRules(), "retention")

    read = read_again(system, violation(system, every_record_is_processed_or_can_still_be))

    assert read.findings("no-loss") == ("r1 (offset 0) is deleted and was not processed",)


def test_a_reference_that_differs_from_the_model_is_not_taken_for_it() -> None:
    system, trace = twice(ConsumerRules(), "consumer-crash")
    other = attrs.evolve(system, rules={**system.rules, "consumer": ConsumerRules(reset="latest")})

    with pytest.raises(NotReadError, match=r"step 3 .*: it starts at 1"):
        read_again(other, trace)


def test_a_commit_that_is_not_on_its_way_can_not_be_lost() -> None:
    system, trace = twice(ConsumerRules(commit="async"), "coordinator-failover", "member-leaves")
    other = attrs.evolve(system, rules={**system.rules, "consumer": ConsumerRules()})

    with pytest.raises(NotReadError, match="the sending of 1 commits does not happen"):
        read_again(other, trace)


def losing_offsets(rules: ConsumerRules, replicas: int, *kinds: str) -> System:
    """A consume half whose committed offsets some brokers keep; each kind of fault happens at most once."""
    faults = Faults(len(kinds), tuple((kind, 1) for kind in sorted(kinds)))
    system = consume_half(rules, records=2, faults=faults, kinds=frozenset(kinds), offsets_replicas=replicas)
    return attrs.evolve(system, symmetric={})


@pytest.mark.parametrize("rules", [ConsumerRules(), ConsumerRules(rebalancing=RECONCILING)])
def test_what_one_replica_keeps_is_lost_with_its_power(rules: ConsumerRules) -> None:
    system = losing_offsets(rules, 1, "power-loss")
    read = read_again(system, violation(system, no_record_is_processed_twice))

    assert read.findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


@always(source="KIP-966")
def the_owner_has_committed_its_position(group: Group, consumers: Consumers) -> bool:
    """An owner that has nothing to do has committed what it has read."""
    return not any(owner.position == 2 and owner.to_commit is None and not owner.held for owner in consumers) or (
        group.committed != 1
    )


def test_an_earlier_commit_may_be_left() -> None:
    system = losing_offsets(ConsumerRules(), 1, "power-loss")
    read = read_again(system, violation(system, the_owner_has_committed_its_position))

    assert (read.processed, read.commits) == ((0, 1), (1,))


@always(source="KIP-966")
def a_commit_is_kept_by_few(group: Group, faults: Faults, offsets_in_sync: int) -> bool:
    """After a loss of power and a lag too few replicas are in sync, or nothing is committed."""
    return group.committed is None or faults.left > 0 or offsets_in_sync < 2


def test_another_replica_has_what_was_committed_and_the_first_one_catches_up() -> None:
    system = losing_offsets(ConsumerRules(), 2, "power-loss", "follower-lag")
    read = read_again(system, violation(system, a_commit_is_kept_by_few))

    assert read.commits == (1,)


def lasso(rules: ConsumerRules, *kinds: str) -> tuple[System, Trace]:
    """A fair execution after which the group's lag stays."""
    system = consume_half(rules, records=1, faults=Faults(1), kinds=frozenset(kinds), is_fine=True)
    apart = attrs.evolve(system, symmetric={})
    found = explore_fairly(apart, the_lag_is_zero).violation
    assert found is not None
    return apart, found


def test_an_asynchronous_commit_that_is_lost_leaves_a_lag_for_ever() -> None:
    read = read_again(*lasso(ConsumerRules(commit="async"), "coordinator-failover"))

    assert (read.processed, read.commits) == ((0,), ())
    assert read.findings("drains") == ("the group has committed nothing, the log ends at 1, and so it stays",)


def test_a_commit_that_is_put_off_while_the_owner_rejoins_leaves_a_lag_for_ever() -> None:
    read = read_again(*lasso(ConsumerRules(rebalancing=COOPERATIVE), "member-joins"))

    assert (read.processed, read.commits) == ((0,), ())


@pytest.mark.slow
def test_an_asynchronous_commit_that_is_lost_with_its_connection_leaves_a_lag_for_ever() -> None:
    read = read_again(*lasso(ConsumerRules(commit="async"), "request-lost"))

    assert (read.processed, read.commits) == ((0,), ())


def test_who_can_not_start_never_reads() -> None:
    read = read_again(*lasso(ConsumerRules(reset="none")))

    assert (read.position, read.processed) == (None, ())


def test_an_execution_after_which_something_happens_does_not_go_on_for_ever() -> None:
    system, trace = lasso(ConsumerRules(commit="async"), "coordinator-failover")
    located = next(number for number, step in enumerate(trace.steps, start=1) if step.action.name == "locate")
    early = attrs.evolve(trace, steps=trace.steps[:located], loop=located)

    with pytest.raises(NotReadError, match=r"starts at .*: the owner reads on from 1, not 0"):
        read_again(system, early)


@pytest.mark.slow
def test_what_is_committed_is_kept_where_the_trace_does_not_say_that_it_expires() -> None:
    """However long the group goes on without another commit, and be it that the broker deletes them by age alone."""
    rules = ConsumerRules(instances=2, rebalancing=COOPERATIVE, keeping=Keeping(expires_in_use=True))
    system = half(rules, "consumer-pause")
    trace = execution(
        *(system, "r1 is appended", "the group starts; consumer 1", "consumer 1 starts at the earliest offset, 0"),
        *("consumer 1 polls: it is handed r1", "consumer 1 processes r1", "the group coordinator accepts the commit"),
        *("consumer 2 pauses for too long", "consumer 2 polls and learns", "consumer 2 joins; consumer 1 rejoins"),
        "consumer 1 hears that it keeps the partition",
    )
    read = read_again(system, attrs.evolve(trace, loop=len(trace.steps)))

    assert read.commits == (1,)


def test_a_commit_whose_answer_is_lost_is_not_processed() -> None:
    rules = ConsumerRules(commit_when="before-processing", on_processing_failure="skip")
    system = half(rules, "response-lost", "consumer-crash")
    read = read_again(system, violation(system, every_record_is_processed_or_can_still_be))

    assert read.findings("no-loss") == ("r1 (offset 0) is skipped: committed is offset 1, the owner reads on from 1",)


def test_a_commit_with_an_epoch_that_is_older_by_then_leaves_a_lag_for_ever() -> None:
    """KAFKA-20066."""
    old = attrs.evolve(RECONCILING, refuses_older_epochs=True)
    read = read_again(*lasso(ConsumerRules(rebalancing=old), "member-joins"))

    assert (read.processed, read.commits) == ((0,), ())


def test_a_partition_goes_on_to_who_was_there_as_another_one_joins() -> None:
    """Its owner keeps it as the first one joins, and is refused what it commits."""
    rules = ConsumerRules(rebalancing=attrs.evolve(RECONCILING, refuses_older_epochs=True), instances=2)
    system = consume_half(rules, records=1, faults=Faults(2), kinds=frozenset({"member-joins"}), moves_key=False)
    says = (
        "r1 is appended",
        "the group starts; consumer 1 is assigned the partition",
        "consumer 1 starts at the earliest offset, 0",
        "consumer 1 polls",
        "consumer 1 processes r1",
        "consumer 2 joins; consumer 1 keeps the partition with a new epoch; its commit",
        "consumer 3 joins; consumer 1 gives it up; consumer 2 is assigned the partition",
        "consumer 2 starts at the earliest offset, 0",
        "consumer 2 polls",
        "consumer 2 processes r1",
    )

    assert read_again(system, execution(system, *says)).processed == (0, 0)


def test_a_static_member_is_back_in_time() -> None:
    read = read_again(*twice(ConsumerRules(is_static=True), "consumer-crash"))

    assert (read.processed, read.commits) == ((0, 0), ())


@always(source="none")
def nobody_is_handed_more_once_it_is_put_out(consumers: Consumers) -> bool:
    """Who is out of its group has not read further than whoever took over."""
    stale = (each for each in consumers if each.status == "stale")
    return not any(each.in_hand and other.in_hand for each in stale for other in consumers if other.status == "owner")


@pytest.mark.parametrize("protocol", [COOPERATIVE, RECONCILING], ids=["cooperative", "new"])
def test_who_is_put_out_reads_on_until_it_hears_so(protocol: Rebalancing) -> None:
    rules = ConsumerRules(instances=2, reset="latest", rebalancing=protocol, is_static=True)
    system = half(rules, "consumer-pause")
    trace = violation(system, nobody_is_handed_more_once_it_is_put_out)
    names = [step.action.name for step in trace.steps]

    assert names.index("consumer pause") < names.index("poll")
    assert read_again(system, trace).held == (0, 0)


def test_no_record_becomes_young_again() -> None:
    """ListOffsets asks for what is younger than the duration, and time only goes on."""
    rules = ConsumerRules(reset="by_duration", commit="auto", auto_commit=JAVA)
    system = half(rules, "offsets-expired")

    assert explore(system, records_are_first_processed_in_order).violation is None


def test_what_is_too_old_is_skipped() -> None:
    system = half(ConsumerRules(reset="by_duration"))

    read = read_again(system, violation(system, every_record_is_processed_or_can_still_be))

    assert read.findings("no-loss") == ("r1 (offset 0) is skipped: nothing is committed, the owner reads on from 1",)


def test_an_owner_reads_before_the_rest_of_its_group_knows_its_assignment() -> None:
    system, trace = lasso(ConsumerRules(commit="async", instances=2), "coordinator-failover")

    names = [step.action.name for step in trace.steps]
    assert names.index("poll") < len(names) - names[::-1].index("learn") - 1
    assert read_again(system, trace).processed == (0,)
