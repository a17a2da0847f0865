"""Which record of the application it is."""

from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.simulator.applications.content import content_of


def written_in(batch: ProducerBatch) -> int:
    """Which record of the application a batch of the producer has."""
    return number_of(content_of(batch.thunks[0].record.value).record)


def number_of(record: str) -> int:
    """The number of a record of the application."""
    return int(record.rpartition("/")[2])
