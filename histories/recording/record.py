"""What kafka-python and aiokafka share: their records, their partitions, and how they tell of a rebalance."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, cast

from ackproof.histories.recording.polling import Polled, Polling
from ackproof.histories.recording.recorder import part


class Sends(Protocol):
    """What can only be a producer."""

    @property
    def send(self) -> Callable[..., object]:
        """Sends a record."""
        ...


class Subscribes(Protocol):
    """What can only be a consumer."""

    @property
    def subscribe(self) -> Callable[..., object]:
        """Reads topics in a group."""
        ...


class Place(Protocol):
    """``TopicPartition``."""

    @property
    def topic(self) -> str:
        """Its topic."""
        ...

    @property
    def partition(self) -> int:
        """Its number."""
        ...


class Record(Place, Protocol):
    """``ConsumerRecord``."""

    offset: int
    key: object
    value: object
    headers: object


class Metadata(Place, Protocol):
    """``RecordMetadata``: where a record was stored."""

    offset: int


class Future(Protocol):
    """``Future`` of kafka-python, of a record or a commit."""

    add_callback: Callable[..., object]
    add_errback: Callable[..., object]
    is_done: bool


class RecordFuture(Future, Protocol):
    """``FutureRecordMetadata`` of kafka-python."""

    get: Callable[..., "Metadata"]


class Listener(Protocol):
    """``ConsumerRebalanceListener``."""

    on_partitions_revoked: Callable[..., object]
    on_partitions_assigned: Callable[..., object]


def names(places: Iterable[Place]) -> list[str]:
    """What the format calls these partitions."""
    return [part(place.topic, place.partition) for place in sorted(places, key=place_of)]


def place_of(place: Place) -> tuple[str, int]:
    """What partitions are sorted by."""
    return place.topic, place.partition


def following(offsets: Mapping[Place, object]) -> dict[str, int]:
    """The *offsets* of a commit: numbers, or numbers with metadata."""
    return {
        part(place.topic, place.partition): cast("int", getattr(offset, "offset", offset))
        for place, offset in offsets.items()
    }


def identified(polling: Polling, record: Record) -> Polled:
    """A *record* with what identifies it."""
    at = part(record.topic, record.partition)
    return polling.record(at, record.offset, record.key, record.value, record.headers)
