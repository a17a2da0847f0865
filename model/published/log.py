"""Logs: records that remember the epoch of the leader that appended them, and how far two logs agree."""

import attrs

from ackproof.model.naming import record_name


@attrs.frozen
class Record:
    """A record in a log, and the epoch of the leader that appended it."""

    number: int
    leader_epoch: int

    def __str__(self) -> str:
        return record_name(self.number)


Log = tuple[Record, ...]
"""Oldest record first. An offset is a place in it; the log end offset is its length."""
Marks = tuple[int | None, ...]
"""What is compared of each record of a log."""


def presence(log: Log) -> Marks:
    """Nothing of a record but that it is there: two logs are compared by their log end offsets."""
    return (None,) * len(log)


def leader_epochs(log: Log) -> Marks:
    """The leader epoch of each record. Source: KIP-320, the last fetched epoch."""
    return tuple(record.leader_epoch for record in log)


def is_caught_up(leader: Marks, follower: Marks, offset: int) -> bool:
    """Whether *follower* has what *leader* has below *offset*, judged by the last record there; at 0 it always has."""
    if offset == 0:
        return True
    return offset <= min(len(leader), len(follower)) and leader[offset - 1] == follower[offset - 1]


def end_of_agreement(one: Log, other: Log) -> int:
    """The offset after the last one at which both logs hold the same record of the same epoch; 0 if there is none."""
    same = [offset for offset, (mine, its) in enumerate(zip(one, other, strict=False)) if mine == its]
    return same[-1] + 1 if same else 0


def has_room(log: Log, log_size: int) -> bool:
    """Whether another record fits in."""
    return len(log) < log_size


def has_records(log: Log) -> bool:
    """Whether it is not empty."""
    return bool(log)
