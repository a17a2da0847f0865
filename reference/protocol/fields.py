"""What a message class of kio consists of."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import cast, get_args, get_origin

import attrs
from kio.schema.errors import ErrorCode
from kio.static.protocol import Entity

NO_TIME = timedelta(0)
IMPLICIT: Mapping[str, object] = {
    "bool": False,
    "error_code": ErrorCode.none,
    "string": "",
    "bytes": b"",
    "timedelta_i32": NO_TIME,
    "timedelta_i64": NO_TIME,
    "uuid": None,
}
"""What stands for a missing value of each type; 0 for all others."""


@attrs.frozen
class MessageField:
    """
    A field of a message.

    Attributes:
        kafka_type: As kio names it; empty for another message.
        entity: The class of that.
        tag: Its number, where it is a tagged field.
        default: What it is where a version of the message does not have it.
    """

    name: str
    kafka_type: str
    entity: type[Entity] | None
    is_array: bool
    is_nullable: bool
    tag: int | None
    default: object


@cache
def fields_of(entity: type[Entity]) -> tuple[MessageField, ...]:
    """The fields of a message class, in order."""
    return tuple(_field(field) for field in dataclasses.fields(entity))


def _field(field: "dataclasses.Field[object]") -> MessageField:
    annotation, is_nullable = _without_none(field.type)
    is_array = get_origin(annotation) is tuple
    if is_array:
        annotation, _ = _without_none(get_args(annotation)[0])
    is_entity = dataclasses.is_dataclass(annotation)
    kafka_type = "" if is_entity else cast("str", field.metadata["kafka_type"])
    return MessageField(
        field.name,
        kafka_type,
        cast("type[Entity]", annotation) if is_entity else None,
        is_array,
        is_nullable,
        cast("int | None", field.metadata.get("tag")),
        _default(field, kafka_type, is_array=is_array, is_nullable=is_nullable),
    )


def _without_none(annotation: object) -> tuple[object, bool]:
    if not isinstance(annotation, UnionType):
        return annotation, False
    (inner,) = (member for member in get_args(annotation) if member is not NoneType)
    return inner, True


def _default(field: "dataclasses.Field[object]", kafka_type: str, *, is_array: bool, is_nullable: bool) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    if is_array:
        return ()
    return None if is_nullable else IMPLICIT.get(kafka_type, 0)
