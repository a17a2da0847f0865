"""The director of a group of several members: who waits until things are as they are to be."""

from collections.abc import Callable, Sequence

import attrs
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.refinement.directing.groups.application import (
    FOR_EVER_MS,
    HEARTBEAT_MS,
    DirectedMember,
    rng_of_slot,
)
from ackproof.reference.refinement.directing.groups.awaited import awaited_ms
from ackproof.reference.refinement.directing.groups.identity import Identity, goes_by_instance, identities, member_ids
from ackproof.reference.refinement.directing.groups.ordering import is_to_begin
from ackproof.reference.refinement.directing.groups.outsider import Outsider, is_to_wait, outsider
from ackproof.reference.refinement.directing.groups.patience import (
    heartbeat_ms,
    is_to_end,
    patience_for,
    session_ms,
)
from ackproof.reference.refinement.directing.groups.polling import (
    HOLD_MS,
    is_to_be_late,
    is_to_begin_late,
    may_poll,
    polls_for_assignment,
)
from ackproof.reference.refinement.directing.groups.ranking import Ranking
from ackproof.reference.refinement.directing.groups.sessions import SESSION_MS
from ackproof.reference.refinement.directing.groups.shift import FAILOVER, FORGETS, Shift, until_still
from ackproof.reference.refinement.directing.groups.stage import MemberStage
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError, pass_until
from ackproof.reference.simulator.process import Process

SOON_MS, LONG_MS, CLOSING_MS, WITHIN_MS = 3_000, 1_000_000, 40_000, 10_000
"""How long to wait for what heartbeats bring about, a session decides, who closes, and a generation needs."""


