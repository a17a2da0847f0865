"""What one client says into the journal."""

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from ackproof.histories.operation import Outcome
from ackproof.histories.recording.journal import Journal

Step = Mapping[str, object]
"""A part of an operation, as the format has it."""


def part(topic: str, partition: int | None) -> str:
    """What the format calls a partition; the topic alone while it is not known which one it will be."""
    return topic if partition is None or partition < 0 else f"{topic}/{partition}"


def commit_step(group: str, following: Mapping[str, int]) -> Step:
    """That a *group* commits of each partition the offset that comes next."""
    return {"c": {"group": group, "next": dict(following)}}


@attrs.frozen(eq=False)
class Recorder:
    """
    A client that writes into a journal.

    Attributes:
        who: Its name.
        incarnation: The how-manieth time it has started.
    """

    journal: Journal
    who: str
    incarnation: int

    def invoked(self, kind: str, steps: Sequence[Step] | None = None, parts: Sequence[str] | None = None) -> int:
        """Say that an operation begins; its id."""
        return self.journal.invoked(who=self.who, inc=self.incarnation, f=kind, m=steps, parts=parts)

    def added(self, operation: int, step: Step) -> None:
        """Say what else an operation does that has begun."""
        self.journal.write("add", op=operation, m=[step])

    def returned(
        self,
        operation: int,
        outcome: Outcome,
        steps: Sequence[Step] | None = None,
        *,
        error: object = None,
        end: Literal["commit", "abort"] | None = None,
    ) -> None:
        """Say how an operation ended."""
        err = None if error is None else str(error)
        self.journal.write("ret", op=operation, out=outcome, m=steps, err=err, end=end)

    def rebalanced(self, what: Literal["assigned", "revoked", "lost"], parts: Sequence[str]) -> None:
        """Say that partitions came or went."""
        self.journal.write("reb", who=self.who, inc=self.incarnation, what=what, parts=parts)

    def positioned(self, at: str, why: Literal["seek", "reset", "committed", "rewind"], to: int | None = None) -> None:
        """Say that the position in a partition changed."""
        self.journal.write("pos", who=self.who, inc=self.incarnation, part=at, why=why, to=to)

    def done(self, at: str, value: int | str) -> None:
        """Say that the application has processed a record."""
        self.journal.write("done", who=self.who, inc=self.incarnation, part=at, ids=[value])
