"""What has commits expire: all stop for long; or what is old is looked for while it is not safe from that."""

from collections.abc import Sequence

from ackproof.reference.groups.offsets.expiring import expire as find_expired
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.schema import OffsetCommitKey, OffsetCommitValue
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.protocol.primitive import i32, i64
from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.consume.setting import GROUP
from ackproof.reference.refinement.consume.stage import LOOKS_MS, ConsumeStage


def expire(stage: ConsumeStage, choice: int) -> bool:
    """All instances stop for long; with brokers that do not keep commits as they should others may expire."""
    keeping = stage.setting.rules.keeping
    if stage.setting.rules.commit == "with-sink":
        return False
    if keeping.expires_on_return or keeping.loads_expired:
        watch_for_return(stage)
        return True
    return expire_in_use(stage) if keeping.expires_in_use and choice % 2 else stop_all(stage)


def stop_all(stage: ConsumeStage) -> bool:
    """All instances stop for so long that the committed offset is deleted, and start again."""
    expected = stage.applications[: stage.setting.rules.instances]
    running = [each for each in stage.applications if each.is_up]
    are_back = all(each.is_up or each.ending in ("leave", "stop") for each in expected)
    if stage.committed is None or not are_back or not all(map(stage.is_idle, running)):
        return False
    if not running or frozenset(map(stage.number, running)) != stage.known():
        return False
    stage.is_frozen = True
    for application in running:
        application.ends("stop with all")
    start_without_offset(stage, running)
    return True


def start_without_offset(stage: ConsumeStage, stopped: Sequence[ReadingApplication]) -> None:
    """They start again once the group and what it has committed are gone."""

    def look() -> None:
        if stage.committed is not None or stage.known():
            stage.clock.call_at(stage.clock.now_ms + LOOKS_MS, look)
            return
        stage.is_frozen = False
        for application in stopped:
            stage.clock.call_at(stage.clock.now_ms + 1 + stage.rng.randrange(40), application.start)

    look()


def expire_in_use(stage: ConsumeStage) -> bool:
    """What the group has committed is old, and is deleted while it reads; no commit is on its way."""
    shard, processes = stage.shard(), {parcel.process for parcel in stage.network.parcels}
    is_used = any(map(stage.is_settled, stage.members()))
    if shard is None or not is_used or any(map(stage.network.under_way, processes)):
        return False
    return find_old(shard)


def watch_for_return(stage: ConsumeStage) -> None:
    """
    What is old is looked for at the next moment that is dangerous.

    That is as somebody joins a group that nobody is in, or before that, if it was loaded as if it was old.
    """
    keeping, was_empty = stage.setting.rules.keeping, False

    def look() -> None:
        nonlocal was_empty
        shard, group = stage.shard(), stage.classic_group()
        is_empty = group is None or group.is_empty
        if shard is not None and was_empty and not is_empty and keeping.expires_on_return and find_old(shard):
            stage.watches = tuple(watch for watch in stage.watches if watch is not look)
        if shard is not None and is_empty and keeping.loads_expired:
            find_expired(shard)
        was_empty = is_empty

    stage.watches += (look,)


def find_old(shard: Shard) -> bool:
    """The committed offset is found to be as old as commits may be, as nothing was committed since; if there is one."""
    offset = shard.offsets.of(GROUP).get(PLACE)
    if offset is None:
        return False
    key = OffsetCommitKey(group=GROUP, topic=PLACE[0], partition=i32(PLACE[1]))
    value = OffsetCommitValue(
        offset=i64(offset.offset),
        leader_epoch=i32(offset.leader_epoch),
        metadata=offset.metadata,
        commit_timestamp=i64(shard.now_ms - shard.settings.offsets_retention_ms),
        topic_id=offset.topic_id,
    )
    shard.keep([StateRecord(key, value)])
    find_expired(shard)
    return True
