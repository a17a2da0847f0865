"""InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn; with mistakes in who asks and when."""

from typing import cast

import attrs
from hypothesis import strategies as st
from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.txn_offset_commit.v5.request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.converting import to_canonical
from ackproof.reference.protocol.primitive import (
    GroupId,
    ProducerId,
    TopicName,
    TransactionalId,
    duration,
    i16,
    i32,
    i64,
)
from tests.conformance.story import EPOCH_MAX, NO_GROUP, Hears, Identity, Story

LONG_MS = 900_000
"""As long as a transaction may take, so that none is aborted while its sequence goes on."""


@attrs.frozen(kw_only=True)
class Asked:
    """
    What all of them have.

    Attributes:
        who: Whose producer id and epoch are said.
        named: Whose transactional id is.
    """

    version: int
    who: str
    named: str
    epoch_offset: int = 0
    slot: int = 0
    hears: Hears = "an answer"

    def name(self, story: Story) -> TransactionalId:
        return TransactionalId(story.transactional_id(self.named) if self.named else "")

    def identity(self, story: Story) -> Identity:
        return story.identity(self.who, self.epoch_offset)

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        """Nothing to take note of."""


@attrs.frozen(kw_only=True)
class InitProducerId(Asked):
    """
    InitProducerId.

    Attributes:
        says: Which of producer id and epoch it says.
    """

    says: str = "nothing"
    timeout_ms: int = LONG_MS

    def request(self, story: Story) -> InitProducerIdRequest:
        identity = self.identity(story)
        return InitProducerIdRequest(
            transactional_id=self.name(story) if self.named != "i" else None,
            transaction_timeout=duration(self.timeout_ms),
            producer_id=ProducerId(identity.producer_id if self.says in {"both", "id"} else -1),
            producer_epoch=i16(identity.producer_epoch if self.says in {"both", "epoch"} else -1),
        )

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        said = cast("InitProducerIdResponse", to_canonical(answer))
        if said.error_code is ErrorCode.none:
            story.identities[self.named] = Identity(said.producer_id, said.producer_epoch)


@attrs.frozen(kw_only=True)
class AddPartitionsToTxn(Asked):
    """AddPartitionsToTxn, as a client sends it below version 4 and as a broker does from then on."""

    partitions: tuple[tuple[int, int], ...]
    verify_only: bool = False

    def request(self, story: Story) -> AddPartitionsToTxnRequest:
        identity = self.identity(story)
        topics: dict[int, list[i32]] = {}
        for topic, partition in self.partitions:
            topics.setdefault(topic, []).append(i32(partition))
        transaction = AddPartitionsToTxnTransaction(
            transactional_id=self.name(story),
            producer_id=ProducerId(identity.producer_id),
            producer_epoch=i16(identity.producer_epoch),
            verify_only=self.verify_only and self.version >= 4,
            topics=tuple(
                AddPartitionsToTxnTopic(name=TopicName(story.topic(topic)), partitions=tuple(partitions))
                for topic, partitions in topics.items()
            ),
        )
        return AddPartitionsToTxnRequest(transactions=(transaction,))


@attrs.frozen(kw_only=True)
class AddOffsetsToTxn(Asked):
    """AddOffsetsToTxn."""

    group: int = 0

    def request(self, story: Story) -> AddOffsetsToTxnRequest:
        identity = self.identity(story)
        return AddOffsetsToTxnRequest(
            transactional_id=self.name(story),
            producer_id=ProducerId(identity.producer_id),
            producer_epoch=i16(identity.producer_epoch),
            group_id=GroupId(story.group(self.group)),
        )


@attrs.frozen(kw_only=True)
class TxnOffsetCommit(Asked):
    """
    TxnOffsetCommit.

    Attributes:
        member: The connection of the member that it says it is; nobody if 0.
    """

    group: int
    topic: int
    partition: int
    offset: int
    member: int = 0
    generation_offset: int = 0
    instance: str = ""
    leader_epoch: int = -1
    metadata: str | None = "m"

    def request(self, story: Story) -> TxnOffsetCommitRequest:
        identity = self.identity(story)
        member = story.member(self.group, self.member)
        committed = TxnOffsetCommitRequestPartition(
            partition_index=i32(self.partition),
            committed_offset=i64(self.offset),
            committed_leader_epoch=i32(self.leader_epoch),
            committed_metadata=self.metadata,
        )
        topic = TxnOffsetCommitRequestTopic(name=TopicName(story.topic(self.topic)), partitions=(committed,))
        return TxnOffsetCommitRequest(
            transactional_id=self.name(story),
            group_id=GroupId(story.group(self.group)),
            producer_id=ProducerId(identity.producer_id),
            producer_epoch=i16(identity.producer_epoch),
            generation_id=i32(member.epoch + self.generation_offset if self.member else -1),
            member_id=member.member_id if self.member else "",
            group_instance_id=self.instance or None,
            topics=(topic,),
        )


