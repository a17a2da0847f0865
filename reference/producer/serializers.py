"""Serializers: the bytes of keys and values."""

from typing import Protocol, TypeVar

T_contra = TypeVar("T_contra", contravariant=True)


class Serializer(Protocol[T_contra]):
    """How something is written; null stays null and does not come here."""

    def __call__(self, topic: str, value: T_contra) -> bytes:
        """
        The bytes of *value* in *topic*.

        Raises:
            Exception: It has none; the application hears of it as ``SerializationError``.
        """
        ...


def of_bytes(topic: str, value: bytes) -> bytes:
    """What is bytes already (``ByteArraySerializer``)."""
    del topic
    return value


def of_text(topic: str, value: str) -> bytes:
    """Text as UTF-8 (``StringSerializer``)."""
    del topic
    return value.encode()


def of_integer(topic: str, value: int) -> bytes:
    """A number in four bytes, the largest first (``IntegerSerializer``)."""
    del topic
    return value.to_bytes(4, signed=True)


def of_long(topic: str, value: int) -> bytes:
    """A number in eight bytes, the largest first (``LongSerializer``)."""
    del topic
    return value.to_bytes(8, signed=True)
