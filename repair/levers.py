"""All levers of repairs, from the cheapest to the dearest of each kind."""

from collections.abc import Callable, Mapping

from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Side
from ackproof.config.pipeline import Pipeline
from ackproof.config.transactions import has_transactions
from ackproof.config.versions import NEWEST_KAFKA, parts, version_of
from ackproof.repair.change import Value
from ackproof.repair.lever import Cost, Dimension, Lever, Where

EAGER: Mapping[str, str] = {
    "java": "org.apache.kafka.clients.consumer.RangeAssignor",
    "librdkafka": "range",
}
COOPERATIVE: Mapping[str, str] = {
    "java": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    "librdkafka": "cooperative-sticky",
}
"""How clients name assignors; those in Python take classes."""


def _of_consumer(names: Mapping[str, str]) -> Callable[[Pipeline], str | None]:
    return lambda pipeline: names.get(pipeline.consumer.client.name) if pipeline.consumer else None


def named_after_the_pipeline(pipeline: Pipeline) -> str:
    """A name for what has to have one of its own, such as a transactional.id."""
    return "-".join(pipeline.name.split()) or "pipeline"


def newer_brokers(pipeline: Pipeline) -> str | None:
    """The newest known version of the brokers; None if it is what they have."""
    return NEWEST_KAFKA if version_of(pipeline.kafka) < version_of(NEWEST_KAFKA) else None


def newer_client(side: Side) -> Callable[[Pipeline], str | None]:
    """The newest known version of the client on a *side*; None if it is what there is."""

    def newer(pipeline: Pipeline) -> str | None:
        found = pipeline.producer if side == "producer" else pipeline.consumer
        if found is None:
            return None
        newest = LIBRARIES[found.client.name].releases[-1]
        return f"{found.client.name} {newest}" if parts(found.client.version) < parts(newest) else None

    return newer


def is_consume_and_produce(pipeline: Pipeline) -> bool:
    """Whether the results of processing go back to Kafka."""
    return pipeline.consumer is not None and pipeline.consumer.sink == "kafka"


def keeps_results_elsewhere(pipeline: Pipeline) -> bool:
    """Whether the results of processing go elsewhere."""
    return pipeline.consumer is not None and pipeline.consumer.sink != "kafka"


def stops_more(pipeline: Pipeline) -> bool:
    """
    Whether an application that stops at a failed send does more than one that goes on without the record.

    What a producer holds is still sent as it is closed, so only a transaction is stopped, or what is read.
    """
    return has_transactions(pipeline) or is_consume_and_produce(pipeline)


def can_drop(pipeline: Pipeline) -> bool:
    """Whether to go on without the record is anything else than what the application does."""
    sends_again = pipeline.producer is not None and pipeline.producer.on_send_failure == "resend"
    return sends_again or stops_more(pipeline)


def _lever(key: str, value: Value, of: Dimension, why: str, where: Where = "configuration") -> Lever:
    return Lever(key, value, (Cost(of, why),), where)


def _work(key: str, value: str, what: str, *more: Cost) -> Lever:
    return Lever(key, value, (Cost("effort", what), *more), "application")


IN_FLIGHT = "producer.config.max.in.flight.requests.per.connection"
ASSIGNMENT = "consumer.config.partition.assignment.strategy"

SETTINGS = (
    _lever("producer.config.acks", "all", "latency", "a send waits for all in-sync replicas"),
    _lever("producer.config.enable.idempotence", "true", "latency", "one more round trip before the first send"),
    _lever("producer.config.retries", "2147483647", "latency", "a send may take its whole delivery timeout to fail"),
    _lever("producer.config.message.timeout.ms", "0", "latency", "a send never gives up; it waits for any outage"),
    _lever(IN_FLIGHT, "5", "throughput", "five requests at most are on their way to each broker"),
    _lever(IN_FLIGHT, "1", "throughput", "one request at a time is on its way to each broker"),
    _lever(
        "consumer.config.isolation.level",
        "read_committed",
        "latency",
        "records are read once their transaction has ended",
    ),
    _lever("consumer.config.auto.offset.reset", "earliest", "latency", "a new group first reads all that is there"),
    _lever(
        "topic.transaction.partition.verification.enable",
        "true",
        "latency",
        "a transaction's first write to a partition waits for its coordinator",
    ),
    Lever(
        ASSIGNMENT,
        _of_consumer(EAGER),
        (Cost("availability", "all members stop while the group rebalances"),),
    ),
    Lever(
        ASSIGNMENT,
        _of_consumer(COOPERATIVE),
        (Cost("latency", "partitions move in two rebalances, one after the other"),),
    ),
    _lever("consumer.config.group.protocol", "classic", "availability", "members stop while the group rebalances"),
    _lever("consumer.config.group.protocol", "consumer", "effort", "brokers from 4.0 on, which assign the partitions"),
    Lever(
        "consumer.config.group.instance.id",
        named_after_the_pipeline,
        (Cost("availability", "the partitions of a member that has crashed wait for session.timeout.ms"),),
    ),
    _lever("consumer.config.enable.auto.commit", "false", "effort", "the application commits by itself"),
    _lever("topic.min.insync.replicas", "2", "availability", "sends fail while fewer than 2 replicas are in sync"),
    _lever("topic.min.insync.replicas", "3", "availability", "sends fail while fewer than 3 replicas are in sync"),
    _lever(
        "topic.unclean.leader.election.enable",
        "false",
        "availability",
        "without an in-sync replica nobody leads until one is back",
    ),
    _lever("topic.replication.factor", "3", "storage", "each record is kept three times"),
    _lever("topic.offsets.topic.replication.factor", "3", "storage", "each committed offset is kept three times"),
    _lever("topic.flush.messages", "1", "throughput", "every record is flushed to disk by itself"),
)

