from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.response import AbortedTransaction, PartitionData

from ackproof.reference.consumer.errors import CorruptFetchError
from ackproof.reference.consumer.fetch.completed_fetch import CompletedFetch
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.protocol.primitive import ProducerId, Records, i32, i64
from ackproof.reference.records.batch import Batch, Record, encode, new_batch
from ackproof.reference.records.control import marker
from tests.conformance.batch_flaws import sealed
from tests.reference.consumer.scripted_group import values
from tests.reference.consumer.scripted_leader import P0
from tests.reference.protocol.spoiling import spoilt

READ_COMMITTED = ConsumerSettings(isolation_level="read_committed")
READ_UNCOMMITTED = ConsumerSettings()


def batch(base: int, *texts: str, producer: int = -1, is_transactional: bool = False) -> Batch:
    records = [Record(text.encode()) for text in texts]
    return new_batch(
        records, base_offset=base, partition_leader_epoch=3, producer_id=producer, is_transactional=is_transactional
    )


def written(base: int, *texts: str, producer: int = 7) -> Batch:
    return batch(base, *texts, producer=producer, is_transactional=True)


def ended(base: int, kind: str, producer: int = 7) -> Batch:
    made = marker("abort" if kind == "abort" else "commit", producer, 0, 0, 0)
    return new_batch(
        made.records,
        base_offset=base,
        partition_leader_epoch=3,
        is_transactional=True,
        is_control=True,
        producer_id=producer,
    )


def fetched(
    *batches: Batch | bytes,
    settings: ConsumerSettings = READ_COMMITTED,
    at: int = 0,
    aborted: tuple[tuple[int, int], ...] = (),
    pops_any_abort: bool = False,
) -> CompletedFetch:
    data = b"".join(of if isinstance(of, bytes) else encode(of) for of in batches)
    told = PartitionData(
        partition_index=i32(0),
        error_code=ErrorCode.none,
        high_watermark=i64(100),
        aborted_transactions=tuple(
            AbortedTransaction(producer_id=ProducerId(producer), first_offset=i64(first)) for producer, first in aborted
        ),
        records=Records(data),
    )
    return CompletedFetch(P0, told, at, settings, pops_any_abort=pops_any_abort)


def test_records_come_with_offset_and_leader_epoch() -> None:
    (record,) = fetched(batch(5, "a"), at=5).take(10)

    assert (record.offset, record.leader_epoch, record.value) == (5, 3, b"a")


def test_what_is_before_the_position_is_passed_over() -> None:
    fetch = fetched(batch(0, "a", "b", "c"), at=2)

    assert values(fetch.take(10)) == ["c"]
    assert fetch.next_fetch_offset == 3


def test_no_more_than_asked_for_is_taken() -> None:
    fetch = fetched(batch(0, "a", "b", "c"))

    assert values(fetch.take(2)) == ["a", "b"]
    assert (fetch.next_fetch_offset, fetch.is_consumed) == (2, False)
    assert values(fetch.take(2)) == ["c"]
    assert fetch.is_consumed


def test_log_append_time_counts_for_all_records_of_a_batch() -> None:
    made = batch(0, "a", "b")
    appended = Batch(
        made.records, is_log_append_time=True, base_timestamp_ms=0, max_timestamp_ms=99, last_offset_delta=1
    )

    assert {(of.timestamp_ms, of.is_log_append_time) for of in fetched(appended).take(10)} == {(99, True)}


def test_control_records_are_never_handed_out_but_move_the_position() -> None:
    fetch = fetched(written(0, "a"), ended(1, "commit"), settings=READ_UNCOMMITTED)

    assert values(fetch.take(10)) == ["a"]
    assert fetch.next_fetch_offset == 2


def test_a_position_moves_over_markers_alone() -> None:
    fetch = fetched(ended(0, "commit"))

    assert fetch.take(10) == []
    assert fetch.next_fetch_offset == 1


def test_what_an_aborted_transaction_wrote_is_not_handed_out() -> None:
    fetch = fetched(written(0, "a", "b"), batch(2, "plain"), ended(3, "abort"), batch(4, "after"), aborted=((7, 0),))

    assert values(fetch.take(10)) == ["plain", "after"]


def test_read_uncommitted_hands_it_out() -> None:
    fetch = fetched(written(0, "a"), ended(1, "abort"), settings=READ_UNCOMMITTED, aborted=((7, 0),))

    assert values(fetch.take(10)) == ["a"]


def test_the_next_transaction_of_the_same_producer_is_handed_out() -> None:
    fetch = fetched(written(0, "a"), ended(1, "abort"), written(2, "b"), ended(3, "commit"), aborted=((7, 0),))

    assert values(fetch.take(10)) == ["b"]


def test_an_abort_that_begins_later_does_not_hide_what_came_before() -> None:
    fetch = fetched(written(0, "a"), ended(1, "commit"), written(2, "b"), ended(3, "abort"), aborted=((7, 2),))

    assert values(fetch.take(10)) == ["a"]


def test_producers_are_told_apart() -> None:
    fetch = fetched(written(0, "a"), written(1, "b", producer=8), ended(2, "abort"), aborted=((7, 0),))

    assert values(fetch.take(10)) == ["b"]


