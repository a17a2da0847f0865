"""What the application of the consume half reads and commits."""

from ackproof.reference.consumer.consumer import Offsets
from ackproof.reference.consumer.record import ConsumedRecord, OffsetAndMetadata
from ackproof.reference.simulator.applications.content import content_of

TOPIC = "input"
PLACE = (TOPIC, 0)
"""The partition."""

ADDED = (TOPIC, 1)
"""The one that is added."""


def offsets_of(offset: int) -> Offsets:
    """What a commit of *offset* says."""
    return {PLACE: OffsetAndMetadata(offset)}


def number_of(record: ConsumedRecord) -> int:
    """Which record it is."""
    return int(content_of(record.value).record.rpartition("/")[2])
