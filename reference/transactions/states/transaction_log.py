"""
The records of ``__transaction_state``.

Source: ``TransactionLog``; ``TransactionLogKey.json``, ``TransactionLogValue.json``.
"""

from collections.abc import Iterable
from contextlib import suppress

from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch, Record
from ackproof.reference.transactions.states.metadata import NO_PRODUCER_ID, TransactionMetadata, Transition
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.wire import INT8, INT16, INT32, INT64, Reader, UnreadableError, Writer
from ackproof.reference.transactions.surroundings import TopicPartition

KEY_VERSION = 0
VALUE_VERSIONS = range(2)
PREVIOUS_PRODUCER_ID, NEXT_PRODUCER_ID, CLIENT_VERSION = range(3)


def key_of(transactional_id: str) -> bytes:
    """The key of the records of *transactional_id*."""
    writer = Writer(is_flexible=False)
    writer.number(INT16, KEY_VERSION)
    writer.string(transactional_id)
    return bytes(writer.data)


def value_of(state: Transition, version: int) -> bytes:
    """
    The value of a record that says *state*, in *version* 0 or 1 of its format.

    Raises:
        KafkaError: UNSUPPORTED_VERSION: version 0 has no place for what the new transaction protocol remembers.
    """
    writer = Writer(is_flexible=version >= 1)
    writer.number(INT16, version)
    writer.number(INT64, state.producer_id)
    writer.number(INT16, state.producer_epoch)
    writer.number(INT32, state.timeout_ms)
    writer.number(INT8, state.state)
    write_partitions(writer, None if state.state is State.EMPTY else state.partitions)
    writer.number(INT64, state.last_update_ms)
    writer.number(INT64, state.start_ms)
    tags = tags_of(state) if version >= 1 else {}
    if version < 1 and (state.client_version or state.next_producer_id != NO_PRODUCER_ID):
        raise KafkaError(ErrorCode.unsupported_version)
    writer.tags(tags)
    return bytes(writer.data)


def tags_of(state: Transition) -> dict[int, bytes]:
    """What the log says of *state* only where it is not what it usually is."""
    tags: dict[int, bytes] = {}
    if state.previous_producer_id != NO_PRODUCER_ID:
        tags[PREVIOUS_PRODUCER_ID] = INT64.pack(state.previous_producer_id)
    if state.next_producer_id != NO_PRODUCER_ID:
        tags[NEXT_PRODUCER_ID] = INT64.pack(state.next_producer_id)
    if state.client_version:
        tags[CLIENT_VERSION] = INT16.pack(state.client_version)
    return tags


def write_partitions(writer: Writer, partitions: tuple[TopicPartition, ...] | None) -> None:
    """Write *partitions*, topic by topic."""
    topics: dict[str, list[int]] = {}
    for topic, partition in partitions or ():
        topics.setdefault(topic, []).append(partition)
    writer.length(None if partitions is None else len(topics))
    for topic, indexes in topics.items():
        writer.string(topic)
        writer.length(len(indexes))
        for index in indexes:
            writer.number(INT32, index)
        writer.tags({})


def transactional_id_of(key: bytes) -> str | None:
    """Whose record has this *key*; None for a key of another kind, which is left alone."""
    reader = Reader(key, is_flexible=False)
    return reader.string() if reader.number(INT16) == KEY_VERSION else None


def state_of(value: bytes) -> Transition | None:
    """
    What a record says; None for a version that is not known.

    The last epoch is not in the log, so who asks again across a failover is fenced.

    Raises:
        UnreadableError: It ends early.
        ValueError: There is no such state.
    """
    version = Reader(value, is_flexible=False).number(INT16)
    if version not in VALUE_VERSIONS:
        return None
    reader = Reader(value, is_flexible=version >= 1, at=INT16.size)
    producer_id, producer_epoch, timeout_ms = (reader.number(kind) for kind in (INT64, INT16, INT32))
    state = State(reader.number(INT8))
    partitions = [each for topic in reader.items(lambda: read_topic(reader)) for each in topic]
    last_update_ms, start_ms, tags = reader.number(INT64), reader.number(INT64), reader.tags()
    return Transition(
        state=state,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        timeout_ms=timeout_ms,
        last_update_ms=last_update_ms,
        previous_producer_id=tagged(tags, PREVIOUS_PRODUCER_ID, NO_PRODUCER_ID),
        next_producer_id=tagged(tags, NEXT_PRODUCER_ID, NO_PRODUCER_ID),
        partitions=() if state is State.EMPTY else tuple(partitions),
        start_ms=start_ms,
        client_version=tagged(tags, CLIENT_VERSION, 0),
    )


def read_topic(reader: Reader) -> tuple[TopicPartition, ...]:
    """Read the partitions of one topic."""
    topic = reader.string()
    indexes = reader.items(lambda: reader.number(INT32))
    reader.tags()
    return tuple(TopicPartition(topic, index) for index in indexes)


def tagged(tags: dict[int, bytes], tag: int, default: int) -> int:
    """The number in a tagged field."""
    return int.from_bytes(tags[tag], "big", signed=True) if tag in tags else default


def loaded(batches: Iterable[Batch]) -> dict[str, TransactionMetadata]:
    """
    What the log says of every transactional id, in the order in which they came to it.

    It ends where it cannot be read. Source: ``TransactionStateManager.loadTransactionMetadata``.
    """
    found: dict[str, TransactionMetadata] = {}
    with suppress(KafkaError, UnreadableError, ValueError):
        for batch in batches:
            for record in () if batch.is_control else batch.records:
                load(found, record)
    return found


def load(found: dict[str, TransactionMetadata], record: Record) -> None:
    """Take note of what one *record* says."""
    if record.key is None:
        raise UnreadableError("a record without a key")
    transactional_id = transactional_id_of(record.key)
    if transactional_id is None:
        return
    if record.value is None:
        found.pop(transactional_id, None)
    elif (state := state_of(record.value)) is not None:
        found[transactional_id] = TransactionMetadata(transactional_id, state)
