"""How a director has an owner learn where to start, be it as it rejoins."""

from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest

from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector


def starts_meanwhile(director: GroupDirector, index: int) -> bool:
    """
    Whether an owner that commits positions by itself hears only as it rejoins where its log begins or ends.

    Known before, that would be committed (``ConsumerCoordinator.onJoinPrepare``).
    """
    if not director.commits_positions(index) or director.position(index) is not None:
        return False
    for turn in director.coming:
        _, before, after = turn.pairs()[index]
        if before.is_rejoining and turn.action == "locate" and before != after:
            return "committed offset" not in turn.says
        if before.is_rejoining and not after.is_rejoining:
            return False
    return False


def ask_before(director: GroupDirector, index: int) -> None:
    """
    An owner asks for the beginning or the end of its log, and waits for that as it rejoins.

    What is committed it would ask anew behind its request to join.

    Source: ``ConsumerCoordinator.initWithCommittedOffsetsIfNeeded``, ``OffsetFetcher.resetPositionsIfNeeded``.
    """
    name, network = director.reader(index).name, director.stage.network
    network.unlisted.add(name)
    commits.with_open(
        director, index, OffsetFetchRequest, lambda: bool(network.of(ListOffsetsRequest, name)), "asking where to start"
    )


def is_located(director: GroupDirector, index: int) -> bool:
    """Whether an owner knows where to start; what it reads of other partitions does not keep waiting what it asks."""
    is_known = director.position(index) is not None
    if not is_known:
        director.stage.network.let_read_others(director.reader(index).name)
    return is_known
