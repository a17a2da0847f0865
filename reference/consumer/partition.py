"""A partition that is assigned: its position, and whether that can be read from."""

from typing import Literal

import attrs

from ackproof.reference.client.metadata import Leader
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.reset import Reset

FetchState = Literal["initializing", "fetching", "awaiting reset", "awaiting validation"]
"""
What the position is worth.

initializing: There is none; the committed offset is looked up first.
fetching: It can be read from.
awaiting reset: There is none; the start, the end or a time is looked up.
awaiting validation: The leader has changed since, and is asked whether it has what was read.
"""


@attrs.define(eq=False)
class AssignedPartition:
    """
    The state of a partition while it is assigned (``TopicPartitionState``).

    Attributes:
        position: None while there is none.
        reset: How it is to be found, while that is awaited.
        next_retry_ms: When what is awaited may be asked for again.
        high_watermark, last_stable_offset, log_start_offset: As the last fetch told.
        is_paused: By the application.
        is_pending_revocation: It is about to be given up: nothing is read any more.
        is_pending_callback: The application has not been told of it yet: nothing is read before that.
        committed: The committed offset, as far as this client knows.
        number: Which assignment of this client it is, counted.
    """

    state: FetchState = "initializing"
    position: Position | None = None
    reset: Reset | None = None
    next_retry_ms: int = 0
    high_watermark: int | None = None
    last_stable_offset: int | None = None
    log_start_offset: int | None = None
    is_paused: bool = False
    is_pending_revocation: bool = False
    is_pending_callback: bool = False
    preferred_replica: int | None = None
    preferred_until_ms: int = 0
    committed: int | None = None
    number: int = 0

    @property
    def valid_position(self) -> Position | None:
        """The position, if it can be read from."""
        return self.position if self.state == "fetching" else None

    @property
    def is_initializing(self) -> bool:
        """Whether the committed offset is to be looked up."""
        return self.state == "initializing" and not self.is_pending_revocation

    @property
    def is_fetchable(self) -> bool:
        """Whether records of it may be fetched and handed out."""
        is_held = self.is_paused or self.is_pending_revocation or self.is_pending_callback
        return self.state == "fetching" and not is_held

    def may_retry(self, now_ms: int) -> bool:
        """Whether what is awaited may be asked for."""
        return now_ms >= self.next_retry_ms

    def request_reset(self, reset: Reset) -> None:
        """The position is void, and to be found anew."""
        self.state, self.position = "awaiting reset", None
        self.reset, self.next_retry_ms = reset, 0

    def seek(self, position: Position) -> None:
        """Read from *position*."""
        self.state, self.position = "fetching", position
        self.reset, self.next_retry_ms = None, 0

    def seek_unvalidated(self, position: Position) -> None:
        """Read from *position*, once the leader has confirmed what is before it, if that can be asked."""
        self.seek(position)
        self._validate(position)

    def advance(self, position: Position) -> None:
        """Records up to *position* were handed out or passed over."""
        assert self.state == "fetching"
        self.position = position

    def leader_changed(self, leader: Leader) -> bool:
        """
        The leader now is *leader*; whether the position awaits validation.

        Source: ``TopicPartitionState.maybeValidatePosition``.
        """
        if self.state == "awaiting reset" or leader.node is None:
            return False
        if self.position is not None and self.position.leader != leader:
            self._validate(attrs.evolve(self.position, leader=leader))
            self.preferred_replica = None
        return self.state == "awaiting validation"

    def complete_validation(self) -> None:
        """The leader has what was read."""
        if self.position is not None:
            self.state, self.next_retry_ms = "fetching", 0

    def clear_preferred_replica(self) -> int | None:
        """Read from the leader again; which follower it was."""
        replica, self.preferred_replica = self.preferred_replica, None
        return replica

    def _validate(self, position: Position) -> None:
        can_be_asked = position.offset_epoch is not None and position.leader.leader_epoch is not None
        self.state = "awaiting validation" if can_be_asked else "fetching"
        self.position, self.next_retry_ms = position, 0
