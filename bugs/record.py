"""The whole record, in the order of the modules that hold it."""

from ackproof.bugs import (
    consumers,
    elections,
    java_producers,
    membership,
    other_producers,
    producer_state,
    readers,
    rebalancing,
    reconciling,
    replication,
    transactions,
)
from ackproof.bugs.bug import Bug, OutOfReach

MODULES = (
    replication,
    elections,
    readers,
    producer_state,
    java_producers,
    other_producers,
    consumers,
    membership,
    rebalancing,
    reconciling,
    transactions,
)

BUGS: tuple[Bug, ...] = tuple(value for module in MODULES for value in vars(module).values() if isinstance(value, Bug))

OUT_OF_REACH: tuple[OutOfReach, ...] = (
    OutOfReach(
        "KAFKA-7866",
        "An offset is given twice after the transaction index could not be written",
        "It takes an error of the disk between two writes of one append; no fault of a pipeline fails half an append.",
        "KAFKA-7866; PR #6570; 0.11 to 2.2",
    ),
    OutOfReach(
        "KAFKA-9144",
        "What a partition knows of a transaction expires early, and an older coordinator is listened to again",
        "It breaks the order of coordinator epochs; a marker that comes twice changes nothing that a reader sees.",
        "KAFKA-9144; KIP-664",
    ),
    OutOfReach(
        "KAFKA-13419",
        "A member that is told to join again keeps its old generation, and claims what others own by now",
        "By itself it costs a rebalance timeout and breaks no claim; what its stale claims lead to are KAFKA-13406 and "
        "KAFKA-14639.",
        "KAFKA-13419",
    ),
    OutOfReach(
        "KAFKA-13782",
        "A full batch goes to another partition than the one that was added to the transaction",
        "It was never released, and costs ``delivery.timeout.ms``: no batch leaves the producer for a partition that "
        "was not added (``TransactionManager.isSendToPartitionAllowed``).",
        "KAFKA-13782; PR #11995; branches 3.1 and 3.2 from January to April 2022",
    ),
    OutOfReach(
        "KAFKA-14055",
        "Compaction drops the markers of transactions whose bytes are also the keys of records",
        "No fault of a pipeline compacts a log, and records here have no bytes.",
        "KAFKA-14055",
    ),
    OutOfReach(
        "librdkafka #2782",
        "An offset stored under an earlier assignment is committed, and the group goes back",
        "A client commits no stored offset that it has committed (``rktp_committed_offset``): its last commit has to "
        "fail first, and whoever goes on from there has broken all that this breaks, but for a lag that may stay, and "
        "records that auto.offset.reset=latest would have passed by.",
        "librdkafka #2782, CHANGELOG 1.4.2; rd_kafka_topic_partition_list_set_offsets of 1.4.0",
    ),
    OutOfReach(
        "librdkafka #3575",
        "A producer asks for a new epoch in the middle of a transaction, and what it had sent is not committed with it",
        "The coordinator refuses that epoch, so by its source the client stops, and loses nothing.",
        "librdkafka #3575, CHANGELOG 1.8.2",
    ),
    OutOfReach(
        "KAFKA-19012",
        "Records land in the topic of another batch, whose buffer was given back while it was still being written",
        "Memory that is used twice has no place in values that never change; it is a matter of bytes.",
        "KAFKA-19012; PR #21065; clients 2.8 to 4.1.1",
    ),
    OutOfReach(
        "KAFKA-10888",
        "The sticky partitioner piles records on the slowest broker",
        "Nothing is lost, doubled or disordered: skew and latency are no claims.",
        "KAFKA-10888, KIP-794; 2.4 to 3.2",
    ),
    OutOfReach(
        "undecodable subscription",
        "A JoinGroup whose subscription can not be decoded keeps every group of its coordinator from loading",
        "Requests are values here, not bytes; nothing is left to decode wrongly.",
        "seen on Kafka 4.3.1; no ticket is known",
    ),
)
"""Not because they are small, but because what they break is below or beside what the model speaks of."""
