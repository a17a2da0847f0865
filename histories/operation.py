"""What a history is made of: operations of clients, with what each of them sent and polled."""

from collections.abc import Hashable, Mapping
from typing import Literal

import attrs

Outcome = Literal["ok", "fail", "info"]
"""It happened; it certainly did not; nobody knows."""
Key = Hashable
"""A partition: ``"orders/0"``, or a number in Jepsen's histories."""
Value = Hashable
"""What identifies a record among those of its partition."""


@attrs.define(eq=False)
class Records:
    """
    Records of one partition in the order in which an operation sent or polled them, as two columns of one length.

    Attributes:
        values: What was in them.
        offsets: Where they are; None where nobody said.
    """

    values: list[Value] = attrs.field(factory=list[Value])
    offsets: list[int | None] = attrs.field(factory=list["int | None"])

    def add(self, value: Value, offset: int | None) -> None:
        """Add a record at the end."""
        self.values.append(value)
        self.offsets.append(offset)


@attrs.define(eq=False)
class Operation:
    """
    Something that a client did, from its call to its outcome.

    Attributes:
        name: What a report calls it: Jepsen's index of the completion, or the operation's id.
        client: One producer and consumer from its start to its end; a client that is started again is another one.
        kind: ``send``, ``poll``, ``txn``, ``assign``, ``subscribe``, ``commit``, ``crash`` and so on.
        outcome: Of an operation that never ended, ``info``.
        invoked: When it was called, as a place in the order of the history.
        completed: When it ended, likewise; None if it never did.
        sent: By partition.
        polled: By partition, over all its polls; partitions that gave nothing are not in it.
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
    sent: Mapping[Key, Records] = attrs.field(factory=dict[Key, Records])
    polled: Mapping[Key, Records] = attrs.field(factory=dict[Key, Records])
    keys: frozenset[Key] = frozenset()
    rebalanced: frozenset[Key] = frozenset()
    tried_to_commit: bool = False


TRANSACTIONS = frozenset({"send", "poll", "txn"})
"""The kinds of operation that send or poll."""
