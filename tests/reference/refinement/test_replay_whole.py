"""Executions of a pipeline in one piece are taken by its producer, the replicas, and the group that reads them."""

from functools import cache

import attrs
import pytest

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.log import History, Log
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.replica import Replicas
from ackproof.model.system import System
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.property import Property, always
from ackproof.reference.refinement.replaying.findings import stored
from ackproof.reference.refinement.replaying.ordering import moments, readers_first
from ackproof.reference.refinement.replaying.produce import NotReplayedError
from ackproof.reference.refinement.replaying.splitting import asks_in_vain
from ackproof.reference.refinement.replaying.whole import taken_in_one_piece
from ackproof.reference.refinement.replaying.whole_findings import InOnePiece
from ackproof.traces.trace import Trace
from tests.reference.refinement.pieces import ALONE, BEHIND, ONE_BY_ONE, violation, whole


def replayed(system: System, holds: Property) -> InOnePiece:
    return taken_in_one_piece(system, violation(system, holds))


def actions(trace: Trace) -> list[str]:
    return [step.action.name for step in trace.steps]


@always(source="none")
def nothing_that_was_read_is_gone(log: Log, consumers: Consumers, history: History) -> bool:
    """Whoever has read on from an offset can do so."""
    return not (any(history.counts) and log.end == 0 and any(at_the_start(each) for each in consumers))


def at_the_start(consumer: Consumer) -> bool:
    return consumer.position == 0 and not consumer.held


@cache
def read_and_gone() -> tuple[System, Trace]:
    system = whole(ConsumerRules(), {"power-loss"}, ALONE, validates=True, records=1)
    return system, violation(system, nothing_that_was_read_is_gone)


def test_who_validates_goes_back_to_where_logs_diverge() -> None:
    """Power was lost with what it has read."""
    system, trace = read_and_gone()
    outcome = taken_in_one_piece(system, trace)
    (log,) = stored(outcome.produced)

    assert "roll back" in actions(trace)
    assert (outcome.handed, outcome.read.processed, outcome.read.position) == (((0, 0),), (0,), 0)
    assert log.records == ()


@pytest.mark.slow
def test_who_does_not_validate_never_sees_what_was_rewritten_below_its_position() -> None:
    """KAFKA-7747."""
    outcome = replayed(whole(ConsumerRules(), BEHIND, validates=False), INVARIANTS["whole"]["no-loss"])

    assert outcome.findings("no-loss") == (
        "r2 is acknowledged, stands at offset 0 and is skipped: the owner reads on from 1, who starts anew starts at 1",
    )
    assert outcome.findings("no-duplicates") == ()


@always(source="none")
def what_was_rewritten_is_not_processed(history: History, log: Log) -> bool:
    """The second record is not processed where the first one was, after that."""
    return not (all(history.counts) and log.records == (1,))


@pytest.mark.slow
def test_who_validates_sees_what_was_rewritten() -> None:
    outcome = replayed(whole(ConsumerRules(), BEHIND, validates=True), what_was_rewritten_is_not_processed)

    assert outcome.handed == ((0, 0), (0, 1))
    assert [outcome.findings(claim) for claim in ("no-loss", "no-duplicates", "in-order")] == [(), (), ()]


@pytest.mark.slow
def test_who_validates_does_not_notice_where_the_new_leader_has_as_much_of_an_earlier_epoch() -> None:
    by_the_leader = attrs.evolve(ONE_BY_ONE, acks="1")
    system = whole(ConsumerRules(), {"broker-crash"}, producer=by_the_leader, validates=True)
    outcome = replayed(system, INVARIANTS["whole"]["no-loss"])

    assert outcome.handed == ((0, 1),)
    assert outcome.findings("no-loss") == (
        "r1 is acknowledged, stands at offset 0 and is skipped: the owner reads on from 1, who starts anew starts at 1",
    )


@pytest.mark.slow
def test_beyond_the_end_of_the_log_a_consumer_starts_over() -> None:
    system = whole(ConsumerRules(), BEHIND, validates=False, records=1)
    trace = violation(system, nothing_that_was_read_is_gone)
    outcome = taken_in_one_piece(system, trace)

    assert "leave range" in actions(trace)
    assert (outcome.handed, outcome.read.position) == (((0, 0),), 0)


