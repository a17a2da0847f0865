"""Values beside what ``attrs.frozen`` makes of the same class."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.kernel.value import value


@value
class Value:
    number: int
    text: str = "nothing"


@attrs.frozen
class Frozen:
    number: int
    text: str = "nothing"


fields = st.tuples(st.integers(0, 3), st.sampled_from(["nothing", "something"]))


@given(one=fields, other=fields)
def test_values_are_equal_and_hash_as_frozen_ones_do(one: tuple[int, str], other: tuple[int, str]) -> None:
    assert (Value(*one) == Value(*other)) == (Frozen(*one) == Frozen(*other)) == (one == other)
    assert len({Value(*one), Value(*other)}) == len({one, other})


def test_a_value_has_defaults_and_no_room_for_anything_else() -> None:
    made = Value(1)

    assert made == attrs.evolve(Value(2), number=1)
    with pytest.raises(AttributeError):
        made.other = 1  # type: ignore[attr-defined]  # it has slots
