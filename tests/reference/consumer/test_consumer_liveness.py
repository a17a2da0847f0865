from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.leave_group.v5.request import LeaveGroupRequest

from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0


def test_heartbeats_go_on_while_the_application_is_processing() -> None:
    group = ScriptedGroup()
    group.joined()

    group.pass_time(15_000)

    assert len(group.asked("heartbeat", HeartbeatRequest)) == 5


def test_heartbeats_say_who_sends_them() -> None:
    group = ScriptedGroup()
    group.joined(group_instance_id="i")
    group.pass_time(4_000)

    beat = group.asked("heartbeat", HeartbeatRequest)[0]
    assert (beat.generation_id, beat.member_id, beat.group_instance_id) == (1, "member", "i")


def test_who_is_not_in_a_group_sends_none() -> None:
    group = ScriptedGroup()
    consumer = group.consumer()
    group.run(consumer.assign([P0]))
    group.poll(consumer, 20_000)

    assert group.order("heartbeat") == []


def test_heartbeats_go_on_while_the_group_rebalances_and_the_application_does_not_poll() -> None:
    group = ScriptedGroup()
    group.joined()
    group.fail("heartbeat", *[ErrorCode.rebalance_in_progress] * 10)

    group.pass_time(30_000)

    assert len(group.asked("heartbeat", HeartbeatRequest)) == 10


def test_without_answers_for_a_session_the_coordinator_is_looked_for_again_and_the_assignment_kept() -> None:
    group, told = ScriptedGroup(), Told()
    consumer = group.joined(told, session_timeout_ms=10_000)
    group.silent.add("heartbeat")

    group.pass_time(14_000)

    assert len(group.order("find_coordinator")) == 2
    assert consumer.assignment == (P0,)
    assert told.told == [("assigned", (P0,))]


def test_a_zombie_reads_on_until_it_hears_from_a_coordinator() -> None:
    group = ScriptedGroup()
    consumer = group.joined(session_timeout_ms=10_000)
    group.silent.add("heartbeat")
    group.pass_time(14_000)
    group.append("a")

    assert group.poll(consumer) == ["a"]


def test_who_does_not_poll_for_too_long_leaves_and_finds_its_partitions_lost() -> None:
    group, told = ScriptedGroup(), Told()
    consumer = group.joined(told, max_poll_interval_ms=20_000)

    group.pass_time(21_000)
    (leave,) = group.asked("leave_group", LeaveGroupRequest)
    assert leave.members[0].reason == "consumer poll timeout has expired."
    assert told.told == [("assigned", (P0,))]
    group.poll(consumer)

    assert told.told[1:] == [("lost", (P0,)), ("assigned", (P0,))]
    assert group.asked("join_group", JoinGroupRequest)[-1].member_id == ""


def test_a_static_member_does_not_leave_but_is_silent() -> None:
    group = ScriptedGroup()
    group.joined(max_poll_interval_ms=20_000, group_instance_id="i")
    group.pass_time(21_000)
    beats = len(group.asked("heartbeat", HeartbeatRequest))

    group.pass_time(60_000)

    assert group.order("leave_group") == []
    assert len(group.asked("heartbeat", HeartbeatRequest)) == beats


def test_a_poll_that_waits_is_a_poll() -> None:
    group = ScriptedGroup()
    consumer = group.joined(max_poll_interval_ms=20_000)

    group.poll(consumer, 90_000)

    assert group.order("leave_group") == []


def test_a_heartbeat_that_fails_is_followed_by_the_next_one_soon() -> None:
    group = ScriptedGroup()
    group.joined()
    group.fail("heartbeat", ErrorCode.coordinator_not_available)

    group.pass_time(3_400)

    assert len(group.asked("heartbeat", HeartbeatRequest)) == 2


def test_a_connection_that_breaks_makes_it_look_for_the_coordinator_and_stay_in_the_group() -> None:
    group, told = ScriptedGroup(), Told()
    consumer = group.joined(told)
    group.server.drop()

    group.pass_time(10_000)
    group.poll(consumer)

    assert len(group.order("find_coordinator")) >= 2
    assert told.told == [("assigned", (P0,))]
