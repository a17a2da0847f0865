"""What has come of a pipeline in one piece: what the logs hold, what readers were handed, what is committed."""

from collections.abc import Iterator
from itertools import pairwise

import attrs

from ackproof.model.consume.consumer import Held
from ackproof.model.naming import record_name
from ackproof.reference.refinement.replaying.consume import Read
from ackproof.reference.refinement.replaying.produce import Replayed


@attrs.frozen
class InOnePiece:
    """
    What has come of a trace.

    Attributes:
        produced: Of the producer and the replicas.
        read: Of the group; the records are those that the leader has.
        handed: What instances were handed, with its offset, in order.
        restart: Where a consumer starts that has no position; None if nowhere.
        acknowledged: The records whose send has succeeded.
    """

    produced: Replayed
    read: Read
    handed: tuple[Held, ...]
    restart: int | None
    acknowledged: frozenset[int]

    @property
    def steps(self) -> int:
        """How many there were."""
        return self.read.steps

    def findings(self, claim: str) -> tuple[str, ...]:
        """How this breaks a basic *claim*, in sentences; none if it does not."""
        match claim:
            case "no-loss":
                return tuple(self._skipped())
            case "no-duplicates":
                return tuple(self._repeated())
            case "in-order":
                return tuple(self._out_of_order())
            case _:
                raise ValueError(f"a pipeline in one piece decides nothing about {claim}")

    def _skipped(self) -> Iterator[str]:
        done = {*self.read.processed, *self.read.held}
        committed = "nothing is committed" if self.restart is None else f"who starts anew starts at {self.restart}"
        for record in sorted((self.acknowledged & set(self.read.records)) - done):
            offsets = [offset for offset, each in enumerate(self.read.records) if each == record]
            if all(self._is_passed(offset) for offset in offsets):
                where = ", ".join(map(str, offsets))
                yield (
                    f"{record_name(record)} is acknowledged, stands at offset {where} and is skipped: "
                    f"the owner reads on from {self.read.position}, {committed}"
                )

    def _is_passed(self, offset: int) -> bool:
        is_behind = self.read.position is not None and self.read.position > offset
        return is_behind and (self.restart is None or self.restart > offset)

    def _repeated(self) -> Iterator[str]:
        for record in sorted(set(self.read.processed)):
            if self.read.processed.count(record) > 1:
                offsets = ", ".join(str(offset) for offset, each in self.handed if each == record)
                yield f"{record_name(record)} is processed twice (handed out at offsets {offsets})"

    def _out_of_order(self) -> Iterator[str]:
        for before, after in pairwise(dict.fromkeys(self.read.processed)):
            if before > after:
                yield f"{record_name(before)} is processed before {record_name(after)}"
