"""Every statement about a mechanism holds as Kafka does it, is violated as some texts or old clients have it."""

import attrs
import pytest

from ackproof.model.mechanisms.accumulating import accumulator
from ackproof.model.mechanisms.accumulator import AccumulatorRules, the_heads_that_are_ready, whole_queues
from ackproof.model.mechanisms.lag import lag_of_the_picture
from ackproof.model.mechanisms.lagging import LagRules, lagging
from ackproof.model.mechanisms.offsets import Entry, OffsetRules, offset_system
from ackproof.model.mechanisms.poll_loop import COMMITS_LAST, Client, PollRules
from ackproof.model.mechanisms.polling import poll_loop
from ackproof.model.system import System
from ackproof.properties import mechanisms
from ackproof.properties.property import Property
from ackproof.search.explorer import explore

RULES = AccumulatorRules()
ROOMY = attrs.evolve(RULES, buffer_memory=8)
SENDS = ((0, 1), (1, 1), (0, 1), (0, 3))
POLL = PollRules()
LAG = LagRules()
TRANSACTIONS = LagRules("read_committed", has_transactions=True)

BATCHING = accumulator(RULES, SENDS, flushes=True)
POLLING = poll_loop(POLL, faults=2)
LAGGING = lagging(TRANSACTIONS, offsets=4)

HOLDS: list[tuple[Property, System, System]] = [
    (
        mechanisms.memory_stays_within_the_pool,
        BATCHING,
        accumulator(attrs.evolve(RULES, is_bounded=False), SENDS),
    ),
    (
        mechanisms.no_send_waits_longer_than_max_block,
        BATCHING,
        accumulator(attrs.evolve(RULES, gives_up=False), SENDS),
    ),
    (
        mechanisms.what_has_lingered_is_ready,
        BATCHING,
        accumulator(attrs.evolve(RULES, reasons=frozenset({"full"})), SENDS),
    ),
    (
        mechanisms.a_request_has_one_batch_of_a_partition,
        accumulator(ROOMY, SENDS),
        accumulator(attrs.evolve(ROOMY, drain=whole_queues), SENDS),
    ),
    (mechanisms.what_is_committed_is_processed, POLLING, poll_loop(attrs.evolve(POLL, order=COMMITS_LAST))),
    (mechanisms.what_is_committed_is_processed, POLLING, poll_loop(attrs.evolve(POLL, moves_at_fetch=True))),
    (
        mechanisms.the_position_is_behind_what_was_handed_out,
        POLLING,
        poll_loop(attrs.evolve(POLL, moves_at_fetch=True)),
    ),
    (mechanisms.offsets_are_in_order, LAGGING, lagging(LAG, faults=1)),
    (mechanisms.offsets_are_in_order, LAGGING, lagging(attrs.evolve(LAG, seeks=True))),
    (mechanisms.no_lag_means_that_all_is_committed, LAGGING, lagging(attrs.evolve(LAG, lag=lag_of_the_picture))),
    (mechanisms.the_lag_is_not_negative, LAGGING, lagging(LAG, faults=1)),
    (mechanisms.offsets_count_messages, offset_system(OffsetRules()), offset_system(OffsetRules(is_compacted=True))),
    (
        mechanisms.offsets_count_messages,
        offset_system(OffsetRules()),
        offset_system(OffsetRules(has_transactions=True)),
    ),
]


@pytest.mark.parametrize(("statement", "true_of", "broken"), HOLDS, ids=lambda part: getattr(part, "name", ""))
def test_a_statement_is_true_of_one_system_and_broken_in_another(
    statement: Property, true_of: System, broken: System
) -> None:
    assert explore(true_of, statement).ended == "exhausted"
    assert explore(broken, statement).ended == "violated"


@pytest.mark.parametrize(("in_hand", "holds"), [((), True), ((0,), True), ((0, 1), False)])
def test_a_poll_that_returns_more_than_asked_for_is_noticed(in_hand: tuple[int, ...], holds: bool) -> None:
    values = {"rules": POLL, "client": Client(in_hand=in_hand)}

    assert mechanisms.a_poll_returns_no_more_than_asked_for(values) == holds


def test_no_poll_returns_more_than_asked_for() -> None:
    assert explore(POLLING, mechanisms.a_poll_returns_no_more_than_asked_for).ended == "exhausted"


def test_more_messages_than_offsets_are_noticed() -> None:
    twice = {"rules": OffsetRules(), "log_end_offset": 1, "entries": (Entry(0, "plain"), Entry(0, "plain"))}
    system = offset_system(OffsetRules(has_transactions=True))

    assert not mechanisms.there_are_no_more_messages_than_offsets(twice)
    assert explore(system, mechanisms.there_are_no_more_messages_than_offsets).ended == "exhausted"


@pytest.mark.parametrize(
    ("wanted", "system"),
    [
        (mechanisms.a_lingering_batch_is_sent, BATCHING),
        (mechanisms.a_send_fails_for_want_of_memory, BATCHING),
        (mechanisms.a_batch_is_larger_than_batch_size, BATCHING),
        (mechanisms.a_record_is_fetched_and_not_handed_out, POLLING),
        (mechanisms.something_is_committed, POLLING),
        (mechanisms.a_record_comes_again, POLLING),
        (mechanisms.only_the_tool_sees_lag, LAGGING),
        (mechanisms.an_offset_holds_no_message, offset_system(OffsetRules(is_compacted=True))),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_its_interesting_case_is_reachable(wanted: Property, system: System) -> None:
    assert explore(system, looks_for=(wanted,)).seen == {wanted.name: True}
    assert explore(system, mechanisms.never(wanted)).ended == "violated"


@pytest.mark.parametrize(
    ("unreachable", "system"),
    [
        (
            mechanisms.a_lingering_batch_is_sent,
            accumulator(attrs.evolve(RULES, drain=the_heads_that_are_ready), SENDS, flushes=True),
        ),
        (mechanisms.only_the_tool_sees_lag, lagging(attrs.evolve(LAG, has_transactions=True), offsets=4)),
        (mechanisms.an_offset_holds_no_message, offset_system(OffsetRules())),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_elsewhere_it_never_happens(unreachable: Property, system: System) -> None:
    assert explore(system, mechanisms.never(unreachable)).ended == "exhausted"
