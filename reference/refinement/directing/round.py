"""One step of the trace of a consume half, as a director reads it."""

from collections.abc import Mapping
from typing import cast

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.log import Group, History, Log


@attrs.frozen
class Round:
    """
    A step.

    Attributes:
        number: Which, from 1.
        action, says: Its action, and what happens in words.
        before, after: The components of the model.
    """

    number: int
    action: str
    says: str
    before: Mapping[str, object]
    after: Mapping[str, object]

    def pairs(self) -> list[tuple[int, Consumer, Consumer]]:
        """Each consumer before and after it."""
        both = zip(cast("Consumers", self.before["consumers"]), cast("Consumers", self.after["consumers"]), strict=True)
        return [(index, before, after) for index, (before, after) in enumerate(both)]

    def changed(self) -> tuple[int, Consumer, Consumer]:
        """The one consumer that it has changed."""
        (found,) = (each for each in self.pairs() if each[1] != each[2])
        return found

    @property
    def is_group_forgotten(self) -> bool:
        """Whether members have become strangers to their group."""
        return any(after.status == "stale" != before.status for _, before, after in self.pairs())

    @property
    def is_undiscovered(self) -> bool:
        """Whether there is a new partition that the group does not read after it."""
        return self.log_after.added is not None and self.log_after.added.position is None

    @property
    def log_after(self) -> Log:
        """The log after it."""
        return cast("Log", self.after["log"])

    @property
    def committed_after(self) -> int | None:
        """What is committed after it."""
        return cast("Group", self.after["group"]).committed

    def processed(self) -> list[int]:
        """The records that the sink has got."""
        before, after = (cast("History", values["history"]).counts for values in (self.before, self.after))
        return [record for record, (one, two) in enumerate(zip(before, after, strict=True)) if two > one]
