"""The orders of Java's and Kafka's hash tables, as OpenJDK 17 and Kafka 4.3.1 have them."""

import pytest

from ackproof.reference.groups.java import (
    SMALLEST_TIMELINE_TABLE,
    slots_after_put,
    strings_in_hash_order,
    strings_in_slot_order,
)


@pytest.mark.parametrize(
    ("put", "iterated"),
    [
        ("member-79487 member-50092 member-33474", "member-79487 member-50092 member-33474"),
        (
            "pqB 1cC 8cA nuC dyC mtC 2bC dcA c4C 2kC ooC axA bzA b8B gmA 3eC 3nC ewC hhA fdB bwB naA",
            "pqB hhA ooC dcA fdB bzA 3nC 2kC axA bwB b8B dyC naA ewC 1cC 3eC 2bC c4C 8cA gmA nuC mtC",
        ),
    ],
)
def test_a_hash_map_iterates_by_bucket(put: str, iterated: str) -> None:
    assert strings_in_hash_order(put.split()) == iterated.split()


@pytest.mark.parametrize(
    ("put", "iterated"),
    [
        ("range uniform", "uniform range"),
        ("uniform range", "uniform range"),
        ("one two three four five", "four one two five three"),
    ],
)
def test_a_timeline_iterates_by_slot(put: str, iterated: str) -> None:
    assert strings_in_slot_order(put.split()) == iterated.split()


@pytest.mark.parametrize(
    ("put", "removed", "iterated"),
    [
        ("one two", "", "two one"),
        ("one two two", "", "one two"),
        ("b a", "", "a b"),
        ("b a a", "", "b a"),
        ("one two three", "three", "one two"),
        ("one two three four five six seven", "six seven", "four one two five three"),
    ],
)
def test_a_timeline_gets_larger_as_something_is_put_once_more_and_never_smaller(
    put: str, removed: str, iterated: str
) -> None:
    present, slots = dict[str, None](), SMALLEST_TIMELINE_TABLE
    for name in put.split():
        slots = slots_after_put(slots, len(present))
        present[name] = None

    left = [name for name in present if name not in removed.split()]

    assert strings_in_slot_order(left, slots) == iterated.split()
