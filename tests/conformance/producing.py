"""Produce, with mistakes in who writes, in which order, and what."""

from typing import cast

import attrs
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.request import PartitionProduceData, ProduceRequest, TopicProduceData
from kio.schema.produce.v12.response import ProduceResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.converting import to_canonical
from ackproof.reference.protocol.primitive import Records, TopicName, TransactionalId, duration, i16, i32
from ackproof.reference.records.batch import Compression, encode
from tests.conformance import batch_flaws
from tests.conformance.batch_flaws import FLAWS, HOUR_MS
from tests.conformance.story import EPOCH_MAX, Hears, Identity, Story

SEQUENCES = 2**31
NOBODY = "nobody"
NO_IDENTITY = Identity(-1, -1)

AGES_MS = {"now": -HOUR_MS, "old": -3 * HOUR_MS, "ahead": 2 * HOUR_MS}
"""How long before or after the beginning of the sequence records say that they were made."""


@attrs.frozen
class Produce:
    """
    A batch to one partition, or one each to two.

    Attributes:
        second: The other partition; none if it is None.
        who: Whose producer id it has.
        named: Whose transactional id the request has; none if that is empty.
        jump: How far its sequence is from the next one.
        start: Its sequence, where the producer has sent nothing to the partition.
        flaw: By its name in ``batch_flaws``.
    """

    version: int
    topic: int
    partition: int
    who: str
    named: str
    acks: int
    count: int = 1
    epoch_offset: int = 0
    jump: int = 0
    start: int = 0
    is_transactional: bool = False
    has_keys: bool = True
    compression: Compression = "none"
    age: str = "now"
    size_bytes: int = 1
    flaw: str = "none"
    second: int | None = None
    slot: int = 0

    @property
    def hears(self) -> Hears:
        if self.flaw == "null":
            return "nothing at all"
        return "an answer" if self.acks else "nothing"

    def identity(self, story: Story) -> Identity:
        return NO_IDENTITY if self.who == NOBODY else story.identity(self.who, self.epoch_offset)

    def sequence(self, story: Story, partition: int) -> int:
        if self.who == NOBODY:
            return -1
        key = (self.topic, partition, self.identity(story))
        return (story.sequences.get(key, self.start) + self.jump) % SEQUENCES

    def data(self, story: Story, partition: int) -> bytes | None:
        identity = self.identity(story)
        at_ms = story.started_ms + AGES_MS[self.age]
        found = batch_flaws.records(self.count, at_ms, has_keys=self.has_keys, size_bytes=self.size_bytes)
        batch = batch_flaws.good(
            found,
            producer_id=identity.producer_id,
            producer_epoch=identity.producer_epoch,
            base_sequence=self.sequence(story, partition),
            is_transactional=self.is_transactional,
            compression=self.compression,
        )
        return FLAWS[self.flaw](encode(batch))

    def written(self, story: Story, partition: int) -> PartitionProduceData:
        data = self.data(story, partition)
        return PartitionProduceData(index=i32(partition), records=None if data is None else Records(data))

    def request(self, story: Story) -> ProduceRequest:
        partitions = (self.partition,) if self.second is None else (self.partition, self.second)
        written = tuple(self.written(story, each) for each in partitions)
        return ProduceRequest(
            transactional_id=TransactionalId(story.transactional_id(self.named)) if self.named else None,
            acks=i16(self.acks),
            timeout=duration(30_000),
            topic_data=(TopicProduceData(name=TopicName(story.topic(self.topic)), partition_data=written),),
        )

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        (response,) = cast("ProduceResponse", to_canonical(answer)).responses
        for partition in response.partition_responses:
            if partition.error_code is ErrorCode.none and self.who != NOBODY:
                key = (self.topic, partition.index, self.identity(story))
                after = (self.sequence(story, partition.index) + self.count) % SEQUENCES
                story.sequences[key] = after if self.jump >= 0 else story.sequences.get(key, after)


VERSIONS = st.sampled_from([3, 5, 7, 8, 9, 10, 11, 12, 12])
PARTITIONS = st.sampled_from([0, 0, 0, 1, 2])
TOPICS = st.sampled_from([0, 0, 0, 1, 2, 3])
ACKS = st.sampled_from([-1, -1, -1, 1, 0, 2])
COUNTS = st.integers(1, 3)
JUMPS = st.sampled_from([0, 0, 0, 0, -1, -2, 1])
STARTS = st.sampled_from([0, 0, 0, 1, SEQUENCES - 2, SEQUENCES - 1])
EPOCHS = st.sampled_from([0, 0, 0, 0, 0, 0, -1, 1, EPOCH_MAX])
SECONDS = st.sampled_from([None, None, None, 0, 1, 2])

plain: st.SearchStrategy[Produce] = st.builds(
    Produce,
    version=VERSIONS,
    topic=TOPICS,
    partition=PARTITIONS,
    who=st.just(NOBODY),
    named=st.sampled_from(["", "", "t0"]),
    acks=ACKS,
    count=COUNTS,
    has_keys=st.booleans(),
    compression=st.sampled_from(["none", "none", "gzip", "snappy", "lz4", "zstd"]),
    age=st.sampled_from(["now", "now", "old", "ahead"]),
    size_bytes=st.sampled_from([1, 1, 600, 2_500]),
    second=SECONDS,
)
flawed: st.SearchStrategy[Produce] = st.builds(
    Produce,
    version=VERSIONS,
    topic=TOPICS,
    partition=st.just(0),
    who=st.sampled_from([NOBODY, "i"]),
    named=st.just(""),
    acks=st.sampled_from([-1, 1, 0]),
    count=COUNTS,
    flaw=st.sampled_from(sorted(FLAWS)),
)
idempotent: st.SearchStrategy[Produce] = st.builds(
    Produce,
    version=VERSIONS,
    topic=st.just(0),
    partition=PARTITIONS,
    who=st.sampled_from(["i", "i", "t0", "unknown"]),
    named=st.just(""),
    acks=st.sampled_from([-1, 1]),
    count=COUNTS,
    epoch_offset=EPOCHS,
    jump=JUMPS,
    start=STARTS,
    second=SECONDS,
)
transactional: st.SearchStrategy[Produce] = st.builds(
    Produce,
    version=st.sampled_from([3, 10, 11, 12, 12]),
    topic=st.sampled_from([0, 0, 0, 0, 1]),
    partition=PARTITIONS,
    who=st.sampled_from(["t0", "t0", "t0", "t1"]),
    named=st.sampled_from(["t0", "t0", "t0", "t1", ""]),
    acks=st.sampled_from([-1, -1, 1]),
    count=COUNTS,
    epoch_offset=EPOCHS,
    jump=JUMPS,
    start=STARTS,
    is_transactional=st.sampled_from([True, True, True, False]),
    second=SECONDS,
)
ordinary_transactional: st.SearchStrategy[Produce] = st.builds(
    Produce,
    version=st.sampled_from([11, 12]),
    topic=st.just(0),
    partition=st.sampled_from([0, 1]),
    who=st.just("t0"),
    named=st.just("t0"),
    acks=st.just(-1),
    count=COUNTS,
    start=STARTS,
    is_transactional=st.just(True),
    second=SECONDS,
)
STEPS = st.one_of(plain, flawed, idempotent, transactional, ordinary_transactional)
