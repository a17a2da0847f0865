"""Answers of two brokers made comparable: what each names as it likes has the name of its order of appearance."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum
from typing import cast
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.records.batch import split
from ackproof.reference.records.header import HEADER_SIZE_BYTES, read_header

NAMED = {"producer_id": "producer", "member_id": "member", "leader": "member", "topic_id": "topic"}
"""Fields with a name that the broker chose, and what is named."""
HOUR_MS = 60 * 60 * 1_000
UNSEEN = "unseen"
"""In place of a name that appears first where the order is not the broker's to choose."""
UNNAMED = (-1, "", None)
IGNORED = {
    "throttle_time",
    "error_message",
    "batch_index_error_message",
    "session_id",
    "host",
    "port",
    "node_endpoints",
}
"""Fields that say how, where or in what words, not what."""
UNORDERED = {
    "members",
    "topics",
    "topic_partitions",
    "partitions",
    "partition_responses",
    "partition_indexes",
    "aborted_transactions",
    "results_by_transaction",
    "results_by_topic_v3_and_below",
    "topic_results",
    "results_by_partition",
    "subscribed_topic_names",
}
"""Arrays whose order Kafka leaves to a hash map."""

Plain = object


@attrs.define
class Names:
    """
    What one broker named, in order of appearance.

    Attributes:
        number: That of the sequence, which is in every name that the sequence chose.
        started_ms: When it began, for both brokers: what the times of its records count from.
        began_ms: The same on this broker's clock; within an hour after that only that clock can be.
    """

    number: int = -1
    started_ms: int = 0
    began_ms: int = 0
    known: dict[tuple[str, object], str] = attrs.Factory(dict[tuple[str, object], str])
    values: dict[str, list[object]] = attrs.Factory(dict[str, list[object]])

    def name(self, kind: str, value: object, *, is_first: bool = True) -> object:
        """The name of *value*, which gets one if it has none, unless this is not the place to appear first."""
        if value in UNNAMED:
            return value
        if (kind, value) not in self.known:
            if not is_first:
                return UNSEEN
            values = self.values.setdefault(kind, [])
            self.known[kind, value] = f"{kind} {len(values)}"
            values.append(value)
        return self.known[kind, value]


def plain(value: object, names: Names, field: str = "", depth: int = 0) -> Plain:
    """*value*, the field of an answer or all of it, in names of our own."""
    if field in NAMED:
        is_first = NAMED[field] != "member" or (field == "member_id" and depth == 1)
        return names.name(NAMED[field], value, is_first=is_first)
    if field == "records":
        return batches(cast("bytes | None", value), names)
    if dataclasses.is_dataclass(value):
        return of_fields(value, names, depth)
    if isinstance(value, tuple):
        items = [plain(item, names, "", depth) for item in cast("tuple[object, ...]", value)]
        return sorted(items, key=repr) if field in UNORDERED else items
    return simple(value, field, names)


def of_fields(value: object, names: Names, depth: int) -> Mapping[str, Plain]:
    """A message, field by field."""
    fields = [field.name for field in dataclasses.fields(cast("type", value)) if field.name not in IGNORED]
    return {field: plain(getattr(value, field), names, field, depth + 1) for field in fields}


def simple(value: object, field: str, names: Names) -> Plain:
    """A value that is not made of others."""
    if isinstance(value, ErrorCode):
        return value.name
    if isinstance(value, IntEnum | timedelta | UUID):
        return str(value)
    if isinstance(value, str):
        return value.replace(f"-{names.number}", "-N", 1)
    if field == "log_append_time":
        return value is not None
    if field == "timestamp" and isinstance(value, int) and value >= 0:
        return "appended" if 0 <= value - names.began_ms < HOUR_MS else value - names.started_ms
    return value


def batches(data: bytes | None, names: Names) -> Plain:
    """The batches that a fetch returned: all that is in them, but for producer ids, times of markers and checksums."""
    if data is None:
        return None
    return [batch(each, names) for each in split(data)]


def batch(data: bytes, names: Names) -> Plain:
    """One batch."""
    header = read_header(data)
    said = {
        "base offset": header.base_offset,
        "leader epoch": header.partition_leader_epoch,
        "attributes": header.attributes,
        "last offset delta": header.last_offset_delta,
        "producer": names.name("producer", header.producer_id),
        "producer epoch": header.producer_epoch,
        "base sequence": header.base_sequence,
        "records": data[HEADER_SIZE_BYTES:].hex(),
    }
    if not header.is_control and not header.is_log_append_time:
        times = header.base_timestamp_ms, header.max_timestamp_ms
        said |= {"times": [each - names.started_ms for each in times]}
    return said


def errors_of(answer: Plain) -> set[str]:
    """The error codes anywhere in an answer."""
    if isinstance(answer, Mapping):
        answer = cast("Mapping[str, Plain]", answer)
        own = {str(answer[field]) for field in answer if str(field).endswith("error_code")}
        return own.union(*(errors_of(each) for each in answer.values()))
    if isinstance(answer, list):
        return set[str]().union(*(errors_of(each) for each in cast("list[object]", answer)))
    return set()
