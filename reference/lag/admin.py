"""Groups of a cluster, asked for as ``kafka-consumer-groups`` does."""

from collections.abc import Iterable
from random import Random
from typing import TypeVar, cast, get_args

import attrs
from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.consumer_group_describe.v1.response import ConsumerGroupDescribeResponse
from kio.schema.consumer_group_describe.v1.response import DescribedGroup as DescribedModernGroup
from kio.schema.consumer_group_describe.v1.response import Member as ModernMember
from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.describe_groups.v6.response import (
    DescribedGroup,
    DescribedGroupMember,
    DescribeGroupsResponse,
)
from kio.schema.errors import ErrorCode
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.list_groups.v5.response import ListGroupsResponse
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest, OffsetFetchRequestGroup
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse, OffsetFetchResponseGroup
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.model.transactions.rules import TRANSACTION_VERSION_2
from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.assignors.subscribing import decode_assignment
from ackproof.reference.consumer.deadline import Deadline, deadline
from ackproof.reference.consumer.errors import is_retriable
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.reading import Reading
from ackproof.reference.consumer.reset import LATEST_TIMESTAMP
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError
from ackproof.reference.lag.group import Committed, Group, Member, State
from ackproof.reference.lag.metrics import Isolation
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId
from ackproof.reference.protocol.request import Address, Network

R = TypeVar("R", bound=ResponsePayload)
G = TypeVar("G", DescribedModernGroup, DescribedGroup, OffsetFetchResponseGroup)

TIMEOUT_MS = 5_000
"""How long each answer is waited for (``--timeout``)."""

CONSUMERS = ("", "consumer")
"""The protocol types of groups of consumers, and of groups that only keep offsets."""

NOT_OF_THAT_TYPE = (ErrorCode.group_id_not_found, ErrorCode.unsupported_version)


class GroupError(Exception):
    """Nothing can be told of a group, and others are not concerned."""


class GroupNotFoundError(GroupError):
    """There is no such group."""


class NotConsumerGroupError(GroupError):
    """The members of the group are no consumers, as those of Kafka Connect are not."""


class UnreadableAssignmentError(GroupError):
    """What a member is assigned is not what consumers tell each other."""


class Admin:
    """
    Asks brokers and coordinators.

    Source: ``ConsumerGroupCommand.ConsumerGroupService``; ``KafkaAdminClient``.
    """

    def __init__(self, clock: Clock, network: Network, bootstrap_servers: Iterable[Address], rng: Random) -> None:
        self._clock = clock
        self._rng = rng
        # A topic that is gone, and that a member is assigned still, is not to come back because somebody asked for it.
        self._settings = ConsumerSettings(
            bootstrap_servers=tuple(bootstrap_servers), client_id="ackproof", allow_auto_create_topics=False
        )
        self._reading = Reading(clock, network, self._settings, rng, TRANSACTION_VERSION_2, None)

    async def group_ids(self, timeout_ms: int = TIMEOUT_MS) -> list[str]:
        """
        The ids of all groups of consumers, in order (``--list``, ``--all-groups``).

        Raises:
            TimedOutError, KafkaError: Some broker did not tell.
        """
        until = deadline(self._clock, timeout_ms)
        await self._know_brokers(until)
        found: set[str] = set()
        for node in self._reading.metadata.cluster.nodes.values():
            answer = await self._ask(node, ListGroupsRequest(states_filter=()), ListGroupsResponse, until)
            if answer.error_code != ErrorCode.none:
                raise KafkaError(answer.error_code)
            found |= {str(group.group_id) for group in answer.groups if group.protocol_type in CONSUMERS}
        return sorted(found)

    async def group(self, group_id: str, timeout_ms: int = TIMEOUT_MS) -> Group:
        """
        A group: its members, what it has committed, and where those logs end.

        A partition without leader has no end, and neither has one of a topic that is gone, for which the tool fails.

        Raises:
            GroupError: There is none, it is not one of consumers, or what its members are assigned can not be read.
            TimedOutError, KafkaError: Somebody did not tell.
        """
        until = deadline(self._clock, timeout_ms)
        lookup = CoordinatorLookup(
            self._clock,
            self._reading.requests,
            self._reading.metadata,
            attrs.evolve(self._settings, group_id=group_id),
            self._rng,
        )
        described = await self._of_coordinator(lookup, group_id, until)
        partitions = {*described.committed, *(p for member in described.members for p in member.partitions)}
        return attrs.evolve(described, end_offsets=await self.end_offsets(partitions, timeout_ms=until.left_ms))

    async def end_offsets(
        self,
        partitions: Iterable[TopicPartition],
        isolation: Isolation = "read_uncommitted",
        timeout_ms: int = TIMEOUT_MS,
    ) -> dict[TopicPartition, int]:
        """The high watermarks of those of *partitions* that have leaders, or their last stable offsets."""
        until, wanted = deadline(self._clock, timeout_ms), sorted(partitions)
        topics = {topic for topic, _ in wanted}
        listing = attrs.evolve(self._reading.listing, settings=attrs.evolve(self._settings, isolation_level=isolation))
        listing.interest.transient_topics |= topics
        try:
            metadata = self._reading.metadata
            await self._wait(until, metadata.request_update_for_new_topics())
            led = [partition for partition in wanted if metadata.leader_of(*partition).node is not None]
            found = await listing.find(dict.fromkeys(led, LATEST_TIMESTAMP), until)
        finally:
            listing.interest.transient_topics -= topics
        return {partition: offset.offset for partition, offset in found.items()}

    def close(self) -> None:
        """Close all connections."""
        self._reading.metadata.close()
        self._reading.nodes.close()

    async def _know_brokers(self, until: Deadline) -> None:
        metadata = self._reading.metadata
        if metadata.cluster.is_bootstrap:
            await self._wait(until, metadata.request_update())

    async def _wait(self, until: Deadline, version: int) -> None:
        if not await until.settled(self._reading.metadata.updated(version)):
            raise TimedOutError("no broker has told of the cluster in time")

    async def _of_coordinator(self, lookup: CoordinatorLookup, group_id: str, until: Deadline) -> Group:
        while True:
            if not await lookup.ensure_ready(until) or lookup.node is None:
                raise TimedOutError("the group coordinator was not found in time")
            try:
                described = await self._describe(lookup.node, group_id, until)
                committed = await self._committed(lookup.node, group_id, until)
            except KafkaError as error:
                if not is_retriable(error) or until.has_passed:
                    raise
                lookup.mark_unknown()
                await until.rest(self._settings.retry_backoff_ms)
            else:
                return attrs.evolve(described, committed=committed)

    async def _describe(self, node: Node, group_id: str, until: Deadline) -> Group:
        """As a group of the consumer protocol, and if it is none of those, as a classic one."""
        request = ConsumerGroupDescribeRequest(group_ids=(GroupId(group_id),), include_authorized_operations=False)
        try:
            answer = await self._ask(node, request, ConsumerGroupDescribeResponse, until)
        except KafkaError as error:
            if error.code != ErrorCode.unsupported_version:
                raise
            return await self._describe_classic(node, group_id, until)
        told = only(answer.groups, group_id)
        if told.error_code in NOT_OF_THAT_TYPE:
            return await self._describe_classic(node, group_id, until)
        if told.error_code != ErrorCode.none:
            raise KafkaError(told.error_code, told.error_message)
        return Group(group_id, state_of(told.group_state), tuple(modern_member(member) for member in told.members))

    async def _describe_classic(self, node: Node, group_id: str, until: Deadline) -> Group:
        request = DescribeGroupsRequest(groups=(GroupId(group_id),), include_authorized_operations=False)
        answer = await self._ask(node, request, DescribeGroupsResponse, until)
        told = only(answer.groups, group_id)
        if told.error_code == ErrorCode.group_id_not_found:
            raise GroupNotFoundError(told.error_message or f"Group {group_id} not found.")
        if told.error_code != ErrorCode.none:
            raise KafkaError(told.error_code, told.error_message)
        return classic_group(told)

    async def _committed(self, node: Node, group_id: str, until: Deadline) -> dict[TopicPartition, Committed]:
        """Source: ``ListConsumerGroupOffsetsHandler``, which leaves out partitions with errors."""
        request = OffsetFetchRequest(groups=(OffsetFetchRequestGroup(group_id=GroupId(group_id), topics=None),))
        answer = await self._ask(node, request, OffsetFetchResponse, until)
        told = only(answer.groups, group_id)
        if told.error_code != ErrorCode.none:
            raise KafkaError(told.error_code)
        return {
            (str(topic.name), int(of.partition_index)): Committed(
                int(of.committed_offset), None if of.committed_leader_epoch < 0 else int(of.committed_leader_epoch)
            )
            for topic in told.topics
            for of in topic.partitions
            if of.error_code == ErrorCode.none and of.committed_offset >= 0
        }

    async def _ask(self, node: Node, body: RequestPayload, kind: type[R], until: Deadline) -> R:
        try:
            return await self._reading.requests.ask(node, body, kind, max(until.left_ms, 1))
        except UnsupportedVersionError as error:
            raise KafkaError(ErrorCode.unsupported_version, str(error)) from error


