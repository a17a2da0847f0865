"""Metadata: what a client knows of the cluster, and when it asks again."""

from collections.abc import Callable
from random import Random

import attrs
from kio.schema.metadata.v12.request import MetadataRequest, MetadataRequestTopic
from kio.schema.metadata.v12.response import MetadataResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.cluster import PartitionMetadata, TopicPartition, bootstrap
from ackproof.reference.client.due import Due
from ackproof.reference.client.interest import Interest
from ackproof.reference.client.node import Node
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.client.refreshing import Refreshing
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.kernel.clock import Clock, Timer
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import TopicName


@attrs.frozen
class Leader:
    """
    Who leads a partition, as far as is known (``LeaderAndEpoch``).

    Attributes:
        node: None while nobody is known to.
        leader_epoch: None while that is not known either.
    """

    node: Node | None
    leader_epoch: int | None


class MetadataClosedError(Exception):
    """Nothing is asked any more, so that what is waited for will not come."""


@attrs.frozen
class UnderWay:
    """A request for metadata; *generation* counts the times that new topics had been asked for as it was made."""

    node: Node
    generation: int
    is_partial: bool


class Metadata:
    """
    Keeps what is known of the cluster, and asks again when that is too old, was asked for, or a connection went.

    Attributes:
        cluster: What is known now.

    Source: ``Metadata``, ``NetworkClient.DefaultMetadataUpdater``.
    """

    def __init__(self, clock: Clock, nodes: Nodes, settings: ClientSettings, rng: Random, interest: Interest) -> None:
        self._clock = clock
        self._nodes = nodes
        self._settings = settings
        self._interest = interest
        self._due = Due(clock, settings, rng)
        self._epochs: dict[TopicPartition, int] = {}
        self.cluster = bootstrap(settings.bootstrap_servers)
        self._version = 1
        self._under_way: UnderWay | None = None
        self._timer: Timer | None = None
        self._wakes_ms = 0
        self._waiting: list[tuple[int, Future[None]]] = []
        self._updated: list[Callable[[], None]] = []
        self._is_closed = False
        nodes.is_update_due = self._is_due
        nodes.on_change(self._drive)
        nodes.on_disconnect(self._disconnected)
        clock.call_at(clock.now_ms, self._drive)

    @property
    def version(self) -> int:
        """Counts answers."""
        return self._version

    def request_update(self, *, resets_backoff: bool = False) -> int:
        """
        All topics are asked for again as soon as the back-off allows; the present version.

        Args:
            resets_backoff: Several equal answers before it do not make it wait longer.
        """
        self._due.request_full(resets_backoff)
        self._drive_soon()
        return self._version

    def request_update_for_new_topics(self) -> int:
        """The interest's new topics are asked for at once; the present version."""
        self._due.request_partial()
        self._drive_soon()
        return self._version

    def updated(self, version: int) -> Future[None]:
        """Once there is a newer version than *version*; it fails if that can not be."""
        future = Future[None](self._clock)
        if self._version > version:
            future.resolve(None)
        elif self._is_closed:
            future.fail(MetadataClosedError())
        else:
            self._waiting.append((version, future))
        return future

    def on_update(self, callback: Callable[[], None]) -> None:
        """*callback* happens after each answer."""
        self._updated.append(callback)

    def leader_of(self, topic: str, partition: int) -> Leader:
        """Who leads a partition now (``currentLeader``): nobody while only an older epoch's leader is known."""
        known = self.partition_if_current(topic, partition)
        if known is None:
            return Leader(None, self._epochs.get((topic, partition)))
        epoch = None if known.leader_epoch < 0 else known.leader_epoch
        return Leader(self.cluster.node(known.leader_id), epoch)

    def partition_if_current(self, topic: str, partition: int) -> PartitionMetadata | None:
        """What is known of a partition, unless a newer leader epoch was seen elsewhere."""
        known, epoch = self.cluster.partition(topic, partition), self._epochs.get((topic, partition))
        return known if known is None or epoch is None or known.leader_epoch == epoch else None

    def saw_epoch(self, topic: str, partition: int, leader_epoch: int) -> bool:
        """
        A leader epoch was seen elsewhere; whether it is news, which asks for an update.

        Source: ``Metadata.updateLastSeenEpochIfNewer``.
        """
        known = self._epochs.get((topic, partition))
        if known is None or leader_epoch <= known:
            return False
        self._epochs[topic, partition] = leader_epoch
        self.request_update()
        return True

    def any_node(self) -> Node | None:
        """The node that a request to any of them had better go to."""
        return self._nodes.least_loaded(tuple(self.cluster.nodes.values()))

    def time_to_next_update_ms(self) -> int:
        """How long until the next update is due."""
        return self._due.left_ms()

    def close(self) -> None:
        """Nothing is asked any more; who waits for an update hears ``MetadataClosedError``."""
        self._is_closed = True
        self._fail(MetadataClosedError())
        if self._timer is not None:
            self._timer.cancel()

    def _is_due(self) -> bool:
        return self._under_way is None and not self._is_closed and self._due.left_ms() == 0

    def _drive_soon(self) -> None:
        self._clock.call_at(self._clock.now_ms, self._drive)

    def _drive(self) -> None:
        """Ask, if it is time, or see to it that it will be done in time (``DefaultMetadataUpdater.maybeUpdate``)."""
        if self._under_way is not None or self._is_closed or self._nodes.is_closed:
            return
        if left_ms := self._due.left_ms():
            self._wake_in(left_ms)
            return
        node = self._reachable()
        if node is None:
            self._wake_in(self._settings.reconnect_backoff_ms)
        elif self._nodes.can_send(node):
            self._ask(node)
        elif not self._is_connecting():
            self._nodes.ready(node)

    def _wake_in(self, wait_ms: int) -> None:
        at_ms = self._clock.now_ms + wait_ms
        if self._timer is not None:
            if at_ms == self._wakes_ms > self._clock.now_ms:
                return
            self._timer.cancel()
        self._wakes_ms = at_ms
        self._timer = self._clock.call_at(at_ms, self._drive)

    def _reachable(self) -> Node | None:
        node = self.any_node()
        known = tuple(self.cluster.nodes.values())
        starts_again = self._settings.metadata_recovery_strategy == "rebootstrap"
        if starts_again and (self._due.has_failed_too_long() or (node is None and not self._nodes.has_ready(known))):
            self.cluster = bootstrap(self._settings.bootstrap_servers)
            self._version += 1
            self._due.start_again()
            node = self.any_node()
        return node

    def _is_connecting(self) -> bool:
        return any(self._nodes.is_connecting(node) for node in self.cluster.nodes.values())

    def _ask(self, node: Node) -> None:
        topics, is_partial = self._interest.topics, False
        if not self._due.is_full() and self._interest.new_topics is not None:
            topics, is_partial = self._interest.new_topics, True
        body = MetadataRequest(
            topics=None if topics is None else tuple(topic_request(name) for name in topics),
            allow_auto_topic_creation=self._interest.allows_auto_topic_creation,
            include_topic_authorized_operations=False,
        )
        under_way = UnderWay(node, self._due.generation, is_partial)
        self._under_way = under_way
        answer = self._nodes.send(node, body)
        answer.then(lambda: self._answered(under_way, answer))

    def _answered(self, under_way: UnderWay, answer: Future[ResponsePayload]) -> None:
        if self._under_way is not under_way or self._is_closed:
            return
        self._under_way = None
        if answer.error is None:
            response = answer.result()
            assert isinstance(response, MetadataResponse)
            # A broker that starts may not know of any broker yet.
            if response.brokers:
                self._update(under_way, response)
            else:
                self._due.has_failed()
        else:
            self._due.has_failed()
            if isinstance(answer.error, UnsupportedVersionError):
                self._fail(answer.error)
        self._nodes.serve_all()
        self._drive()

    def _update(self, under_way: UnderWay, response: MetadataResponse) -> None:
        refreshing = Refreshing(self.cluster, self._interest, self._epochs)
        self.cluster = refreshing.read(response, under_way.is_partial)
        self._version += 1
        self._due.has_succeeded(under_way.generation, under_way.is_partial, refreshing.has_news)
        if refreshing.needs_another:
            self._due.request_full(False)
        for topic, partition in tuple(self._epochs):
            if not self._interest.retains(topic, topic in self.cluster.internal_topics):
                del self._epochs[topic, partition]
        self._interest.answered(tuple(topic.name for topic in response.topics if topic.name is not None))
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for version, future in waiting:
            if self._version > version:
                future.resolve(None)
            else:
                self._waiting.append((version, future))
        for callback in self._updated:
            callback()

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            future.fail(error)

    def _disconnected(self, node: Node) -> None:
        """What is known may be old, as a connection went (``handleServerDisconnect``)."""
        if self._under_way is not None and self._under_way.node.node_id == node.node_id:
            self._under_way = None
            self._due.has_failed()
        elif self._is_due():
            self._due.has_failed()
        self.request_update()


def topic_request(name: str) -> MetadataRequestTopic:
    """A topic to ask for, by name."""
    return MetadataRequestTopic(topic_id=None, name=TopicName(name))
