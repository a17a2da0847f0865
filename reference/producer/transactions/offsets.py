"""Offsets that a transaction commits, and on whose behalf: what a consumer hands over."""

from typing import Protocol


class OffsetAndMetadata(Protocol):
    """What is committed for one partition."""

    @property
    def offset(self) -> int:
        """The next one to read."""
        ...

    @property
    def leader_epoch(self) -> int | None:
        """That of the last record that was read, if it is known."""
        ...

    @property
    def metadata(self) -> str:
        """What the application adds."""
        ...


class GroupMetadata(Protocol):
    """A member of a group (``ConsumerGroupMetadata``)."""

    @property
    def group_id(self) -> str:
        """Its group."""
        ...

    @property
    def generation(self) -> int:
        """Of the group, or the member's epoch; -1 if it does not say."""
        ...

    @property
    def member_id(self) -> str:
        """Empty if it does not say."""
        ...

    @property
    def group_instance_id(self) -> str | None:
        """Of a static member."""
        ...
