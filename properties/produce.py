"""What must hold of the produce half."""

from ackproof.model.produce.append import Leader
from ackproof.model.produce.network import Connection, Delayed
from ackproof.model.produce.replica import Replicas, in_sync, leader_log, leader_of
from ackproof.properties.property import always, sometimes


@always(source="KIP-101, KIP-966; design of acks in ProducerConfig.ACKS_DOC")
def acknowledged_records_survive(
    replicas: Replicas, connection: Connection, delayed: Delayed, acknowledged: frozenset[int]
) -> bool:
    """Every record whose send succeeded is in the log of the leader, or with acks=0 still on its way there."""
    log = leader_log(replicas)
    if log is None or not acknowledged:
        return True
    on_the_way = {request.sent.record for request in connection.requests} | {batch.record for batch in delayed}
    return acknowledged <= {batch.record for batch in log} | on_the_way


@always(source="KIP-98")
def no_record_is_stored_twice(replicas: Replicas) -> bool:
    """The log of the leader has each record at most once."""
    records = [batch.record for batch in leader_log(replicas) or ()]
    return len(records) == len(set(records))


@always(source="ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION_DOC")
def records_are_stored_in_order(replicas: Replicas) -> bool:
    """In the log of the leader the first copies of all records stand in the order of sending."""
    firsts = list(dict.fromkeys(batch.record for batch in leader_log(replicas) or ()))
    return firsts == sorted(firsts)


@sometimes(source="KafkaProducer.send")
def a_record_is_acknowledged(acknowledged: frozenset[int]) -> bool:
    """The application sees the send of a record succeed."""
    return bool(acknowledged)


@sometimes(source="UnifiedLog.appendAsLeader")
def a_record_is_stored(replicas: Replicas) -> bool:
    """A record is in the log of the leader."""
    return bool(leader_log(replicas))


@sometimes(source="UnifiedLog.appendAsLeader")
def two_records_are_stored(replicas: Replicas) -> bool:
    """Two different records are in the log of the leader."""
    return len({batch.record for batch in leader_log(replicas) or ()}) > 1


@always(source="KIP-101; Fetch isolation HIGH_WATERMARK")
def what_a_reader_saw_stays(replicas: Replicas, visible: tuple[int, ...]) -> bool:
    """The log of the leader starts with everything that consumers could ever read."""
    log = leader_log(replicas)
    return log is None or tuple(batch.record for batch in log[: len(visible)]) == visible


@always(source="KIP-101; Partition.maybeIncrementLeaderHW")
def logs_match_below_the_high_watermark(leader: Leader, replicas: Replicas) -> bool:
    """Every in-sync replica has what the leader has below the high watermark."""
    log = leader_log(replicas)
    if log is None:
        return True
    committed = log[: leader.watermark.committed(leader.rules, replicas)]
    return all(replicas[index].log[: len(committed)] == committed for index in in_sync(replicas))


@always(source="PartitionRegistration.leader")
def the_partition_has_one_leader(replicas: Replicas) -> bool:
    """At most one replica leads."""
    return sum(replica.role == "leader" for replica in replicas) <= 1


@sometimes(source="Partition.maybeIncrementLeaderHW")
def a_record_is_committed(leader: Leader, replicas: Replicas) -> bool:
    """A record is below the high watermark."""
    return leader_of(replicas) is not None and leader.watermark.committed(leader.rules, replicas) > 0
