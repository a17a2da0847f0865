"""Followers: facts D.1 and D.3."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import by_leader_epoch, by_leader_epochs, to_own_high_watermark
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Connection
from ackproof.reference.simulator.wire import Endpoint
from tests.reference.broker.following import Following, address

EACH_RULE = [
    BrokerRules(),
    BrokerRules(truncation=by_leader_epochs),
    BrokerRules(truncation=by_leader_epoch),
    BrokerRules(truncation=to_own_high_watermark),
]

BACKOFF_MS = 1_000
"""``replica.fetch.backoff.ms``."""


def test_a_follower_copies_what_its_leader_has() -> None:
    cluster = Following()
    cluster.elect(1)
    cluster.nodes[1].write("a", "b")

    cluster.run()
    cluster.nodes[1].write("c")
    cluster.run()

    assert cluster.nodes[2].values == ["a", "b", "c"]


def test_a_follower_learns_the_high_watermark_with_its_next_fetch() -> None:
    cluster = Following()
    cluster.elect(1)
    cluster.run()

    cluster.nodes[1].write("a")
    while cluster.nodes[2].log.log_end_offset == 0:
        assert cluster.clock.step()
    when_copied = cluster.nodes[2].log.high_watermark
    cluster.run()

    assert (when_copied, cluster.nodes[1].log.high_watermark, cluster.nodes[2].log.high_watermark) == (0, 1, 1)


@pytest.mark.parametrize("rules", EACH_RULE)
def test_a_follower_truncates_what_its_leader_never_had(rules: BrokerRules) -> None:
    cluster = Following(rules=rules)
    cluster.elect(1)
    cluster.nodes[1].write("a")
    cluster.run()
    cluster.elect(1, 1)
    cluster.nodes[1].write("lost")

    cluster.elect(2)
    cluster.nodes[2].write("b", "c")
    cluster.run()

    assert cluster.nodes[1].values == ["a", "b", "c"]


def test_a_follower_that_diverges_truncates_before_it_copies() -> None:
    cluster = Following()
    cluster.elect(1, 1)
    cluster.nodes[1].write("a", "lost", "lost too")
    cluster.elect(2, 2)
    cluster.nodes[2].write("b")

    cluster.elect(2)
    cluster.run()

    assert cluster.nodes[1].values == ["b"]


def test_a_follower_that_is_fenced_waits_for_the_controller() -> None:
    cluster = Following(brokers=3)
    cluster.elect(1)
    cluster.run()
    cluster.elect(1, 1, 3)
    cluster.nodes[1].write("a")
    cluster.run()
    fenced = cluster.nodes[2].values

    cluster.elect(1)
    cluster.run()

    assert (fenced, cluster.nodes[2].values, cluster.nodes[3].values) == ([], ["a"], ["a"])


def test_a_follower_whose_leader_has_not_heard_yet_tries_again() -> None:
    cluster = Following()
    cluster.elect(1, 1)
    cluster.nodes[1].write("a")
    cluster.elect(1, 2)
    cluster.nodes[2].partition  # noqa: B018 - it knows
    cluster.run(1_000)

    cluster.elect(1)
    cluster.run()

    assert cluster.nodes[2].values == ["a"]


def test_a_follower_that_is_beyond_the_end_of_its_leader_truncates() -> None:
    """After an unclean election, where the leader knows none of the follower's epochs."""
    cluster = Following(rules=BrokerRules(truncation=to_own_high_watermark))
    cluster.elect(1, 1)
    cluster.nodes[1].write("a", "b", "c")
    cluster.nodes[1].log.high_watermark = 3

    cluster.elect(2)
    cluster.run()

    assert cluster.nodes[1].values == []


def test_a_follower_that_ends_before_its_leader_begins_starts_there() -> None:
    cluster = Following()
    cluster.elect(1, 1)
    cluster.nodes[1].write("a", "b", "c")
    cluster.nodes[1].log.high_watermark = 3
    cluster.nodes[1].log.increase_log_start(2)

    cluster.elect(1)
    cluster.run()

    assert (cluster.nodes[2].log.log_start_offset, cluster.nodes[2].values) == (2, ["c"])


def test_a_follower_takes_over_where_the_log_of_its_leader_starts() -> None:
    cluster = Following()
    cluster.elect(1)
    cluster.nodes[1].write("a", "b", "c")
    cluster.run()

    cluster.nodes[1].log.increase_log_start(2)
    cluster.run()

    assert cluster.nodes[2].log.log_start_offset == 2


def test_a_follower_that_cannot_reach_its_leader_backs_off(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Following()
    connect, tried_ms = cluster.network.connect, list[int]()

    def noted(client: Endpoint, to: Address) -> Future[Connection]:
        tried_ms.append(cluster.clock.now_ms)
        return connect(client, to)

    monkeypatch.setattr(cluster.network, "connect", noted)
    cluster.network.vanish(cluster.nodes[1].process)
    cluster.elect(1)
    cluster.run(10_000)
    cluster.network.listen(address(1), "broker-1", cluster.nodes[1].process, cluster.nodes[1])
    cluster.nodes[1].write("a")

    cluster.run(2_000)

    assert cluster.nodes[2].values == ["a"]
    assert all(later - earlier >= BACKOFF_MS for earlier, later in pairwise(tried_ms))
    assert len(tried_ms) > 2


@pytest.mark.parametrize(("rules", "asked"), [(EACH_RULE[0], False), (EACH_RULE[1], True), (EACH_RULE[3], False)])
def test_only_who_truncates_first_asks_for_the_end_of_its_epoch(rules: BrokerRules, asked: bool) -> None:
    cluster = Following(rules=rules)
    cluster.elect(1)
    cluster.nodes[1].write("a")
    cluster.run()

    cluster.elect(1)
    cluster.run()

    assert ("OffsetForLeaderEpochRequest" in cluster.nodes[1].asked) is asked


@pytest.mark.parametrize(("is_too_early", "seen"), [(True, {0, 1}), (False, {0})])
def test_before_kafka_14704_what_a_follower_has_to_truncate_is_taken_for_committed(
    is_too_early: bool, seen: set[int]
) -> None:
    cluster = Following(rules=BrokerRules(takes_high_watermark_before_truncating=is_too_early))
    cluster.elect(1, 1)
    cluster.nodes[1].write("lost")
    cluster.elect(2, 2)
    cluster.nodes[2].write("b")
    cluster.nodes[2].log.high_watermark = 1
    high_watermarks: set[int] = set()

    cluster.elect(2)
    while cluster.nodes[1].values == ["lost"]:
        high_watermarks.add(cluster.nodes[1].log.high_watermark)
        assert cluster.clock.step()

    assert high_watermarks == seen


@given(
    turns=st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from([(), (1,), (2,), (3,), (1, 2, 3)]), st.integers(0, 3)), max_size=6
    ),
    leader=st.integers(1, 3),
)
def test_in_the_end_all_have_what_the_last_leader_has(
    turns: list[tuple[int, tuple[int, ...], int]], leader: int
) -> None:
    cluster = Following(brokers=3)
    for number, (leads, heard_by, writes) in enumerate(turns):
        cluster.elect(leads, *(heard_by or (leads,)))
        cluster.nodes[leads].write(*(f"{number}.{each}" for each in range(writes)))
        cluster.run(20)

    cluster.elect(leader)
    expected = cluster.nodes[leader].values
    cluster.run(10_000)

    assert all(node.values == expected for node in cluster.nodes.values())
