"""A member of a group with the consumer protocol (KIP-848): what it is, has, and is to have."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import attrs

from ackproof.model.groups.rules import ConsumerRules
from ackproof.reference.consumer.modern.local_assignment import NO_ASSIGNMENT, LocalAssignment, Numbers
from ackproof.reference.consumer.rules import FINISHING

State = Literal[
    "unsubscribed",
    "joining",
    "reconciling",
    "acknowledging",
    "stable",
    "fenced",
    "preparing to leave",
    "leaving",
    "fatal",
    "stale",
]
"""
Where a member is (``MemberState``).

unsubscribed: It wants nothing of the group.
joining: It is about to say that it wants to be in.
reconciling: It is to have something else than it has.
acknowledging: It has that, and is about to say so.
stable: There is nothing to do.
fenced: The group has put it out; it tells the application, then joins again.
preparing to leave: It tells the application that everything is given up.
leaving: It is about to say that it leaves.
fatal: The group does not want it, whatever it says.
stale: It has left as the application does not poll; it joins again when that does.
"""

SILENT: tuple[State, ...] = ("unsubscribed", "fenced", "fatal", "stale")
"""States in which no heartbeats are sent."""

URGENT: tuple[State, ...] = ("acknowledging", "leaving", "joining")
"""States that the group has to hear of at once."""

TAKES_ASSIGNMENTS: tuple[State, ...] = ("stable", "joining", "acknowledging", "reconciling")

JOINS, LEAVES, WILL_BE_BACK = 0, -1, -2
"""Epochs that say something; the last one is for static members."""


@attrs.define(eq=False)
class Member:
    """
    What the client knows of its membership.

    Attributes:
        rules: What is different with it.
        epoch: As the group has given it; 0 to join, -1 and -2 to leave.
        target: What it is to have.
        current: What it has said that it has, or is about to say.
        names: Of the topics of its target, also while metadata has forgotten them.
        is_reconciling: It is on its way from the one to the other.
        has_rejoined: It has joined again meanwhile, so that this leads nowhere.
    """

    member_id: str
    group_instance_id: str | None = None
    rules: ConsumerRules = FINISHING
    state: State = "unsubscribed"
    epoch: int = JOINS
    target: LocalAssignment = NO_ASSIGNMENT
    current: LocalAssignment = NO_ASSIGNMENT
    names: dict[UUID, str] = attrs.field(factory=dict[UUID, str])
    is_reconciling: bool = False
    has_rejoined: bool = False
    has_stopped_polling: bool = False

    @property
    def is_leaving(self) -> bool:
        """Whether it is on its way out."""
        return self.state in ("preparing to leave", "leaving")

    @property
    def has_all(self) -> bool:
        """Whether it has what it is to have."""
        return self.current == self.target

    @property
    def must_stop_reconciling(self) -> bool:
        """Whether what it is doing has been overtaken by something else."""
        return self.state != "reconciling" or self.has_rejoined

    def receive(self, assignment: Mapping[UUID, Numbers]) -> None:
        """The group says what it is to have (``processAssignmentReceived``)."""
        is_no_news = not self.rules.acknowledges_what_it_has and assignment == self.current.partitions
        self.target = self.current if is_no_news else self.target.updated(assignment)
        if not self.has_all:
            self.state = "reconciling"
        elif self.state in ("reconciling", "joining"):
            self.state = "stable"

    def is_told_otherwise(self, begun: LocalAssignment) -> bool:
        """Whether it gives up what it has *begun* to take, as the group has said something else since."""
        return not self.rules.finishes_what_it_began and self.target.local_epoch != begun.local_epoch

    def join(self) -> None:
        """It wants to be in the group, from the beginning (``transitionToJoining``)."""
        if self.state == "fatal":
            return
        self.has_rejoined = self.has_rejoined or self.is_reconciling
        self.epoch, self.state = JOINS, "joining"
        self.target = NO_ASSIGNMENT
        self.names.clear()

    def begin_leaving(self, *, as_application_is_stuck: bool = False) -> None:
        """It is about to say that it leaves (``transitionToSendingLeaveGroup``)."""
        if self.state in ("fatal", "unsubscribed"):
            return
        self.has_stopped_polling = as_application_is_stuck
        is_to_return = self.rules.keeps_its_place or not as_application_is_stuck
        self.epoch = WILL_BE_BACK if self.group_instance_id is not None and is_to_return else LEAVES
        self.current, self.state = NO_ASSIGNMENT, "leaving"

    def forget_assignment(self) -> None:
        """It has nothing, and is to have nothing (``clearAssignment``)."""
        self.current = self.target = NO_ASSIGNMENT
        self.names.clear()

    def end_reconciling(self) -> None:
        """It is on its way no more."""
        self.is_reconciling = self.has_rejoined = False
