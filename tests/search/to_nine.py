"""A system that counts to nine, by one or by three."""

from collections.abc import Iterator

from ackproof.model.system import Next, System, action
from ackproof.properties.property import always


@action
def count(number: int) -> Iterator[Next]:
    """One more."""
    if number < 9:
        yield Next("one more", number=number + 1)


@action
def leap(number: int) -> Iterator[Next]:
    """Three more."""
    if number < 7:
        yield Next("three more", number=number + 3)


@always(source="none")
def stays_below_seven(number: int) -> bool:
    """The number stays below seven."""
    return number < 7


COUNTER = System({"number": 0}, (count, leap))
