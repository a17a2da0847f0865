import pytest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.reference.consumer.errors import WakeupError
from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0, P1


def test_a_consumer_that_wants_nothing_can_not_poll() -> None:
    group = ScriptedGroup()

    with pytest.raises(ValueError, match="not subscribed to any topics"):
        group.poll(group.consumer())


def test_the_first_poll_joins_looks_up_positions_and_reads() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer) == ["a", "b"]
    assert group.order("find_coordinator", "join_group", "sync_group", "offset_fetch", "list_offsets", "fetch")[:6] == [
        "find_coordinator",
        "join_group",
        "sync_group",
        "offset_fetch",
        "list_offsets",
        "fetch",
    ]


def test_a_committed_offset_is_where_reading_goes_on() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    group.committed[P0] = 1
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer) == ["b", "c"]
    assert group.order("list_offsets") == []


def test_no_more_than_so_many_records_are_returned_at_once_and_they_need_no_other_fetch() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c", "d", "e")
    consumer = group.consumer(max_poll_records=2)
    consumer.subscribe(["t"])

    assert [group.poll(consumer) for _ in range(3)] == [["a", "b"], ["c", "d"], ["e"]]
    assert len(group.asked("fetch", FetchRequest)) == 1


def test_the_position_moves_as_records_are_handed_out() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    consumer = group.consumer(max_poll_records=2)
    consumer.subscribe(["t"])

    group.poll(consumer)

    assert group.run(consumer.position(P0)) == 2


def test_the_next_fetch_is_on_its_way_before_records_are_returned() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.consumer()
    consumer.subscribe(["t"])
    group.poll(consumer)

    group.pass_time(2)

    assert [of.fetch_offset for of in group.asked("fetch", FetchRequest)[-1].topics[0].partitions] == [1]


def test_a_poll_that_may_not_wait_returns_at_once() -> None:
    group = ScriptedGroup()
    consumer = group.consumer()
    consumer.subscribe(["t"])
    before_ms = group.clock.now_ms

    assert group.poll(consumer, 0) == []
    assert group.clock.now_ms == before_ms


def test_a_poll_waits_as_long_as_it_may() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    before_ms = group.clock.now_ms

    assert group.poll(consumer, 2_000) == []
    assert group.clock.now_ms == before_ms + 2_000


def test_records_that_arrive_meanwhile_end_the_wait() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    before_ms = group.clock.now_ms
    group.clock.call_at(before_ms + 700, lambda: group.append("a"))

    assert group.poll(consumer, 60_000) == ["a"]
    assert group.clock.now_ms < before_ms + 1_500


def test_automatic_commits_cover_what_earlier_polls_returned_and_nothing_of_this_one() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.joined(enable_auto_commit="true", auto_commit_interval_ms=100)
    group.append("b")
    group.pass_time(1_000)

    assert group.poll(consumer) == ["b"]
    group.pass_time(10)

    # The record "a" was processed before poll was called again; "b" has only just been returned.
    assert group.committed[P0] == 1


def test_nothing_is_committed_while_the_interval_is_not_over() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.joined(enable_auto_commit="true", auto_commit_interval_ms=60_000)

    for _ in range(5):
        group.poll(consumer)

    assert group.asked("offset_commit", OffsetCommitRequest) == []


def test_wakeups_end_a_poll_that_waits() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    polling = group.start(consumer.poll(60_000))
    group.pass_time(100)

    consumer.wakeup()
    group.pass_time(1)

    with pytest.raises(WakeupError):
        polling.result()


def test_a_wakeup_while_nobody_polls_ends_the_next_poll_only() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.consumer()
    consumer.subscribe(["t"])
    consumer.wakeup()

    with pytest.raises(WakeupError):
        group.poll(consumer)

    assert group.poll(consumer) == ["a"]


def test_a_paused_partition_keeps_what_was_fetched_for_when_it_is_resumed() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    consumer = group.consumer(max_poll_records=1)
    consumer.subscribe(["t"])
    group.poll(consumer)
    fetches = len(group.asked("fetch", FetchRequest))

    consumer.pause([P0])
    assert group.poll(consumer) == []
    consumer.resume([P0])

    assert group.poll(consumer, 0) == ["b"]
    assert len(group.asked("fetch", FetchRequest)) == fetches


def test_what_was_fetched_before_a_seek_is_dropped() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    consumer = group.consumer(max_poll_records=1)
    consumer.subscribe(["t"])
    group.poll(consumer)

    consumer.seek(P0, 0)

    assert group.poll(consumer) == ["a"]


def test_a_negative_offset_can_not_be_sought() -> None:
    group = ScriptedGroup()
    consumer = group.joined()

    with pytest.raises(ValueError, match="negative"):
        consumer.seek(P0, -1)


def test_what_is_not_assigned_can_not_be_sought_paused_or_asked_for_its_position() -> None:
    group = ScriptedGroup()
    consumer = group.joined()

    for call in (lambda: consumer.seek(P1, 0), lambda: consumer.pause([P1]), lambda: group.run(consumer.position(P1))):
        with pytest.raises(ValueError, match="No current assignment for partition t-1"):
            call()


def test_topics_partitions_and_patterns_exclude_each_other() -> None:
    group = ScriptedGroup()
    consumer = group.consumer()
    consumer.subscribe(["t"])

    with pytest.raises(ValueError, match="mutually exclusive"):
        group.run(consumer.assign([P0]))


def test_assigned_partitions_are_read_without_joining() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.consumer()
    group.run(consumer.assign([P0]))

    assert group.poll(consumer) == ["a"]
    assert group.order("join_group") == []


def test_without_a_group_there_is_no_coordinator() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.consumer(group_id=None, enable_auto_commit="false")
    group.run(consumer.assign([P0]))

    assert group.poll(consumer) == ["a"]
    assert group.order("find_coordinator", "offset_fetch") == []
    with pytest.raises(ValueError, match=r"valid group\.id"):
        group.run(consumer.commit_sync())


def test_a_closed_consumer_can_not_be_used_and_closing_again_does_nothing() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    group.run(consumer.close())
    group.run(consumer.close())

    with pytest.raises(ValueError, match="already been closed"):
        group.poll(consumer)


def test_a_pattern_reads_all_topics_that_match_it_as_a_whole() -> None:
    group = ScriptedGroup({"orders-1": 1, "orders-2": 1, "old-orders-1": 1})
    for topic in group.counts:
        group.append(topic, partition=(topic, 0))
    consumer = group.consumer()
    consumer.subscribe_pattern("orders-.*")

    read = [value for _ in range(5) for value in group.poll(consumer)]

    assert sorted(read) == ["orders-1", "orders-2"]


def test_a_coordinator_that_is_not_there_yet_is_looked_for_again() -> None:
    group = ScriptedGroup()
    group.append("a")
    group.fail("find_coordinator", ErrorCode.coordinator_not_available, ErrorCode.coordinator_not_available)
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer, 10_000) == ["a"]
    assert len(group.order("find_coordinator")) == 3


def test_assignments_are_told_before_anything_is_read() -> None:
    group, told = ScriptedGroup(), Told()
    group.append("a")
    consumer = group.consumer()
    consumer.subscribe(["t"], told)

    assert group.poll(consumer) == ["a"]
    assert told.told == [("assigned", (P0,))]