@pytest.mark.slow
def test_what_is_stored_twice_is_processed_twice() -> None:
    system = whole(ConsumerRules(), {"response-lost"}, ALONE, validates=None)

    outcome = replayed(system, INVARIANTS["whole"]["no-duplicates"])

    assert outcome.findings("no-duplicates") == ("r1 is processed twice (handed out at offsets 0, 1)",)


@pytest.mark.slow
def test_a_sink_keeps_its_offset_as_the_log_is_rolled_back() -> None:
    """It carries no leader epoch: the sink refuses what was written instead, below its offset."""
    system = whole(ConsumerRules(commit="with-sink"), BEHIND, validates=True)
    outcome = replayed(system, INVARIANTS["whole"]["no-loss"])

    assert outcome.handed == ((0, 0), (0, 1))
    assert tuple(outcome.findings("no-loss")) == (
        "r2 is acknowledged, stands at offset 0 and is skipped: the owner reads on from 1, who starts anew starts at 1",
    )


@always(source="none")
def nobody_starts_behind_one_of_two(replicas: Replicas, log: Log, consumers: Consumers) -> bool:
    """Who starts at the end does so behind all that the leader has."""
    return not (len(replicas[0].log) == 2 and log.end == 1 and any(each.position == 1 for each in consumers))


@pytest.mark.slow
def test_who_starts_at_the_end_asks_before_more_is_committed() -> None:
    """In the trace the leader appends both in one step, as the producer crashes."""
    several = attrs.evolve(ONE_BY_ONE, max_in_flight=5)
    system = whole(ConsumerRules(reset="latest"), {"producer-crash"}, ALONE, several, validates=None)
    trace = violation(system, nobody_starts_behind_one_of_two)
    outcome = taken_in_one_piece(system, trace)

    assert any(asks_in_vain(system, moment) for moment in readers_first(system, tuple(moments(trace))))
    assert (outcome.read.position, outcome.read.records) == (1, (0, 1))


@always(source="none")
def both_are_read_again(history: History, consumers: Consumers) -> bool:
    """Who has read both records at once reads both again."""
    return not (history.counts == (2, 1) and any(each.position == 1 for each in consumers))


@pytest.mark.slow
def test_a_reader_may_be_handed_less_than_before() -> None:
    outcome = replayed(whole(ConsumerRules(), {"consumer-crash"}, ALONE, validates=None), both_are_read_again)

    assert outcome.handed == ((0, 0), (1, 1), (0, 0))


@always(source="none")
def the_group_is_known(consumers: Consumers) -> bool:
    """No coordinator has forgotten the group."""
    return not any(each.status == "stale" for each in consumers)


@pytest.mark.slow
def test_replicas_of_the_offsets_are_not_elected_uncleanly_as_those_of_the_partition_are() -> None:
    trace = violation(system := whole(ConsumerRules(), {"power-loss"}, validates=True, at_most=3), the_group_is_known)

    assert actions(trace).count("offsets power loss") == 3
    assert taken_in_one_piece(system, trace).steps == len(trace.steps)


@pytest.mark.slow
def test_who_has_a_record_in_its_hands_processes_it_before_it_finds_out_that_it_is_gone() -> None:
    """It is back by then, and the reader is handed it again, as it has asked in between what was left."""
    unanswered = attrs.evolve(ONE_BY_ONE, acks="0")
    rules, kinds = ConsumerRules(commit="async", reset="latest"), {"broker-crash", "power-loss"}
    system = whole(rules, kinds, producer=unanswered, validates=True, at_most=3)
    trace = violation(system, INVARIANTS["whole"]["no-duplicates"])
    outcome = taken_in_one_piece(system, trace)

    assert outcome.findings("no-duplicates") == ("r1 is processed twice (handed out at offsets 0, 0)",)


def test_readers_take_their_steps_as_early_as_they_can() -> None:
    system, trace = read_and_gone()
    in_order = tuple(moments(trace))
    ordered = tuple(readers_first(system, in_order))

    assert sorted(moment.number for moment in ordered) == [moment.number for moment in in_order]
    assert ordered[-1].after == in_order[-1].after
    assert [moment.side for moment in ordered][:2] == ["consume", "consume"]


@pytest.mark.slow
def test_a_reference_that_differs_from_the_model_is_not_taken_for_it() -> None:
    system, trace = read_and_gone()
    place = actions(trace).index("power loss")
    gap = attrs.evolve(trace, steps=(*trace.steps[:place], *trace.steps[place + 1 :]))

    with pytest.raises(NotReplayedError):
        taken_in_one_piece(system, gap)
