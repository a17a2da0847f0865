import attrs
import pytest
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.errors import ErrorCode

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.groups.rules import CONSUMER
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.errors import (
    ListenerError,
)
from ackproof.reference.consumer.modern.member import Member
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.consumer.listening import Told
from tests.reference.consumer.modern_member import beats, member
from tests.reference.consumer.scripted_coordinator import topic_id
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0, P1


def owned(beat: ConsumerGroupHeartbeatRequest) -> list[tuple[object, tuple[int, ...]]] | None:
    told = beat.topic_partitions
    return None if told is None else [(topic.topic_id, tuple(map(int, topic.partitions))) for topic in told]


def test_a_member_joins_with_epoch_0_and_says_everything() -> None:
    group, _ = member(max_poll_interval_ms=70_000, client_rack="rack", group_remote_assignor="uniform")

    join = beats(group)[0]
    assert join.member_epoch == 0
    assert join.subscribed_topic_names == ("t",)
    assert join.rebalance_timeout.total_seconds() == 70
    assert (join.rack_id, join.server_assignor, owned(join)) == ("rack", "uniform", [])


def test_it_makes_up_its_own_id_and_keeps_it() -> None:
    group, _ = member()

    (member_id,) = {beat.member_id for beat in beats(group)}
    assert len(member_id) == 22


def test_it_acknowledges_what_it_has_got_at_once() -> None:
    group, consumer = member()

    acknowledgement = beats(group)[1]
    assert (acknowledgement.member_epoch, owned(acknowledgement)) == (1, [(topic_id("t"), (0,))])
    assert acknowledgement.subscribed_topic_names is None
    assert consumer.assignment == (P0,)


def test_after_that_it_says_only_that_it_is_there_as_often_as_the_group_wants() -> None:
    group, consumer = member()
    group.poll(consumer, 5_000)

    later = beats(group)[2:]
    assert len(later) == 6
    assert {(beat.subscribed_topic_names, owned(beat)) for beat in later} == {(None, None)}


def test_new_partitions_are_told_before_they_are_read() -> None:
    told = Told()
    group = ScriptedGroup()
    group.append("a")
    consumer = group.consumer(group_protocol="consumer")
    consumer.subscribe(["t"], told)

    assert group.poll(consumer) == ["a"]
    assert told.told == [("assigned", (P0,))]


def test_what_moves_is_revoked_in_poll_and_then_acknowledged() -> None:
    told = Told()
    group, consumer = member(told, partitions=2)
    group.target, group.member_epoch = [P1], 2
    group.pass_time(1_500)
    # The application is processing: nothing happens to what it may be reading.
    assert told.told == [("assigned", (P0, P1))]
    assert owned(beats(group)[-1]) is None

    group.poll(consumer)
    group.pass_time(20)

    assert told.told[1:] == [("revoked", (P0,)), ("assigned", ())]
    acknowledgement = next(beat for beat in reversed(beats(group)) if beat.topic_partitions is not None)
    assert (acknowledgement.member_epoch, owned(acknowledgement)) == (2, [(topic_id("t"), (1,))])


def test_before_4_3_what_moves_is_given_up_while_the_application_is_processing() -> None:
    """KAFKA-20332."""
    group, _ = member(partitions=2, rules=ConsumerRules(rejoins_in_background=True))
    group.target, group.member_epoch = [P1], 2
    group.pass_time(1_500)

    acknowledgement = next(beat for beat in reversed(beats(group)) if beat.topic_partitions is not None)
    assert (acknowledgement.member_epoch, owned(acknowledgement)) == (2, [(topic_id("t"), (1,))])


def test_what_it_had_is_read_on_while_other_partitions_move() -> None:
    group, consumer = member(partitions=2)
    group.target = [P1]
    group.pass_time(1_500)
    group.append("gone")
    group.append("stays", partition=P1)

    read = [value for _ in range(3) for value in group.poll(consumer)]

    assert read == ["stays"]


