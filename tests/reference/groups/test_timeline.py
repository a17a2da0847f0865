"""Maps that know what of them is replicated."""

from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.groups.shards.timeline import Journal, Timeline

Change = tuple[str, int | None]

changes = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9)))


def applied(timeline: Timeline[str, int], change: Change) -> None:
    """Put, or remove, a value."""
    key, value = change
    if value is None:
        timeline.remove(key)
    else:
        timeline.put(key, value)


@given(changes, st.data())
def test_what_is_replicated_is_what_was_written_up_to_there(steps: list[Change], data: st.DataObject) -> None:
    journal, plain = Journal(), Journal()
    timeline, prefix = Timeline[str, int](journal), Timeline[str, int](plain)
    for step in steps:
        applied(timeline, step)
    end = data.draw(st.integers(0, len(steps)))

    journal.replicated(end)

    for step in steps[:end]:
        applied(prefix, step)
    assert timeline.replicated == prefix.written


@given(changes)
def test_what_is_written_does_not_wait_for_replicas(steps: list[Change]) -> None:
    timeline = Timeline[str, int](Journal())
    expected: dict[str, int] = {}
    for key, value in steps:
        applied(timeline, (key, value))
        expected = {**expected, key: value} if value is not None else {k: v for k, v in expected.items() if k != key}

    assert timeline.written == expected
    assert timeline.replicated == {}


def test_changes_of_many_maps_are_replicated_in_their_order() -> None:
    journal = Journal()
    first, second = Timeline[str, int](journal), Timeline[str, int](journal)
    first.put("a", 1)
    second.put("a", 2)
    first.put("a", 3)

    journal.replicated(2)

    assert (first.replicated, second.replicated) == ({"a": 1}, {"a": 2})
