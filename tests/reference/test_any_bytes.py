"""
Whatever bytes come from outside, they are read or refused: each decoder raises what it says that it raises.

Those of messages, records of ``__consumer_offsets``, subscriptions and compressed records are tried where they are
tested otherwise.
"""

from collections.abc import Callable
from random import Random
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.clusters.addressing import servers
from ackproof.clusters.securing import options_of
from ackproof.reference.broker.stored_image import FILE as IMAGE
from ackproof.reference.broker.stored_image import read_image, write_image
from ackproof.reference.consumer.assignors.sticky import Claimed, decode_claim, encode_claim
from ackproof.reference.controller.image import Image, PartitionImage, TopicImage
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.regex import matching
from ackproof.reference.groups.subscription import (
    MalformedError,
    Subscription,
    read_assignment,
    read_subscription,
    read_topics,
    read_version,
    written_assignment,
    written_subscription,
)
from ackproof.reference.log.leader_epochs import FILE_NAME, LeaderEpochs
from ackproof.reference.log.producers.producer_entry import ProducerEntry, RememberedBatch
from ackproof.reference.log.producers.snapshot import CorruptSnapshotError, decoded, encoded
from ackproof.reference.log.producers.transaction_index import AbortedTransaction, TransactionIndex
from ackproof.reference.log.storage.checkpoints import (
    CLEAN_SHUTDOWN,
    HIGH_WATERMARKS,
    PARTITION_METADATA,
    CleanShutdown,
    OffsetCheckpoint,
    read_topic_id,
)
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Record, decode, encode, new_batch, split
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.control import marker, marker_of
from ackproof.reference.transactions.states.metadata import Transition
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.transaction_log import (
    key_of,
    loaded,
    state_of,
    transactional_id_of,
    value_of,
)
from ackproof.reference.transactions.states.wire import UnreadableError
from ackproof.reference.transactions.surroundings import TopicPartition
from tests.conformance.batch_flaws import sealed
from tests.reference.protocol.spoiling import spoilt

Decode = Callable[[bytes], object]

SUBSCRIPTIONS = [written_subscription(Subscription(("t", "u"), (("t", (0, 1)),), 4, "r"), n) for n in range(4)]
ASSIGNMENTS = [written_assignment({"t": [0, 1], "u": [2]}, version) for version in range(4)]
CLAIM = encode_claim(Claimed((("t", 0), ("u", 1)), 4))
TRANSITION = Transition(
    state=State.ONGOING,
    producer_id=7,
    producer_epoch=1,
    timeout_ms=5,
    last_update_ms=6,
    previous_producer_id=3,
    partitions=(TopicPartition("t", 0), TopicPartition("u", 1)),
    start_ms=4,
    client_version=2,
)
OLD_TRANSITION = attrs.evolve(TRANSITION, client_version=0)
SNAPSHOT = encoded([ProducerEntry(7, 1, 0, 5, None, (RememberedBatch(0, 3, 0, 3, 5),)), ProducerEntry(8, 1, 0, 5, 2)])
BATCH = encode(new_batch([Record(b"value", b"key", 5), Record(None, b"key", 6)]))
MARKER = encode(marker("commit", 7, 1, 0, 5))
JAAS = b'org.apache.kafka.Login required username="alice" password="secret";'


def on_disk(path: str, read: Callable[[Disk], object]) -> Decode:
    """Reads a file with those bytes."""

    def decode_file(data: bytes) -> object:
        disk = Disk()
        disk.replace(path, data)
        return read(disk)

    return decode_file


def image() -> bytes:
    disk = Disk()
    partition = PartitionImage((1,), (1,), (), None, 1, 0, 0)
    topic = TopicImage("t", UUID(int=5), (partition,), {"cleanup.policy": "delete"})
    write_image(disk, Image(3, {}, {"t": topic}, {"group.version": 1}, 1_000))
    return disk.open(IMAGE).read(0, 9_999)


def index() -> bytes:
    disk = Disk()
    TransactionIndex(disk, "t").append(AbortedTransaction(7, 0, 3, 0))
    return disk.open("t").read(0, 99)


def whole_snapshot(data: bytes) -> object:
    return decoded(data[:2] + crc32c(data[6:]).to_bytes(4) + data[6:])


def whole_batch(data: bytes) -> bytes:
    return sealed(data[:8] + (len(data) - 12).to_bytes(4, signed=True) + data[12:])


