"""Who a member of a classic group is: its id, and the generation that it takes part in."""

from typing import Literal

import attrs

MemberState = Literal["unjoined", "preparing rebalance", "completing rebalance", "stable"]
"""
How far a member has come (``MemberState``).

unjoined: It is not in the group.
preparing rebalance: It has sent JoinGroup.
completing rebalance: It has sent SyncGroup.
stable: It has its assignment.
"""

NOT_JOINED: tuple[MemberState, ...] = ("unjoined", "preparing rebalance")
"""States in which there is no generation to send heartbeats for."""


@attrs.frozen
class Generation:
    """
    A generation, and who this member is in it.

    Attributes:
        generation_id: -1 for none.
        member_id: Empty while the group has not given one.
        protocol_name: The assignor that was agreed on.
    """

    generation_id: int = -1
    member_id: str = ""
    protocol_name: str | None = None

    @property
    def is_none(self) -> bool:
        """Whether there is none: it may have one whose number it has forgotten (librdkafka)."""
        return self.generation_id < 0 and self.protocol_name is None


NO_GENERATION = Generation()
