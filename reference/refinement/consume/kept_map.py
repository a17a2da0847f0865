"""The refinement map of what is kept: the log as readers see it, and what the group has committed."""

import attrs

from ackproof.model.consume.log import Added, Group, Log
from ackproof.reference.refinement.consume.records import ADDED, PLACE, TOPIC
from ackproof.reference.refinement.consume.setting import GROUP
from ackproof.reference.refinement.consume.stage import ConsumeStage


def log_of(stage: ConsumeStage, *, is_assigned: bool) -> Log:
    """
    What may be read of the partition, and of the one that the key has moved to.

    Args:
        is_assigned: Whether a member has been assigned the latter.
    """
    led = stage.led(TOPIC)
    assert led is not None
    end = led.log.high_watermark
    added = added_of(stage, end, is_assigned=is_assigned) if stage.is_key_moved else None
    return Log(led.log.log_start_offset, tuple(range(end)), added)


def added_of(stage: ConsumeStage, before: int, *, is_assigned: bool) -> Added:
    """The partition that was added after so many records."""
    led = stage.led(*ADDED)
    records = range(before, before + (0 if led is None else led.log.high_watermark))
    return Added(tuple(records), stage.sink.added, is_seen=is_assigned, is_assigned=is_assigned)


def kept_of(stage: ConsumeStage, before: Group) -> Group:
    """A group as far as its offset goes; what was loaded may have a time to expire that is past."""
    shard, committed, keeping = stage.shard(), stage.committed, stage.setting.rules.keeping
    offset = None if shard is None else shard.offsets.of(GROUP).get(PLACE)
    is_old = offset is not None and offset.expire_timestamp_ms is not None
    is_lost = offset is None and keeping.loads_expired and committed is not None
    return attrs.evolve(before, committed=committed, is_expired=is_old or is_lost)
