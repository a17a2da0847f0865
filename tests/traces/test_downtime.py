from collections.abc import Hashable, Iterator, Mapping
from typing import cast

from ackproof.model.system import Next, System, action
from ackproof.traces.downtime import Downtime, downtime
from ackproof.traces.trace import Trace, trace_of

Owned = tuple[frozenset[int], frozenset[int]]
BOTH, ZERO, ONE, NONE = frozenset({0, 1}), frozenset({0}), frozenset({1}), frozenset[int]()


@action
def next_of(owned: Owned, order: tuple[Owned, ...]) -> Iterator[Next]:
    """Consumers own what comes next in the order."""
    place = order.index(owned)
    for after in order[place + 1 : place + 2]:
        yield Next("consumers own something else", owned=after)


def through(*order: Owned) -> Trace:
    """The execution in which consumers own these, one after the other."""
    return trace_of(System({"owned": order[0]}, (next_of,), {"order": order}), [(owned,) for owned in order])


def of_state(components: Mapping[str, Hashable]) -> Owned:
    return cast("Owned", components["owned"])


def test_partitions_are_down_while_nobody_owns_them_and_consumers_while_they_own_nothing() -> None:
    trace = through((BOTH, NONE), (NONE, NONE), (ZERO, NONE), (ZERO, ONE))

    assert downtime(trace, of_state) == Downtime(steps=2, partitions={0: 1, 1: 2}, consumers={0: 1, 1: 2})


def test_who_owns_nothing_in_the_end_does_not_count() -> None:
    trace = through((ZERO, ONE), (BOTH, NONE))

    assert downtime(trace, of_state) == Downtime(steps=0, partitions={}, consumers={})


def test_the_longest_downtime_is_that_of_the_partition_that_is_worst_off() -> None:
    assert Downtime(steps=4, partitions={0: 1, 1: 3}, consumers={}).longest == 3
    assert Downtime(steps=0, partitions={}, consumers={}).longest == 0
