"""What the group coordinator asks of a commit, and what an application makes of its own."""

from collections.abc import Callable, Iterator
from typing import Literal

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import Next, System, action

Error = Literal["ILLEGAL_GENERATION"]
Validate = Callable[[int, int], Error | None]
"""(the group's generation, the generation in the request) to an error."""


def generation_alone(generation: int, in_request: int) -> Error | None:
    """
    A member's commit has to name the present generation; whose partition it is and which offset nobody asks.

    Source: ``ClassicGroup.validateOffsetCommit``, ``OffsetMetadataManager.commitOffset``.
    """
    return None if in_request == generation else "ILLEGAL_GENERATION"


@attrs.frozen(cache_hash=True)
class Committed:
    """
    A partition's committed offset.

    Attributes:
        by: The member that committed it; None if there is no commit.
        highest: The highest offset that ever was committed.
        is_present: The request named the generation in force when it was accepted.
    """

    offset: int = 0
    by: int | None = None
    highest: int = 0
    is_present: bool = True


@action
def commit(
    validate: Validate, offsets: int, generation: int, known: tuple[int, ...], committed: Committed
) -> Iterator[Next]:
    """A member commits some offset of the partition that member 1 owns."""
    for member, in_request in enumerate(known):
        for offset in range(offsets + 1):
            what = f"member {member + 1} commits offset {offset} of member 1's partition"
            error = validate(generation, in_request)
            if error is None:
                after = Committed(offset, member, max(offset, committed.highest), in_request == generation)
                yield Next(what, committed=after)
            else:
                yield Next(f"{what}: {error}")


@action(fault="member-joins")
def rebalance(generation: int) -> Iterator[Next]:
    """Somebody joins; a new generation begins, which members learn when they rejoin."""
    yield Next(f"somebody joins: generation {generation + 1} begins", generation=generation + 1)


@action
def rejoin(generation: int, known: tuple[int, ...]) -> Iterator[Next]:
    """A member learns the generation; the partition stays with member 1."""
    for member, told in enumerate(known):
        if told != generation:
            after = (*known[:member], generation, *known[member + 1 :])
            yield Next(f"member {member + 1} rejoins in generation {generation}", known=after)


def group_of_two(validate: Validate = generation_alone, *, offsets: int = 2, faults: int = 0) -> System:
    """Two members of a group, the first of which owns the partition that all commits are about."""
    return System(
        initial={"generation": 1, "known": (1, 1), "committed": Committed(), FAULTS: Faults(faults)},
        actions=(commit, rejoin, rebalance),
        rules={"validate": validate, "offsets": offsets},
    )