def of_text(read: Callable[[str], object]) -> Decode:
    return lambda data: read(data.decode(errors="replace"))


FILES: list[tuple[str, bytes, Callable[[Disk], object]]] = [
    (HIGH_WATERMARKS, b"0\n2\nt 0 5\nt 1 7\n", lambda disk: OffsetCheckpoint(disk, HIGH_WATERMARKS).read()),
    (f"t-0/{FILE_NAME}", b"0\n2\n0 0\n3 17\n", lambda disk: LeaderEpochs(disk, "t-0")),
    (CLEAN_SHUTDOWN, b'{"version": 0, "brokerEpoch": 5}', lambda disk: CleanShutdown(disk).broker_epoch),
    (f"t-0/{PARTITION_METADATA}", b"version: 0\ntopic_id: " + b"A" * 22, lambda disk: read_topic_id(disk, "t-0")),
    (IMAGE, image(), lambda disk: read_image(disk, 1)),
    ("t-0/0.txnindex", index(), lambda disk: TransactionIndex(disk, "t-0/0.txnindex").entries),
]
UNREADABLE = (MalformedError, UnexpectedError)
DECODERS: dict[str, tuple[Decode, list[bytes], tuple[type[Exception], ...]]] = {
    "subscription": (read_subscription, SUBSCRIPTIONS, UNREADABLE),
    "topics": (read_topics, SUBSCRIPTIONS, UNREADABLE),
    "version": (read_version, SUBSCRIPTIONS, (MalformedError,)),
    "assignment": (read_assignment, ASSIGNMENTS, UNREADABLE),
    "claim": (decode_claim, [CLAIM], ()),
    "regex": (of_text(lambda regex: matching(regex, ("orders", "t"))), [b"(or|de)[a-z]{2,5}s*\\.?\\p{L}"], ()),
    "transactional id": (transactional_id_of, [key_of("t")], (UnreadableError,)),
    "state": (state_of, [value_of(TRANSITION, 1), value_of(OLD_TRANSITION, 0)], (UnreadableError, ValueError)),
    "transaction": (lambda data: loaded([new_batch([Record(data, key_of("t"))])]), [value_of(TRANSITION, 1)], ()),
    "snapshot": (decoded, [SNAPSHOT], (CorruptSnapshotError,)),
    "whole snapshot": (whole_snapshot, [SNAPSHOT], (CorruptSnapshotError,)),
    "batches": (split, [BATCH + BATCH], (KafkaError,)),
    "batch": (lambda data: decode(whole_batch(data)), [BATCH], (KafkaError,)),
    "marker": (lambda data: marker_of(decode(whole_batch(data))), [MARKER], (KafkaError,)),
    "servers": (of_text(servers), [b"localhost:9092,[::1]:9093"], (ValueError,)),
    "login": (of_text(lambda text: list(options_of(text))), [JAAS], (ValueError,)),
    **{path: (on_disk(path, read), [good], (ValueError,)) for path, good, read in FILES},
}


@pytest.mark.parametrize("name", DECODERS)
def test_what_is_good_is_read(name: str) -> None:
    decode_it, goods, _ = DECODERS[name]

    for good in goods:
        decode_it(good)


@pytest.mark.parametrize("name", DECODERS)
@given(seed=st.integers(0, 2**32))
def test_any_bytes_are_read_or_refused(name: str, seed: int) -> None:
    decode_it, goods, refusals = DECODERS[name]
    random = Random(seed)

    for good in goods:
        for data in (spoilt(good, random), random.randbytes(random.randint(0, 40))):
            try:
                decode_it(data)
            except refusals:
                continue


def test_a_file_that_says_what_can_not_be_is_not_whole() -> None:
    epochs = on_disk(f"t-0/{FILE_NAME}", lambda disk: LeaderEpochs(disk, "t-0"))
    topics = b'{"topics": [{"name": "t", "topic_id": 5, "partitions": []}]}'

    with pytest.raises(ValueError, match=f"t-0/{FILE_NAME} is not a checkpoint"):
        epochs(b"0\n1\n0 0\n3 17\n")
    with pytest.raises(ValueError, match=f"{IMAGE} is not the image"):
        on_disk(IMAGE, lambda disk: read_image(disk, 1))(topics)


def test_an_epoch_that_is_no_number_is_none() -> None:
    read = on_disk(CLEAN_SHUTDOWN, lambda disk: CleanShutdown(disk).broker_epoch)

    assert read(b'{"brokerEpoch": 1e999}') == -1