@attrs.frozen(kw_only=True)
class EndTxn(Asked):
    """EndTxn, of the old protocol below version 5."""

    is_commit: bool

    def request(self, story: Story) -> EndTxnRequest:
        identity = self.identity(story)
        return EndTxnRequest(
            transactional_id=self.name(story),
            producer_id=ProducerId(identity.producer_id),
            producer_epoch=i16(identity.producer_epoch),
            committed=self.is_commit,
        )

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        said = cast("EndTxnResponse", to_canonical(answer))
        if said.error_code is ErrorCode.none and said.producer_id >= 0:
            story.identities[self.named] = Identity(said.producer_id, said.producer_epoch)


WHO = st.sampled_from(["t0", "t0", "t0", "t0", "t1", "i", "unknown"])
NAMED = st.sampled_from(["t0", "t0", "t0", "t0", "t0", "t1", "new", ""])
NEAR = st.sampled_from([0, 0, 0, 0, 0, 0, -1, 1, EPOCH_MAX])
METADATA = st.sampled_from(["m", "m", "m", None, "", "m" * 4_096, "m" * 4_097])
PLACES = st.lists(
    st.tuples(st.sampled_from([0, 0, 0, 0, 1, 3]), st.sampled_from([0, 0, 1, 1, 2])), max_size=3, unique=True
)

initialise = st.builds(
    InitProducerId,
    version=st.sampled_from([0, 2, 3, 4, 5]),
    who=WHO,
    named=st.sampled_from(["t0", "t0", "t0", "t1", "i", "i", ""]),
    epoch_offset=NEAR,
    says=st.sampled_from(["nothing", "nothing", "both", "both", "id", "epoch"]),
    timeout_ms=st.sampled_from([LONG_MS, LONG_MS, LONG_MS, 0, LONG_MS + 1]),
)
add = st.builds(
    AddPartitionsToTxn,
    version=st.integers(0, 5),
    who=WHO,
    named=NAMED,
    epoch_offset=NEAR,
    partitions=PLACES.map(tuple),
    verify_only=st.booleans(),
)
add_offsets = st.builds(
    AddOffsetsToTxn,
    version=st.integers(0, 4),
    who=WHO,
    named=NAMED,
    epoch_offset=NEAR,
    group=st.sampled_from([0, 0, 0, 1, NO_GROUP]),
)
commit = st.builds(
    TxnOffsetCommit,
    version=st.integers(0, 5),
    who=WHO,
    named=NAMED,
    epoch_offset=NEAR,
    group=st.sampled_from([0, 0, 0, 0, 1, NO_GROUP]),
    topic=st.sampled_from([0, 0, 1, 3]),
    partition=st.sampled_from([0, 0, 1, 2]),
    offset=st.integers(-1, 5),
    member=st.sampled_from([0, 0, 1, 2]),
    generation_offset=st.sampled_from([0, 0, 1, -1]),
    instance=st.sampled_from(["", "", "", "one"]),
    leader_epoch=st.sampled_from([-1, 0, 7]),
    metadata=METADATA,
)
end = st.builds(EndTxn, version=st.integers(0, 5), who=WHO, named=NAMED, epoch_offset=NEAR, is_commit=st.booleans())
ordinary = st.one_of(
    st.builds(
        AddPartitionsToTxn,
        version=st.integers(0, 3),
        who=st.just("t0"),
        named=st.just("t0"),
        partitions=st.sampled_from([((0, 0),), ((0, 1),), ((0, 0), (0, 1))]),
    ),
    st.builds(EndTxn, version=st.sampled_from([3, 5]), who=st.just("t0"), named=st.just("t0"), is_commit=st.booleans()),
    st.builds(
        TxnOffsetCommit,
        version=st.sampled_from([3, 5, 5]),
        who=st.just("t0"),
        named=st.just("t0"),
        group=st.just(0),
        topic=st.just(0),
        partition=st.sampled_from([0, 1]),
        offset=st.integers(0, 9),
    ),
)
STEPS = st.one_of(initialise, add, add_offsets, commit, end, ordinary, ordinary)
