"""The refinement map of classic groups: what a state of the stage is in the fine-grained model."""

from collections.abc import Collection, Sequence
from itertools import product
from typing import Literal, cast

import attrs

from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim, Partitions
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.joining import is_remembered, lost
from ackproof.model.groups.member import Member, Registration, Status, forgetful
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.consumer.consumer import Consumer as Client
from ackproof.reference.groups.classic.group import ClassicGroup as Group
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.classic_states import STATES
from ackproof.reference.refinement.groups.application import PollingApplication, has_learned
from ackproof.reference.refinement.groups.registered import is_assigned, numbers, registration_of
from ackproof.reference.refinement.groups.stage import GroupStage, StagedApplication

Outside = Literal["absent", "out"]

REBALANCING = ("preparing rebalance", "completing rebalance")


class ClassicMap:
    """
    Maps the states of one run.

    What the model does at once and the reference has begun, it has not done: a member that has given up what it owned
    and whose JoinGroup has not arrived is what it was before. A group without members is empty, though it may wait for
    one that has its member id and has not joined with it. A process that stands still has what has arrived at it: that
    is what it looks at first as it goes on. Or it hears first that it was put out, and never had that.
    """

    def __init__(self, stage: GroupStage, group: ClassicGroup, *, hears_assignments: bool = True) -> None:
        """
        The map at the beginning.

        Args:
            stage: What it looks at.
            group: What the model begins with.
            hears_assignments: Who stands still looks at its assignment first.
        """
        self._stage = stage
        self._hears_assignments = hears_assignments
        self._before = group
        self._told: dict[PollingApplication, Member] = {}
        self._places: dict[PollingApplication, int] = {}
        self._undecided: set[int] = set()

    def states(self) -> Sequence[ClassicGroup]:
        """
        What the group is, last with what is sure of it.

        Whose SyncGroup a former coordinator does not answer joins again as it finds that out, with what it owns, or has
        heard before that its generation is gone.
        """
        self._undecided.clear()
        present = self.state()
        ways = [
            (attrs.evolve(member, status="joining"), member) if number in self._undecided else (member,)
            for number, member in enumerate(present.members)
        ]
        return [attrs.evolve(present, members=members) for members in product(*ways)]

    def state(self) -> ClassicGroup:
        """The group, its coordinator and its consumers; while no coordinator has loaded it, what it was."""
        group = self._stage.group()
        known = {self._stage.place_of(each): each for each in self._stage.members()}
        present = group if isinstance(group, Group) else None
        members = self._members_before()
        for number in self._stage.by_end():
            members[number] = self._member(number, members, present, cast("ClassicMember | None", known.get(number)))
        self._before = ClassicGroup(
            tuple(members),
            self._stage.partitions,
            "empty" if present is None or not present.members else STATES[present.state],
            0 if present is None else present.generation,
            0 if present is None else present.generation - int(not is_assigned(present)),
            awaits_former=present is not None and not present.pending_sync_members <= set(present.members),
        )
        return self._before

    def _members_before(self) -> list[Member]:
        """What everybody was, also who has come to another place since, as it joins beside who it was."""
        members = list(self._before.members)
        for number, application in enumerate(self._stage.applications):
            former = self._places.get(application, number)
            if former != number and application.is_up and is_remembered(self._rules):
                members[number] = self._forgetting(self._before.members[former])
            self._places[application] = number
        return members

    def _member(
        self, number: int, members: Sequence[Member], group: Group | None, known: ClassicMember | None
    ) -> Member:
        before, application = members[number], self._stage.applications[number]
        registration = None if group is None or known is None else registration_of(group, known, self._rules)
        client = application.client
        if client is None or (application.is_closing and (registration is None or application.leaves_as_it_joins)):
            status: Status = status_of_nobody(application, members, number, is_static=self._rules.is_static)
            return Member(status, registration=registration)
        if application.is_closing:
            return attrs.evolve(before, registration=registration)
        if known is None and self._stage.is_fenced(application):
            # Another process has its instance id, and it goes on until it hears so.
            return attrs.evolve(before, registration=None)
        if before.status in ("out", "joining", "syncing") and is_stranger(application, known):
            # Its coordinator knows the member that it was before.
            return attrs.evolve(before, status="out", generation=0, registration=registration)
        if before.runs and registration is not None and has_forgotten(client):
            # Its group does not know, and it does not poll.
            kept = self._forgetting(before) if self._rules.is_static else before
            if before.registration is None and is_to_lose(before, self._rules):
                # It did, and another coordinator does not.
                kept = attrs.evolve(forgetful(lost(before, self._rules)), owned=before.owned)
            return attrs.evolve(kept, registration=registration)
        return self._running(application, client, group, known, before)

    def _running(
        self,
        application: StagedApplication,
        client: Client,
        group: Group | None,
        known: ClassicMember | None,
        before: Member,
    ) -> Member:
        """What an instance is that goes on: in the generation that it has forgotten, if it keeps what it owns."""
        registration = None if group is None or known is None else registration_of(group, known, self._rules)
        view = client.view().member
        has_asked = application.process in self._stage.network.have_joined
        status, is_certain = status_of(
            client, group, known, before, former_ids=application.former_ids, has_asked=has_asked
        )
        if application.process in self._stage.network.wait_in_vain and view.state in REBALANCING:
            # It is to join again, and does once it polls.
            status, is_certain = "joining", True
        elif application.process in self._stage.network.hear_late and view.state == "unjoined" and known is not None:
            # It does not take the answer to its JoinGroup, and gives up all before it reads on.
            return self._late(client, before, registration)
        elif known is not None and application.process in self._stage.network.lose_assignments and status == "syncing":
            self._undecided.add(self._stage.number(application))
        told = self._told_meanwhile(application, client, registration)
        if told is not None or not is_certain:
            return attrs.evolve(told or before, registration=registration)
        remembered = self._remembered(client.group_metadata.generation)
        has_to_hear = group is not None and status == "syncing" and view.state == "preparing rebalance"
        goes_on = view.epoch < 0 and before.registration is not None and bool(owned_by(client))
        generation = before.generation if goes_on else max(view.epoch, 0)
        generation = group.generation if group is not None and has_to_hear else generation
        return Member(status, owned_by(client), remembered, generation=generation, registration=registration)

    def _late(self, client: Client, before: Member, registration: Registration | None) -> Member:
        """What an instance is that has heard of its loss as its JoinGroup was on its way."""
        keeps = self._rules.keeps_owned_without_membership and not self._rules.gives_up_as_it_syncs
        return attrs.evolve(
            before, status="joining", owned=owned_by(client) if keeps else NONE, registration=registration
        )

    def _told_meanwhile(
        self, application: PollingApplication, client: Client, registration: Registration | None
    ) -> Member | None:
        """What a process is that has its assignment as soon as it goes on, until it has looked at it."""
        process, view = application.process, client.view().member
        assert process is not None
        waits = view.state in ("completing rebalance", "stable") and not has_learned(client)
        has_arrived = process in self._stage.network.are_told or (process.is_paused and view.state == "stable")
        if not waits:
            self._told.pop(application, None)
        elif self._hears_assignments and has_arrived and application not in self._told and registration is not None:
            remembered = self._remembered(view.epoch)
            self._told[application] = Member("member", registration.assigned, remembered, generation=view.epoch)
        return self._told.get(application)

    @property
    def _rules(self) -> ClassicRules:
        rules = self._stage.setting.rules
        assert isinstance(rules, ClassicRules)
        return rules

    def _forgetting(self, before: Member) -> Member:
        """A member that has forgotten who it is; one that rejoins already may keep what it owned."""
        keeps_owned = self._rules.keeps_owned_without_membership and not self._rules.gives_up_as_it_syncs
        keeps = keeps_owned and before.status == "syncing"
        return attrs.evolve(before, status="out", generation=0) if keeps else Member("out")

    def _remembered(self, generation: int) -> Claim:
        """Of which generation an assignment is, if a member tells that as it joins: it says what is in it then."""
        return Claim(generation=max(generation, 0)) if self._rules.assignor.is_sticky else NO_CLAIM


