"""
What an error says about what was asked for: it certainly did not happen, or nobody knows.

``NOT_LEADER_OR_FOLLOWER`` is among those of which nobody knows: despite its name the write may have happened
(KAFKA-13574).
"""

from typing import Protocol, cast

from kio.schema.errors import ErrorCode

from ackproof.histories.operation import Outcome

REFUSED = frozenset(
    {
        ErrorCode.topic_authorization_failed,
        ErrorCode.group_authorization_failed,
        ErrorCode.cluster_authorization_failed,
        ErrorCode.transactional_id_authorization_failed,
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.invalid_topic_exception,
        ErrorCode.invalid_replication_factor,
        ErrorCode.not_controller,
        ErrorCode.broker_not_available,
        ErrorCode.out_of_order_sequence_number,
        ErrorCode.invalid_producer_epoch,
        ErrorCode.producer_fenced,
        ErrorCode.message_too_large,
        ErrorCode.record_list_too_large,
        ErrorCode.invalid_record,
    }
)
"""Answers of brokers after which nothing was done."""
REFUSED_BY_CLIENT = frozenset(
    {
        # librdkafka
        "_FENCED",
        "_UNKNOWN_TOPIC",
        "_UNKNOWN_PARTITION",
        "_INVALID_ARG",
        "_STATE",
        "_QUEUE_FULL",
        # kafka-python and aiokafka
        "ProducerFenced",
        "RecordTooLargeError",
        "MessageSizeTooLargeError",
        "ProducerClosed",
        "IllegalStateError",
        "IllegalOperation",
    }
)
"""What a client refuses by itself, before anything is sent."""


class LibrdkafkaError(Protocol):
    """``confluent_kafka.KafkaError``."""

    def code(self) -> int:
        """Kafka's number; below 0 of one of the library's own."""
        ...

    def name(self) -> str:
        """Kafka's name of it, or the library's."""
        ...


def outcome(error: object) -> Outcome:
    """
    What became of an operation that ended with an *error*: of librdkafka, or an exception of any client.

    An exception of confluent-kafka has its error as its argument; those of the others have Kafka's number as ``errno``.
    """
    if isinstance(error, BaseException) and error.args and hasattr(error.args[0], "code"):
        return outcome(error.args[0])
    if hasattr(error, "code"):
        of_librdkafka = cast("LibrdkafkaError", error)
        return named(of_librdkafka.code(), of_librdkafka.name())
    return named(cast("object", getattr(error, "errno", None)), type(error).__name__)


def named(code: object, name: str) -> Outcome:
    """What Kafka's number of an error, or a client's name of it, says."""
    return "fail" if name in REFUSED_BY_CLIENT or code in REFUSED else "info"
