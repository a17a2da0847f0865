"""The director of a group: who waits until things are as they are to be."""

from collections.abc import Callable, Sequence

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing.added import empty_partitions
from ackproof.reference.refinement.directing.passing import pass_until
from ackproof.reference.refinement.directing.readers import DirectedGroup, DirectedReader
from ackproof.reference.refinement.directing.round import Round

LONG_MS = 45_000
"""How long to wait for what a session or an interval decides."""


class GroupDirector:
    """
    Lets things happen to a group.

    Attributes:
        order: The instance of each consumer of the model.
        coming: The steps from the present one on.
        has_heard: Who knows what has become of a commit that it waits for in the model.
        rejoining: Who is to rejoin as in the model, and has not begun to.
        held_back: Whose application is yet to send a commit that nobody waits for, as it would come before it rejoins.
    """

    def __init__(self, stage: DirectedGroup, order: tuple[int, ...]) -> None:
        self.stage = stage
        self.order = order
        self.coming: Sequence[Round] = ()
        self.has_heard: set[int] = set()
        self.rejoining: int | None = None
        self.held_back: set[int] = set()

    def reader(self, index: int) -> DirectedReader:
        """The instance of a consumer of the model."""
        return self.stage.applications[self.order[index]]

    def asked(self, index: int, to_commit: int | None) -> int | None:
        """What a consumer asks to be committed where the model has *to_commit*."""
        return to_commit

    def until(self, is_so: Callable[[], bool], what: str, limit_ms: int = LONG_MS) -> None:
        """
        Time passes until something is so; nothing more happens then.

        Raises:
            NotDirectedError: It does not come to that.
        """
        pass_until(self.stage.clock, self.stage.clock.step, is_so, what, limit_ms)

    def will_be_refused(self, index: int) -> bool:
        """Whether what a consumer is about to commit is refused in the end."""
        pairs = (turn.pairs()[index] + (turn,) for turn in self.coming)
        ends = (turn.is_refused(before, after) for _, before, after, turn in pairs if before.to_commit is not None)
        return self.coming[0].pairs()[index][1].to_commit is not None and any(ends)

    def next_of(self, index: int) -> str | None:
        """The action that changes a consumer next, after the present step."""
        both = ((turn.action, *turn.pairs()[index][1:]) for turn in self.coming[1:])
        return next((action for action, before, after in both if before != after), None)

    def epoch(self, index: int) -> int | None:
        """The epoch of a consumer in its group, as it knows it."""
        client = self.reader(index).client
        return None if client is None else client.view().member.epoch

    def owns(self, index: int) -> bool:
        """Whether a consumer has the partition."""
        reader = self.reader(index)
        return reader.is_up and reader.client is not None and PLACE in reader.client.view().positions

    def position(self, index: int) -> int | None:
        """From where a consumer reads on."""
        client = self.reader(index).client
        return None if client is None else client.view().positions.get(PLACE)

    def has(self, turn: Round) -> bool:
        """Whether the partition is with whom it is with in the model, and all members know."""
        is_rebalancing = any(after.is_rejoining for _, _, after in turn.pairs())
        waits = self.stage.is_modern and (turn.is_undiscovered or bool(empty_partitions(self.stage)))
        return all(
            self._agrees(index, after, may_wait=waits, has_added=turn.log_after.added is not None)
            for index, _, after in turn.pairs()
            if after.is_rejoining or not is_rebalancing
        )

    def commits_first(self, turn: Round, index: int) -> bool:
        """
        Whether an owner would commit what it has not in the model yet before it takes another partition, and so waits.

        Source: ``AbstractMembershipManager.maybeReconcile``.
        """
        is_ahead = self.owns(index) and self.position(index) not in (None, turn.committed_after)
        return self.stage.is_modern and is_ahead and self.commits_positions(index)

    def commits_positions(self, index: int) -> bool:
        """Whether the client of a consumer commits by itself from where it reads on."""
        rules = self.reader(index).rules
        return rules.commit == "auto" and rules.auto_commit.stores == "nobody"

    def _agrees(self, index: int, after: Consumer, *, may_wait: bool, has_added: bool) -> bool:
        reader = self.reader(index)
        # Told of a partition that was added it waits for its next poll, and tells the group once it has it.
        is_there = self.is_in_group(reader) or (may_wait and self.is_taking_more(reader))
        if after.status == "owner" and after.is_rejoining:
            return self.owns(index)
        if after.status == "owner":
            # Who was assigned it anew looks up where to start only when it is told to.
            is_there = (is_there or self.has_assignment(reader)) and self.owns(index)
            return is_there and (after.position is not None or has_added or self.position(index) is None)
        if after.status == "member":
            return reader.is_up and not self.owns(index) and is_there
        return True

    def is_taking_more(self, reader: DirectedReader) -> bool:
        """Whether it is about to take a partition that it was assigned, or to tell the group that it has."""
        return reader.client is not None and reader.client.view().member.state in ("reconciling", "acknowledging")

    def is_in_group(self, reader: DirectedReader) -> bool:
        """Whether it waits for no assignment."""
        return reader.client is not None and reader.client.view().member.state == "stable"

    def has_assignment(self, reader: DirectedReader) -> bool:
        """Whether it has its assignment, be it that it has set out to join again, and its request waits."""
        return self.is_in_group(reader) or reader.name in self.stage.network.outside
