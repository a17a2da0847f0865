"""What a history is made of: operations of clients, with what each of them sent and polled."""

from collections.abc import Hashable, Sequence
from typing import Literal

import msgspec

Outcome = Literal["ok", "fail", "info"]
"""It happened; it certainly did not; nobody knows."""
Key = Hashable
"""A partition: ``"orders/0"``, or a number in Jepsen's histories."""
Value = Hashable
"""What identifies a record among those of its partition."""


class Records(msgspec.Struct, frozen=True, eq=False, gc=False):
    """
    Records of one partition in the order in which an operation sent or polled them, as two columns of one length.

    Attributes:
        key: The partition.
        values: What was in them.
        offsets: Where they are; None where nobody said.
    """

    key: Key
    values: Sequence[Value]
    offsets: Sequence[int | None]


# Histories have millions of operations: a struct of msgspec takes half the time and two thirds of the memory.
class Operation(msgspec.Struct, eq=False, gc=False):
    """
    Something that a client did, from its call to its outcome.

    Attributes:
        name: What a report calls it: Jepsen's index of the completion, or the operation's id.
        client: One producer and consumer from its start to its end; a client that is started again is another one.
        kind: ``send``, ``poll``, ``txn``, ``assign``, ``subscribe``, ``commit``, ``crash`` and so on.
        outcome: Of an operation that never ended, ``info``.
        invoked: When it was called, as a place in the order of the history.
        completed: When it ended, likewise; None if it never did.
        sent: Each partition once.
        polled: Each partition once, over all its polls; partitions that gave nothing are not among them.
        keys: What an assignment or a subscription asks for.
        rebalanced: The partitions that were given or taken while it ran.
        tried_to_commit: Whether it asked for its transaction to be committed, whatever came of that.
    """

    name: int | str
    client: Hashable
    kind: str
    outcome: Outcome
    invoked: int
    completed: int | None
    sent: Sequence[Records] = ()
    polled: Sequence[Records] = ()
    keys: frozenset[Key] = frozenset()
    rebalanced: frozenset[Key] = frozenset()
    tried_to_commit: bool = False


def gathered(parts: Sequence[Records]) -> tuple[Records, ...]:
    """The records of *parts* with each partition once, in the order in which they come first."""
    if len(parts) < 2 or len({records.key for records in parts}) == len(parts):
        return tuple(parts)
    columns = dict[Key, tuple[list[Value], list[int | None]]]()
    for records in parts:
        values, offsets = columns.setdefault(records.key, ([], []))
        values.extend(records.values)
        offsets.extend(records.offsets)
    return tuple(Records(key, values, offsets) for key, (values, offsets) in columns.items())


TRANSACTIONS = frozenset({"send", "poll", "txn"})
"""The kinds of operation that send or poll."""
