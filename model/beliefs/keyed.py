"""Records of one key on the partitions of a topic, each read in its order by somebody."""

from collections.abc import Iterator

import attrs

from ackproof.model.beliefs.partitioner import Partitioner
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.naming import record_name
from ackproof.model.system import Next, System, action


@attrs.frozen(cache_hash=True)
class Partition:
    """What a partition holds of that key, and how much of it was read."""

    records: tuple[int, ...] = ()
    position: int = 0


Partitions = tuple[Partition, ...]


def replaced(partitions: Partitions, index: int, partition: Partition) -> Partitions:
    """*partitions* with another value at *index*."""
    return (*partitions[:index], partition, *partitions[index + 1 :])


@action
def send(
    key: bytes, records: int, clients: tuple[tuple[str, Partitioner], ...], partitions: Partitions, sent: int
) -> Iterator[Next]:
    """The next record goes to the partition that the client's partitioner says (``KafkaProducer.partition``)."""
    if sent < records:
        client, partitioner = clients[sent % len(clients)]
        index = partitioner(key, len(partitions))
        grown = attrs.evolve(partitions[index], records=(*partitions[index].records, sent))
        says = f"{client} sends {record_name(sent)}: its key goes to partition {index} of {len(partitions)}"
        yield Next(says, partitions=replaced(partitions, index, grown), sent=sent + 1)


@action
def process(partitions: Partitions, processed: tuple[int, ...]) -> Iterator[Next]:
    """Whoever reads a partition processes its next record, however far the others are."""
    for index, partition in enumerate(partitions):
        if partition.position < len(partition.records):
            record = partition.records[partition.position]
            after = replaced(partitions, index, attrs.evolve(partition, position=partition.position + 1))
            says = f"the consumer of partition {index} processes {record_name(record)}"
            yield Next(says, partitions=after, processed=(*processed, record))


@action(fault="partitions-added")
def add_a_partition(partitions: Partitions, waits_for_readers: bool) -> Iterator[Next]:
    """The topic gets one more partition (``CreatePartitions``); nothing moves what is there already."""
    is_read = all(partition.position == len(partition.records) for partition in partitions)
    if is_read or not waits_for_readers:
        yield Next(f"the topic now has {len(partitions) + 1} partitions", partitions=(*partitions, Partition()))


def keyed_topic(
    key: bytes,
    *clients: tuple[str, Partitioner],
    partitions: int = 1,
    records: int = 2,
    faults: int = 1,
    waits_for_readers: bool = False,
) -> System:
    """
    A topic to which *clients* write records of one key in turn, one after another.

    Args:
        waits_for_readers: Partitions are added only when everything was read and nobody writes meanwhile.
    """
    return System(
        initial={"partitions": (Partition(),) * partitions, "sent": 0, "processed": (), FAULTS: Faults(faults)},
        actions=(send, process, add_a_partition),
        rules={"key": key, "records": records, "clients": clients, "waits_for_readers": waits_for_readers},
    )
