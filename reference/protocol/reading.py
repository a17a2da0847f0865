"""
Reads messages from bytes, whatever the bytes are.

kio has a reader too, but there bytes from outside can end the process: it makes room for as many items as they
announce. It also refuses tagged fields that it does not know, where Kafka skips them.
"""

import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar, cast

from kio.static.protocol import Entity

from ackproof.reference.protocol.fields import MessageField, fields_of
from ackproof.reference.protocol.wire import (
    CONVERTERS,
    FORMATS,
    MalformedError,
    Read,
    array_reader,
    bytes_reader,
    number_array_reader,
    number_reader,
    read_compact_length,
    read_int_length,
    read_short_length,
    read_unsigned_varint,
    skip,
    string_reader,
)

Step = Callable[[bytes, int, list[object]], int]
"""Adds the values of fields that begin at a place; where they end."""
E = TypeVar("E", bound=Entity)


def read(entity: type[E], data: bytes, at: int = 0) -> tuple[E, int]:
    """
    The message that begins at *at*, and where it ends.

    Raises:
        MalformedError: There is none, or not all of it.
    """
    try:
        message, end = _message_reader(entity)(data, at)
    except (IndexError, struct.error) as error:
        raise MalformedError(f"{entity.__name__} ends early") from error
    return cast("E", message), end


def skip_tagged(data: bytes, at: int) -> int:
    """
    Where tagged fields end that are of no interest.

    Raises:
        MalformedError: The data ends within them.
    """
    try:
        return _read_tagged(data, at, {}, {})
    except IndexError as error:
        raise MalformedError("tagged fields end early") from error


def _read_tagged(data: bytes, at: int, readers: dict[int, tuple[str, Read]], arguments: dict[str, object]) -> int:
    count, at = read_unsigned_varint(data, at)
    for _ in range(count):
        tag, at = read_unsigned_varint(data, at)
        length, at = read_unsigned_varint(data, at)
        if tag in readers:
            name, reader = readers[tag]
            arguments[name], at = reader(data, at)
        else:
            at = skip(data, at, length)
    return at


@cache
def _message_reader(entity: type[Entity]) -> Read:
    fields = [field for field in fields_of(entity) if field.tag is None]
    tagged = {field.tag: field for field in fields_of(entity) if field.tag is not None}
    names = [field.name for field in fields]
    steps = _steps(fields, entity.__flexible__)
    defaults = {field.name: field.default for field in tagged.values()}
    readers = {tag: (field.name, _field_reader(field, is_flexible=True)) for tag, field in tagged.items()}
    is_flexible = entity.__flexible__

    def read_message(data: bytes, at: int) -> tuple[object, int]:
        values: list[object] = []
        for step in steps:
            at = step(data, at, values)
        arguments = dict(zip(names, values, strict=True))
        if is_flexible:
            arguments.update(defaults)
            at = _read_tagged(data, at, readers, arguments)
        return entity(**arguments), at

    return read_message


def _steps(fields: Sequence[MessageField], is_flexible: bool) -> list[Step]:
    """What reads *fields* one after the other; neighbours of fixed sizes in one step."""
    steps: list[Step] = []
    neighbours: list[MessageField] = []
    for field in fields:
        if field.kafka_type in FORMATS and not field.is_array:
            neighbours.append(field)
            continue
        if neighbours:
            steps.append(_neighbours_step(neighbours))
            neighbours = []
        steps.append(_single_step(_field_reader(field, is_flexible)))
    return [*steps, _neighbours_step(neighbours)] if neighbours else steps


def _neighbours_step(fields: Sequence[MessageField]) -> Step:
    packed = struct.Struct(">" + "".join(FORMATS[field.kafka_type] for field in fields))
    converters = [CONVERTERS.get(field.kafka_type) for field in fields]
    needs_converting = any(converters)

    def step(data: bytes, at: int, values: list[object]) -> int:
        unpacked: tuple[object, ...] = packed.unpack_from(data, at)
        if needs_converting:
            values += [
                value if convert is None else convert(value)
                for convert, value in zip(converters, unpacked, strict=True)
            ]
        else:
            values += unpacked
        return at + packed.size

    return step


def _single_step(reader: Read) -> Step:
    def step(data: bytes, at: int, values: list[object]) -> int:
        value, at = reader(data, at)
        values.append(value)
        return at

    return step


def _field_reader(field: MessageField, is_flexible: bool) -> Read:
    if field.is_array:
        reader = _array_reader(field, is_flexible)
    elif field.entity is not None:
        reader = _message_reader(field.entity)
        if not field.is_nullable:
            return reader
        return _optional_reader(reader) if field.tag is None else _tagged_optional_reader(reader)
    elif field.kafka_type in FORMATS:
        return number_reader(field.kafka_type)
    else:
        reader = _item_reader(field, is_flexible)
    return reader if field.is_nullable else _required(field, reader)


def _array_reader(field: MessageField, is_flexible: bool) -> Read:
    read_length = read_compact_length if is_flexible else read_int_length
    if field.kafka_type in FORMATS and field.kafka_type not in CONVERTERS:
        return number_array_reader(read_length, field.kafka_type)
    if field.entity is not None:
        return array_reader(read_length, _message_reader(field.entity))
    if field.kafka_type in FORMATS:
        return array_reader(read_length, number_reader(field.kafka_type))
    return array_reader(read_length, _required(field, _item_reader(field, is_flexible)))


def _item_reader(field: MessageField, is_flexible: bool) -> Read:
    if field.kafka_type == "string":
        return string_reader(read_compact_length if is_flexible else read_short_length)
    return bytes_reader(read_compact_length if is_flexible else read_int_length)


def _required(field: MessageField, reader: Read) -> Read:
    def read_required(data: bytes, at: int) -> tuple[object, int]:
        value, end = reader(data, at)
        if value is None:
            raise MalformedError(f"{field.name} is null")
        return value, end

    return read_required


def _optional_reader(reader: Read) -> Read:
    """A message that may be missing is preceded by a byte that says whether it is (KIP-893)."""
    return lambda data, at: (None, at + 1) if data[at] >= 128 else reader(data, at + 1)


def _tagged_optional_reader(reader: Read) -> Read:
    """In a tagged field it is a number that says so: 0 or less for none (``generateStructReader``)."""

    def read_optional(data: bytes, at: int) -> tuple[object, int]:
        is_there, at = read_unsigned_varint(data, at)
        return reader(data, at) if is_there > 0 else (None, at)

    return read_optional
