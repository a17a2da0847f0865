"""What is heard of a batch, from a broker or in place of its answer."""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.response import PartitionProduceResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.asking import RequestTimedOutError, UnsupportedVersionError
from ackproof.reference.kernel.future import Future
from ackproof.reference.kernel.value import value
from ackproof.reference.producer.record import NO_OFFSET, NO_TIMESTAMP_MS
from ackproof.reference.protocol.primitive import milliseconds


@value
class Answer:
    """
    What is heard of one batch.

    Attributes:
        base_offset: -1 if nobody told.
        log_append_time_ms: -1 where records keep their own timestamps.
        log_start_offset: Of the partition; -1 if the broker did not know it.
        record_errors: By the place of a record in the batch, what is wrong with it.
    """

    code: ErrorCode = ErrorCode.none
    base_offset: int = NO_OFFSET
    log_append_time_ms: int = NO_TIMESTAMP_MS
    log_start_offset: int = -1
    record_errors: dict[int, str | None] = attrs.field(factory=dict[int, str | None])
    message: str | None = None


def answer_of(told: PartitionProduceResponse) -> Answer:
    """What a broker says of a batch."""
    return Answer(
        told.error_code,
        told.base_offset,
        milliseconds(told.log_append_time),
        told.log_start_offset,
        {int(one.batch_index): one.batch_index_error_message for one in told.record_errors},
        told.error_message,
    )


def failure_of(answer: Future[ResponsePayload]) -> Answer:
    """What takes the place of an answer that does not come (``Sender.handleProduceResponse``)."""
    match answer.error:
        case UnsupportedVersionError():
            return Answer(ErrorCode.unsupported_version)
        case RequestTimedOutError():
            return Answer(ErrorCode.request_timed_out, message=f"Disconnected due to timeout: {answer.error}")
        case _:
            return Answer(ErrorCode.network_exception, message=f"Disconnected from {answer.error}")
