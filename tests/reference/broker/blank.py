"""Requests that say nothing: every field is empty, zero or null."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints

from ackproof.reference.protocol.apis import APIS
from ackproof.reference.protocol.converting import request_class, to_canonical
from ackproof.reference.protocol.request import Request

CONTROLLER_ONLY = 56
PRODUCE_OLDEST = 3


def versions() -> Iterator[tuple[int, int]]:
    """The key and version of all requests that a broker serves."""
    for api in APIS:
        if api.key != CONTROLLER_ONLY:
            for version in range(PRODUCE_OLDEST if api.key == 0 else api.oldest, api.newest + 1):
                yield api.key, version


def blank_request(api_key: int, version: int) -> Request:
    return Request(to_canonical(blank(request_class(api_key, version))), version, "test")


def blank(kind: type[Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{field.name: empty(hints[field.name]) for field in dataclasses.fields(kind)})


def empty(hint: Any) -> object:
    if type(None) in get_args(hint):
        return None
    if get_origin(hint) is tuple:
        return ()
    for kind, value in ((bool, False), (int, 0), (str, ""), (bytes, b""), (timedelta, timedelta(0)), (float, 0.0)):
        if issubclass(hint, kind):
            return value
    assert not issubclass(hint, datetime)
    return blank(hint)
