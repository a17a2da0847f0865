"""What Kafka answers in place of a result."""

from kio.schema.errors import ErrorCode

NO_ERROR = ErrorCode.none
"""What all that goes well is compared with: members of an enumeration take a while to be found."""


class KafkaError(Exception):
    """
    An error code, on its way from where it is decided to the answer that carries it.

    Attributes:
        code: As in Kafka's ``Errors``.
        message: What the answer says besides, where it has a place for it.
    """

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        super().__init__(f"{code.name.upper()}{f': {message}' if message else ''}")
        self.code = code
        self.message = message
