"""The log cleaner keeps what it has to."""

from ackproof.model.action import Action, Next
from ackproof.model.beliefs.compaction import Entry, Reader, Segments, clean, compacted_topic, poll, remove_tombstones
from ackproof.search.explorer import explore

OLD, NEW, GONE = Entry(0, "x", "a"), Entry(1, "x", "b"), Entry(2, "x", None)


def outcomes(act: Action, *arguments: object) -> list[Next]:
    """What an action yields."""
    return list(act.outcomes(*arguments))


def test_the_active_segment_is_not_cleaned() -> None:
    (after,) = outcomes(clean, Segments((OLD, NEW), log_end_offset=2, active_from=1))

    assert after.changes["segments"] == Segments((OLD, NEW), 2, 1, clean_to=1)


def test_the_last_record_of_a_key_is_kept() -> None:
    (after,) = outcomes(clean, Segments((OLD, NEW), log_end_offset=2, active_from=2))

    assert after.changes["segments"] == Segments((NEW,), 2, 2, clean_to=2)


def test_a_first_cleaning_keeps_a_tombstone() -> None:
    (after,) = outcomes(clean, Segments((NEW, GONE), log_end_offset=3, active_from=3))

    assert after.changes["segments"] == Segments((GONE,), 3, 3, clean_to=3)


def test_a_tombstone_waits_for_readers_only_where_it_outlasts_them() -> None:
    cleaned = Segments((GONE,), 3, 3, clean_to=3)

    assert outcomes(remove_tombstones, cleaned, Reader(2), True) == []
    assert len(outcomes(remove_tombstones, cleaned, Reader(3), True)) == 1
    assert len(outcomes(remove_tombstones, cleaned, Reader(2), False)) == 1


def test_a_reader_passes_over_holes() -> None:
    (after,) = outcomes(poll, Segments((NEW,), log_end_offset=2), Reader())

    assert after.changes["reader"] == Reader(2, frozenset({("x", "b")}))


def test_a_tombstone_takes_the_key_out_of_the_readers_table() -> None:
    (after,) = outcomes(poll, Segments((GONE,), log_end_offset=3), Reader(2, frozenset({("x", "b")})))

    assert after.changes["reader"] == Reader(3)


def test_distinct_states() -> None:
    assert explore(compacted_topic(("x", "a"), ("x", "b"))).distinct_states == 25
    assert explore(compacted_topic(("x", "a"), ("x", None))).distinct_states == 26
    assert explore(compacted_topic(("x", "a"), ("x", None), outlasts_readers=False)).distinct_states == 28
