"""What a director has happen where another broker becomes the group coordinator."""

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.directing import epochs, offsets
from ackproof.reference.refinement.directing.commits import SENDING_MS
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.instances import settle
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.offsets import count_in_sync
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.round import Round

HEARING_MS = 50
"""Longer than it takes to hear of the group and to say what has come of that."""


def move_coordinator(director: GroupDirector, turn: Round) -> None:
    """Another broker is the group coordinator; what was on its way to the old one is lost."""
    offsets.accept_unheard(director, turn)
    # What was accepted just before has to be there as well.
    offsets.replicate(director)
    stage, network = director.stage, director.stage.network
    if turn.loses_partition:
        join_all(director)
    image = stage.image(OFFSETS_TOPIC)
    number = sum(len(before.in_flight) for _, before, _ in turn.pairs())
    # Behind one that was answered just now another one arrives.
    # Behind a SyncGroup that waits none arrives.
    are_behind = turn.loses_partition
    director.until(lambda: are_behind or len(unserved(director)) >= number, f"the sending of {number} commits")
    is_lost = unserved(director)
    if len(is_lost) != number and not are_behind:
        raise NotDirectedError(f"{len(is_lost)} commits are on their way")
    network.waiting = [each for each in network.waiting if each not in is_lost]
    for wire in network.wires.values():
        wire.drop_unserved()
        wire.dies()
    network.wires.clear()
    other = next(each for each in image.in_sync_replicas if each != image.leader)
    stage.cluster.controller.move_leader(OFFSETS_TOPIC, 0, other)
    director.until(lambda: stage.shard() is not None, "a new coordinator")
    director.stage.clock.run_until(stage.clock.now_ms + 500)
    answer_fetches(director, turn)
    if turn.loses_partition:
        # Who has not joined sends no heartbeats before it polls (``AbstractCoordinator.HeartbeatThread``).
        network.open(SyncGroupRequest)
        director.until(lambda: not stage.known(), "the end of all sessions")
    if turn.ends_rejoining:
        settle(director, turn)


def lose_power(director: GroupDirector, turn: Round) -> None:
    """
    The leader of the offsets log loses power; members whose last epoch is gone with that join again at once.

    Whoever has the partition hears of the group behind them: it would be told to give up what is not known to be free.
    """
    network = director.stage.network
    owners = {director.reader(at).name for at, _, after in turn.pairs() if after.status == "owner"}
    waiting = owners - network.unheard if director.stage.is_modern and count_in_sync(director) == 1 else set[str]()
    network.unheard |= waiting
    offsets.lose_power(director, turn)
    for name in waiting:
        network.hear(name)
    director.stage.clock.run_until(director.stage.clock.now_ms + HEARING_MS * bool(waiting))
    if turn.is_settled and not epochs.has_all(director, turn):
        settle(director, turn)
        director.until(lambda: know_positions(director, turn), "asking a new leader for what was read")


def know_positions(director: GroupDirector, turn: Round) -> bool:
    """Whether owners that read on know from where: as they poll they ask a leader that is new to them."""
    readers = [at for at, _, after in turn.pairs() if after.status == "owner" and after.position is not None]
    return all(director.position(at) is not None for at in readers)


def unserved(director: GroupDirector) -> list[Waiting]:
    """The commits that are on their way to the coordinator."""
    return [each for each in director.stage.network.of(OffsetCommitRequest) if each.answer is None]


def answer_fetches(director: GroupDirector, turn: Round) -> None:
    """Who has given the partition up hears of its last fetch: it may ask for its coordinator on the same connection."""
    for index, _, after in turn.pairs():
        if after.status == "joining":
            director.stage.network.let_in(FetchRequest, director.reader(index).name)


def join_all(director: GroupDirector) -> None:
    """All instances join a generation, and none has its assignment."""
    network = director.stage.network
    running = [reader for reader in director.stage.applications if reader.is_up]
    network.close(SyncGroupRequest)

    def has_begun() -> bool:
        for reader in running:
            reader.polls = not network.of(SyncGroupRequest, reader.name)
        return not any(reader.polls for reader in running)

    director.until(has_begun, "the beginning of a generation")
    # Their polls are over, or they would join again at once.
    director.stage.clock.run_until(director.stage.clock.now_ms + SENDING_MS)


def locate_without_answer(director: GroupDirector, turn: Round) -> None:
    """The coordinator moves, and an owner that does not hear in time what is committed starts where it may."""
    move_coordinator(director, turn)
    index, _, after = turn.changed()
    reader = director.reader(index)
    reader.polls = True
    director.until(lambda: director.position(index) is not None, "starting without an answer")
    reader.polls = False
    if director.position(index) != after.position:
        raise NotDirectedError(f"it starts at {director.position(index)}")
