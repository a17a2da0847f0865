"""Records, batches and messages as Hypothesis draws them."""

from datetime import timedelta
from functools import cache
from typing import TypeVar, cast

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from kio.schema.errors import ErrorCode
from kio.static.protocol import Entity

from ackproof.reference.protocol.fields import MessageField, fields_of
from ackproof.reference.protocol.primitive import moment
from ackproof.reference.records.batch import Batch, Header, Record, new_batch
from ackproof.reference.records.compression import CODECS

E = TypeVar("E", bound=Entity)

NOW_MS = 1_700_000_000_000
INT_MAX, LONG_MAX = 2**31 - 1, 2**63 - 1

texts = st.text(max_size=8)
values = st.none() | st.binary(max_size=40)
headers = st.builds(Header, key=texts, value=values)
timestamps_ms = st.integers(-1, 3) | st.integers(NOW_MS - 10_000, NOW_MS + 10_000) | st.integers(0, 2**50)
records = st.builds(
    Record,
    value=values,
    key=values,
    timestamp_ms=timestamps_ms,
    headers=st.lists(headers, max_size=3).map(tuple),
)
"""Records as producers make them."""
compressions = st.sampled_from(CODECS)


@st.composite
def batches(draw: st.DrawFn, record: SearchStrategy[Record] = records, records_max: int = 6) -> Batch:
    """Batches as producers make them, and as brokers store them."""
    is_idempotent = draw(st.booleans())
    return new_batch(
        draw(st.lists(record, min_size=1, max_size=records_max)),
        base_offset=draw(st.sampled_from([0, 1, 5, 2**40])),
        partition_leader_epoch=draw(st.integers(-1, 3)),
        compression=draw(compressions),
        is_transactional=is_idempotent and draw(st.booleans()),
        producer_id=draw(st.sampled_from([0, 7, LONG_MAX])) if is_idempotent else -1,
        producer_epoch=draw(st.integers(0, 32767)) if is_idempotent else -1,
        base_sequence=draw(st.sampled_from([0, 1, INT_MAX - 1, INT_MAX])) if is_idempotent else -1,
    )


@st.composite
def odd_batches(draw: st.DrawFn) -> Batch:
    """Batches of any contents that can be written, whether they make sense or not."""
    count = draw(st.integers(0, 4))
    record = st.builds(
        Record,
        value=values,
        key=values,
        timestamp_ms=st.integers(-(2**63), LONG_MAX),
        headers=st.lists(headers, max_size=3).map(tuple),
        offset_delta=st.integers(-(2**31), INT_MAX),
    )
    return Batch(
        tuple(draw(record) for _ in range(count)),
        base_offset=draw(st.integers(-(2**63), LONG_MAX)),
        partition_leader_epoch=draw(st.integers(-(2**31), INT_MAX)),
        compression=draw(compressions),
        is_log_append_time=draw(st.booleans()),
        is_transactional=draw(st.booleans()),
        is_control=draw(st.booleans()),
        has_delete_horizon=draw(st.booleans()),
        base_timestamp_ms=draw(st.integers(-(2**63), LONG_MAX)),
        max_timestamp_ms=draw(st.integers(-(2**63), LONG_MAX)),
        producer_id=draw(st.integers(-(2**63), LONG_MAX)),
        producer_epoch=draw(st.integers(-(2**15), 2**15 - 1)),
        base_sequence=draw(st.integers(-(2**31), INT_MAX)),
        last_offset_delta=draw(st.integers(-(2**31), INT_MAX)),
    )


def integers(bits: int) -> SearchStrategy[int]:
    """Those of that many bits, with a sign; mostly small ones."""
    return st.integers(-1, 3) | st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


ORDINARY_CODES = (ErrorCode.none, ErrorCode.unknown_server_error, ErrorCode.not_leader_or_follower)
"""Error codes that callers of all versions know."""
FIELD_VALUES: dict[str, SearchStrategy[object]] = {
    "bool": st.booleans(),
    "int8": integers(8),
    "int16": integers(16),
    "int32": integers(32),
    "int64": integers(64),
    "uint16": st.integers(0, 2**16 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "string": st.text(min_size=1, max_size=8),
    "bytes": st.binary(max_size=8),
    "records": st.binary(max_size=8),
    "timedelta_i32": integers(32).map(lambda value: timedelta(milliseconds=value)),
    "timedelta_i64": st.integers(-1, 2**50).map(lambda value: timedelta(milliseconds=value)),
    "datetime_i64": st.integers(0, NOW_MS).map(moment),
    "uuid": st.uuids(allow_nil=False),
}


@cache
def messages(entity: type[E], codes: tuple[ErrorCode, ...] = ORDINARY_CODES, items_max: int = 2) -> SearchStrategy[E]:
    """Messages of a class of kio, with errors out of *codes*."""
    drawn = {field.name: _field(field, codes, items_max) for field in fields_of(entity)}
    return cast("SearchStrategy[E]", st.builds(entity, **drawn))


def _field(field: MessageField, codes: tuple[ErrorCode, ...], items_max: int) -> SearchStrategy[object]:
    if field.entity is not None:
        item: SearchStrategy[object] = messages(field.entity, codes, items_max)
    elif field.kafka_type == "error_code":
        item = st.sampled_from(codes)
    else:
        item = FIELD_VALUES[field.kafka_type]
    if field.is_array:
        item = st.lists(item, max_size=items_max).map(tuple)
    return st.none() | item if field.is_nullable else item
