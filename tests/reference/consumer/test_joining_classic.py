from dataclasses import replace

import pytest
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.response import FindCoordinatorResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse, JoinGroupResponseMember
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.static.protocol import ResponsePayload

from ackproof.reference.consumer.assignors.subscribing import (
    MemberSubscription,
    decode_assignment,
    decode_subscription,
    encode_subscription,
)
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import FencedInstanceIdError
from ackproof.reference.consumer.record import GroupMetadata
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration
from ackproof.reference.protocol.request import Request
from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import NOW_MS, P0, P1


def test_a_member_says_what_it_subscribes_to_and_which_assignors_it_has() -> None:
    group = ScriptedGroup()
    group.joined(session_timeout_ms=9_000, max_poll_interval_ms=70_000)

    (join,) = group.asked("join_group", JoinGroupRequest)
    assert [protocol.name for protocol in join.protocols] == ["range", "cooperative-sticky"]
    assert decode_subscription(join.protocols[0].metadata).topics == ("t",)
    assert (join.session_timeout.total_seconds(), join.rebalance_timeout.total_seconds()) == (9, 70)


def test_a_member_joins_again_with_the_id_that_it_is_given() -> None:
    group = ScriptedGroup()
    group.fail("join_group", ErrorCode.member_id_required)
    group.joined()

    assert [join.member_id for join in group.asked("join_group", JoinGroupRequest)] == ["", "member"]


def test_the_leader_assigns_and_others_send_nothing() -> None:
    group = ScriptedGroup({"t": 2})
    group.joined()
    follower = ScriptedGroup({"t": 2})
    follower.leads, follower.assigned = False, [P1]
    follower.joined()

    (lead,) = group.asked("sync_group", SyncGroupRequest)
    (follow,) = follower.asked("sync_group", SyncGroupRequest)
    assert [decode_assignment(of.assignment) for of in lead.assignments] == [(P0, P1)]
    assert follow.assignments == ()


class WithStranger(ScriptedGroup):
    """Another member's subscription may be any bytes."""

    stranger = b"\0\1\xff\xff\xff\xff"

    def join(self, request: Request) -> ResponsePayload:
        answer = super().join(request)
        assert isinstance(answer, JoinGroupResponse)
        stranger = JoinGroupResponseMember(member_id="stranger", metadata=self.stranger)
        return replace(answer, members=(*answer.members, stranger))


def test_a_leader_that_can_not_read_a_subscription_raises_and_joins_again_in_the_next_poll() -> None:
    """Source: ``AbstractCoordinator``: ``onLeaderElected``, ``joinGroupIfNeeded``."""
    group = WithStranger({"t": 2})
    consumer = group.consumer()
    consumer.subscribe(["t"])

    with pytest.raises(ValueError, match="topics is null"):
        group.poll(consumer)
    group.stranger = encode_subscription(MemberSubscription(("t",)))
    group.poll(consumer)

    assert group.order("join_group", "sync_group") == ["join_group", "join_group", "sync_group"]
    assert consumer.assignment == (P0,)


class WithoutCoordinator(ScriptedGroup):
    """Asked for the coordinator it tells of none."""

    def find(self, _: Request) -> ResponsePayload:
        return FindCoordinatorResponse(throttle_time=duration(0), coordinators=())


def test_an_answer_that_names_no_coordinator_is_raised() -> None:
    """Source: ``AbstractCoordinator.FindCoordinatorResponseHandler``."""
    group = WithoutCoordinator()
    consumer = group.consumer()
    consumer.subscribe(["t"])

    with pytest.raises(KafkaError, match="for one group 0 coordinators are told"):
        group.poll(consumer)


def test_an_assignment_that_can_not_be_read_is_raised() -> None:
    group = ScriptedGroup()
    group.given = b"\0\1\xff\xff\xff\xff"
    consumer = group.consumer()
    consumer.subscribe(["t"])

    for _ in range(2):
        with pytest.raises(ValueError, match="assigned_partitions is null"):
            group.poll(consumer)

    assert group.order("join_group") == ["join_group"]


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.coordinator_load_in_progress,
        ErrorCode.coordinator_not_available,
        ErrorCode.not_coordinator,
        ErrorCode.rebalance_in_progress,
        ErrorCode.unknown_member_id,
    ],
)
def test_joining_is_tried_again_where_that_may_help(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.append("a")
    group.fail("join_group", code)
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer, 5_000) == ["a"]