@pytest.mark.parametrize("code", [ErrorCode.fenced_member_epoch, ErrorCode.unknown_member_id])
def test_a_fenced_member_drops_everything_and_joins_again_with_the_same_id(code: ErrorCode) -> None:
    told = Told()
    group, consumer = member(told, enable_auto_commit="true", auto_commit_interval_ms=600_000)
    group.append("a")
    group.poll(consumer)
    group.fail("consumer_group_heartbeat", code)
    group.pass_time(1_500)

    group.poll(consumer, 2_000)

    assert told.told == [("assigned", (P0,)), ("lost", (P0,)), ("assigned", (P0,))]
    assert group.committed == {}
    assert sum(beat.member_epoch == 0 for beat in beats(group)) == 2
    assert len({beat.member_id for beat in beats(group)}) == 1


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.unreleased_instance_id,
        ErrorCode.fenced_instance_id,
        ErrorCode.unsupported_assignor,
        ErrorCode.group_max_size_reached,
        ErrorCode.invalid_request,
        ErrorCode.group_authorization_failed,
        ErrorCode.unsupported_version,
    ],
)
def test_what_keeps_it_out_for_good_is_raised_and_it_asks_no_more(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.fail("consumer_group_heartbeat", code)
    consumer = group.consumer(group_protocol="consumer", group_instance_id="i")
    consumer.subscribe(["t"])

    with pytest.raises(KafkaError) as raised:
        group.poll(consumer)

    assert raised.value.code == code
    group.poll(consumer, 5_000)
    assert len(beats(group)) == 1


@pytest.mark.parametrize(
    "code",
    [ErrorCode.coordinator_load_in_progress, ErrorCode.not_coordinator, ErrorCode.coordinator_not_available],
)
def test_joining_is_tried_again_where_that_may_help(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.append("a")
    group.fail("consumer_group_heartbeat", code, code)
    consumer = group.consumer(group_protocol="consumer")
    consumer.subscribe(["t"])

    assert group.poll(consumer, 5_000) == ["a"]


def test_after_a_failure_everything_is_said_again() -> None:
    group, consumer = member()
    group.fail("consumer_group_heartbeat", ErrorCode.not_coordinator)
    group.pass_time(1_500)
    group.poll(consumer)

    again = [beat for beat in beats(group)[2:] if beat.subscribed_topic_names is not None]
    assert [(beat.member_epoch, owned(beat)) for beat in again] == [(1, [(topic_id("t"), (0,))])]


def test_who_does_not_poll_for_too_long_leaves_and_joins_again_when_it_does() -> None:
    told = Told()
    group, consumer = member(told, max_poll_interval_ms=5_000)
    group.pass_time(6_000)
    assert beats(group)[-1].member_epoch == -1
    assert told.told == [("assigned", (P0,))]
    silent = len(beats(group))
    group.pass_time(5_000)
    assert len(beats(group)) == silent

    group.poll(consumer)
    group.poll(consumer)

    assert told.told[1:] == [("lost", (P0,)), ("assigned", (P0,))]


@pytest.mark.parametrize(("instance", "keeps", "epoch"), [(None, True, -1), ("i", True, -2), ("i", False, -1)])
def test_who_does_not_poll_says_that_it_leaves_or_that_it_will_be_back(
    instance: str | None, *, keeps: bool, epoch: int
) -> None:
    """Java's first client, of 3.7, leaves for good."""
    stuck = Member("m", instance, attrs.evolve(CONSUMER, keeps_its_place=keeps), state="stable")

    stuck.begin_leaving(as_application_is_stuck=True)

    assert stuck.epoch == epoch


@pytest.mark.parametrize(("instance", "epoch"), [(None, -1), ("i", -2)])
def test_closing_says_that_it_leaves_or_that_it_will_be_back(instance: str | None, epoch: int) -> None:
    told = Told()
    group, consumer = member(told, group_instance_id=instance)

    group.run(consumer.close())

    assert beats(group)[-1].member_epoch == epoch
    assert told.told[-1] == ("revoked", (P0,))


def test_unsubscribing_leaves_and_subscribing_again_joins() -> None:
    told = Told()
    group, consumer = member(told)

    group.run(consumer.unsubscribe())
    assert (beats(group)[-1].member_epoch, consumer.assignment) == (-1, ())
    consumer.subscribe(["t"], told)
    group.poll(consumer)

    assert told.told == [("assigned", (P0,)), ("revoked", (P0,)), ("assigned", (P0,))]


def test_another_subscription_is_told_in_the_next_heartbeat_and_its_topic_read_no_more() -> None:
    group, consumer = member()
    group.append("a")
    consumer.subscribe(["u"])

    assert group.poll(consumer, 2_000) == []
    assert ("u",) in [beat.subscribed_topic_names for beat in beats(group)]


def test_an_assignment_waits_for_the_names_of_its_topics() -> None:
    group, consumer = member()
    group.target = [P0, ("new", 0)]
    group.pass_time(1_500)
    group.poll(consumer)
    before = consumer.assignment

    group.counts["new"] = 1
    consumer.subscribe(["t", "new"])
    group.poll(consumer, 3_000)

    assert [before, consumer.assignment] == [(P0,), (("new", 0), P0)]


class Raising(Told):
    """A listener that raises an error when it is told of assignments."""

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        await super().on_partitions_assigned(partitions)
        raise OSError("no disk")


def test_what_the_listener_raises_comes_out_of_poll_and_the_group_is_not_told_of_the_partitions() -> None:
    group = ScriptedGroup()
    consumer = group.consumer(group_protocol="consumer")
    consumer.subscribe(["t"], Raising())

    with pytest.raises(ListenerError):
        group.poll(consumer)

    group.pass_time(2_000)
    assert [owned(beat) for beat in beats(group) if beat.member_epoch > 0] == [None] * (len(beats(group)) - 1)


def test_nobody_can_ask_for_a_rebalance() -> None:
    _, consumer = member()

    with pytest.raises(ValueError, match="not supported"):
        consumer.enforce_rebalance()


def test_positions_of_new_partitions_are_looked_up_while_others_are_read() -> None:
    group, consumer = member(partitions=2)
    group.target = [P0]
    group.pass_time(1_500)
    group.poll(consumer)
    group.silent.add("offset_fetch")
    group.target = [P0, P1]
    group.pass_time(1_500)
    group.append("a")

    assert group.poll(consumer, 3_000) == ["a"]