def test_a_batch_without_transaction_is_handed_out_whatever_its_producer_has_aborted() -> None:
    fetch = fetched(written(0, "a"), batch(1, "b", producer=7), ended(2, "abort"), aborted=((7, 0),))

    assert values(fetch.take(10)) == ["b"]


def test_the_order_in_which_aborts_are_listed_does_not_matter() -> None:
    log = (written(0, "a"), ended(1, "abort"), written(2, "b", producer=8), ended(3, "abort", producer=8))

    assert fetched(*log, aborted=((8, 2), (7, 0))).take(10) == []


def test_an_abort_without_records_hides_nothing_unless_any_abort_pops() -> None:
    # The first transaction has a marker alone; the second one has a record, and is aborted too.
    log = (ended(0, "abort"), written(1, "b"), ended(2, "abort"))

    assert fetched(*log, aborted=((7, 1),)).take(10) == []
    assert values(fetched(*log, aborted=((7, 1),), pops_any_abort=True).take(10)) == ["b"]


def test_records_that_compaction_took_from_the_end_of_a_batch_are_passed_over() -> None:
    made = batch(0, "a")
    compacted = Batch(made.records, base_timestamp_ms=0, max_timestamp_ms=0, last_offset_delta=4)
    fetch = fetched(compacted)

    assert values(fetch.take(1)) == ["a"]
    assert fetch.next_fetch_offset == 1
    assert fetch.take(1) == []
    assert fetch.next_fetch_offset == 5


def test_a_batch_that_is_cut_off_is_not_read() -> None:
    whole = encode(batch(0, "a"))
    fetch = fetched(whole, encode(batch(1, "b"))[:-3])

    assert values(fetch.take(10)) == ["a"]
    assert (fetch.next_fetch_offset, fetch.is_consumed) == (1, True)


def corrupt(of: Batch) -> bytes:
    data = encode(of)
    # The last byte of the value: what follows it says that there are no headers.
    return data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]


def test_a_corrupt_batch_is_an_error_once_all_before_it_is_handed_out_and_stays_one() -> None:
    fetch = fetched(batch(0, "a"), corrupt(batch(1, "b")))

    assert values(fetch.take(10)) == ["a"]
    for _ in range(2):
        with pytest.raises(CorruptFetchError, match="at offset 1"):
            fetch.take(10)
    assert fetch.next_fetch_offset == 1


def test_checksums_are_not_looked_at_if_nobody_wants_to() -> None:
    fetch = fetched(corrupt(batch(0, "a")), settings=ConsumerSettings(check_crcs=False))

    assert len(fetch.take(10)) == 1


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Batch], tuple[tuple[int, int], ...], list[str]]:
    """A log of interleaved transactions, what fetch answers list of it, and what is committed of it."""
    log: list[Batch] = []
    open_from: dict[int, int] = {}
    waiting: dict[int, list[str]] = {}
    aborted: list[tuple[int, int]] = []
    fates: list[tuple[str, int]] = []
    committed: set[str] = set()
    for step in draw(st.lists(st.tuples(st.sampled_from(["write", "abort", "commit", "plain"]), st.integers(1, 3)))):
        kind, producer = step
        offset = len(log)
        if kind == "plain":
            log.append(batch(offset, str(offset)))
            committed.add(str(offset))
            fates.append((str(offset), offset))
        elif kind == "write":
            log.append(written(offset, str(offset), producer=producer))
            open_from.setdefault(producer, offset)
            waiting.setdefault(producer, []).append(str(offset))
            fates.append((str(offset), offset))
        else:
            log.append(ended(offset, kind, producer=producer))
            texts = waiting.pop(producer, [])
            first = open_from.pop(producer, None)
            if kind == "commit":
                committed.update(texts)
            elif first is not None:
                aborted.append((producer, first))
    stable = min(open_from.values(), default=len(log))
    visible = [text for text, offset in fates if text in committed and offset < stable]
    return log[:stable], tuple(aborted), visible


@given(logs(), st.integers(1, 5))
def test_what_is_handed_out_up_to_the_last_stable_offset_is_what_was_committed(
    drawn: tuple[list[Batch], tuple[tuple[int, int], ...], list[str]], most: int
) -> None:
    log, aborted, visible = drawn
    fetch = fetched(*log, aborted=aborted)

    taken: list[str] = []
    while not fetch.is_consumed:
        taken += values(fetch.take(most))

    assert taken == visible
    assert fetch.next_fetch_offset == len(log)


@given(seed=st.integers(0, 2**32), checks=st.booleans())
def test_any_bytes_are_handed_out_or_can_not_be_read(seed: int, checks: bool) -> None:
    random = Random(seed)
    settings = ConsumerSettings(isolation_level="read_committed", check_crcs=checks)
    good = [encode(of) for of in (written(0, "a", "b"), ended(2, "abort"), batch(3, "c"))]
    place = random.randrange(len(good))
    good[place] = sealed(spoilt(good[place], random))
    fetch = fetched(*good, settings=settings, aborted=((7, 0),))
    for _ in range(4):
        try:
            taken = fetch.take(1)
        except CorruptFetchError:
            continue
        assert len(taken) <= 1