def only(groups: Iterable[G], group_id: str) -> G:
    """
    The group that was asked for, of those that an answer tells of; an old one does not say of which it tells.

    Raises:
        KafkaError: It does not tell of that.
    """
    for told in groups:
        if told.group_id in (group_id, ""):
            return told
    raise KafkaError(ErrorCode.unknown_server_error, f"the answer does not tell of group {group_id}")


def state_of(name: str) -> State:
    """The state that an answer names; one that is not known is Unknown."""
    return cast("State", name) if name in get_args(State) else "Unknown"


def classic_group(told: DescribedGroup) -> Group:
    """
    A classic group of consumers.

    Raises:
        GroupNotFoundError: It is dead: so brokers before 4.0 tell that there is none.
        NotConsumerGroupError: It is another kind of group.
        UnreadableAssignmentError: A member is assigned what no consumer can read.

    Source: ``DescribeConsumerGroupsHandler.handledClassicGroupResponse``.
    """
    group_id = str(told.group_id)
    if told.group_state == "Dead":
        raise GroupNotFoundError(f"Group {group_id} not found.")
    if told.protocol_type not in CONSUMERS:
        raise NotConsumerGroupError(f"Group {group_id} is not a consumer group ({told.protocol_type}).")
    try:
        members = tuple(classic_member(member) for member in told.members)
    except ValueError as problem:
        raise UnreadableAssignmentError(f"Group {group_id} has a member whose assignment can not be read.") from problem
    return Group(group_id, state_of(told.group_state), members)


def classic_member(member: DescribedGroupMember) -> Member:
    """
    A member of a classic group: what it is assigned only consumers can read.

    Raises:
        ValueError: It is no assignment.
    """
    partitions = decode_assignment(member.member_assignment) if member.member_assignment else ()
    return Member(member.member_id, member.client_host, member.client_id, frozenset(partitions))


def modern_member(member: ModernMember) -> Member:
    """A member of a group with the consumer protocol, and what it has now."""
    partitions = frozenset(
        (str(topic.topic_name), int(number))
        for topic in member.assignment.topic_partitions
        for number in topic.partitions
    )
    return Member(member.member_id, member.client_host, member.client_id, partitions)
