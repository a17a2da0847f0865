"""What the log of ``__consumer_offsets`` has of the group."""

from collections.abc import Iterable, Iterator

from ackproof.reference.groups import record as group_record
from ackproof.reference.groups.modern.schema import ConsumerGroupMetadataKey
from ackproof.reference.groups.schema import GroupMetadataKey, OffsetCommitKey
from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.setting import GROUP
from ackproof.reference.refinement.consume.stage import ConsumeStage


def has_group(stage: ConsumeStage) -> bool:
    """Whether the coordinator's log says that there was such a group, be it gone by now."""
    led = stage.led(OFFSETS_TOPIC)
    return led is not None and any(not isinstance(key, OffsetCommitKey) for key, _ in entries(led.log.batches()))


def entries(batches: Iterable[bytes]) -> Iterator[tuple[object, object]]:
    """The keys and values of the group in some batches of the log; what members of it have said is not among them."""
    for data in batches:
        for record in decode(data).records:
            found = group_record.decode(record)
            if found is not None and is_of_group(found.key):
                yield found.key, found.value


def is_of_group(key: object) -> bool:
    """Whether a key says something of the group itself, or what it has committed."""
    match key:
        case OffsetCommitKey() | GroupMetadataKey():
            return key.group == GROUP
        case ConsumerGroupMetadataKey():
            return key.group_id == GROUP
        case _:
            return False
