"""Messages of one class as those of another, by fields: what is missing gets its default, what is new is dropped."""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import cast

from kio.schema.errors import ErrorCode
from kio.static.protocol import Entity

from ackproof.reference.protocol.fields import IMPLICIT, MessageField, fields_of
from ackproof.reference.protocol.obsolete import codes_of

Convert = Callable[[object], object]


def same(value: object) -> object:
    """The value itself."""
    return value


@cache
def conversion(source: type[Entity], target: type[Entity]) -> Convert:
    """What makes a message of the class *target* of one of the class *source*."""
    if source is target:
        return same
    given = {field.name: field for field in fields_of(source)}
    constants = {field.name: field.default for field in fields_of(target) if field.name not in given}
    kept = [field for field in fields_of(target) if field.name in given]
    names = [field.name for field in kept]
    values_of = _values_getter(names)
    converters = _field_conversions(given, kept, codes_of(target))

    def convert(message: object) -> object:
        arguments = dict(zip(names, values_of(message), strict=True))
        for name, convert_field in converters:
            arguments[name] = convert_field(arguments[name])
        return target(**constants, **arguments)

    return convert


def _values_getter(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if not names:
        return lambda _: ()
    getter = attrgetter(*names)
    return getter if len(names) > 1 else lambda message: (getter(message),)


def _field_conversions(
    given: Mapping[str, MessageField], kept: list[MessageField], codes: Mapping[ErrorCode, ErrorCode]
) -> list[tuple[str, Convert]]:
    """What to do with the fields that both have, where that is anything."""
    found = ((field.name, _field_conversion(given[field.name], field, codes)) for field in kept)
    return [(name, convert) for name, convert in found if convert is not None]


def _field_conversion(
    source: MessageField, target: MessageField, codes: Mapping[ErrorCode, ErrorCode]
) -> Convert | None:
    if source.entity is not None and target.entity is not None:
        convert = conversion(source.entity, target.entity)
        if target.is_array:
            convert = _each(convert)
        return _unless_null(convert, None if target.is_nullable else target.default)
    if codes and target.kafka_type == "error_code":
        return lambda code: codes.get(cast("ErrorCode", code), code)
    if source.is_nullable and not target.is_nullable:
        return _unless_null(same, () if target.is_array else IMPLICIT.get(target.kafka_type, 0))
    return None


def _each(convert: Convert) -> Convert:
    return lambda items: tuple([convert(item) for item in cast("tuple[object, ...]", items)])


def _unless_null(convert: Convert, default: object) -> Convert:
    return lambda value: default if value is None else convert(value)
