"""What a group coordinator keeps of a group, for how long, and what it finds when it loads the group again."""

from collections.abc import Iterator
from typing import Self

import attrs

from ackproof.model.consume.log import Group


@attrs.frozen
class Keeping:
    """
    What is wrong with it, if anything.

    Attributes:
        expires_in_use: Commits expire by their age alone, also while the group reads (before KIP-211, Kafka 2.1).
        expires_on_return: They expire by their age while a group assembles that nobody was in (KAFKA-13636).
        loads_expired: What is loaded from the log has a time to expire that is past; nobody has to be in the group
            for that to matter, but for a moment (KAFKA-8069).
        loads_older: Of several commits an older one may be loaded (KAFKA-5600).
        forgets_replacements: The new member id of a static member that is back is not written to the log
            (KAFKA-10284).
    """

    expires_in_use: bool = False
    expires_on_return: bool = False
    loads_expired: bool = False
    loads_older: bool = False
    forgets_replacements: bool = False

    def without_commits(self) -> Self:
        """The same where nothing is committed to it, as the sink keeps the offset."""
        return attrs.evolve(self, expires_in_use=False, expires_on_return=False, loads_expired=False, loads_older=False)


SOUND = Keeping()
"""
Commits are kept as long as somebody is in the group, and for ``offsets.retention.minutes`` after that.

Source: ``ClassicGroup.offsetExpirationCondition``, ``GroupCoordinatorShard.replay``.
"""


def reloaded(keeping: Keeping, group: Group) -> Iterator[tuple[str, Group]]:
    """What is to be told, and the *group*, once another broker has loaded it."""
    loaded = attrs.evolve(group, is_expired=keeping.loads_expired and group.committed is not None)
    yield "", loaded
    for offset in sorted(group.earlier or ()) if keeping.loads_older else ():
        yield f"; it loads an older commit, of offset {offset}", attrs.evolve(loaded, committed=offset)


def assembled(keeping: Keeping, group: Group) -> Iterator[tuple[str, Group]]:
    """What is to be told, and the *group*, when somebody joins that nobody was in."""
    yield "", group
    if group.committed is not None and (keeping.expires_on_return or group.is_expired):
        yield "; the committed offset has expired meanwhile", attrs.evolve(group, committed=None, is_expired=False)