FINALIZED = "all brokers are upgraded, and then the feature is finalized"
UPGRADES = (
    _lever("features.transaction.version", 2, "effort", FINALIZED, "upgrade"),
    _lever("features.eligible.leader.replicas.version", 1, "effort", FINALIZED, "upgrade"),
    Lever(
        "producer.client",
        newer_client("producer"),
        (Cost("effort", "the producer's client library is upgraded, and its application tested with it"),),
        "upgrade",
    ),
    Lever(
        "consumer.client",
        newer_client("consumer"),
        (Cost("effort", "the consumer's client library is upgraded, and its application tested with it"),),
        "upgrade",
    ),
    Lever(
        "kafka",
        newer_brokers,
        (Cost("effort", "all brokers are upgraded, one after the other, and new features finalized"),),
        "upgrade",
    ),
)

WAITS = Cost("latency", "a commit waits for the coordinator")
APPLICATION = (
    _work("consumer.commit_when", "after-processing", "the application commits what it has processed"),
    _work("consumer.commit_when", "before-processing", "the application commits first; what it then fails at is lost"),
    _work(
        "consumer.config.enable.auto.offset.store",
        "false",
        "the application stores the offset of what it has processed",
    ),
    _work("consumer.commit", "sync", "the application commits by itself", WAITS),
    _work(
        "consumer.processing",
        "in-poll-loop",
        "records are processed in the poll loop",
        Cost("throughput", "one thread for all partitions of an instance"),
    ),
    _work("consumer.on_revoke", "commit", "the application commits as partitions are revoked"),
    _work("consumer.close", "clean", "the application closes its consumer when it stops"),
    _work(
        "consumer.on_processing_failure",
        "retry",
        "the application tries again what it could not process",
        Cost("availability", "a record that never succeeds holds up those behind it"),
    ),
    _work("consumer.on_processing_failure", "dead-letter", "somebody looks after what could not be processed"),
    Lever(
        "producer.on_send_failure",
        "stop",
        (
            Cost("effort", "the application stops at the first send that fails"),
            Cost("availability", "nothing is sent until somebody has looked at it"),
        ),
        "application",
        stops_more,
    ),
    Lever(
        "producer.on_send_failure",
        "drop",
        (Cost("effort", "the application tells its users of a record that it could not send"),),
        "application",
        can_drop,
    ),
    _work("producer.on_send_failure", "resend", "the application sends again what failed"),
    _work("producer.on_restart", "forget", "the application sends nothing again after a restart"),
    _work("producer.on_restart", "resend", "the application keeps what it had no answer for, and sends it again"),
    Lever(
        "consumer.sink",
        "idempotent",
        (Cost("effort", "the sink absorbs what comes twice: an upsert, or a key that it has seen"),),
        "application",
        keeps_results_elsewhere,
    ),
    Lever(
        "consumer.commit",
        "with-sink",
        (Cost("effort", "results and offsets are kept in one transaction of the sink"),),
        "application",
        keeps_results_elsewhere,
    ),
    Lever(
        "producer.config.transactional.id",
        named_after_the_pipeline,
        (
            Cost("effort", "the application begins and commits transactions; each instance has an id of its own"),
            Cost("latency", "records are read once their transaction is committed"),
        ),
        "application",
    ),
    Lever(
        "consumer.commit",
        "transaction",
        (Cost("effort", "offsets are sent to the transaction of the outputs, which is aborted when something fails"),),
        "application",
        is_consume_and_produce,
    ),
)

LEVERS = (*SETTINGS, *UPGRADES, *APPLICATION)
"""Of each kind from the cheapest to the dearest."""
