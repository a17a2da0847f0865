"""The refinement map of groups of the consumer protocol (KIP-848)."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import product
from typing import cast

import attrs

from ackproof.model.groups.claims import Partitions
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, Status
from ackproof.model.groups.epochs import Assigned
from ackproof.reference.consumer.consumer import Consumer as Client
from ackproof.reference.groups.modern.group import ConsumerGroup as Group
from ackproof.reference.groups.modern.member import ConsumerMember, Partition
from ackproof.reference.refinement.groups.classic_map import owned_by, status_of_nobody
from ackproof.reference.refinement.groups.cluster import number_of
from ackproof.reference.refinement.groups.stage import WILL_BE_BACK, GroupStage
from ackproof.reference.refinement.groups.tracking import Look

FIRST_EPOCH = 1
"""Of a group before anybody has joined it: the model counts from 0."""

IS_NO_MEMBER = ("fenced", "joining", "fatal")
"""States of who has heard that its group does not take it for a member, be it that it knows its id."""


class ConsumerMap:
    """
    Maps the states of one run; while no coordinator has loaded the group it is what it was.

    Whose coordinator has moved sends its next heartbeat to the former one and falls silent, or hears of that before; so
    does who is about to join.
    """

    def __init__(self, stage: GroupStage, group: ConsumerGroup) -> None:
        self._stage = stage
        self._before = group

    def states(self) -> Sequence[ConsumerGroup]:
        """What the group is, last with what is sure of it."""
        present = self.state()
        ways = [
            (attrs.evolve(member, status="silent"), member) if self._may_be_silent(number, member) else (member,)
            for number, member in enumerate(present.members)
        ]
        return [attrs.evolve(present, members=members) for members in product(*ways)]

    def _may_be_silent(self, number: int, member: Consumer) -> bool:
        return member.status in ("member", "out") and self._stage.is_silent(self._stage.applications[number])

    def state(self) -> ConsumerGroup:
        """The group, its coordinator and its consumers."""
        group = self._stage.group()
        present = group if isinstance(group, Group) else Group("")
        known = {number_of(member.client_id): member for member in present.members.values()}
        members = list(self._before.members)
        for number in self._stage.by_end():
            members[number] = self._member(number, members, present, known.get(number))
        self._before = ConsumerGroup(
            tuple(members),
            self._stage.partitions,
            present.epoch - FIRST_EPOCH,
            present.assignment_epoch - FIRST_EPOCH,
            held=numbers(present.partition_epochs),
        )
        return self._before

    def _member(self, number: int, members: Sequence[Consumer], group: Group, known: ConsumerMember | None) -> Consumer:
        registration = None if known is None else assigned(group, known)
        before, application = members[number], self._stage.applications[number]
        client = application.client
        if client is None or (application.is_closing and registration is None):
            is_static = self._stage.setting.rules.is_static
            gone: Status = status_of_nobody(application, members, number, is_static=is_static)
            return Consumer(gone, registration=registration)
        outside: Status = "absent" if before.status == "absent" else "out"
        if registration is not None and (registration.has_stopped or application.has_given_up):
            # What it still has it does not read any more.
            return Consumer(outside, registration=registration)
        epoch = max(client.view().member.epoch - FIRST_EPOCH, 0)
        is_in = known is not None and known.member_id == client.view().member.member_id
        is_none = is_in and client.view().member.state in IS_NO_MEMBER
        status: Status = "member" if (is_in and not is_none) or has_not_heard(client, before) else outside
        if self._stage.has_fallen_silent(application):
            status, epoch = "silent", before.epoch
        return Consumer(status, epoch if is_in and not is_none else 0, owned_by(client), registration=registration)


def has_not_heard(client: Client, before: Consumer) -> bool:
    """Whether a consumer that its group does not know goes on as if it did."""
    return before.status == "member" and (client.view().member.epoch > 0 or bool(owned_by(client)))


def assigned(group: Group, member: ConsumerMember) -> Assigned:
    """What a coordinator knows of a member."""
    return Assigned(
        max(member.epoch - FIRST_EPOCH, 0),
        owned=numbers(member.assigned),
        revoking=numbers(member.pending_revocation),
        target=numbers(dict.fromkeys(group.target(member.member_id), 0)),
        has_stopped=member.epoch == WILL_BE_BACK,
    )


def numbers(partitions: Mapping[Partition, int]) -> Partitions:
    """Partitions of the one topic."""
    return frozenset(number for _, number in partitions)


def look_of(value: Hashable) -> Look:
    """What can be seen of a group."""
    group = cast("ConsumerGroup", value)
    seen: list[Hashable] = [group.partitions, group.epoch, group.target_epoch, group.held]
    for member in group.members:
        known = member.registration
        seen += [member.status, member.owned, member.epoch if known else None]
        if known is None:
            seen += [None] * 5
        else:
            epoch = None if known.has_stopped else known.epoch
            seen += [epoch, known.owned, known.revoking, known.target, known.has_stopped]
    return tuple(seen)
