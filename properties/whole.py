"""What must hold of the whole pipeline in one piece."""

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.log import Group, Log, processed
from ackproof.model.consume.rules import ConsumerRules, starting_offset
from ackproof.model.produce.replica import has_leader, stored_records
from ackproof.properties.consume import as_readers, is_skipped
from ackproof.properties.produce import any_record
from ackproof.properties.property import always


@always(
    source="KIP-320, KAFKA-7747",
    when={"acknowledged": any_record, "replicas": has_leader},
    sees={"replicas": stored_records, "consumers": as_readers, "history": processed},
)
def no_acknowledged_record_is_skipped(
    consumer: ConsumerRules,
    replicas: tuple[int, ...],
    acknowledged: frozenset[int],
    log: Log,
    group: Group,
    consumers: Consumers,
    history: frozenset[int],
) -> bool:
    """Every record whose send succeeded and that the leader has is processed, in hand, or still to be read."""
    if replicas[: log.end] != log.records:
        # Readers are about to learn of a new leader.
        return True
    restart = starting_offset(consumer, group.committed, log)
    held = {record for present in consumers for _, record in present.held}
    readable = {
        record
        for offset, record in enumerate(replicas)
        if offset >= log.end or not is_skipped(offset, log, group, consumers, restart)
    }
    return history | held | readable >= acknowledged & set(replicas)
