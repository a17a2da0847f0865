"""How a record that is read is known to be one that was sent."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

Identify = Callable[[object, object, object], int | str]
"""
From a record's key, value and headers, as the application hands them over or gets them, to what identifies it in its
partition.
"""
HEADER = "ackproof-id"


def marked(headers: object, value: str) -> list[tuple[str, object]]:
    """The *headers* of a record that is sent, and our own."""
    given = headers or ()
    pairs = cast("Mapping[str, object]", given).items() if isinstance(given, Mapping) else given
    return [*cast("Iterable[tuple[str, object]]", pairs), (HEADER, value.encode())]


def in_headers(headers: object) -> str | None:
    """What our header says; None of a record that no recorded client sent."""
    for name, value in cast("Iterable[tuple[str, bytes | None]]", headers or ()):
        if name == HEADER and value is not None:
            return value.decode()
    return None
