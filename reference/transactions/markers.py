"""What is sent to those who write markers, and what they answer."""

from collections.abc import Iterable

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.write_txn_markers.v2.request import WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.protocol.primitive import ProducerId, TopicName, i8, i16, i32
from ackproof.reference.transactions.states.metadata import TransactionMetadata, Transition
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.surroundings import TopicPartition


@attrs.define(eq=False)
class Completion:
    """
    A transaction whose end is decided.

    Attributes:
        after: What it becomes once every partition has its marker.
    """

    coordinator_epoch: int
    metadata: TransactionMetadata
    after: Transition

    @property
    def transactional_id(self) -> str:
        """Whose transaction it is."""
        return self.metadata.transactional_id

    @property
    def is_marked(self) -> bool:
        """Whether no partition still waits for a marker."""
        return not self.metadata.current.partitions


@attrs.define(eq=False)
class Marker:
    """A marker on its way to those *partitions* that one broker leads."""

    completion: Completion
    partitions: tuple[TopicPartition, ...]

    @property
    def transactional_id(self) -> str:
        """Whose transaction it ends."""
        return self.completion.transactional_id


def request_of(markers: Iterable[Marker], rules: TransactionRules) -> WriteTxnMarkersRequest:
    """The request that asks one broker for *markers*."""
    return WriteTxnMarkersRequest(markers=tuple(writable(marker, rules) for marker in markers))


def writable(marker: Marker, rules: TransactionRules) -> WritableTxnMarker:
    """One marker as it is asked for; brokers before 4.3 do not say of which protocol it is."""
    current = marker.completion.metadata.current
    return WritableTxnMarker(
        producer_id=ProducerId(current.producer_id),
        producer_epoch=i16(current.producer_epoch),
        transaction_result=current.state is State.PREPARE_COMMIT,
        topics=topics_of(marker.partitions),
        coordinator_epoch=i32(marker.completion.coordinator_epoch),
        transaction_version=i8(current.client_version if rules.fences_late_markers else 0),
    )


def topics_of(partitions: Iterable[TopicPartition]) -> tuple[WritableTxnMarkerTopic, ...]:
    """*partitions*, topic by topic."""
    indexes: dict[str, list[i32]] = {}
    for topic, partition in partitions:
        indexes.setdefault(topic, []).append(i32(partition))
    return tuple(
        WritableTxnMarkerTopic(name=TopicName(topic), partition_indexes=tuple(led)) for topic, led in indexes.items()
    )


def errors_of(marker: Marker, response: WriteTxnMarkersResponse) -> dict[TopicPartition, ErrorCode]:
    """What became of *marker* in each of its partitions."""
    producer_id = marker.completion.metadata.current.producer_id
    answered = {
        TopicPartition(topic.name, result.partition_index): result.error_code
        for answer in response.markers
        if answer.producer_id == producer_id
        for topic in answer.topics
        for result in topic.partitions
    }
    return {partition: answered[partition] for partition in marker.partitions}
