"""Membership in a classic group: joining it, and what has to be done before and after."""

from collections.abc import Callable, Iterable
from typing import Protocol

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequestProtocol
from kio.schema.join_group.v9.response import JoinGroupResponse

from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.consumer.classic.generation import NO_GENERATION, Generation, MemberState
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.errors import UnjoinedError, is_retriable
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError

REJOINS_AT_ONCE = frozenset(
    {
        ErrorCode.unknown_member_id,
        ErrorCode.illegal_generation,
        ErrorCode.rebalance_in_progress,
        ErrorCode.member_id_required,
    }
)

Assignments = Iterable[tuple[str, bytes]]
"""What each member gets, as bytes."""


class Rebalance(Protocol):
    """What a member does around joining: as a consumer it commits, tells the application, assigns."""

    def protocols(self) -> tuple[JoinGroupRequestProtocol, ...]:
        """What it says as it joins."""
        ...

    async def prepare(self, until: Deadline, generation: Generation) -> bool:
        """Get ready to join; whether it is."""
        ...

    async def elected(self, answer: JoinGroupResponse) -> Assignments:
        """It leads the group, and assigns."""
        ...

    async def complete(self, generation: Generation, assignment: bytes) -> None:
        """It has its assignment."""
        ...


Join = Callable[[], Future[bytes]]
"""Sends JoinGroup and then SyncGroup: the assignment, or what the group says instead."""


class Membership:
    """
    How far this member has come, and what it wants.

    Attributes:
        rejoin_needed: It has to join, for *rejoin_reason*.
        needs_prepare: It has not got ready to join yet.
        former_generation_id: The last one that it has forgotten; -1 if it has forgotten none.
        on_rejoin: Is called whenever it finds that it has to join again.

    Source: ``AbstractCoordinator``.
    """

    def __init__(self, lookup: CoordinatorLookup, settings: ConsumerSettings, rules: ClassicRules) -> None:
        self.state: MemberState = "unjoined"
        self.generation = NO_GENERATION
        self.rejoin_needed = True
        self.rejoin_reason = ""
        self.needs_prepare = True
        self.former_generation_id = -1
        self.on_rejoin: Callable[[], None] = lambda: None
        self._lookup = lookup
        self._settings = settings
        self._rules = rules
        self._joining: Future[bytes] | None = None
        self._is_completing = False

    @property
    def is_rebalancing(self) -> bool:
        """Whether it is joining."""
        return self.state in ("preparing rebalance", "completing rebalance")

    @property
    def stable_generation(self) -> Generation | None:
        """The generation, if it has its assignment."""
        return self.generation if self.state == "stable" else None

    @property
    def has_lost_generation(self) -> bool:
        """Whether it is in no generation, so that nothing of what it has is its own any more."""
        return self.generation.is_none or not self.generation.member_id

    @property
    def has_forgotten_itself(self) -> bool:
        """Whether it was in a generation and does not know its member id any more."""
        return self.former_generation_id >= 0 and not self.generation.member_id

    @property
    def is_joining(self) -> bool:
        """Whether it has to join, or does."""
        return self.rejoin_needed or self._joining is not None

    @property
    def is_taking(self) -> bool:
        """Whether it has heard its assignment, and has not begun to take it over."""
        return self.state == "stable" and self._joining is not None and not self._is_completing

    def request_rejoin(self, reason: str) -> None:
        """It has to join again."""
        self.rejoin_reason = reason
        self.rejoin_needed = True
        self.on_rejoin()

    def lose(self, reason: str) -> None:
        """It is out of the group, and gives up what it went on with, if it has."""
        if self._rules.keeps_owned_without_membership and not self.needs_prepare:
            self.reset(reason)
            self.needs_prepare = True

    def reset(self, reason: str, *, keeps_member_id: bool = False) -> None:
        """It is out of the group, and has to join anew; the id may still be good (KAFKA-13419)."""
        is_syncing = self.state == "completing rebalance" or self.is_taking
        gives_up = self._rules.gives_up_as_it_syncs and is_syncing
        self.state = "unjoined"
        if self.generation.generation_id >= 0:
            self.former_generation_id = self.generation.generation_id
        self.generation = Generation(member_id=self.generation.member_id) if keeps_member_id else NO_GENERATION
        self.request_rejoin(reason)
        if gives_up or not self._rules.keeps_owned_without_membership:
            # It has to give up what it has lost, also if it was ready to join (KAFKA-12983).
            self.needs_prepare = True

    def forget_generation(self) -> None:
        """It goes on joining, and is told by its next heartbeat, or commit, that what it says is no generation."""
        self.generation = attrs.evolve(self.generation, generation_id=-1)

    async def join_if_needed(self, rebalance: Rebalance, join: Join, until: Deadline) -> bool:
        """
        Join until there is nothing to join for; whether that is so in time.

        Raises:
            KafkaError, FencedInstanceIdError: The group does not let it in.
            ListenerError: The application's listener raised one.

        Source: ``AbstractCoordinator.joinGroupIfNeeded``.
        """
        while self.is_joining:
            if not await self._lookup.ensure_ready(until):
                return False
            if not await self._prepare(rebalance, until):
                return False
            joining = self._begin(join)
            if not await until.settled(joining):
                return False
            if joining.error is None:
                await self._complete(rebalance, joining.result())
            elif not await self._fail(joining.error, until):
                return False
        return True

    async def _prepare(self, rebalance: Rebalance, until: Deadline) -> bool:
        if self.needs_prepare:
            # If the listener raises an error it is not told the same again.
            self.needs_prepare = False
            if not await rebalance.prepare(until, self.generation):
                self.needs_prepare = True
                return False
        return True

    def _begin(self, join: Join) -> Future[bytes]:
        """Join, or go on with that: who polls in short intervals does not begin anew each time."""
        if self._joining is None:
            self.state = "preparing rebalance"
            self._is_completing = False
            self._joining = join()
            self._joining.may_fail()
        return self._joining

    async def _complete(self, rebalance: Rebalance, assignment: bytes) -> None:
        # Heartbeats may have found out meanwhile that it is out of the group again.
        if self.generation.is_none or self.state != "stable":
            self.reset("rebalance failed since the generation or state was changed by a heartbeat")
            self._joining = None
            return
        # It stays so if the listener or the assignment raises an error.
        self._is_completing = True
        await rebalance.complete(self.generation, assignment)
        self._joining = None
        self.needs_prepare = True

    async def _fail(self, error: Exception, until: Deadline) -> bool:
        self._joining = None
        code = error.code if isinstance(error, KafkaError) else None
        if code != ErrorCode.member_id_required:
            self.request_rejoin(f"rebalance failed due to {error}")
        if code in REJOINS_AT_ONCE:
            return True
        if not is_retriable(error) and not isinstance(error, UnjoinedError):
            raise error
        if until.has_passed:
            return False
        await until.rest(self._settings.retry_backoff_ms)
        return True
