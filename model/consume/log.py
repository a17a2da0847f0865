"""The log as readers see it, and what the group and the application have done with it."""

import attrs


@attrs.frozen(cache_hash=True)
class Log:
    """
    The committed part of one partition.

    Attributes:
        start: The log start offset: what is below it is deleted.
        records: What was appended, from offset 0 on.
    """

    start: int = 0
    records: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The offset that the next record will get."""
        return len(self.records)


@attrs.frozen(cache_hash=True)
class Group:
    """
    What the group coordinator keeps for the partition.

    Attributes:
        committed: The committed offset: the next one to read.
        generation: Counts rebalances; 0 for ever where a rebalance is one step and old members are marked stale.
    """

    committed: int | None = None
    generation: int = 0


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
