from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.describe_groups.v6.response import DescribedGroup, DescribedGroupMember
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.standalone import ADDRESS
from ackproof.reference.consumer.assignors.subscribing import encode_assignment
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.kernel.future import TimedOutError
from ackproof.reference.lag.admin import (
    Admin,
    GroupNotFoundError,
    NotConsumerGroupError,
    UnreadableAssignmentError,
    classic_group,
)
from ackproof.reference.lag.group import Committed, rows_of
from ackproof.reference.lag.table import notice
from ackproof.reference.producer.record import ProducerRecord
from ackproof.reference.protocol.primitive import GroupId
from ackproof.reference.protocol.request import Address
from ackproof.reference.simulator.process import Process
from tests.reference.broker.standing import TOPIC
from tests.reference.consumer.cluster import Application, Cluster
from tests.reference.protocol.spoiling import spoilt

P0, P1 = (TOPIC, 0), (TOPIC, 1)
ASSIGNMENT = encode_assignment([("t", 0), ("t", 1), ("u", 0)])
PROTOCOLS = pytest.mark.parametrize("protocol", ["classic", "consumer"])


def admin_of(cluster: Cluster, address: Address = ADDRESS) -> Admin:
    return Admin(cluster.clock, cluster.network.node(Process(cluster.clock, "admin")), [address], Random(0))


def commit(cluster: Cluster, group_id: str, partition: tuple[str, int], offset: int) -> None:
    consumer = cluster.consumer(group_id=group_id)
    cluster.run(consumer.assign([partition]))
    cluster.run(consumer.commit_sync({partition: OffsetAndMetadata(offset)}))
    cluster.run(consumer.close())


@PROTOCOLS
def test_a_live_group_is_told_with_members_commits_and_ends(protocol: str) -> None:
    cluster = Cluster()
    cluster.produce("a", "b", "c")
    application = Application(cluster, group_protocol=protocol, client_id="reader")
    cluster.pass_time(5_000)

    group = cluster.run(admin_of(cluster).group("group"))

    (member,) = group.members
    assert (group.state, member.client_id) == ("Stable", "reader")
    assert member.partitions == frozenset({P0, P1})
    assert group.committed[P0].offset == len(application.read) == 3
    assert rows_of(group)[0].lag == 0


@PROTOCOLS
def test_a_group_that_everybody_has_left_keeps_its_commits(protocol: str) -> None:
    cluster = Cluster()
    cluster.produce("a", "b")
    application = Application(cluster, group_protocol=protocol)
    cluster.pass_time(5_000)
    application.is_running = False
    cluster.pass_time(5_000)

    group = cluster.run(admin_of(cluster).group("group"))

    assert (group.state, group.members) == ("Empty", ())
    assert notice(group) == "\nConsumer group 'group' has no active members.\n"
    assert group.committed[P0].offset == 2


def test_a_group_that_only_keeps_offsets_is_told_and_lag_may_be_negative() -> None:
    cluster = Cluster()
    cluster.produce("a", "b")
    commit(cluster, "by-hand", P0, 99)

    group = cluster.run(admin_of(cluster).group("by-hand"))

    assert (group.committed, group.end_offsets) == ({P0: Committed(99)}, {P0: 2})
    assert [row.lag for row in rows_of(group)] == [-97]


def test_groups_are_listed_in_order() -> None:
    cluster = Cluster()
    for group_id in ("b", "c", "a"):
        commit(cluster, group_id, P0, 0)

    assert cluster.run(admin_of(cluster).group_ids()) == ["a", "b", "c"]


def test_a_group_that_there_is_not_is_not_found() -> None:
    cluster = Cluster()

    with pytest.raises(GroupNotFoundError, match="Group nobody not found"):
        cluster.run(admin_of(cluster).group("nobody"))


def described_group(assignment: bytes, protocol_type: str = "consumer") -> DescribedGroup:
    member = DescribedGroupMember(
        member_id="m",
        group_instance_id=None,
        client_id="c",
        client_host="/h",
        member_metadata=b"",
        member_assignment=assignment,
    )
    return DescribedGroup(
        error_code=ErrorCode.none,
        error_message=None,
        group_id=GroupId("g"),
        group_state="Stable",
        protocol_type=protocol_type,
        protocol_data="range",
        members=(member,),
    )


def test_a_group_that_an_older_broker_tells_to_be_dead_is_not_found() -> None:
    dead = replace(described_group(b"", ""), group_state="Dead", members=())

    with pytest.raises(GroupNotFoundError, match="Group g not found"):
        classic_group(dead)


def test_a_group_of_connect_workers_is_no_consumer_group() -> None:
    workers = described_group(b"\x00\x02garbage!", "connect")

    with pytest.raises(NotConsumerGroupError, match=r"Group g is not a consumer group \(connect\)"):
        classic_group(workers)


@pytest.mark.parametrize("assignment", [b"\0\0\0\0\0\5gar", b"\0\1\0\0\0\1\0\1t\xff\xff\xff\xff\xff\xff\xff\xff"])
def test_an_assignment_that_can_not_be_read_is_told_to_be(assignment: bytes) -> None:
    with pytest.raises(UnreadableAssignmentError, match="Group g has a member whose assignment can not be read"):
        classic_group(described_group(assignment))


@given(st.binary(max_size=40) | st.integers(0, 2**32).map(lambda seed: spoilt(ASSIGNMENT, Random(seed))))
def test_whatever_a_member_is_assigned_it_is_read_or_named(assignment: bytes) -> None:
    with suppress(UnreadableAssignmentError):
        assert len(classic_group(described_group(assignment)).members) == 1


def test_a_cluster_that_there_is_not_does_not_answer_in_time() -> None:
    cluster = Cluster()
    admin = admin_of(cluster, Address("elsewhere", 1))

    with pytest.raises(TimedOutError):
        cluster.run(admin.group("group"))
    admin.close()


def test_who_asks_for_a_topic_that_is_gone_does_not_create_it() -> None:
    cluster = Cluster()

    assert cluster.run(admin_of(cluster).end_offsets([("gone", 0)])) == {}
    assert "gone" not in cluster.standing.broker.metadata.image.topics


def test_an_open_transaction_holds_the_last_stable_offset_back() -> None:
    cluster = Cluster()
    producer = cluster.producer("open")
    cluster.run(producer.init_transactions())
    cluster.run(producer.begin_transaction())
    producer.send(ProducerRecord(TOPIC, b"open", partition=0))
    cluster.run(producer.flush())
    admin = admin_of(cluster)

    assert cluster.run(admin.end_offsets([P0])) == {P0: 1}
    assert cluster.run(admin.end_offsets([P0], "read_committed")) == {P0: 0}
