"""What the replicas of ``__consumer_offsets`` lose: one falls behind, or the broker of the coordinator loses power."""

from collections.abc import Iterator, Sequence

from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.consumer.commits.commit import NOBODY, commit_request
from ackproof.reference.groups import record as group_record
from ackproof.reference.groups.schema import OffsetCommitKey
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.records import PLACE, TOPIC, offsets_of
from ackproof.reference.refinement.consume.stage import ConsumeStage
from ackproof.reference.refinement.directing.power import power_loss_up_to
from ackproof.reference.simulator.process import Process

ANOTHER_GROUP = "another-group"
"""A follower falls behind only as something is written: this group commits."""

COMMITS_AT = 9
"""The version of OffsetCommit in which it does."""

LONG_AGO_MS = 60_000
"""More than ``replica.lag.time.max.ms``."""

RECONNECTS_MS = 120
"""More than until the next heartbeat: who sends a commit before it has found its coordinator again sends nothing."""

FASTEST_MS = 100
"""After which time a follower may have caught up again."""


def fall_behind(stage: ConsumeStage, choice: int) -> bool:
    """A follower of the offsets log is in sync no more, until it catches up, which now and then it never does."""
    image, led = stage.image(OFFSETS_TOPIC), stage.led(OFFSETS_TOPIC)
    followers = [each for each in image.in_sync_replicas if each != image.leader]
    leader = stage.cluster.machines[image.leader].broker if led is not None else None
    if led is None or led.leadership is None or leader is None or not followers:
        return False
    name = stage.cluster.machines[followers[0]].name
    stage.network.lagging.add(name)
    asked = commit_request(ANOTHER_GROUP, NOBODY, offsets_of(0))
    leader.serve(Caller(), Request(asked, COMMITS_AT)).may_fail()
    led.leadership.followers[followers[0]].last_caught_up_ms = stage.clock.now_ms - LONG_AGO_MS
    led.shrink()
    if choice % 3:
        stage.clock.call_at(stage.clock.now_ms + FASTEST_MS + 10 * choice, lambda: stage.network.catch_up(name))
    return True


def lose_power(stage: ConsumeStage, choice: int) -> bool:
    """
    The broker that leads the offsets log loses power, and comes back with some of that.

    Nobody does anything meanwhile. Lost are commits alone, or all of the log, if nobody could commit then.
    """
    image, led = stage.image(OFFSETS_TOPIC), stage.led(OFFSETS_TOPIC)
    running = [each.process for each in stage.applications if each.process is not None]
    expected = stage.applications[: stage.setting.rules.instances]
    are_there = all(each.is_up or each.ending in ("crash", "leave", "stop") for each in expected)
    is_quiet = are_there and bool(stage.known()) and stage.is_quiet()
    if led is None or not is_quiet or any(process.is_paused for process in running):
        return False
    left = list(losses(stage, led)) if len(image.in_sync_replicas) == 1 else [len(list(led.log.batches()))]
    stage.is_frozen = True
    for process in running:
        process.pause()
    stage.network.move_coordinator()
    restart(stage, image.leader, led, left[choice % len(left)])
    go_on_once_loaded(stage, running)
    return True


def restart(stage: ConsumeStage, leader: int, led: Partition, left: int) -> None:
    """The leader of the offsets log starts again, with so many batches of that."""
    machine = stage.cluster.machines[leader]
    assert machine.broker is not None
    # Not modelled: a checkpoint that is older than the loss.
    machine.broker.checkpoint()
    loss = power_loss_up_to(machine.disk, led.log, f"{OFFSETS_TOPIC}-0", left)
    machine.crash()
    machine.disk.power_loss(loss)
    stage.cluster.start(machine)


def go_on_once_loaded(stage: ConsumeStage, paused: Sequence[Process]) -> None:
    """Once the group is loaded processes go on; their applications do once they have found its coordinator."""

    def look() -> None:
        if stage.shard() is None:
            stage.clock.call_at(stage.clock.now_ms + 1, look)
            return
        stage.is_frozen = False
        until_ms = stage.clock.now_ms + RECONNECTS_MS
        for application in stage.applications:
            application.stands_still_until_ms = max(application.stands_still_until_ms, until_ms)
        for process in paused:
            process.resume()

    stage.clock.call_at(stage.clock.now_ms + 1, look)


def losses(stage: ConsumeStage, led: Partition) -> Iterator[int]:
    """How many batches may be left of the offsets log."""
    batches = list(led.log.batches())
    yield len(batches)
    for left in range(len(batches) - 1, 0, -1):
        if not commits_alone(batches[left]):
            break
        yield left
    if stage.setting.rules.commit != "with-sink" and all_know_where_they_are(stage):
        yield 0


def commits_alone(batch: bytes) -> bool:
    """Whether a batch of the offsets log holds nothing else: what has expired would come back for a moment."""
    found = (group_record.decode(record) for record in decode(batch).records)
    return all(entry is not None and isinstance(entry.key, OffsetCommitKey) and entry.value for entry in found)


def all_know_where_they_are(stage: ConsumeStage) -> bool:
    """Whether nobody has the partition without a position: the model has none look that up in vain."""
    views = [each.client.view() for each in stage.applications if each.client is not None]
    return all(view.positions.get(PLACE, 0) is not None for view in views) and stage.led(TOPIC) is not None
