"""The log as readers see it, and what the group and the application have done with it."""

import attrs


@attrs.frozen(cache_hash=True)
class Added:
    """
    The committed part of a partition that was added.

    Attributes:
        records: What was appended to it: since it is there, all that is sent under the key.
        position: How far the group has read it; None until the group has discovered it.
        is_seen: The group is to assign it too (only in the fine system).
        is_assigned: It has done so (only in the fine system).
    """

    records: tuple[int, ...] = ()
    position: int | None = None
    is_seen: bool = False
    is_assigned: bool = False


@attrs.frozen(cache_hash=True)
class Log:
    """
    The committed part of one partition.

    Attributes:
        start: The log start offset: what is below it is deleted.
        records: What was appended, from offset 0 on.
        added: The partition that the key has moved to, if it has.
        aged: The offset below which records were too old when somebody last started by their age, as they are ever
            after; 0 before that.
        epochs: The leader epoch of each record, only where readers validate their positions by it.
    """

    start: int = 0
    records: tuple[int, ...] = ()
    added: Added | None = None
    aged: int = 0
    epochs: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The offset that the next record will get."""
        return len(self.records)

    @property
    def ahead(self) -> tuple[int, ...]:
        """What the group has yet to read of the partition that was added."""
        return self.added.records[self.added.position or 0 :] if self.added else ()

    @property
    def passed(self) -> tuple[int, ...]:
        """What the group has read of the partition that was added, or skipped."""
        return self.added.records[: self.added.position or 0] if self.added else ()


@attrs.frozen(cache_hash=True)
class Group:
    """
    What the group coordinator keeps for the partition.

    Attributes:
        committed: The committed offset: the next one to read.
        generation: Counts rebalances; 0 for ever where a rebalance is one step and old members are marked stale.
        earlier: What was committed before, where that can come back; else None.
        is_expired: The commit was loaded with a time to expire that is past (KAFKA-8069).
        is_unsaved: The owner is back under a member id that the log does not have (KAFKA-10284).
    """

    committed: int | None = None
    generation: int = 0
    earlier: frozenset[int] | None = None
    is_expired: bool = False
    is_unsaved: bool = False


def with_committed(group: Group, offset: int) -> Group:
    """*group* after a commit of *offset*."""
    before = group.earlier if group.earlier is None or group.committed is None else group.earlier | {group.committed}
    return attrs.evolve(group, committed=offset, earlier=before, is_expired=False)


@attrs.frozen(cache_hash=True)
class History:
    """
    What the sink has seen.

    Attributes:
        counts: For each record, how often it was processed: 0, 1, or 2 for more than once.
        is_out_of_order: A record was processed for the first time after a later one.
    """

    counts: tuple[int, ...]
    is_out_of_order: bool = False


def processed(history: History) -> frozenset[int]:
    """The records that were processed."""
    return frozenset(record for record, count in enumerate(history.counts) if count)


@attrs.frozen
class Memory:
    """
    How much of the history a claim asks for.

    Attributes:
        counts_repeats: False for claims that cannot tell once from twice, and for a sink that absorbs repeats.
        notes_order: Whether a late first processing is remembered.
    """

    counts_repeats: bool = True
    notes_order: bool = True


def noted(history: History, record: int, memory: Memory) -> History:
    """*history* after *record* was processed."""
    seen = history.counts[record]
    is_late = memory.notes_order and seen == 0 and any(history.counts[record + 1 :])
    count = min(seen + 1, 2 if memory.counts_repeats else 1)
    counts = (*history.counts[:record], count, *history.counts[record + 1 :])
    return History(counts, history.is_out_of_order or is_late)
