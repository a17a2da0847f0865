"""Poll in the order of Kafka's source: commit, locate, hand out."""

import attrs
import pytest

from ackproof.model.mechanisms.poll_loop import CLASSIC, COMMITS_LAST, Client, PollRules, fetched, handed_out, rejoined
from ackproof.model.mechanisms.polling import poll_loop
from ackproof.properties.mechanisms import never, something_is_committed, what_is_committed_is_processed
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace

RULES = PollRules()


def says(way: Trace | None) -> list[str]:
    assert way is not None
    return [step.says for step in way.steps]


def test_the_position_moves_as_records_are_handed_out() -> None:
    client = Client(position=5, buffered=2)

    assert handed_out(RULES, client) == Client(position=6, buffered=1, in_hand=(5,))


def test_a_poll_without_a_limit_hands_out_all_that_is_buffered() -> None:
    rules = attrs.evolve(RULES, max_poll_records=None)

    assert handed_out(rules, Client(position=5, buffered=2)).in_hand == (5, 6)


def test_a_fetch_moves_nothing_but_the_buffer() -> None:
    assert fetched(RULES, Client(position=5), log_end=9) == Client(position=5, buffered=2)


def test_a_client_that_moves_its_position_at_fetch_hands_out_what_is_behind_it() -> None:
    rules = attrs.evolve(RULES, moves_at_fetch=True)

    ahead = fetched(rules, Client(position=5), log_end=9)

    assert ahead == Client(position=7, buffered=2)
    assert handed_out(rules, ahead) == Client(position=7, buffered=1, in_hand=(5,))


def test_what_is_buffered_is_dropped_in_an_eager_rebalance() -> None:
    assert rejoined(Client(position=5, buffered=2, has_to_rejoin=True)) == Client()


def test_automatic_commit_commits_what_earlier_polls_returned() -> None:
    way = explore(poll_loop(RULES, records=1), never(something_is_committed)).violation

    assert says(way)[-5:] == [
        "poll: it takes out r1; the position is 1",
        "the application processes r1",
        "the application calls poll()",
        "poll: no rebalance",
        "poll: automatic commit of offset 1",
    ]


def test_a_commit_after_the_hand_out_covers_what_the_application_has_not_seen() -> None:
    way = explore(poll_loop(attrs.evolve(RULES, order=COMMITS_LAST)), what_is_committed_is_processed).violation

    assert says(way)[-2:] == ["poll: it takes out r1; the position is 1", "poll: automatic commit of offset 1"]


@pytest.mark.parametrize("order", [CLASSIC, COMMITS_LAST])
def test_both_orders_do_the_same_things(order: tuple[str, ...]) -> None:
    assert sorted(order) == ["commit", "hand out", "locate", "rejoin"]


def test_the_poll_loop_has_so_many_states() -> None:
    assert explore(poll_loop(RULES, faults=2)).distinct_states == 3816
