"""What a director has happen where the topic gets a partition, and the key of the records moves to it."""

from collections.abc import Sequence
from typing import cast

from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.log import Added, Log
from ackproof.reference.refinement.consume.records import PLACE, TOPIC
from ackproof.reference.refinement.directing import writer
from ackproof.reference.refinement.directing.adding import add_partition, is_at_work, let_rejoin
from ackproof.reference.refinement.directing.balancing import take_turn_before
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.preparing import rejoin
from ackproof.reference.refinement.directing.readers import NEW_PLACE, DirectedGroup, DirectedReader
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.stage import records_in

READS_MS = 5_000
"""How long to wait for a record."""


def move_key(director: GroupDirector, turn: Round) -> None:
    """
    The topic gets one more partition, on another broker, and the producer learns of it; consumers do so later.

    That the key goes there is up to the producer's own partitioner.
    """
    stage = director.stage
    find_reader(director, turn)
    present = stage.image(TOPIC).leader
    add_partition(director, next(each for each in stage.cluster.machines if each != present))
    stage.network.reads_from = stage.cluster.machines[present].name
    stage.clock.run_until(stage.clock.now_ms + writer.METADATA_MS + 100)
    stage.network.close(OffsetFetchRequest)


def find_reader(director: GroupDirector, turn: Round) -> None:
    """
    While the owner is busy in its poll loop another instance is to read the new partition: one that is back earlier.

    The model leaves open who does; a group of the consumer protocol does not wait for its owner.
    """
    statuses = {after.status for _, _, after in turn.pairs()}
    is_busy = any(is_at_work(director, index, after) for index, _, after in turn.pairs())
    spare = next((index for index, _, after in turn.pairs() if after.status == "out"), None)
    if director.stage.is_modern and is_busy and "member" not in statuses and spare is not None:
        reader = director.reader(spare)
        reader.start()
        reader.polls = True
        director.until(lambda: director.is_in_group(reader), "another instance")
        # It finds out at once where to start, or its heartbeats were behind that.
        director.stage.network.open(OffsetFetchRequest)


def moved_records(stage: DirectedGroup) -> tuple[int, ...]:
    """The records in the log of the partition that was added."""
    led = stage.led(*NEW_PLACE)
    return () if led is None else records_in(led.log)


def owner(director: GroupDirector) -> DirectedReader | None:
    """Who has the partition that was added, and knows where to read it."""
    for reader in director.stage.applications:
        if reader.is_up and reader.client is not None and reader.client.view().positions.get(NEW_PLACE) is not None:
            return reader
    return None


def is_seen(turn: Round) -> bool:
    """Whether the group sees the new partition; only where that is a step of its own."""
    return added(turn).is_seen


def rebalance(director: GroupDirector, turn: Round) -> None:
    """A member has been assigned the new partition, and all have their assignment."""
    polling = members(director, turn)
    director.stage.network.open(SyncGroupRequest)
    director.stage.network.tell_of_topics()

    def is_assigned() -> bool:
        for reader in polling:
            reader.polls = True
        clients = (reader.client for reader in polling if reader.is_up and reader.client is not None)
        return any(NEW_PLACE in client.view().positions for client in clients) and director.has(turn)

    director.until(is_assigned, "the assignment of the new partition", 2 * director.stage.patience.metadata_ms)
    for reader in polling:
        reader.polls = False


def discover(director: GroupDirector, turn: Round) -> None:
    """The group sees the new partition, rebalances, and its owner looks up where to start, be it later."""
    rejoining = [index for index, _, after in turn.pairs() if after.is_rejoining]
    if rejoining and not is_read_meanwhile(director.coming[1:]):
        rejoin(director, turn, rejoining[0])
        return
    if turn.commits:
        director.stage.network.open(OffsetCommitRequest)
    take_turn_before(director, turn)
    if any(before.status == "owner" and before.position is None for _, before, _ in turn.pairs()):
        # Who learned where to start in both would commit that before it rejoins.
        rebalance(director, turn)
    look_up(director, turn)
    director.stage.network.close(OffsetCommitRequest)


def is_read_meanwhile(coming: Sequence[Round]) -> bool:
    """Whether the new partition is read before the rebalance is over, as here only its new owner does."""
    ends = next((place for place, turn in enumerate(coming) if turn.ends_rejoining), len(coming))
    return any(turn.action == "read added" for turn in coming[:ends])


def look_up(director: GroupDirector, turn: Round) -> None:
    """The owner of the new partition has its assignment, and learns where to start."""
    network, polling = director.stage.network, members(director, turn)
    network.open(OffsetFetchRequest)

    def is_discovered() -> bool:
        for reader in polling:
            reader.polls = True
        let_rejoin(director, turn)
        return owner(director) is not None and director.has(turn)

    director.until(is_discovered, "the discovery of the new partition", 2 * director.stage.patience.metadata_ms)
    for reader in polling:
        reader.polls = False
    network.close(OffsetFetchRequest)
    position, wanted = position_in_new(director), cast("Log", turn.before["log"]).added
    starts = added(turn).position if wanted is None or wanted.position is None else wanted.position
    if position != starts:
        raise NotDirectedError(f"its owner starts in the new partition at {position}, not {starts}")


def members(director: GroupDirector, turn: Round) -> list[DirectedReader]:
    """Whoever is in the group; not who is busy, if the group does not wait for it and another one may have the rest."""
    # Whoever reads the new partition may have its assignment before others have theirs.
    statuses = {"owner", "member", *(("joining",) if turn.has_generations else ())}
    present = ((index, after) for index, _, after in turn.pairs() if after.status in statuses)
    may_wait = director.stage.is_modern and sum(reader.is_up for reader in director.stage.applications) > 1
    return [director.reader(index) for index, after in present if not (may_wait and is_at_work(director, index, after))]


def position_in_new(director: GroupDirector) -> int | None:
    """From where the partition that was added is read on; None if by nobody."""
    reader = owner(director)
    return None if reader is None or reader.client is None else reader.client.view().positions.get(NEW_PLACE)


def added(turn: Round) -> Added:
    """The partition that was added, after a step."""
    found = cast("Log", turn.after["log"]).added
    assert found is not None
    return found


def read_new(director: GroupDirector, turn: Round) -> None:
    """The next record of the new partition is handed out and processed, whatever becomes of the other one."""
    (record,) = turn.processed()
    if owner(director) is None:
        look_up(director, turn)
    reader, network = owner(director), director.stage.network
    if reader is None:
        raise NotDirectedError("nobody has the new partition")
    image = director.stage.cluster.image.partition(*NEW_PLACE)
    assert image is not None
    others, network.reads_from = network.reads_from, director.stage.cluster.machines[image.leader].name

    def is_handed() -> bool:
        network.let_one_read(reader.name)
        reader.polls = not any(held[1] == record for held in reader.moved)
        return not reader.polls

    network.fed.discard(reader.name)
    network.fetched_bytes.pop(reader.name, None)
    director.until(is_handed, "being handed a record of the new partition", READS_MS)
    network.reads_from = others
    network.fed.discard(reader.name)
    del reader.moved[: [held[1] for held in reader.moved].index(record) + 1]
    director.stage.sink.append(record)


def check_new(director: GroupDirector, turn: Round) -> None:
    """
    The partition that was added has what it has in the model.

    Raises:
        NotDirectedError: It has not.
    """
    log = cast("Log", turn.after["log"])
    wanted = () if log.added is None else log.added.records
    found = moved_records(director.stage)
    if found != wanted:
        raise NotDirectedError(f"{PLACE[0]}-1 has {found}, not {wanted}")
