"""What is wrong with the bytes of a batch, as the error code that a broker answers for it."""

from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError


class CorruptBatchError(KafkaError):
    """The batch is too small, of no known format, or its checksum is wrong: CORRUPT_MESSAGE."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.corrupt_message, message)


class InvalidRecordError(KafkaError):
    """The batch is whole, but its records are not what they should be: INVALID_RECORD."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.invalid_record, message)


class UndecodableError(KafkaError):
    """The records cannot be decompressed, or by no known codec: UNKNOWN_SERVER_ERROR."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.unknown_server_error, message)
