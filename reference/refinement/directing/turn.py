"""One step of the model's trace, as a director reads it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Self, cast

import attrs

from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.network import Connection, Delayed
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replica, Replicas, records_of
from ackproof.model.produce.rules import ProducerRules


@attrs.frozen
class Turn:
    """
    A step.

    Attributes:
        number: Which, from 1.
        action, says: Its action, and what happens in words.
        before, after: The components of the model.
        rules: What nothing changes.
    """

    number: int
    action: str
    says: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    rules: Mapping[str, object]

    def renumbered(self, number: int) -> Self:
        """The same step as another one of the trace."""
        return attrs.evolve(self, number=number)

    @property
    def replicas_before(self) -> Replicas:
        """The replicas before it."""
        return cast("Replicas", self.before["replicas"])

    @property
    def replicas_after(self) -> Replicas:
        """The replicas after it."""
        return cast("Replicas", self.after["replicas"])

    @property
    def connection_before(self) -> Connection:
        """The connection before it."""
        return cast("Connection", self.before["connection"])

    @property
    def connection_after(self) -> Connection:
        """The connection after it."""
        return cast("Connection", self.after["connection"])

    @property
    def producer_before(self) -> Producer:
        """The producer before it."""
        return cast("Producer", self.before["producer"])

    @property
    def producer_after(self) -> Producer:
        """The producer after it."""
        return cast("Producer", self.after["producer"])

    @property
    def acknowledged_after(self) -> frozenset[int]:
        """What is acknowledged after it."""
        return cast("frozenset[int]", self.after["acknowledged"])

    @property
    def visible_after(self) -> tuple[int, ...]:
        """What consumers could ever read after it, where the model remembers that."""
        return cast("tuple[int, ...]", self.after["visible"])

    @property
    def client(self) -> ProducerRules:
        """The producer's rules."""
        return cast("ProducerRules", self.rules["client"])

    @property
    def remembers_acknowledged(self) -> bool:
        """Whether the model does."""
        return bool(self.rules["remembers_acknowledged"])

    @property
    def late(self) -> Batch:
        """What arrives of that which the network has held back."""
        before, after = (Counter(held_in(values)) for values in (self.before, self.after))
        return next(iter(before - after))

    def pairs(self) -> list[tuple[int, Replica, Replica]]:
        """Each replica before and after it."""
        both = zip(self.replicas_before, self.replicas_after, strict=True)
        return [(index, before, after) for index, (before, after) in enumerate(both)]

    def changed(self) -> list[int]:
        """The followers that it has changed."""
        return [at for at, before, after in self.pairs() if before != after and after.role != "leader"]

    def joined(self) -> list[int]:
        """Who is in sync now, or whose leader has asked for it."""
        both = ((at, (b.is_in_sync, b.is_joining), (a.is_in_sync, a.is_joining)) for at, b, a in self.pairs())
        return [at for at, before, after in both if before != after and any(after)]

    def left(self) -> list[int]:
        """Who is in sync no more."""
        return [at for at, before, after in self.pairs() if before.is_in_sync and not after.is_in_sync]

    def went_down(self) -> list[int]:
        """Whose broker is down now."""
        return [at for at, before, after in self.pairs() if before.is_up and not after.is_up]

    def came_up(self) -> list[int]:
        """Whose broker is back."""
        return [at for at, before, after in self.pairs() if not before.is_up and after.is_up]

    def records_after(self, index: int) -> tuple[int, ...]:
        """The records in a log of the model."""
        return records_of(self.replicas_after[index].log)

    def has_its_log(self, index: int) -> bool:
        """Whether the log of a replica is as it was."""
        return self.replicas_before[index].log == self.replicas_after[index].log

    def as_kept(self, records: tuple[int, ...]) -> tuple[int, ...]:
        """*records* as the model keeps them: only first copies, where it can not tell repeats."""
        return records if cast("Leader", self.rules["leader"]).stores_repeats else tuple(dict.fromkeys(records))

    def kept(self, index: int, records: tuple[int, ...]) -> int:
        """How many of the *records* in a log are left, so that those of the model are."""
        wanted = self.records_after(index)
        found = (end for end in range(len(records), -1, -1) if self.as_kept(records[:end]) == wanted)
        return next(found, 0)


def held_in(values: Mapping[str, object]) -> Iterator[Batch]:
    """All batches that the network holds back."""
    lines = (cast("Delayed", values["delayed"]), *(each.held for each in cast("Replicas", values["replicas"])))
    for line in lines:
        for held in line:
            yield from held
