"""What has come of a trace of a group: who reads what, and what the coordinator has told them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import attrs

from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.classic import ClassicGroup, has_assigned, is_current
from ackproof.model.groups.consumer import Consumer, is_fenced
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.member import Member
from ackproof.model.groups.naming import told
from ackproof.reference.groups.classic.group import ClassicGroup as Coordinated
from ackproof.reference.refinement.directing.groups.shift import Group, members_in
from ackproof.reference.refinement.directing.groups.stage import MemberStage


@attrs.frozen
class Instance:
    """
    An instance at the end.

    Attributes:
        owned: The partitions that it reads.
        epoch: The generation or epoch of its group, as it knows it; None if it is in none.
        is_current: The coordinator takes what it asks for as that of a member.
        assigned: What the coordinator takes to be its own; None if it does not know it, or nothing is assigned yet.
        is_waited_for: The coordinator waits for it to say that it has given something up.
    """

    name: str
    owned: Partitions
    epoch: int | None
    is_current: bool
    assigned: Partitions | None
    is_waited_for: bool = False


@attrs.frozen
class Grouped:
    """
    What has come of a trace.

    Attributes:
        steps: How many were taken.
        instances: Those that run.
        number: The generation or epoch of the group.
        is_classic: It is a generation.
        partitions: How many the topic has.
        refusals: Why polls have failed, by the names of instances.
        unnoticed: A partition that was added in the end and that nobody has got; None if none was, or somebody has.
    """

    steps: int
    instances: tuple[Instance, ...]
    number: int
    is_classic: bool
    partitions: int
    refusals: tuple[tuple[str, str], ...] = ()
    unnoticed: int | None = None

    @property
    def numbered(self) -> str:
        """What the number counts."""
        return "generation" if self.is_classic else "epoch"

    def findings(self, claim: str) -> tuple[str, ...]:
        """
        How this breaks a basic *claim*, or a statement about groups, in sentences; none if it does not.

        Raises:
            ValueError: Groups decide nothing about it.
        """
        match claim:
            case "no-duplicates" | "each_partition_has_one_owner":
                return tuple(self._read_twice())
            case "each_partition_is_assigned_once":
                return tuple(self._assigned_twice())
            case "every_partition_is_owned_at_last":
                return tuple(self._left_alone())
            case "no_leader_refuses_an_assignment":
                return tuple(f"{name} can not assign anything: {why}" for name, why in self.refusals)
            case "a_leader_watches_the_number_of_partitions":
                left = () if self.unnoticed is None else (self.unnoticed,)
                return tuple(
                    f"partition {each} is added, and nobody notices: it is assigned to nobody" for each in left
                )
            case _:
                raise ValueError(f"a group decides nothing about {claim}")

    def _read_twice(self) -> Iterator[str]:
        current = [each for each in self.instances if each.is_current]
        for first, second in combinations(current, 2):
            for partition in sorted(first.owned & second.owned):
                yield f"partition {partition} is read by {self.described(first)} and by {self.described(second)}"

    def described(self, instance: Instance) -> str:
        """An instance, and what it was told."""
        said = "" if instance.assigned is None else f", assigned {told(instance.assigned)}"
        return f"{instance.name} ({self.numbered} {instance.epoch}{said})"

    def lines(self) -> Iterator[str]:
        """Who reads what, and what the coordinator says."""
        yield f"the group is at {self.here}, the topic has {self.partitions} partition{'s'[: self.partitions != 1]}"
        for each in self.instances:
            if each.is_current:
                said = "nothing is assigned yet" if each.assigned is None else f"assigned is {told(each.assigned)}"
                said = f"at {self.numbered} {each.epoch}, {said}"
            else:
                said = "not a member, as the coordinator sees it"
            yield f"{each.name} reads {told(each.owned)}: {said}"

    def _assigned_twice(self) -> Iterator[str]:
        known = [each for each in self.instances if each.assigned is not None]
        for first, second in combinations(known, 2):
            for partition in sorted((first.assigned or NONE) & (second.assigned or NONE)):
                yield f"partition {partition} is assigned to {first.name} and to {second.name} in {self.here}"

    @property
    def here(self) -> str:
        """The generation or epoch of the group."""
        return f"{self.numbered} {self.number}"

    def _left_alone(self) -> Iterator[str]:
        owned = NONE.union(*(each.owned for each in self.instances if each.is_current))
        for partition in range(self.partitions):
            if partition not in owned:
                reading = [each.name for each in self.instances if partition in each.owned]
                strangers = f", but for {' and '.join(reading)}, which the group does not know" if reading else ""
                yield f"partition {partition} is read by nobody{strangers}, and so it stays{self._put_out}"

    @property
    def _put_out(self) -> str:
        """Until when: a coordinator waits no longer than that (``scheduleConsumerGroupRebalanceTimeout``)."""
        waited_for = [each.name for each in self.instances if each.is_waited_for]
        if not waited_for:
            return ""
        return f" until the coordinator puts out {' and '.join(waited_for)}, after max.poll.interval.ms"


def instances_of(stage: MemberStage, state: Group) -> Iterator[Instance]:
    """The instances that run, of a stage that is in the model what *state* says."""
    for application, member in zip(stage.instances, members_in(state), strict=True):
        if application.client is not None:
            epoch = application.client.view().member.epoch
            assigned = assigned_to(state, member)
            is_in = is_member(state, member)
            is_awaited = isinstance(member, Consumer) and bool(member.registration and member.registration.revoking)
            heard = epoch if epoch >= 0 else None
            yield Instance(application.name, member.owned, heard, is_in, assigned, is_waited_for=is_awaited)


def is_member(state: Group, member: Member | Consumer) -> bool:
    """Whether the coordinator takes what a consumer asks for as that of a member."""
    if isinstance(member, Consumer):
        return member.registration is not None and not is_fenced(member)
    assert isinstance(state, ClassicGroup)
    return is_current(state, member)


def assigned_to(state: Group, member: Member | Consumer) -> Partitions | None:
    """What the coordinator takes to be a consumer's own."""
    if member.registration is None:
        return None
    if isinstance(member.registration, Assigned):
        return member.registration.holds
    assert isinstance(state, ClassicGroup)
    return member.registration.assigned if has_assigned(state) else None


def number_of(stage: MemberStage) -> int:
    """The generation or epoch of a group."""
    group = stage.group()
    if group is None:
        return 0
    return group.generation if isinstance(group, Coordinated) else group.epoch


def refusals_of(stage: MemberStage) -> Sequence[tuple[str, str]]:
    """Why polls have failed."""
    return [(each.name, each.refusal) for each in stage.instances if each.refusal is not None]