def is_to_lose(before: Member, rules: ClassicRules) -> bool:
    """Whether a member that has left is to lose what it owned as it polls."""
    return bool(before.owned) and not (rules.is_static or rules.keeps_owned_without_membership)


def has_forgotten(client: Client) -> bool:
    """Whether a consumer does not know who it was."""
    view = client.view().member
    return view.state == "unjoined" and not view.member_id


def is_stranger(application: StagedApplication, known: ClassicMember | None) -> bool:
    """
    Whether a process has joined, and its coordinator knows who it was before that alone.

    A static one that has not heard its new id takes the place of its former self if that is known.
    """
    if known is None or application.client is None:
        return False
    view = application.client.view().member
    if view.member_id or known.instance_id is None:
        return known.member_id != (view.member_id or application.former_id)
    return view.state in REBALANCING and known.member_id in application.former_ids and not known.awaits_join


def status_of_nobody(
    application: PollingApplication, members: Sequence[Member | Consumer], number: int, *, is_static: bool
) -> Outside:
    """What an instance is without a process: all but who has left start again, and so does the last one that has."""
    before = members[number].status
    if application.ending == "fenced" and not application.is_up:
        return "absent"
    if before in ("absent", "out") or (application.ending is None and not application.is_closing):
        return "absent" if before == "absent" else "out"
    others = (member.status != "absent" for place, member in enumerate(members) if place != number)
    has_left = not is_static and (application.is_closing or application.ending == "leave")
    return "absent" if has_left and any(others) else "out"


def status_of(
    client: Client,
    group: Group | None,
    known: ClassicMember | None,
    before: Member,
    *,
    former_ids: Collection[str],
    has_asked: bool,
) -> tuple[Status, bool]:
    """
    What a consumer that runs is to its group, and whether that is not just what it was before.

    A static member hears its new id only as its JoinGroup is answered.

    Args:
        former_ids: The member ids that it has had.
        has_asked: Its JoinGroup has arrived at its coordinator.
    """
    view = client.view().member
    has_returned = known is not None and bool(known.instance_id) and known.member_id not in former_ids
    is_known = known is not None and (known.member_id == view.member_id or (has_returned and not view.member_id))
    match view.state:
        case "stable" if has_learned(client):
            return "member", True
        case "stable" | "completing rebalance":
            return "syncing", True
        case "preparing rebalance" if known is not None and group is not None and is_known:
            if known.awaits_join:
                return "joining", True
            if has_asked and group.state in ("CompletingRebalance", "Stable") and group.generation > view.epoch:
                return "syncing", True
        case _:
            pass
    if known is None and before.status != "absent" and not view.member_id and not owned_by(client):
        return "out", True
    return before.status, False


def owned_by(client: Client) -> Partitions:
    """What a consumer fetches from."""
    return numbers(client.view().positions)
