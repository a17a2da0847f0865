"""What a coordinator answers where its records are refused, or not replicated."""

from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError

ANSWERED = {
    ErrorCode.network_exception: ErrorCode.coordinator_load_in_progress,
    ErrorCode.unknown_topic_or_partition: ErrorCode.coordinator_not_available,
    ErrorCode.not_enough_replicas: ErrorCode.coordinator_not_available,
    ErrorCode.not_enough_replicas_after_append: ErrorCode.coordinator_not_available,
    ErrorCode.request_timed_out: ErrorCode.coordinator_not_available,
    ErrorCode.not_leader_or_follower: ErrorCode.not_coordinator,
    ErrorCode.kafka_storage_error: ErrorCode.not_coordinator,
    ErrorCode.message_too_large: ErrorCode.unknown_server_error,
    ErrorCode.record_list_too_large: ErrorCode.unknown_server_error,
}
"""
What clients of a coordinator hear for an error of its partition.

Source: ``CoordinatorOperationExceptionHelper``. Kafka's coordinator does not meet NOT_ENOUGH_REPLICAS_AFTER_APPEND: it
waits for the high watermark until ``offsets.commit.timeout.ms``.
"""


class UnexpectedError(KafkaError):
    """What Kafka answers where an exception was thrown that nobody expected."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(ErrorCode.unknown_server_error, message)


def answered(code: ErrorCode) -> ErrorCode:
    """What is answered for *code*."""
    return ANSWERED.get(code, code)
