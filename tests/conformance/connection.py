"""Raw connections: requests of any version go out as bytes, and answers come back as what kio reads in them."""

import dataclasses
from collections.abc import Callable
from typing import Protocol

import attrs
from kio.index import load_response_schema
from kio.serial import entity_reader
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.protocol.codec import encode_request
from ackproof.reference.protocol.fields import fields_of
from ackproof.reference.protocol.obsolete import LATER_FIELDS
from ackproof.reference.protocol.request import Request

CLIENT_ID = "conformance"
CORRELATION_ID_BYTES = 4
PATIENCE_MS = 60_000
"""How long an answer is waited for that has to come."""
TRIES = 2_000
"""How often something is asked that is to change by itself."""


class ClosedError(Exception):
    """The broker has closed the connection."""


class Transport(Protocol):
    """Frames to a broker and back."""

    def send(self, frame: bytes) -> None:
        """Send a frame, whose size is in front."""
        ...

    def poll(self, patience_ms: int) -> bytes | None:
        """What the next frame holds, if it comes in time; raises ``ClosedError``."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


Connect = Callable[[], Transport]


@attrs.define(eq=False)
class Connection:
    """
    A connection with at most one request that is not answered.

    Attributes:
        pending: The class of the answer that is waited for.
    """

    transport: Transport
    sent: int = 0
    pending: type[ResponsePayload] | None = None

    def send(self, body: RequestPayload, version: int) -> None:
        """Send *body*, of the class in ``apis.py``, at *version*; what that cannot say is left out."""
        assert self.pending is None
        self.sent += 1
        self.pending = load_response_schema(body.__api_key__, version)
        self.transport.send(encode_request(Request(fitting(body, version), version, CLIENT_ID), self.sent))

    def poll(self, patience_ms: int) -> ResponsePayload | None:
        """The answer, if it comes in time; raises ``ClosedError``."""
        assert self.pending is not None
        data = self.transport.poll(patience_ms)
        if data is None:
            return None
        assert int.from_bytes(data[:CORRELATION_ID_BYTES]) == self.sent
        schema, self.pending = self.pending, None
        header = schema.__header_schema__
        _, header_bytes = entity_reader(header)(data, 0)
        answer, answer_bytes = entity_reader(schema)(data, header_bytes)
        assert header_bytes + answer_bytes == len(data)
        return answer


def fitting(body: RequestPayload, version: int) -> RequestPayload:
    """*body* without what *version* has no field for."""
    defaults = {
        field.name: field.default
        for field in fields_of(type(body))
        if version < LATER_FIELDS.get((int(body.__api_key__), field.name), 0)
    }
    return dataclasses.replace(body, **defaults) if defaults else body