@pytest.mark.parametrize(
    "code", [ErrorCode.rebalance_in_progress, ErrorCode.illegal_generation, ErrorCode.unknown_member_id]
)
def test_a_refused_sync_makes_it_join_again(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.append("a")
    group.fail("sync_group", code)
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer, 5_000) == ["a"]
    member_ids = [join.member_id for join in group.asked("join_group", JoinGroupRequest)]
    assert member_ids == ["", "" if code == ErrorCode.unknown_member_id else "member"]


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.inconsistent_group_protocol,
        ErrorCode.invalid_session_timeout,
        ErrorCode.invalid_group_id,
        ErrorCode.group_authorization_failed,
        ErrorCode.group_max_size_reached,
    ],
)
def test_what_keeps_a_member_out_for_good_is_raised(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.fail("join_group", code)
    consumer = group.consumer()
    consumer.subscribe(["t"])

    with pytest.raises(KafkaError) as raised:
        group.poll(consumer)

    assert raised.value.code == code


@pytest.mark.parametrize("api_name", ["join_group", "sync_group"])
def test_a_static_member_that_was_replaced_while_it_joins_is_told_so(api_name: str) -> None:
    group = ScriptedGroup()
    group.fail(api_name, ErrorCode.fenced_instance_id)
    consumer = group.consumer(group_instance_id="i")
    consumer.subscribe(["t"])

    with pytest.raises(FencedInstanceIdError):
        group.poll(consumer)


def test_a_static_member_that_was_replaced_is_told_so_by_a_heartbeat() -> None:
    group = ScriptedGroup()
    consumer = group.joined(group_instance_id="i")
    group.fail("heartbeat", ErrorCode.fenced_instance_id)
    group.pass_time(3_100)

    with pytest.raises(FencedInstanceIdError):
        group.poll(consumer)


def test_assignors_without_a_common_protocol_can_not_be_combined_but_eager_is_common_to_all() -> None:
    group, told = ScriptedGroup(), Told()
    consumer = group.joined(told, partition_assignment_strategy="cooperative-sticky,range")
    group.rebalance()

    group.poll(consumer)

    assert ("revoked", (P0,)) in told.told


def test_unsubscribing_revokes_and_leaves() -> None:
    group, told = ScriptedGroup(), Told()
    consumer = group.joined(told)

    group.run(consumer.unsubscribe())
    group.pass_time(10)

    assert told.told[-1] == ("revoked", (P0,))
    (leave,) = group.asked("leave_group", LeaveGroupRequest)
    assert leave.members[0].member_id == "member"
    assert (consumer.assignment, consumer.subscription) == ((), ())


def test_a_static_member_does_not_leave() -> None:
    group = ScriptedGroup()
    consumer = group.joined(group_instance_id="i")

    group.run(consumer.close())
    group.pass_time(10)

    assert group.order("leave_group") == []


@pytest.mark.parametrize("after_ms", range(3_000, 3_010))
def test_closing_waits_until_it_has_left_also_as_metadata_has_to_be_asked_for_first(after_ms: int) -> None:
    group, members = ScriptedGroup(), list[Consumer]()

    def close() -> None:
        group.start(members[0].close())

    group.clock.call_at(NOW_MS + after_ms, close)
    members.append(group.joined(metadata_max_age_ms=3_000))
    group.pass_time(3_100)

    assert group.order("leave_group") == ["leave_group"]


def test_subscribing_to_nothing_unsubscribes() -> None:
    group = ScriptedGroup()
    consumer = group.joined()

    consumer.subscribe([])
    group.pass_time(10)

    assert len(group.order("leave_group")) == 1
    assert consumer.subscription == ()


def test_another_subscription_makes_it_join_again_and_drops_what_was_fetched() -> None:
    group, told = ScriptedGroup({"t": 1, "u": 1}), Told()
    for topic in group.counts:
        group.append(topic, partition=(topic, 0))
    consumer = group.consumer()
    consumer.subscribe(["t"], told)
    group.poll(consumer)

    consumer.subscribe(["u"], told)

    assert group.poll(consumer) + group.poll(consumer) == ["u"]
    assert told.told[-1] == ("assigned", (("u", 0),))


def test_an_assignment_that_is_not_subscribed_to_is_not_taken() -> None:
    group = ScriptedGroup()
    group.assigned = [("other", 0)]
    consumer = group.consumer()
    consumer.subscribe(["t"])
    polling = group.start(consumer.poll(100))
    group.pass_time(50)
    group.assigned = [P0]
    group.pass_time(100)
    polling.result()

    assert consumer.assignment == (P0,)


def test_producers_are_told_who_the_member_is() -> None:
    group = ScriptedGroup()
    consumer = group.consumer(group_instance_id="i")
    assert consumer.group_metadata == GroupMetadata("g", -1, "", "i")

    consumer.subscribe(["t"])
    group.poll(consumer)

    assert consumer.group_metadata == GroupMetadata("g", 1, "member", "i")
