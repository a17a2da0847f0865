"""A recorded history: what clients did, and what is known of how they were set up."""

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import cast

import attrs
import msgspec

from ackproof.histories.operation import Key, Operation, Value

Settings = Mapping[str, object]


class Done(msgspec.Struct, frozen=True, gc=False):
    """The application of a *client* finished processing a record."""

    place: int
    client: Hashable
    key: Key
    value: Value


class Commit(msgspec.Struct, frozen=True, gc=False):
    """A group's offset of a partition was committed: the *next* one to read."""

    place: int
    client: Hashable
    group: str
    key: Key
    next: int


class Append(msgspec.Struct, frozen=True, gc=False):
    """
    A batch's record, or a marker, as a broker's log has it.

    Attributes:
        control: ``commit`` or ``abort`` for a marker, empty for a record.
    """

    place: int
    key: Key
    offset: int
    value: Value
    producer_id: int
    producer_epoch: int
    sequence: int
    control: str


@attrs.frozen
class History:
    """
    A history.

    Attributes:
        operations: In the order of their completions; those that never ended come last. Events such as rebalances are
            among them.
        clients: The settings of each client by its name; empty if the history does not tell.
        broker: Settings of topics and brokers.
        expects: The delivery semantics that its groups are to have.
        is_jepsen: It has no settings, and is judged by what Jepsen allows.
    """

    operations: Sequence[Operation]
    clients: Mapping[str, Settings] = attrs.field(factory=dict[str, Settings])
    broker: Settings = attrs.field(factory=dict[str, object])
    expects: Sequence[str] = ()
    done: Sequence[Done] = ()
    commits: Sequence[Commit] = ()
    log: Sequence[Append] = ()
    is_jepsen: bool = False

    @cached_property
    def has_subscription(self) -> bool:
        """Whether anybody subscribed."""
        return any(operation.kind == "subscribe" for operation in self.operations)

    def setting(self, client: Hashable, name: str) -> object:
        """What a *client* has set *name* to, in each of its incarnations; None if nobody says."""
        who, _ = cast("tuple[str, Hashable]", client)
        return self.clients.get(who, {}).get(name)
