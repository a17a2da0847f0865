"""Writes what is declared as kio declares messages."""

from dataclasses import replace
from io import BytesIO
from typing import cast

from kio.serial import entity_writer
from kio.serial.writers import write_unsigned_varint
from kio.static.primitive import uvarint
from kio.static.protocol import Entity

from ackproof.reference.groups.modern.schema import ConsumerGroupMemberMetadataValue

NULL_STRUCT = b"\1\0\1\0"
"""One tagged field, of number 0 and one byte: no struct."""


def written(entity: Entity) -> bytes:
    """The bytes of *entity*."""
    if isinstance(entity, ConsumerGroupMemberMetadataValue):
        return _written_member(entity)
    with BytesIO() as buffer:
        entity_writer(type(entity))(buffer, entity)
        return buffer.getvalue()


# kio takes a byte of -1 or 1 before a struct that may be null, and leaves the tagged field out where it is (KIP-893).
# Kafka writes 0 or 1 in a tagged field, and writes it in any case.


def _written_member(member: ConsumerGroupMemberMetadataValue) -> bytes:
    classic = member.classic_member_metadata
    with BytesIO() as buffer:
        entity_writer(ConsumerGroupMemberMetadataValue)(buffer, replace(member, classic_member_metadata=None))
        without_tags = buffer.getvalue()[:-1]
    if classic is None:
        return without_tags + NULL_STRUCT
    tagged = b"\1" + written(classic)
    with BytesIO() as buffer:
        write_unsigned_varint(buffer, cast("uvarint", len(tagged)))
        return without_tags + b"\1\0" + buffer.getvalue() + tagged
