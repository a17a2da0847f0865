"""Epochs of a transactional producer as theorems see them: what one partition knows of them, and its coordinator."""

from collections.abc import Callable, Iterator
from typing import cast

import attrs

from ackproof.model.transactions.output import Marker
from ackproof.model.transactions.request import Error
from ackproof.proofs.logic import NEVER, Number, Truth, number, same
from ackproof.proofs.paths import taken
from ackproof.proofs.states import becomes, unknown
from ackproof.proofs.theorem import Step

SENT = number("epoch of the request")


@attrs.frozen
class Epochs:
    """
    What is known of a transactional producer; -1 where nothing is.

    Attributes:
        seen: The epoch that the partition knows, of the last batch or marker.
        highest: The highest of all there were.
        given: The one that the transaction coordinator accepts.
    """

    seen: Number
    highest: Number
    given: Number


def epochs(when: str = "") -> Epochs:
    """Unknown epochs of a producer."""
    return unknown(Epochs, "epoch", when)


def first(at: Epochs) -> Truth:
    """Nothing has been written."""
    return same(at.seen, at.highest) & (at.seen <= 0) & same(at.given, 0)


def never_falls(at: Epochs) -> Truth:
    """What every step keeps: the last epoch is the highest, and was given."""
    return same(at.seen, at.highest) & (at.seen <= at.given)


def steps(
    before: Epochs, after: Epochs, write: Callable[[], tuple[int | None, Error]], mark: Callable[[Marker], int | None]
) -> Iterator[Step]:
    """
    Everything that happens to the epoch of a producer in one partition.

    Args:
        write: The epoch that the partition knows after a request with the epoch ``SENT``, and what is answered.
        mark: The one that it knows after a marker.
    """

    def is_seen(epoch: int | None) -> Truth:
        """The epoch is noted, and the highest is one that there was, or this."""
        seen = cast("Number", cast("object", epoch))
        is_highest = (after.highest >= before.highest) & (after.highest >= seen)
        is_either = same(after.highest, before.highest) | same(after.highest, seen)
        return is_highest & is_either & becomes(before, after, seen=seen, highest=after.highest)

    was_given = before.given >= SENT
    written = taken(write, lambda found: is_seen(found[0]) if found[1] == "NONE" else NEVER)
    yield Step("something of a transaction is written", was_given & written)
    # The coordinator asks for markers with its own epoch; an older one that comes late is refused.
    marked = taken(lambda: mark(Marker(0, cast("int", SENT), is_commit=True, ended_by=0)), is_seen)
    yield Step("a marker ends a transaction", was_given & (before.seen <= SENT) & marked)
    higher = (after.given >= before.given) & becomes(before, after, given=after.given)
    yield Step("the coordinator gives a higher epoch", higher)
