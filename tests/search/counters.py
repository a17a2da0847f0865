"""Small systems of counters, for tests of reductions."""

from collections.abc import Iterator

import attrs

from ackproof.model.system import Action, Next, System, action
from ackproof.properties.property import always


@action
def count(number: int) -> Iterator[Next]:
    """One more."""
    if number < 2:
        yield Next("one more", number=number + 1)


@action
def flip(side: bool) -> Iterator[Next]:
    """To the other side, for ever."""
    yield Next("flips", side=not side)


@action(writes=("number",))
def follow(number: int, ahead: int) -> Iterator[Next]:
    """As far as another one."""
    if number < ahead:
        yield Next("follows", number=number + 1)


@action(fault="broker-crash")
def crash(number: int) -> Iterator[Next]:
    """Back to the start."""
    yield Next("back to the start", number=0)


def is_two(number: int) -> bool:
    """Whether it is two."""
    return number == 2


def is_there(number: int) -> bool:
    """Whether it is not nothing."""
    return number > 0


@action(when={"number": is_two, "ahead": is_there}, writes=("number",))
def start_over(number: int, ahead: int) -> Iterator[Next]:
    """From two to nothing."""
    yield Next("starts over", number=0)


@always(source="none")
def stays_below_two(number: int) -> bool:
    """The number stays below two."""
    return number < 2


def counters(*names: str) -> System:
    """So many numbers, each counted by itself."""
    return System(dict.fromkeys(names, 0), tuple(count.on(number=name) for name in names))


def urgent(act: Action) -> Action:
    """The same action, before all others."""
    return attrs.evolve(act, is_urgent=True)
