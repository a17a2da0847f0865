"""What is made cheaply beside what its class makes."""

import inspect
from dataclasses import FrozenInstanceError, dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.fetch.v12.request import FetchPartition

from ackproof.reference.kernel.making import cheaply
from ackproof.reference.kernel.value import value


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    number: int
    text: str = field(default="nothing")
    parts: tuple[int, ...] = ()


@value(kw_only=True)
class Point:
    across: int
    name: str = "somewhere"


new_message, new_point = cheaply(Message), cheaply(Point)


@given(
    st.fixed_dictionaries(
        {"number": st.integers()}, optional={"text": st.text(), "parts": st.lists(st.integers()).map(tuple)}
    )
)
def test_it_is_what_the_class_makes(given_fields: dict[str, object]) -> None:
    made, usual = new_message(**given_fields), Message(**given_fields)  # type: ignore[arg-type]  # each gets its own

    assert type(made) is Message
    assert made == usual
    assert hash(made) == hash(usual)
    assert repr(made) == repr(usual)


def test_values_are_made_so_too() -> None:
    assert new_point(across=3) == Point(across=3)
    assert new_point(across=3, name="here") == Point(across=3, name="here")


def test_it_is_frozen() -> None:
    made = new_message(number=1)

    with pytest.raises(FrozenInstanceError):
        made.number = 2  # type: ignore[misc]  # that is the point


def test_nothing_may_be_left_out_or_added() -> None:
    with pytest.raises(TypeError):
        new_message()  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError):
        new_message(number=1, other=2)  # type: ignore[call-arg]  # that is the point


def test_messages_of_kio_can_be_made_so() -> None:
    assert [*inspect.signature(cheaply(FetchPartition)).parameters] == [*FetchPartition.__slots__]
