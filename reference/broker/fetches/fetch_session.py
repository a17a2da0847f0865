"""Fetch sessions: a reader says only what changed since its last fetch, and is told only what changed (KIP-227)."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Protocol

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest
from kio.schema.fetch.v12.response import FetchResponse, PartitionData

from ackproof.reference.broker.fetches.fetch_answer import Answers, fetch_response
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.value import value
from ackproof.reference.log.storage.checkpoints import TopicPartition, topic_partition
from ackproof.reference.protocol.errors import NO_ERROR, KafkaError

NO_SESSION, INITIAL_EPOCH, FINAL_EPOCH = 0, 0, -1
EPOCH_MAX = 2**31 - 1
SHARDS = 8
SHARD_IDS = EPOCH_MAX // SHARDS
"""How many ids each shard of Kafka's sessions has."""
EVICTION_MS = 120_000
"""How long a session is safe from others. Source: ``KafkaBroker.MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS``."""


def next_epoch(epoch: int) -> int:
    """The epoch of the fetch after the one of *epoch*. Source: ``FetchMetadata.nextEpoch``."""
    if epoch < 0:
        return FINAL_EPOCH
    return 1 if epoch == EPOCH_MAX else epoch + 1


@attrs.define(eq=False)
class Cached:
    """A partition of a session: what was asked for last, and what was answered."""

    asked: FetchPartition
    high_watermark: int = -1
    log_start_offset: int = -1

    def has_news(self, data: PartitionData) -> bool:
        """Whether the reader has to be told of *data*; it is then taken to be."""
        is_error = data.error_code is not NO_ERROR
        moved = self.high_watermark != data.high_watermark or self.log_start_offset != data.log_start_offset
        # After an error the partition is told of again, whatever it says.
        self.high_watermark = -1 if is_error else data.high_watermark
        self.log_start_offset = data.log_start_offset
        hints = data.preferred_read_replica >= 0 or data.diverging_epoch.epoch >= 0
        return bool(data.records) or moved or is_error or hints


@attrs.define(eq=False)
class Session:
    """
    One reader's session.

    Attributes:
        is_privileged: A follower's.
        epoch: That of the next fetch.
    """

    id: int
    is_privileged: bool
    created_ms: int
    used_ms: int
    partitions: dict[TopicPartition, Cached]
    epoch: int = 1

    @property
    def worth(self) -> tuple[bool, int, int]:
        """Of two sessions, the one of less is given up first."""
        return (self.is_privileged, len(self.partitions), self.id)

    def update(self, body: FetchRequest) -> None:
        """What the reader says has changed."""
        for name, asked in asked_of(body).items():
            cached = self.partitions.get(name)
            if cached:
                cached.asked = asked
            else:
                self.partitions[name] = Cached(asked)
        for topic in body.forgotten_topics_data:
            for partition in topic.partitions:
                self.partitions.pop(TopicPartition(topic.topic, partition), None)


class Context(Protocol):
    """One fetch: what is to be read for it, and how that is answered."""

    def partitions(self) -> Iterator[tuple[TopicPartition, FetchPartition]]:
        """What is to be read, in order."""
        ...

    def answer(self, answers: Answers) -> FetchResponse:
        """The answer, which may leave out what the reader knows."""
        ...


@attrs.frozen
class Refused:
    """A fetch of a session that there is not, or out of turn."""

    error: ErrorCode

    def partitions(self) -> Iterator[tuple[TopicPartition, FetchPartition]]:
        """Nothing is read."""
        return iter(())

    def answer(self, answers: Answers) -> FetchResponse:
        """Just the error."""
        return fetch_response((), self.error)


@value
class Full:
    """A fetch that says everything; with *sessions*, it may begin one."""

    body: FetchRequest
    sessions: "FetchSessions | None"

    def partitions(self) -> Iterator[tuple[TopicPartition, FetchPartition]]:
        """What is to be read, in order."""
        return iter(asked_of(self.body).items())

    def answer(self, answers: Answers) -> FetchResponse:
        """Everything."""
        if self.sessions is None:
            return fetch_response(answers)
        asked = asked_of(self.body)
        cached = {name: Cached(asked[name], data.high_watermark, data.log_start_offset) for name, data in answers}
        session_id = self.sessions.create(cached, is_privileged=self.body.replica_id >= 0)
        return fetch_response(answers, session_id=session_id)


