"""What a scripted broker is to say next."""

from collections import deque
from collections.abc import Callable

from kio.schema.errors import ErrorCode
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.versions import api_of
from ackproof.reference.protocol.request import Request

Answer = Callable[[Request], ResponsePayload | None]


class Script:
    """
    Errors that come next, and requests that are not answered.

    Attributes:
        errors: By API name, what the next requests are answered with, one after the other.
        silent: The names of the APIs that are not answered.
    """

    def __init__(self) -> None:
        self.errors: dict[str, deque[ErrorCode]] = {}
        self.silent: set[str] = set()

    def fail(self, api_name: str, *codes: ErrorCode) -> None:
        self.errors.setdefault(api_name, deque()).extend(codes)

    def error(self, api_name: str) -> ErrorCode:
        """The next error of an API, or none."""
        waiting = self.errors.get(api_name)
        return waiting.popleft() if waiting else ErrorCode.none

    def spoken(self, answer: Answer) -> Answer:
        """It may keep silent."""
        return lambda request: None if api_of(request.body).name in self.silent else answer(request)
