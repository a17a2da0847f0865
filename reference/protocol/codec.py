"""
The bytes of requests and answers: frames, headers, bodies of any version that is served.

What is encoded is a whole frame, with its size in front; what is decoded is what a frame holds. Both sides hold
messages of the versions in ``apis.py``, whatever version travels.
"""

import struct
from io import BytesIO

import attrs
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.offset_commit.v2.request import OffsetCommitRequest as OffsetCommitRequestV2
from kio.schema.offset_commit.v3.request import OffsetCommitRequest as OffsetCommitRequestV3
from kio.schema.offset_commit.v4.request import OffsetCommitRequest as OffsetCommitRequestV4
from kio.serial import entity_writer
from kio.static.protocol import Entity, RequestPayload, ResponsePayload

from ackproof.reference.protocol.apis import API_OF, Api
from ackproof.reference.protocol.converting import request_class, response_class, to_canonical, to_version
from ackproof.reference.protocol.primitive import milliseconds
from ackproof.reference.protocol.reading import read, skip_tagged
from ackproof.reference.protocol.request import CloseConnectionError, Request
from ackproof.reference.protocol.wire import MalformedError, read_short_length, string_reader

HEADER = struct.Struct(">hhi")
"""The key of the API, the version, and the correlation id."""
SIZE = struct.Struct(">i")
NO_TAGGED_FIELDS = b"\0"
NO_RETENTION_MS = -1
API_VERSIONS = 18
API_VERSIONS_FLEXIBLE_FROM = 3
PRODUCE_OLDEST = 3
"""Older ones are advertised (see ``apis.py``), but nothing reads them any more."""

_read_client_id = string_reader(read_short_length)


@attrs.frozen
class RequestHeader:
    """What precedes a request, and what its answer depends on."""

    api_key: int
    version: int
    correlation_id: int
    client_id: str = ""

    @property
    def is_unsupported_api_versions(self) -> bool:
        """
        Whether it asks for ApiVersions in a version that is not served.

        Such a request is not read, and is answered in version 0 (KIP-511).
        """
        api = API_OF[API_VERSIONS]
        return self.api_key == API_VERSIONS and not api.oldest <= self.version <= api.newest


def decode_request(data: bytes) -> tuple[RequestHeader, Request]:
    """
    What a frame from a client holds; bytes that follow the request are ignored.

    An ApiVersions request of a version that is not served has an empty body, and its version as it was sent.

    Raises:
        CloseConnectionError: It asks for an API or a version that is not served, or is malformed.

    Source: ``RequestHeader.parse``, ``RequestContext.parseRequest``.
    """
    try:
        header, at = _read_header(data)
        if header.is_unsupported_api_versions:
            body: RequestPayload = ApiVersionsRequest(client_software_name="", client_software_version="")
        else:
            body, _ = read(request_class(header.api_key, header.version), data, at)
    except MalformedError as error:
        raise CloseConnectionError(str(error)) from error
    return header, Request(to_canonical(body), header.version, header.client_id, _retention_ms(body))


def _retention_ms(body: RequestPayload) -> int | None:
    """Source: ``OffsetMetadataManager.expireTimestampMs``."""
    if not isinstance(body, OffsetCommitRequestV2 | OffsetCommitRequestV3 | OffsetCommitRequestV4):
        return None
    retention_ms = milliseconds(body.retention_time)
    return None if retention_ms == NO_RETENTION_MS else retention_ms


def _read_header(data: bytes) -> tuple[RequestHeader, int]:
    if len(data) < HEADER.size:
        raise MalformedError(f"a request of {len(data)} bytes")
    api_key, version, correlation_id = HEADER.unpack_from(data)
    api = API_OF.get(api_key)
    if api is None:
        raise MalformedError(f"there is no API {api_key}")
    is_flexible = _is_flexible(api, version)
    try:
        client_id, at = _read_client_id(data, HEADER.size)
    except struct.error as error:
        raise MalformedError("a header ends early") from error
    if is_flexible:
        at = skip_tagged(data, at)
    return RequestHeader(api_key, version, correlation_id, str(client_id or "")), at


def _is_flexible(api: Api, version: int) -> bool:
    """Whether the header of a request has tagged fields."""
    if api.key == API_VERSIONS:
        return version >= API_VERSIONS_FLEXIBLE_FROM
    if not _oldest(api) <= version <= api.newest:
        raise MalformedError(f"{api.name} has no version {version}")
    return request_class(api.key, version).__header_schema__.__flexible__


def _oldest(api: Api) -> int:
    return PRODUCE_OLDEST if api.key == 0 else api.oldest


def encode_response(header: RequestHeader, answer: ResponsePayload) -> bytes:
    """The frame that answers the request with that *header*; *answer* is of the class in ``apis.py``."""
    version = 0 if header.is_unsupported_api_versions else header.version
    body = to_version(answer, version)
    buffer = BytesIO()
    buffer.write(SIZE.pack(header.correlation_id))
    if body.__header_schema__.__flexible__:
        buffer.write(NO_TAGGED_FIELDS)
    return _frame(buffer, body)


def encode_request(request: Request, correlation_id: int) -> bytes:
    """
    The frame of a request whose body is of the class in ``apis.py``, sent at its version.

    Raises:
        KafkaError: UNSUPPORTED_VERSION: it says what that version cannot.
    """
    body = to_version(request.body, request.version)
    buffer = BytesIO()
    buffer.write(HEADER.pack(body.__api_key__, request.version, correlation_id))
    client_id = request.client_id
    buffer.write(b"\xff\xff" if client_id is None else struct.pack(">h", len(client_id.encode())) + client_id.encode())
    if body.__header_schema__.__flexible__:
        buffer.write(NO_TAGGED_FIELDS)
    return _frame(buffer, body)


def _frame(buffer: BytesIO, body: Entity) -> bytes:
    entity_writer(type(body))(buffer, body)
    return SIZE.pack(buffer.tell()) + buffer.getvalue()


def correlation_id_of(data: bytes) -> int:
    """
    Which request is answered by what a frame from a server holds.

    Raises:
        CloseConnectionError: It is malformed.
    """
    if len(data) < SIZE.size:
        raise CloseConnectionError(f"an answer of {len(data)} bytes")
    (correlation_id,) = SIZE.unpack_from(data)
    return int(correlation_id)


def decode_response(data: bytes, api_key: int, version: int) -> ResponsePayload:
    """
    The answer that a frame from a server holds, to a request that was sent at *version*.

    An answer to ApiVersions that is not of that version is of version 0: the server did not know the version.

    Raises:
        CloseConnectionError: It is malformed.

    Source: ``AbstractResponse.parseResponse``, ``ApiVersionsResponse.parse``.
    """
    try:
        return _read_response(data, api_key, version)
    except MalformedError as error:
        if api_key == API_VERSIONS and version > 0:
            return decode_response(data, api_key, 0)
        raise CloseConnectionError(str(error)) from error


def _read_response(data: bytes, api_key: int, version: int) -> ResponsePayload:
    entity = response_class(api_key, version)
    at = SIZE.size
    if entity.__header_schema__.__flexible__:
        at = skip_tagged(data, at)
    answer, _ = read(entity, data, at)
    return to_canonical(answer)
