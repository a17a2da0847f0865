"""What applications send, and what they are told of it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from ackproof.reference.kernel.value import value
from ackproof.reference.records.batch import Header

K = TypeVar("K")
V = TypeVar("V")

NO_OFFSET = -1
NO_TIMESTAMP_MS = -1


@value
class ProducerRecord(Generic[K, V]):
    """
    A record as the application hands it over.

    Attributes:
        partition: None to have the partitioner choose.
        timestamp_ms: None for the time at which it is sent.

    Raises:
        ValueError: A partition or a timestamp below 0.
    """

    topic: str
    value: V | None
    key: K | None = None
    partition: int | None = None
    timestamp_ms: int | None = None
    headers: tuple[Header, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name, number in (("partition", self.partition), ("timestamp", self.timestamp_ms)):
            if number is not None and number < 0:
                raise ValueError(f"Invalid {name}: {number}. It should be non-negative or None.")


@value
class RecordMetadata:
    """
    Where a record is.

    Attributes:
        offset: -1 if nobody told (acks=0, or a duplicate that the broker knows no more of).
        timestamp_ms: The broker's if the topic has log append time, else the record's own.
        serialized_key_size_bytes, serialized_value_size_bytes: -1 for null.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    serialized_key_size_bytes: int = -1
    serialized_value_size_bytes: int = -1


Callback = Callable[[RecordMetadata, Exception | None], None]
"""What an application wants to be told; beside an error only topic and partition of the metadata mean something."""
