"""What must hold of the produce half."""

from collections.abc import Iterator

from ackproof.model.produce.append import Leader
from ackproof.model.produce.network import records_held_back, records_on
from ackproof.model.produce.replica import Replicas, has_leader, in_sync, leading, records_of, stored_records
from ackproof.model.produce.showing import committed_records
from ackproof.model.produce.truncation import Log
from ackproof.properties.property import always, sometimes


def set_of_stored(replicas: Replicas) -> frozenset[int]:
    """The records in the log of the leader, as a set."""
    return frozenset(stored_records(replicas))


def any_record(acknowledged: frozenset[int]) -> bool:
    """Whether the application saw the send of a record succeed."""
    return bool(acknowledged)


@always(
    source="KIP-101, KIP-966; design of acks in ProducerConfig.ACKS_DOC",
    when={"acknowledged": any_record, "replicas": has_leader},
    sees={"replicas": set_of_stored, "connection": records_on, "delayed": records_held_back},
)
def acknowledged_records_survive(
    replicas: frozenset[int], connection: frozenset[int], delayed: frozenset[int], acknowledged: frozenset[int]
) -> bool:
    """Every record whose send succeeded is in the log of the leader, or with acks=0 still on its way there."""
    return acknowledged <= replicas | connection | delayed


@always(source="KIP-98", sees={"replicas": stored_records})
def no_record_is_stored_twice(replicas: tuple[int, ...]) -> bool:
    """The log of the leader has each record at most once."""
    records = replicas
    return len(records) == len(set(records))


@always(source="ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION_DOC", sees={"replicas": stored_records})
def records_are_stored_in_order(replicas: tuple[int, ...]) -> bool:
    """In the log of the leader the first copies of all records stand in the order of sending."""
    firsts = list(dict.fromkeys(replicas))
    return firsts == sorted(firsts)


@sometimes(source="KafkaProducer.send")
def a_record_is_acknowledged(acknowledged: frozenset[int]) -> bool:
    """The application sees the send of a record succeed."""
    return bool(acknowledged)


@sometimes(source="UnifiedLog.appendAsLeader")
def a_record_is_stored(replicas: Replicas) -> bool:
    """A record is in the log of the leader."""
    return bool(stored_records(replicas))


@sometimes(source="UnifiedLog.appendAsLeader")
def two_records_are_stored(replicas: Replicas) -> bool:
    """Two different records are in the log of the leader."""
    return len(set_of_stored(replicas)) > 1


@always(
    source="KIP-101; Fetch isolation HIGH_WATERMARK", when={"replicas": has_leader}, sees={"replicas": stored_records}
)
def what_a_reader_saw_stays(replicas: tuple[int, ...], visible: tuple[int, ...]) -> bool:
    """The log of the leader starts with everything that consumers could ever read."""
    return replicas[: len(visible)] == visible


@always(source="KIP-101; Partition.maybeIncrementLeaderHW", when={"replicas": has_leader})
def logs_match_below_the_high_watermark(leader: Leader, replicas: Replicas) -> bool:
    """Every in-sync replica that is up has what the leader has below the high watermark."""
    committed = committed_log(replicas, leader)
    return all(log[: len(committed)] == committed for log in in_sync_logs(replicas))


@always(source="KIP-101, KIP-279", when={"replicas": has_leader})
def an_offset_has_one_record(leader: Leader, replicas: Replicas) -> bool:
    """No offset below the high watermark has different records in two in-sync replicas that are up."""
    committed = committed_records(replicas, leader)
    logs = map(records_of, in_sync_logs(replicas))
    return all(log[: len(committed)] == committed[: len(log)] for log in logs)


def committed_log(replicas: Replicas, leader: Leader) -> Log:
    """What is below the high watermark of the leader, which is up."""
    return replicas[leading(replicas)].log[: leader.watermark.committed(leader.rules, replicas)]


def in_sync_logs(replicas: Replicas) -> Iterator[Log]:
    """The logs of the in-sync replicas that are up."""
    return (replicas[index].log for index in in_sync(replicas) if replicas[index].is_up)


@always(source="PartitionRegistration.leader")
def the_partition_has_one_leader(replicas: Replicas) -> bool:
    """At most one replica leads."""
    return sum(replica.role == "leader" for replica in replicas) <= 1


@sometimes(source="Partition.maybeIncrementLeaderHW")
def a_record_is_committed(leader: Leader, replicas: Replicas) -> bool:
    """A record is below the high watermark."""
    return len(committed_records(replicas, leader)) > 0
