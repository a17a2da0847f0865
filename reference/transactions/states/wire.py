"""Bytes as Kafka's messages have them, written and read one field after the other."""

from collections.abc import Callable
from struct import Struct, error
from typing import TypeVar

T = TypeVar("T")

INT8, INT16, INT32, INT64 = (Struct(f">{code}") for code in "bhiq")


class UnreadableError(Exception):
    """Bytes are not what their version says."""


class Writer:
    """Writes the fields of a message; a flexible one (KIP-482) has compact lengths and tagged fields."""

    def __init__(self, *, is_flexible: bool) -> None:
        self.is_flexible = is_flexible
        self.data = bytearray()

    def number(self, kind: Struct, value: int) -> None:
        """A number of the size of *kind*."""
        self.data += kind.pack(value)

    def varint(self, value: int) -> None:
        """An unsigned number of varying length."""
        while value >= 128:
            self.data.append(value & 127 | 128)
            value >>= 7
        self.data.append(value)

    def length(self, value: int | None) -> None:
        """How many items an array has; None for null."""
        if self.is_flexible:
            self.varint(0 if value is None else value + 1)
        else:
            self.number(INT32, -1 if value is None else value)

    def string(self, value: str) -> None:
        """A string."""
        data = value.encode()
        if self.is_flexible:
            self.varint(len(data) + 1)
        else:
            self.number(INT16, len(data))
        self.data += data

    def tags(self, fields: dict[int, bytes]) -> None:
        """The tagged fields that end a structure; nothing where it is not flexible."""
        if not self.is_flexible:
            return
        self.varint(len(fields))
        for tag, value in sorted(fields.items()):
            self.varint(tag)
            self.varint(len(value))
            self.data += value


class Reader:
    """
    Reads what a ``Writer`` wrote.

    Raises:
        UnreadableError: From every method, where the bytes end too early.
    """

    def __init__(self, data: bytes, *, is_flexible: bool, at: int = 0) -> None:
        self.data = data
        self.at = at
        self.is_flexible = is_flexible

    def number(self, kind: Struct) -> int:
        """A number of the size of *kind*."""
        try:
            (value,) = kind.unpack_from(self.data, self.at)
        except error as why:
            raise UnreadableError(str(why)) from None
        self.at += kind.size
        return int(value)

    def varint(self) -> int:
        """An unsigned number of varying length."""
        value = shift = 0
        while (byte := self.number(INT8) & 0xFF) >= 128:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift

    def taken(self, size_bytes: int) -> bytes:
        """The next bytes."""
        if not 0 <= size_bytes <= len(self.data) - self.at:
            raise UnreadableError(f"{size_bytes} bytes at {self.at} of {len(self.data)}")
        self.at += size_bytes
        return self.data[self.at - size_bytes : self.at]

    def items(self, item: Callable[[], T]) -> tuple[T, ...]:
        """An array of what *item* reads; empty for null."""
        size = self.varint() - 1 if self.is_flexible else self.number(INT32)
        return tuple(item() for _ in range(size))

    def string(self) -> str:
        """A string."""
        size = self.varint() - 1 if self.is_flexible else self.number(INT16)
        try:
            return self.taken(size).decode()
        except UnicodeDecodeError as why:
            raise UnreadableError(str(why)) from None

    def tags(self) -> dict[int, bytes]:
        """The tagged fields that end a structure."""
        if not self.is_flexible:
            return {}
        return {self.varint(): self.taken(self.varint()) for _ in range(self.varint())}
