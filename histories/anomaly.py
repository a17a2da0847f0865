"""An anomaly: something in a history that should not be there."""

from collections.abc import Mapping

import attrs

from ackproof.histories.operation import Key, Operation, Value


@attrs.frozen
class Anomaly:
    """
    Something that happened.

    Attributes:
        kind: Jepsen's name of it, such as ``lost-write``; ours where Jepsen has none.
        key: The partition; None for a cycle.
        values: The records that it is about.
        operations: That show it, in the order of the story.
        says: A sentence.
        details: Numbers beside it, such as offsets.
        cause: What in the history explains it, such as a rebalance in between; empty if nothing does.
    """

    kind: str
    key: Key | None
    values: tuple[Value, ...]
    operations: tuple[Operation, ...]
    says: str
    details: Mapping[str, object] = attrs.field(factory=dict[str, object])
    cause: str = ""
