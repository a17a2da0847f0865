"""What a director has the replicas of ``__consumer_offsets`` do, by the actions of the model."""

from collections.abc import Iterable

from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.reference.consumer.commits.commit import Identity, commit_request
from ackproof.reference.groups.schema import OffsetCommitKey, OffsetCommitValue
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.kept_log import entries
from ackproof.reference.refinement.consume.records import TOPIC, offsets_of
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.power import power_loss_up_to
from ackproof.reference.refinement.directing.round import Round

ANOTHER_GROUP = "another-group"
"""A follower falls behind only as something is written: this group commits."""


def lag(director: GroupDirector, turn: Round) -> None:
    """A follower has not got all that the leader has for so long that it is in sync no more."""
    stage = director.stage
    image = stage.image(OFFSETS_TOPIC)
    follower = next(each for each in image.in_sync_replicas if each != image.leader)
    stage.network.lagging.add(f"broker-{follower}")
    leader = stage.cluster.machines[image.leader].broker
    assert leader is not None
    asked = commit_request(ANOTHER_GROUP, Identity(), offsets_of(0))
    # What the followers do not get takes until they are in sync no more.
    leader.serve(Caller(), Request(asked, 9)).then(lambda: None)
    director.until(lambda: follower not in stage.image(OFFSETS_TOPIC).in_sync_replicas, "the follower being dropped")
    check(director, turn)


def catch_up(director: GroupDirector, turn: Round) -> None:
    """A follower has all again."""
    stage = director.stage
    stage.network.catch_up(min(stage.network.lagging))
    director.until(lambda: count_in_sync(director) == turn.after["offsets_in_sync"], "the follower catching up")


def lose_power(director: GroupDirector, turn: Round) -> None:
    """The leader's broker loses power, with as much of what was committed as in the model, and comes back."""
    accept_unheard(director, turn)
    stage = director.stage
    image, led = stage.image(OFFSETS_TOPIC), stage.led(OFFSETS_TOPIC)
    machine = stage.cluster.machines[image.leader]
    assert led is not None
    assert machine.broker is not None
    has_followers = len(image.in_sync_replicas) > 1
    replicate(director)
    kept = len(list(led.log.batches())) if has_followers else kept_batches(led.log, turn)
    # Not modelled: a checkpoint that is older than the loss.
    machine.broker.checkpoint()
    loss = power_loss_up_to(machine.disk, led.log, f"{OFFSETS_TOPIC}-0", kept)
    machine.crash()
    machine.disk.power_loss(loss)
    if has_followers:
        stage.network.lagging.add(machine.name)
        director.until(lambda: stage.image(OFFSETS_TOPIC).leader not in (-1, image.leader), "another leader")
    stage.cluster.start(machine)
    director.until(lambda: stage.shard() is not None and stage.led(TOPIC) is not None, "the coordinator being back")
    stage.clock.run_until(stage.clock.now_ms + 500)
    check(director, turn)


def accept_unheard(director: GroupDirector, turn: Round) -> None:
    """If the model says so the coordinator accepts a commit that somebody waits for; the answer does not get far."""
    if "the answer is lost" not in turn.says:
        return
    stage = director.stage
    index, wanted = next((at, each.to_commit) for at, each, _ in turn.pairs() if each.to_commit is not None)
    reader = director.reader(index)
    reader.to_commit = director.asked(index, wanted)
    director.until(lambda: bool(stage.network.of(OffsetCommitRequest, reader.name)), "the commit")
    stage.network.of(OffsetCommitRequest, reader.name)[0].admit()
    director.until(lambda: stage.committed == wanted, f"the commit of {wanted}")
    replicate(director)


def replicate(director: GroupDirector) -> None:
    """All replicas in sync get what was accepted: that is committed in the model."""
    led = director.stage.led(OFFSETS_TOPIC)
    assert led is not None
    director.until(lambda: led.log.high_watermark == led.log.log_end_offset, "replication")


def check(director: GroupDirector, turn: Round) -> None:
    """
    As many replicas are in sync as in the model.

    Raises:
        NotDirectedError: They are not.
    """
    if count_in_sync(director) != turn.after["offsets_in_sync"]:
        raise NotDirectedError(f"of __consumer_offsets {count_in_sync(director)} replicas are in sync")


def count_in_sync(director: GroupDirector) -> int:
    """How many replicas are in sync."""
    return len(director.stage.image(OFFSETS_TOPIC).in_sync_replicas)


def kept_batches(log: PartitionLog, turn: Round) -> int:
    """
    How many batches are left, so that the group has committed what it has in the model, and is there or is not.

    Raises:
        NotDirectedError: No number of them says that.
    """
    wanted = (turn.committed_after, not turn.is_group_forgotten)
    batches = list(log.batches())
    for kept in range(len(batches), -1, -1):
        if said_by(batches[:kept]) == wanted:
            return kept
    raise NotDirectedError(f"no loss leaves {turn.committed_after} committed")


def said_by(batches: Iterable[bytes]) -> tuple[int | None, bool]:
    """What the group has committed by some batches of the log, and whether they know it."""
    committed, is_there = None, False
    for key, value in entries(batches):
        if isinstance(key, OffsetCommitKey):
            committed = value.offset if isinstance(value, OffsetCommitValue) else None
        else:
            is_there = value is not None
    return committed, is_there