@value
class Incremental:
    """A fetch that says what changed."""

    session: Session
    epoch: int

    def partitions(self) -> Iterator[tuple[TopicPartition, FetchPartition]]:
        """What is to be read: those come last that had data last."""
        return iter([(name, cached.asked) for name, cached in self.session.partitions.items()])

    def answer(self, answers: Answers) -> FetchResponse:
        """What is new."""
        if self.session.epoch != next_epoch(self.epoch):
            return fetch_response((), ErrorCode.invalid_fetch_session_epoch, self.session.id)
        return fetch_response([each for each in answers if self._has_news(*each)], session_id=self.session.id)

    def _has_news(self, name: TopicPartition, data: PartitionData) -> bool:
        partitions = self.session.partitions
        if not partitions[name].has_news(data):
            return False
        if data.records:
            partitions[name] = partitions.pop(name)
        return True


class FetchSessions:
    """
    The sessions that a broker keeps.

    Source: ``FetchManager``, ``FetchSessionCacheShard``. Not modelled: shards.
    """

    def __init__(self, clock: Clock, rng: Random, slots: int) -> None:
        self._clock = clock
        self._rng = rng
        self._slots = slots
        self._sessions: dict[int, Session] = {}

    def open(self, body: FetchRequest) -> Context:
        """
        What a fetch is to read.

        Raises:
            KafkaError: UNKNOWN_SERVER_ERROR: no session can have the id.

        Source: ``FetchManager.newContext``.
        """
        if not -SHARD_IDS < body.session_id < SHARDS * SHARD_IDS:
            # Kafka looks for a shard that it does not have.
            raise KafkaError(ErrorCode.unknown_server_error)
        if body.session_epoch in {INITIAL_EPOCH, FINAL_EPOCH}:
            self._sessions.pop(body.session_id, None)
            return Full(body, self if body.session_epoch == INITIAL_EPOCH else None)
        session = self._sessions.get(body.session_id)
        if session is None:
            return Refused(ErrorCode.fetch_session_id_not_found)
        if session.epoch != body.session_epoch:
            return Refused(ErrorCode.invalid_fetch_session_epoch)
        session.update(body)
        if not session.partitions:
            del self._sessions[session.id]
            return Full(body, None)
        session.used_ms = self._clock.now_ms
        session.epoch = next_epoch(session.epoch)
        return Incremental(session, body.session_epoch)

    def create(self, partitions: dict[TopicPartition, Cached], *, is_privileged: bool) -> int:
        """The id of a new session; ``NO_SESSION`` if there is no room for it."""
        now_ms = self._clock.now_ms
        new = Session(self._new_id(), is_privileged, now_ms, now_ms, partitions)
        if len(self._sessions) >= self._slots and not self._has_evicted_for(new):
            return NO_SESSION
        self._sessions[new.id] = new
        return new.id

    def _new_id(self) -> int:
        while True:
            session_id = self._rng.randrange(1, SHARDS * SHARD_IDS)
            if session_id not in self._sessions:
                return session_id

    def _has_evicted_for(self, new: Session) -> bool:
        """Whether another was given up. Source: ``FetchSessionCacheShard.tryEvict``."""
        now_ms = self._clock.now_ms
        stale = [each for each in self._sessions.values() if now_ms - each.used_ms > EVICTION_MS]
        weaker = [each for each in self._sessions.values() if self._may_yield(each, new)]
        victim = min(stale, key=_last_use, default=None) or min(weaker, key=_worth, default=None)
        if victim is None:
            return False
        del self._sessions[victim.id]
        return True

    def _may_yield(self, old: Session, new: Session) -> bool:
        is_old = old.used_ms - old.created_ms > EVICTION_MS
        return (is_old or (new.is_privileged and not old.is_privileged)) and old.worth[:2] <= new.worth[:2]


def _last_use(session: Session) -> int:
    return session.used_ms


def _worth(session: Session) -> tuple[bool, int, int]:
    return session.worth


def asked_of(body: FetchRequest) -> Mapping[TopicPartition, FetchPartition]:
    """What a fetch asks for; of a partition that is named twice, the last."""
    return {topic_partition(topic.topic, asked.partition): asked for topic in body.topics for asked in topic.partitions}
