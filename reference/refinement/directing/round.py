"""One step of the trace of a consume half, as a director reads it."""

from collections.abc import Mapping
from typing import Self, cast

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.coordinator import Coordinator
from ackproof.model.consume.log import Group, History, Log

DECIDES = ("async commit arrives", "begin generation")
"""What decides on commits that are on their way: in a new generation all of them come too late."""

PROCESSING = frozenset(
    {"process", "process with offset", "processing fails", "output fails", "forget refused", "forget repeats"}
)
"""What applications do with the records that they were handed."""


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

    def renumbered(self, number: int) -> Self:
        """The same step as another one of the trace."""
        return attrs.evolve(self, number=number)

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
    def committed_before(self) -> int | None:
        """What is committed before it."""
        return cast("Group", self.before["group"]).committed

    @property
    def committed_after(self) -> int | None:
        """What is committed after it."""
        return cast("Group", self.after["group"]).committed

    @property
    def commits(self) -> bool:
        """Whether it commits something."""
        return self.committed_after not in (None, self.committed_before)

    @property
    def accepts(self) -> bool:
        """Whether the group coordinator accepts a commit, be it of what is committed already."""
        return self.commits or "accepts" in self.says

    @property
    def forgets_commit(self) -> bool:
        """Whether what was committed has expired by the time that somebody joins."""
        return "has expired meanwhile" in self.says

    @property
    def starts_by_duration(self) -> bool:
        """Whether a consumer starts at the first record that is young enough."""
        return "starts at the by_duration offset" in self.says

    @property
    def loses_partition(self) -> bool:
        """Whether an owner that reads on while it rejoins loses the partition, as nobody knows its generation."""
        return "loses the partition" in self.says

    @property
    def refuses_older_epochs(self) -> bool:
        """Whether a commit is refused in it as its sender has a newer epoch by then (KIP-848)."""
        return "older one and is refused" in self.says or "STALE_MEMBER_EPOCH" in self.says

    def is_refused(self, before: Consumer, after: Consumer) -> bool:
        """Whether a consumer hears that what it is to commit is not committed."""
        is_over = before.to_commit is not None and after.to_commit is None
        is_decided = self.action in DECIDES and before.in_flight != after.in_flight
        return (is_over or is_decided) and not self.accepts

    @property
    def is_settled(self) -> bool:
        """Whether no rebalance is under way after it, as far as the model takes several steps for that."""
        group = cast("Coordinator | None", self.after.get("coordinator"))
        is_joining = any(after.status == "joining" or after.is_rejoining for _, _, after in self.pairs())
        if group is None:
            return not any(after.status == "joining" for _, _, after in self.pairs())
        is_behind = bool(group.behind or group.ahead) or group.holder not in (None, group.owner)
        return not is_joining and group.state in ("stable", "empty") and not is_behind

    @property
    def has_generations(self) -> bool:
        """Whether members have generations: where a rebalance takes several steps."""
        return "coordinator" in self.after

    @property
    def members_before(self) -> frozenset[int]:
        """Who is a member before it, as far as the coordinator is modelled."""
        return members_in(self.before)

    @property
    def members_after(self) -> frozenset[int]:
        """Who is a member after it."""
        return members_in(self.after)

    @property
    def older_claims(self) -> tuple[int, ...]:
        """Who has joined with the partition that somebody claims of a later generation, as far as that is modelled."""
        group = cast("Coordinator | None", self.after.get("coordinator"))
        return () if group is None else group.older

    @property
    def begins_rejoining(self) -> bool:
        """Whether an owner rejoins by it that reads on."""
        return any(after.is_rejoining and not before.is_rejoining for _, before, after in self.pairs())

    @property
    def ends_rejoining(self) -> bool:
        """Whether a rebalance is over by it."""
        return any(before.is_rejoining and not after.is_rejoining for _, before, after in self.pairs())

    def processed(self) -> list[int]:
        """The records that the sink has got, one as often as it has."""
        before, after = (cast("History", values["history"]).counts for values in (self.before, self.after))
        counts = enumerate(zip(before, after, strict=True))
        return [record for record, (one, two) in counts for _ in range(two - one)]


def members_in(values: Mapping[str, object]) -> frozenset[int]:
    """Whom the coordinator has as members, where it is modelled."""
    group = cast("Coordinator | None", values.get("coordinator"))
    return frozenset() if group is None else group.members
