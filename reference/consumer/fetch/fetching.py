"""Fetching: one request under way to each broker, for all partitions there that have nothing left to hand out."""

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic, ForgottenTopic
from kio.schema.fetch.v12.response import FetchResponse, PartitionData

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.fetch.buffer import FetchBuffer
from ackproof.reference.consumer.fetch.completed_fetch import CompletedFetch
from ackproof.reference.consumer.fetch.session import FetchPlan, FetchSession, Wanted
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.requests import Requests, by_topic
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, spawn
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.protocol.primitive import TopicName, duration, i8, i32, i64
from ackproof.reference.protocol.request import DisconnectedError

new_request, new_topic, new_partition = cheaply(FetchRequest), cheaply(FetchTopic), cheaply(FetchPartition)


class Fetching:
    """
    Sends fetches, and keeps what they bring.

    Source: ``AbstractFetch``, ``Fetcher``.
    """

    def __init__(
        self,
        clock: Clock,
        requests: Requests,
        metadata: Metadata,
        subscription: Subscription,
        settings: ConsumerSettings,
        *,
        pops_any_abort: bool,
    ) -> None:
        self.buffer = FetchBuffer()
        self._clock = clock
        self._requests = requests
        self._metadata = metadata
        self._subscription = subscription
        self._settings = settings
        self._pops_any_abort = pops_any_abort
        self._sessions: dict[int, FetchSession] = {}
        self._under_way: set[int] = set()

    def send(self) -> int:
        """Fetch what can be fetched; how many requests that takes."""
        plans = self._plans()
        for node, wanted in plans.values():
            self._under_way.add(node.node_id)
            plan = self._sessions.setdefault(node.node_id, FetchSession()).plan(wanted)
            spawn(self._clock, self._fetch(node, plan))
        return len(plans)

    @property
    def has_available(self) -> bool:
        """Whether something can be handed out now."""
        return any(self._subscription.is_fetchable(fetch.partition) for fetch in self.buffer.fetches)

    def close(self) -> list[Future[None]]:
        """Tell the brokers that are connected that their sessions are over; what they answer."""
        cluster, told = self._metadata.cluster, list[Future[None]]()
        for node_id, session in self._sessions.items():
            node = cluster.node(node_id)
            session.close()
            if node is not None and not self._requests.nodes.is_unavailable(node) and session.session_id:
                told.append(spawn(self._clock, self._fetch(node, session.plan({}))))
        return told

    def _plans(self) -> dict[int, tuple[Node, dict[TopicPartition, Wanted]]]:
        buffered = self.buffer.partitions
        busy = self._nodes_of(buffered)
        plans: dict[int, tuple[Node, dict[TopicPartition, Wanted]]] = {}
        for partition in self._subscription.assigned:
            if partition in buffered or not self._subscription.is_fetchable(partition):
                continue
            position = self._position(partition)
            node = self._node_for(partition, position)
            # While a broker's data is in the buffer nothing else is fetched from it, or the session would forget that.
            if node is None or node.node_id in busy or not self._may_send(node):
                continue
            wanted = Wanted(position.offset, self._epoch(position), self._settings.max_partition_fetch_bytes)
            plans.setdefault(node.node_id, (node, {}))[1][partition] = wanted
        return plans

    def _may_send(self, node: Node) -> bool:
        return node.node_id not in self._under_way and not self._requests.nodes.is_unavailable(node)

    def _nodes_of(self, partitions: frozenset[TopicPartition]) -> set[int]:
        nodes = {
            self._node_for(partition, self._position(partition))
            for partition in partitions
            if self._subscription.is_fetchable(partition)
        }
        return {node.node_id for node in nodes if node is not None}

    def _position(self, partition: TopicPartition) -> Position:
        position = self._subscription.state(partition).position
        assert position is not None
        return position

    def _epoch(self, position: Position) -> int:
        return -1 if position.leader.leader_epoch is None else position.leader.leader_epoch

    def _node_for(self, partition: TopicPartition, position: Position) -> Node | None:
        """The leader, or the follower that it has named as nearer (KIP-392)."""
        if position.leader.node is None:
            self._metadata.request_update()
            return None
        state = self._subscription.state(partition)
        if state.preferred_replica is None or self._clock.now_ms > state.preferred_until_ms:
            state.preferred_replica = None
            return position.leader.node
        known = self._metadata.cluster.partition(*partition)
        replica = self._metadata.cluster.node(state.preferred_replica)
        if replica is None or known is None or state.preferred_replica in known.offline_replicas:
            state.preferred_replica = None
            self._metadata.request_update()
            return position.leader.node
        return replica

    async def _fetch(self, node: Node, plan: FetchPlan) -> None:
        session = self._sessions[node.node_id]
        try:
            answer = await self._requests.ask(node, self._request(plan), FetchResponse)
        except (DisconnectedError, TimedOutError, UnsupportedVersionError):
            session.fail()
            for state in self._subscription.states(session.partitions):
                state.clear_preferred_replica()
        else:
            if session.accept(answer):
                self._receive(plan, answer)
        finally:
            self._under_way.discard(node.node_id)

    def _request(self, plan: FetchPlan) -> FetchRequest:
        topics = by_topic(plan.to_send)
        return new_request(
            max_wait=duration(self._settings.fetch_max_wait_ms),
            min_bytes=i32(self._settings.fetch_min_bytes),
            max_bytes=i32(self._settings.fetch_max_bytes),
            isolation_level=i8(self._settings.is_read_committed),
            session_id=i32(plan.session_id),
            session_epoch=i32(plan.epoch),
            topics=tuple(
                [
                    new_topic(
                        topic=TopicName(topic),
                        partitions=tuple([fetch_partition(number, plan.to_send[topic, number]) for number in numbers]),
                    )
                    for topic, numbers in topics.items()
                ]
            ),
            forgotten_topics_data=tuple(
                ForgottenTopic(topic=TopicName(topic), partitions=tuple(i32(number) for number in numbers))
                for topic, numbers in by_topic(plan.to_forget).items()
            ),
            rack_id=self._settings.client_rack or "",
        )

    def _receive(self, plan: FetchPlan, answer: FetchResponse) -> None:
        for topic in answer.responses:
            for data in topic.partitions:
                partition = (str(topic.topic), int(data.partition_index))
                self._learn_leader(partition, data)
                self.buffer.add(
                    CompletedFetch(
                        partition,
                        data,
                        plan.partitions[partition].fetch_offset,
                        self._settings,
                        pops_any_abort=self._pops_any_abort,
                    )
                )

    def _learn_leader(self, partition: TopicPartition, data: PartitionData) -> None:
        """Who is not the leader may tell which epoch there is, and metadata then has to (KIP-951)."""
        is_moved = data.error_code in (ErrorCode.not_leader_or_follower, ErrorCode.fenced_leader_epoch)
        if is_moved and data.current_leader.leader_id >= 0 and data.current_leader.leader_epoch >= 0:
            self._metadata.saw_epoch(*partition, data.current_leader.leader_epoch)


def fetch_partition(number: int, wanted: Wanted) -> FetchPartition:
    """A partition of a fetch request."""
    return new_partition(
        partition=i32(number),
        current_leader_epoch=i32(wanted.leader_epoch),
        fetch_offset=i64(wanted.fetch_offset),
        partition_max_bytes=i32(wanted.max_bytes),
    )
