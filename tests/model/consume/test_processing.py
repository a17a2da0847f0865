"""What the sink keeps: of a record, and of the offset behind it where both are stored in one transaction."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.consume.consumer import Consumer, Held
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group, History, Memory
from ackproof.model.consume.processing import advanced, kept, taken, unrefused
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.consume import committed_records_are_processed
from ackproof.search.explorer import explore

R1, R2, R3 = (0, 0), (1, 1), (2, 2)
WITH_SINK = ConsumerRules(commit="with-sink")
NOBODY_SAW_IT = (History((0, 0, 0)), Group())
FIVE = frozenset({"consumer-crash", "consumer-pause", "member-joins", "member-leaves", "coordinator-failover"})


def test_a_result_is_stored_together_with_the_offset_behind_it() -> None:
    assert kept(WITH_SINK, Memory(), NOBODY_SAW_IT, R1) == (History((1, 0, 0)), Group(1))


def test_without_the_sink_the_offset_stays_where_it_was() -> None:
    assert kept(ConsumerRules(), Memory(), NOBODY_SAW_IT, R1) == (History((1, 0, 0)), Group())


def test_a_result_below_the_stored_offset_is_refused() -> None:
    sink = (History((1, 1, 0)), Group(2))

    assert kept(WITH_SINK, Memory(), sink, R1) == sink


def test_a_gap_in_the_log_does_not_stop_the_sink() -> None:
    assert kept(WITH_SINK, Memory(), NOBODY_SAW_IT, R3)[1] == Group(3)


def test_a_record_that_is_passed_over_moves_the_offset_all_the_same() -> None:
    assert advanced(WITH_SINK, Group(), R1) == Group(1)
    assert advanced(WITH_SINK, Group(2), R1) == Group(2)


def test_threads_hand_in_results_in_order_where_the_sink_keeps_the_offset() -> None:
    threads = ConsumerRules(commit="with-sink", processing="handed-off")
    holding = Consumer("owner", 3, in_hand=(R2, R3), left_over=(R1, R2))

    assert [held for held, _ in taken(threads, holding)] == [R2, R1]


def test_threads_pass_over_what_the_sink_would_refuse() -> None:
    threads = (Consumer("member", left_over=(R1, R2)),)

    assert unrefused(threads, Group(1)) == (Consumer("member", left_over=(R2,)),)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=12), st.integers(1, 5))
def test_each_record_is_kept_once_whoever_else_still_holds_it(turns: list[tuple[int, int]], records: int) -> None:
    """Consumers that start at the stored offset and go on in order, at any pace, also long after another took over."""
    sink = (History((0,) * records), Group(0))
    reading: dict[int, list[Held]] = {}
    for who, length in turns:
        stored = cast("int", sink[1].committed)
        mine = reading.setdefault(who, [(offset, offset) for offset in range(stored, min(stored + length, records))])
        if mine:
            sink = kept(WITH_SINK, Memory(), sink, mine.pop(0))
        else:
            del reading[who]

    history, group = sink
    assert history.counts == (1,) * cast("int", group.committed) + (0,) * (records - cast("int", group.committed))


@pytest.mark.parametrize("processing", ["in-poll-loop", "handed-off"])
def test_with_offsets_in_the_sink_every_claim_holds(processing: str) -> None:
    rules = ConsumerRules(commit="with-sink", processing=processing, instances=2)  # type: ignore[arg-type]  # a word
    system = consume_half(rules, records=2, faults=Faults(2), kinds=FIVE | {"processing-fails", "offsets-expired"})

    for statement in (*INVARIANTS["consume"].values(), committed_records_are_processed):
        assert explore(system, statement).ended == "exhausted"


def test_a_group_whose_offsets_are_in_the_sink_commits_nothing() -> None:
    system = consume_half(WITH_SINK, records=1, faults=Faults(1), kinds=FIVE)
    never = {act.name for act in system.actions} & {"commit", "commit automatically", "async commit arrives"}

    assert never == set()


@pytest.mark.parametrize(
    ("processing", "states"), [("in-poll-loop", (28, 372, 1_285)), ("handed-off", (28, 922, 8_503))]
)
def test_the_number_of_states_with_offsets_in_the_sink(processing: str, states: tuple[int, ...]) -> None:
    rules = ConsumerRules(commit="with-sink", processing=processing, instances=2)  # type: ignore[arg-type]  # a word
    systems = [consume_half(rules, records=3, faults=Faults(faults), kinds=FIVE) for faults in range(3)]

    assert tuple(explore(system).distinct_states for system in systems) == states