class GroupsDirector:
    """
    Lets things happen to a group.

    Attributes:
        shifts: All steps.
        coming: Those from the present one on.
        ranking: In which order members are to be met.
        generation: The last generation that members of a classic group were told of, by the coordinator's count.
        ends_ms: When the present step is to be over, by how long steps take at most.
    """

    def __init__(self, stage: MemberStage, shifts: Sequence[Shift], ranking: Ranking) -> None:
        self.stage = stage
        self.network = stage.network
        self.shifts = shifts
        self.coming = shifts
        self.ranking = ranking
        self._patience = patience_for(shifts)
        self._member_ids = tuple(member_ids(shifts))
        self._identities = tuple(identities(shifts, stage.setting.rules))
        self._outsider: Outsider | None = None
        self.generation = 0
        self.ends_ms = 0

    # Time.

    def begin(self, place: int) -> None:
        """The step at this place begins; a group waits no longer for somebody else than it is to."""
        self.coming = self.shifts[place:]
        if self._outsider is not None and is_to_begin(self.coming):
            self._outsider.leave()
            self._outsider = None
        if self._patience.waits[place] == HOLD_MS and is_to_begin_late(self.coming):
            self.calm(HOLD_MS)
        # Who says that it will be back is waited for from when it does.
        self.ends_ms = self.stage.clock.now_ms + (0 if FORGETS in self.coming[0].says else self._patience.waits[place])

    def now(self) -> None:
        """What takes no time happens."""
        while self.stage.clock.step(self.stage.clock.now_ms):
            pass

    def calm(self, for_ms: int = 10) -> None:
        """What takes next to no time happens."""
        end_ms = self.stage.clock.now_ms + for_ms
        while self.stage.clock.now_ms < end_ms:
            self.stage.step()

    def until(self, is_so: Callable[[], bool], what: str, limit_ms: int = SOON_MS) -> None:
        """
        Time passes until something is so.

        Raises:
            NotDirectedError: It does not come to that.
        """
        pass_until(self.stage.clock, self.stage.step, is_so, what, limit_ms)

    def poll_until(self, member: DirectedMember, is_so: Callable[[], bool], what: str, limit_ms: int = SOON_MS) -> None:
        """A member polls until something is so."""
        member.poll()
        try:
            self.until(is_so, what, limit_ms)
        finally:
            member.polls = False

    def wait_until(self, is_so: Callable[[], bool], what: str, limit_ms: int) -> None:
        """Much time passes until something is so; all poll meanwhile that may."""
        idle = [self.member(index) for index in range(len(self.stage.instances)) if self._may_poll(index)]
        for member in idle:
            member.rest_ms = HEARTBEAT_MS
            member.poll()
        try:
            self.until(is_so, what, limit_ms)
        finally:
            for member in idle:
                member.polls, member.rest_ms = False, 1

    def _may_poll(self, index: int) -> bool:
        """Whether nothing comes of it that a member polls: one too whose SyncGroup is not answered before long."""
        if not self._is_running(index):
            # It would go on with a poll as it goes on itself.
            return False
        has_asked = bool(self.network.sent_by(self.member(index).process, SyncGroupRequest))
        polls = may_poll(self.coming[0], index) or (has_asked and polls_for_assignment(self.coming, index))
        return polls and not is_to_be_late(self.coming, index)

    def _is_running(self, index: int) -> bool:
        """Whether its process runs, and does not stand still."""
        process = self.member(index).process
        return process is not None and not process.is_paused

    def poll_once(self, member: DirectedMember) -> None:
        """An instance that runs, and does not stand still, polls once."""
        if self._is_running(self.stage.instances.index(member)):
            times = member.times_polled
            self.poll_until(member, lambda: member.times_polled > times or not member.polls, "a poll")

    # Who and what.

    def member(self, index: int) -> DirectedMember:
        """The instance of a consumer of the model."""
        return self.stage.instances[index]

    def start(self, index: int) -> None:
        """Its process starts, with the patience that the steps to come ask for."""
        member = self.member(index)
        session_ms = self._patience.sessions.get(len(self.shifts) - len(self.coming), SESSION_MS)
        member.is_patient(session_ms, self._patience.intervals[index])
        member.rank, member.replaced_by = self.rank(index), None
        if goes_by_instance(self.stage.setting.rules):
            consumer, times = self.identity(index)
            member.is_instance(f"{member.rank}-instance-{consumer + 1}-{times}")
        member.start()

    def session_ms(self, index: int, coming: Sequence[Shift]) -> int:
        """For how long a member is waited for from the first of the *coming* steps on (``patience.session_ms``)."""
        return session_ms(coming, index, self._patience.waits[len(self.shifts) - len(coming) :])

    @property
    def waits(self) -> Sequence[int]:
        """How long each step takes at most, from the present one on."""
        return self._patience.waits[len(self.shifts) - len(self.coming) :]

    @property
    def generation_ms(self) -> int:
        """How long static members that do not run are waited for at most."""
        finite = (each for each in self._patience.intervals if each != FOR_EVER_MS)
        return max(finite, default=0) + WITHIN_MS

    def await_syncs(self) -> None:
        """A generation has begun, the SyncGroups of which the coordinator may give up when it does in the trace."""
        place = len(self.shifts) - len(self.coming)
        self.stage.await_syncs(awaited_ms(self.shifts, self._patience.waits, place))

    def heartbeat_ms(self, index: int) -> int:
        """After how long a consumer says again that it is there, which says so in the present step."""
        return heartbeat_ms(self.coming, index, self.waits)

    def is_long_until_change(self, index: int) -> bool:
        """Whether it takes long behind the present step until a consumer is something else to the same coordinator."""
        same = tuple(until_still(self.coming[1:], index))
        return any(self.waits[1 : len(same) + 1]) and not any(shift.action == FAILOVER for shift in same)

    def is_long_until_end(self, index: int) -> bool:
        """Whether it takes long behind the present step until a process hears that another one has its instance id."""
        first = len(self.shifts) - len(self.coming) + 1
        behind = (place for place in range(first, len(self.shifts)) if self.shifts[place].all_named()[:1] == [index])
        return is_to_end(self.coming[1:], index) and any(self._patience.waits[first : next(behind)])

    def identity(self, index: int) -> Identity:
        """As whom a consumer is known to its group after the present step, or is to be."""
        return self._identities[len(self.shifts) - len(self.coming)][index]

    def rank(self, index: int) -> int:
        """The place of what it is known by among all such ids."""
        return self.ranking.ids[self.identity(index)]

    def process(self, index: int) -> Process:
        """Its process, which runs."""
        process = self.member(index).process
        if process is None:
            raise NotDirectedError(f"{self.member(index).name} does not run")
        return process

    def at_the_door(self, index: int, kind: type) -> Waiting | None:
        """What a consumer has sent of a *kind* that no coordinator has seen."""
        sent = self.network.sent_by(self.member(index).process, kind)
        return next((each for each in sent if each.answer is None), None)

    def unheard(self, index: int, kind: type) -> Waiting | None:
        """What a consumer has sent of a *kind* that was let in, and the answer to which it has not heard."""
        sent = self.network.sent_by(self.member(index).process, kind)
        return next((each for each in sent if each.answer is not None), None)

    def serve(self, waiting: Waiting) -> None:
        """The coordinator gets a request; whether it answers at once is left to it."""
        body = waiting.request.body
        if isinstance(body, JoinGroupRequest) and not body.member_id:
            self._serve_first(waiting, body)
        else:
            waiting.admit()
        self.now()

    def _serve_first(self, waiting: Waiting, body: JoinGroupRequest) -> None:
        """The coordinator makes up a member id: it begins with the instance id or client id, and ends as it may."""
        index = self._place_of(waiting)
        client_id = f"{self.rank(index)}-{waiting.request.client_id}"
        waiting.request = attrs.evolve(waiting.request, client_id=client_id)
        shard = self.stage.shard()
        if shard is None:
            waiting.admit()
            return
        rng, prefix = shard.rng, body.group_instance_id or client_id
        slot = self.ranking.slots[self._member_ids[len(self.shifts) - len(self.coming)][index]]
        shard.rng = rng_of_slot(prefix, slot - 1, rng)
        waiting.admit()
        shard.rng = rng

    def wait_for_answer(self, waiting: Waiting) -> None:
        """Time passes until a request that was let in is answered."""
        self.until(lambda: waiting.is_answered, "an answer")

    def hear(self, waiting: Waiting) -> None:
        """The answer to a request is heard."""
        self.wait_for_answer(waiting)
        self.network.release(waiting)
        self.now()
        if isinstance(waiting.request.body, JoinGroupRequest):
            self.member(self._place_of(waiting)).goes_on()

    def _place_of(self, waiting: Waiting) -> int:
        """Whose request it is."""
        return next(place for place, each in enumerate(self.stage.instances) if each.name == waiting.client)

    # The classic protocol.

    @property
    def generation_now(self) -> int:
        """The generation of a classic group."""
        group = self.stage.group()
        return group.generation if isinstance(group, ClassicGroup) else 0

    def has_begun(self) -> bool:
        """Whether a generation has begun that members were not told of."""
        group = self.stage.group()
        is_assigning = isinstance(group, ClassicGroup) and group.state == "CompletingRebalance"
        return is_assigning and self.generation_now != self.generation

    def join(self, index: int) -> None:
        """A consumer polls until the coordinator has its JoinGroup, with whatever it is answered before that."""
        self.poll_until(self.member(index), lambda: self._has_joined(index), "its JoinGroup")

    def _has_joined(self, index: int) -> bool:
        syncing = self.at_the_door(index, SyncGroupRequest)
        if syncing is not None:
            self.serve(syncing)
            self.hear(syncing)
        asked = self.at_the_door(index, JoinGroupRequest)
        if asked is None:
            return False
        if self._outsider is None and is_to_wait(self.coming):
            self._outsider = outsider(asked)
        self.serve(asked)
        if not asked.is_answered or is_joined(asked):
            return True
        self.hear(asked)
        return False


def is_joined(asked: Waiting) -> bool:
    """Whether a JoinGroup is answered with a generation."""
    assert asked.answer is not None
    response = asked.answer.result()
    return isinstance(response, JoinGroupResponse) and response.generation_id >= 0
