from typing import Any

import pytest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import LeaderIdAndEpoch
from kio.static.protocol import ResponsePayload

from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, i32
from ackproof.reference.protocol.request import Request
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0, P1
from tests.reference.consumer.two_brokers import TwoBrokers, changed


def read(group: ScriptedGroup, *, polls: int = 3, **settings: Any) -> tuple[Consumer, list[str]]:
    """A consumer that reads every partition of topic t, and what it has read."""
    consumer = group.consumer(**settings)
    group.run(consumer.assign([("t", number) for number in range(group.counts["t"])]))
    return consumer, [value for _ in range(polls) for value in group.poll(consumer)]


def nearer() -> TwoBrokers:
    """The leader sends whoever says where it is to a follower."""
    group = TwoBrokers({0: 1})
    group.append("a", "b")
    group.names_second = True
    return group


def test_each_leader_is_asked_for_its_own_partitions_and_does_not_wait_for_the_other() -> None:
    group = TwoBrokers({0: 1, 1: 2})
    group.silent.add("fetch")
    group.append("slow")
    group.append("a", partition=P1)

    _, values = read(group)

    assert values == ["a"]
    (first,) = group.asked("fetch", FetchRequest)
    assert [int(of.partition) for of in first.topics[0].partitions] == [0]


def test_nothing_else_is_fetched_from_a_broker_of_which_something_is_yet_to_be_handed_out() -> None:
    group = ScriptedGroup({"t": 2})
    group.append("a", "b", "c")
    consumer, values = read(group, polls=2, max_poll_records=1)
    group.append("d", partition=P1)

    assert values == ["a", "b"]
    assert len(group.asked("fetch", FetchRequest)) == 1
    assert [group.poll(consumer), group.poll(consumer)] == [["c"], ["d"]]


def test_a_nearer_follower_that_the_leader_names_is_read_from() -> None:
    group = nearer()

    _, values = read(group, client_rack="here")

    assert values == ["a", "b"]
    assert [request.rack_id for request in group.asked("fetch", FetchRequest)] == ["here"]
    assert group.second.asked_for("fetch")


def test_who_does_not_say_where_it_is_reads_from_the_leader() -> None:
    group = nearer()

    _, values = read(group)

    assert values == ["a", "b"]
    assert not group.second.asked_for("fetch")


def test_the_leader_is_asked_again_when_metadata_is_old() -> None:
    group = nearer()
    consumer, _ = read(group, client_rack="here", metadata_max_age_ms=10_000)
    assert len(group.asked("fetch", FetchRequest)) == 1

    for _ in range(12):
        group.poll(consumer)

    assert len(group.asked("fetch", FetchRequest)) == 2


@pytest.mark.parametrize("code", [ErrorCode.offset_out_of_range, ErrorCode.not_leader_or_follower])
def test_a_follower_that_can_not_answer_is_left_for_the_leader_and_nothing_is_reset(code: ErrorCode) -> None:
    group = nearer()
    group.second_error = code
    consumer, _ = read(group, client_rack="here", auto_offset_reset="latest", polls=0)
    consumer.seek(P0, 0)

    group.poll(consumer)
    group.names_second = False
    values = [value for _ in range(3) for value in group.poll(consumer)]

    assert values == ["a", "b"]


def test_a_follower_that_is_gone_is_left_for_the_leader() -> None:
    group = nearer()
    consumer, _ = read(group, client_rack="here")
    group.append("c")
    group.names_second = False
    group.lose_second()

    assert [value for _ in range(3) for value in group.poll(consumer)] == ["c"]


def test_a_replica_that_metadata_does_not_have_is_not_looked_for() -> None:
    group = nearer()
    group.second_is_known = False

    consumer, _ = read(group, client_rack="here")
    group.names_second = False

    assert [value for _ in range(3) for value in group.poll(consumer)] == ["a", "b"]


def test_who_is_not_the_leader_any_more_tells_which_epoch_there_is() -> None:
    group = TwoBrokers({0: 1})
    group.append("a")

    def moved(request: Request) -> ResponsePayload:
        """The partition is led by broker 2 now, and metadata will have it."""
        body = request.body
        assert isinstance(body, FetchRequest)
        group.leaders, group.leader_epoch = {0: 2}, 5
        leader = LeaderIdAndEpoch(leader_id=BrokerId(2), leader_epoch=i32(5))
        error = ErrorCode.not_leader_or_follower
        return changed(group.fetched(body), error_code=error, current_leader=leader, records=None)

    group.server.answers["fetch"] = moved

    _, values = read(group)

    assert values == ["a"]


def test_a_fetch_that_is_not_allowed_is_an_error() -> None:
    group = ScriptedGroup()
    consumer, _ = read(group, polls=1)
    group.append("a")
    group.fail("fetch", ErrorCode.topic_authorization_failed)

    with pytest.raises(KafkaError, match="t-0"):
        group.poll(consumer)

    assert group.poll(consumer) == ["a"]
