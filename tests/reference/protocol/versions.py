"""Every version of every API that is served, and the bytes of messages as kio writes them."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from kio.serial import entity_writer
from kio.static.protocol import Entity, RequestPayload, ResponsePayload

from ackproof.reference.protocol.apis import APIS
from ackproof.reference.protocol.converting import request_class, response_class

PRODUCE_OLDEST = 3
"""Older ones are advertised, and refused."""
VERSIONS = {api.key: range(PRODUCE_OLDEST if api.key == 0 else api.oldest, api.newest + 1) for api in APIS}
each_api = pytest.mark.parametrize("api_key", VERSIONS, ids=[api.name for api in APIS])


def classes(api_key: int) -> Iterator[type[RequestPayload] | type[ResponsePayload]]:
    """Those of the requests and the answers of an API, in every version."""
    for version in VERSIONS[api_key]:
        yield request_class(api_key, version)
        yield response_class(api_key, version)


def written(message: Entity) -> bytes:
    """The bytes of a message."""
    buffer = BytesIO()
    entity_writer(type(message))(buffer, message)
    return buffer.getvalue()
