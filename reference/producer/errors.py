"""What a producer raises, and what it hands to callbacks: named as Kafka's Java client names it."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError


class IllegalStateError(ValueError):
    """The application asked for something at the wrong time (``IllegalStateException``)."""


class ProducerError(Exception):
    """What is no broker's error (``KafkaException``): a producer that was closed, or cannot go on."""


class SerializationError(ProducerError):
    """A key or a value that its serializer does not take."""


class TransactionAbortedError(ProducerError):
    """A record that was not sent any more, as its transaction was aborted."""


class CommitFailedError(ProducerError):
    """Offsets that were not committed: the member that sent them is no longer in the group."""


class ApiError(KafkaError):
    """An error that has a code, be it from a broker or found by the client (``ApiException``)."""

    code_of_class: ClassVar[ErrorCode] = ErrorCode.unknown_server_error

    def __init__(self, message: str | None = None) -> None:
        super().__init__(self.code_of_class, message)


class KafkaTimeoutError(ApiError):
    """Something did not happen in time (``TimeoutException``); if it was sent, it may happen yet."""

    code_of_class = ErrorCode.request_timed_out


class BufferExhaustedError(KafkaTimeoutError):
    """There was no room in ``buffer.memory`` for as long as ``max.block.ms``."""


class NetworkError(ApiError):
    """The connection went before the answer came (``NetworkException``)."""

    code_of_class = ErrorCode.network_exception


class RecordTooLargeError(ApiError):
    """A record larger than ``max.request.size``, ``buffer.memory`` or what the broker takes."""

    code_of_class = ErrorCode.message_too_large


class InvalidTopicError(ApiError):
    """A topic that can not be."""

    code_of_class = ErrorCode.invalid_topic_exception


class TopicAuthorizationError(ApiError):
    """A topic that this client may not write."""

    code_of_class = ErrorCode.topic_authorization_failed


class ClusterAuthorizationError(ApiError):
    """A client that may not send idempotently."""

    code_of_class = ErrorCode.cluster_authorization_failed


class TransactionalIdAuthorizationError(ApiError):
    """A ``transactional.id`` that this client may not use."""

    code_of_class = ErrorCode.transactional_id_authorization_failed


class GroupAuthorizationError(ApiError):
    """A group for which this client may not commit."""

    code_of_class = ErrorCode.group_authorization_failed


class OutOfOrderSequenceError(ApiError):
    """A gap in what was acknowledged: records before it may be lost."""

    code_of_class = ErrorCode.out_of_order_sequence_number


class UnknownProducerIdError(OutOfOrderSequenceError):
    """The partition knows nothing of this producer any more."""

    code_of_class = ErrorCode.unknown_producer_id


class InvalidProducerEpochError(ApiError):
    """A partition has seen a newer epoch of this producer."""

    code_of_class = ErrorCode.invalid_producer_epoch


class ProducerFencedError(ApiError):
    """Another producer has the same ``transactional.id``."""

    code_of_class = ErrorCode.producer_fenced


class InvalidPidMappingError(ApiError):
    """The coordinator has another producer id for this ``transactional.id``."""

    code_of_class = ErrorCode.invalid_producer_id_mapping


class InvalidTxnStateError(ApiError):
    """The coordinator's transaction is in a state that does not go with this."""

    code_of_class = ErrorCode.invalid_txn_state


class TransactionAbortableError(ApiError):
    """The transaction has to be aborted, then all is well."""

    code_of_class = ErrorCode.transaction_abortable


class UnsupportedVersionApiError(ApiError):
    """The broker does not know a request in any version that this client sends (``UnsupportedVersionException``)."""

    code_of_class = ErrorCode.unsupported_version


class InvalidRecordError(ApiError):
    """A record that the broker does not take."""

    code_of_class = ErrorCode.invalid_record


CLASSES: tuple[type[ApiError], ...] = (
    KafkaTimeoutError,
    NetworkError,
    RecordTooLargeError,
    InvalidTopicError,
    TopicAuthorizationError,
    ClusterAuthorizationError,
    TransactionalIdAuthorizationError,
    GroupAuthorizationError,
    OutOfOrderSequenceError,
    UnknownProducerIdError,
    InvalidProducerEpochError,
    ProducerFencedError,
    InvalidPidMappingError,
    InvalidTxnStateError,
    TransactionAbortableError,
    UnsupportedVersionApiError,
    InvalidRecordError,
)
CLASS_OF: Mapping[ErrorCode, Callable[[str | None], ApiError]] = {kind.code_of_class: kind for kind in CLASSES}


def error_of(code: ErrorCode, message: str | None = None) -> KafkaError:
    """The error that an error code means (``Errors.exception``)."""
    kind = CLASS_OF.get(code)
    return KafkaError(code, message) if kind is None else kind(message)
