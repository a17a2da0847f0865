"""What a consumer needs of its group, whichever protocol that speaks."""

from typing import Protocol

from ackproof.reference.consumer.commits.auto_commit import AutoCommitting
from ackproof.reference.consumer.commits.commits import Commits
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.offsets.committed import CommittedOffsets
from ackproof.reference.consumer.record import GroupMetadata
from ackproof.reference.consumer.view import MemberView


class Group(Protocol):
    """Membership, commits and committed offsets."""

    @property
    def commits(self) -> Commits:
        """How to commit."""
        ...

    @property
    def auto_commit(self) -> AutoCommitting:
        """What is committed without being asked to."""
        ...

    @property
    def committed(self) -> CommittedOffsets:
        """How to look up what is committed."""
        ...

    @property
    def metadata(self) -> GroupMetadata:
        """Who this member is, for producers."""
        ...

    @property
    def waits_for_positions(self) -> bool:
        """Whether poll waits for committed offsets before it hands out what it has of other partitions."""
        ...

    def member_view(self) -> MemberView:
        """What this member is, for whoever looks at it from outside."""
        ...

    def subscribed(self) -> None:
        """The application has subscribed to something."""
        ...

    def request_rejoin(self) -> None:
        """Join again in the next poll."""
        ...

    async def poll(self, until: Deadline) -> bool:
        """Do what a member has to do; whether positions are worth looking up."""
        ...

    def time_to_next_poll_ms(self) -> int | None:
        """How long poll may wait at most; None for any time."""
        ...

    async def leave(self, reason: str) -> None:
        """Give up everything and leave the group; nothing is committed."""
        ...

    async def close(self, until: Deadline) -> None:
        """Commit, leave, and wait for what is under way."""
        ...
