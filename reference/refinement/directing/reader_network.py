"""The network of a directed group: what consumers learn, read and commit passes when the director says so."""

from dataclasses import replace
from random import Random
from typing import cast

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import FetchResponse
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.static.protocol import RequestPayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.primitive import i32
from ackproof.reference.protocol.request import Request
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing.network import DirectedNetwork, Waiting
from ackproof.reference.simulator.wire import Letter, Wire

BATCH_BYTES = 100
"""More than a batch of one record has, and less than it and what is left of others make together."""

FETCH_MS = 25
"""Longer than a fetch waits for records."""

SLOW_MS = 60
"""How late the answer to a heartbeat may be."""

HEARTBEATS = (HeartbeatRequest, ConsumerGroupHeartbeatRequest)
GUARDED = (FetchRequest, OffsetFetchRequest, OffsetCommitRequest, JoinGroupRequest, SyncGroupRequest)
"""What consumers send only to find the door closed, unless the director opens it."""


class ReaderNetwork(DirectedNetwork):
    """
    Nothing takes any time, but consumers learn, read and commit offsets only while the director lets them.

    Attributes:
        opened: Kinds of requests that may pass.
        fed: Consumers that have got records since they were let read.
        fetched_bytes: How much a consumer is let fetch at once, by its name, be it less than it asks for.
        wires: What carries the commits of each consumer, and all else that it says to its coordinator.
        lagging: Brokers, by name, whose fetches wait.
        hears_late: Consumers that hear late what their heartbeats are answered (KIP-848).
        untold: Consumers that wait for what they have asked of topics.
        unlisted: Consumers that wait to hear where a log begins or ends.
        unheard: Consumers whose heartbeats wait, so that they do not hear that they are out of their group.
        outside: Consumers whose requests to join wait, whatever the others' do.
        reads_from: The broker that consumers are let read from; None for any.
        untaught: Consumers whose requests for their assignment wait, whatever the others' do.
        lets_others_pass: What is asked and committed passes, if it is not about the partition.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng)
        self.opened: set[type] = {JoinGroupRequest, SyncGroupRequest}
        self.fed: set[str] = set()
        self.fetched_bytes: dict[str, int] = {}
        self.wires: dict[int, Wire] = {}
        self.lagging: set[str] = set()
        self.hears_late: set[str] = set()
        self.untold: set[str] = set()
        self.unlisted: set[str] = set()
        self.unheard: set[str] = set()
        self.outside: set[str] = set()
        self.untaught: set[str] = set()
        self.reads_from: str | None = None
        self.lets_others_pass = False
        self._next_delay_ms = 0

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        barred = (
            (self.unheard, HEARTBEATS),
            (self.outside, JoinGroupRequest),
            (self.untaught, SyncGroupRequest),
            (self.untold, MetadataRequest),
            (self.unlisted, ListOffsetsRequest),
        )
        if any(client in clients and isinstance(request.body, kinds) for clients, kinds in barred):
            return True
        if client.startswith("consumer-"):
            return isinstance(request.body, GUARDED) and not self._passes(request)
        return client in self.lagging and isinstance(request.body, FetchRequest)

    def _passes(self, request: Request) -> bool:
        return type(request.body) in self.opened or (self.lets_others_pass and not is_about(PLACE, request.body))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; it arrives at once."""
        if isinstance(letter.request.body, OffsetFetchRequest | OffsetCommitRequest):
            self.wires[letter.wire.number] = letter.wire
        return super().is_sent(letter)

    def is_answered(self, letter: Letter) -> None:
        """An answer is about to be put on its wire."""
        is_heartbeat = isinstance(letter.request.body, ConsumerGroupHeartbeatRequest)
        self._next_delay_ms = SLOW_MS if is_heartbeat and letter.wire.client.name in self.hears_late else 0

    def delay_ms(self) -> int:
        """How long the next message takes."""
        delay_ms, self._next_delay_ms = self._next_delay_ms, 0
        return delay_ms

    def open(self, kind: type) -> None:
        """Requests of a *kind* pass, also those that wait."""
        self.opened.add(kind)
        barred = {JoinGroupRequest: self.outside, SyncGroupRequest: self.untaught}.get(kind, set[str]())
        clients = {waiting.client for waiting in self.of(kind) if waiting.client.startswith("consumer-")}
        for client in clients - barred:
            self.let_in(kind, client)

    def let_in(self, kind: type, client: str) -> None:
        """What waits of a *kind*, of one client, passes."""
        for waiting in self.of(kind, client):
            self._let_in(waiting)

    def let_commit(self, client: str, offset: int | None) -> None:
        """The commits of a client pass that say *offset*."""
        for waiting in self.of(OffsetCommitRequest, client):
            if committed_in(waiting.request.body) == offset:
                self._let_in(waiting)

    def hear(self, client: str) -> None:
        """What a consumer has not heard of its group it hears now."""
        self.unheard.discard(client)
        for kind in HEARTBEATS:
            self.let_in(kind, client)

    def let_back(self, client: str) -> None:
        """A consumer may join again, as far as others may."""
        self.outside.discard(client)
        if JoinGroupRequest in self.opened:
            self.let_in(JoinGroupRequest, client)

    def tell_of_topics(self) -> None:
        """Consumers hear what they have asked of topics."""
        while self.untold:
            self.let_in(MetadataRequest, self.untold.pop())

    def tell_offsets(self, client: str) -> None:
        """A consumer hears where its log begins or ends."""
        self.unlisted.discard(client)
        self.let_in(ListOffsetsRequest, client)

    def catch_up(self, broker: str) -> None:
        """The fetches of a broker pass again, also the one that waits."""
        self.lagging.discard(broker)
        for waiting in self.of(FetchRequest, broker):
            self._let_in(waiting)

    def _let_in(self, waiting: Waiting) -> None:
        if waiting.answer is None:
            waiting.admit()
            assert waiting.answer is not None
            # Its connection may be gone by then.
            waiting.answer.then(lambda: self.release(waiting) if waiting in self.waiting else None)

    def let_read_others(self, client: str) -> None:
        """The fetches of a client pass that say nothing of the partition."""
        for waiting in self.of(FetchRequest, client):
            topics = cast("FetchRequest", waiting.request.body).topics
            if all((topic.topic, each.partition) != PLACE for topic in topics for each in topic.partitions):
                self._let_in(waiting)

    def is_serving(self, kind: type) -> bool:
        """Whether consumers are about to be answered requests of a *kind* that have passed."""
        passed = [each for each in self.of(kind) if each.client.startswith("consumer-") and each.answer is not None]
        return not all(each.is_answered for each in passed)

    def let_one_read(self, client: str) -> None:
        """A consumer's fetches are answered until it gets records, and not too many of them."""
        # What a former process of that name has asked for nobody hears.
        working = {wire.number for wire in self._wires if wire.is_open and not wire.client.process.has_stopped}
        for waiting in self.of(FetchRequest, client, self.reads_from):
            is_heard = waiting.caller.connection in working
            if waiting.answer is None and client not in self.fed and is_heard:
                waiting.request = self._limited(waiting)
                waiting.admit()
                assert waiting.answer is not None
                waiting.answer.then(lambda each=waiting: self._feed(each))

    def _limited(self, waiting: Waiting) -> Request:
        asked, most = cast("FetchRequest", waiting.request.body), self.fetched_bytes.get(waiting.client)
        body = asked if most is None else replace(asked, max_bytes=i32(most))
        return attrs.evolve(waiting.request, body=body)

    def _feed(self, waiting: Waiting) -> None:
        assert waiting.answer is not None
        response = waiting.answer.result()
        assert isinstance(response, FetchResponse)
        if any(partition.records for topic in response.responses for partition in topic.partitions):
            self.fed.add(waiting.client)
        self.release(waiting)

    def close(self, kind: type) -> None:
        """Requests of a *kind* pass no more."""
        self.opened.discard(kind)


def is_about(place: TopicPartition, body: RequestPayload) -> bool:
    """Whether a request is about a partition, be it among others; one that asks or commits no offsets may be."""
    match body:
        case OffsetCommitRequest():
            named = {(topic.name, each.partition_index) for topic in body.topics for each in topic.partitions}
        case OffsetFetchRequest():
            topics = [topic for group in body.groups for topic in group.topics or ()]
            named = {(topic.name, number) for topic in topics for number in topic.partition_indexes}
        case _:
            return True
    return place in named


def committed_in(body: RequestPayload) -> int | None:
    """The offset that a commit says for the partition."""
    topics = body.topics if isinstance(body, OffsetCommitRequest) else ()
    committed = ((topic.name, each) for topic in topics for each in topic.partitions)
    return next((each.committed_offset for name, each in committed if (name, each.partition_index) == PLACE), None)
