"""The refinement map where the group coordinator assigns (KIP-848): what its group and a member of that are."""

from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.model.consume.consumer import Consumer, Status
from ackproof.model.consume.coordinator import Coordinator
from ackproof.model.consume.log import Memory
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer as Client
from ackproof.reference.consumer.view import ConsumerView
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import STATIC_LEAVING_EPOCH, ConsumerMember, Partitions
from ackproof.reference.refinement.consume.kept_map import kept_of
from ackproof.reference.refinement.consume.map import ConsumeMap
from ackproof.reference.refinement.consume.records import ADDED, PLACE
from ackproof.reference.refinement.consume.stage import ConsumeStage


class ModernMap(ConsumeMap):
    """
    Maps the states of one run with the consumer protocol.

    Heartbeats take no time, so that a member has heard of what it is given. That it is given the partition counts from
    then on, be it that it takes it over in a later poll; that it gives it up counts once it has said so.
    """

    def __init__(self, stage: ConsumeStage, memory: Memory) -> None:
        super().__init__(stage, memory)
        # There is no initial delay: who comes second is a joining member.
        self.consumers = tuple(
            Consumer("out") if consumer.status == "stopped" else consumer for consumer in self.consumers
        )
        self._known_before: frozenset[int] = frozenset()

    def look_at_group(self) -> None:
        """What the group is now, if a coordinator has it."""
        group = self.stage.consumer_group()
        self._known_before = self.known.members
        if group is not None:
            self.known = self.modern(group)
        elif self.stage.shard() is not None:
            self.known = self.none_known()
        self.group = kept_of(self.stage, self.group)

    def modern(self, group: ConsumerGroup) -> Coordinator:
        """A group, as the coordinator knows it."""
        numbers = {member.member_id: self.stage.number_of(member.client_id) for member in group.members.values()}
        if not numbers:
            return Coordinator()
        owners = [number for member_id, number in numbers.items() if has_it(group.target(member_id))]
        holders = [
            numbers[member.member_id]
            for member in group.members.values()
            if has_it(frozenset(member.assigned) | frozenset(member.pending_revocation))
        ]
        released = [member for member in group.members.values() if member.epoch == STATIC_LEAVING_EPOCH]
        behind = (
            member
            for member in group.members.values()
            if member.epoch < group.assignment_epoch and member not in released
        )
        return Coordinator(
            "preparing" if group.epoch > group.assignment_epoch else "stable",
            frozenset(numbers.values()),
            owner=owners[0] if owners else None,
            holder=holders[0] if holders else None,
            behind=frozenset(numbers[member.member_id] for member in behind),
            ahead=frozenset(numbers[member.member_id] for member in group.members.values() if self.is_ahead(member)),
            released=frozenset(numbers[member.member_id] for member in released),
        )

    def is_ahead(self, member: ConsumerMember) -> bool:
        """Whether a commit of a member is on its way with an older epoch, which its coordinator is to refuse."""
        if not self.stage.setting.rules.rebalancing.refuses_older_epochs:
            return False
        bodies = (parcel.letter.request.body for parcel in self.stage.network.parcels if parcel.is_under_way)
        commits = (body for body in bodies if isinstance(body, OffsetCommitRequest))
        mine = (body.generation_id_or_member_epoch for body in commits if body.member_id == member.member_id)
        return any(0 <= epoch < member.epoch for epoch in mine)

    def status(self, client: Client, view: ConsumerView, before: Consumer) -> tuple[Status, bool]:
        """What a consumer that runs is to its group."""
        number = self.number_of(client)
        is_in = number in self.known.members
        if not is_in:
            is_in_vain = bool(view.positions) or view.member.epoch > 0
            return (before.status, False) if is_in_vain or before.status in ("out", "absent") else ("out", False)
        if number in self.known.released and before.status in ("member", "owner", "silent"):
            return "silent", False
        if self.known.holder == number:
            return "owner", False
        was_in = before.status in ("member", "owner") and number in self._known_before
        is_told = self.known.state == "stable" and number not in self.known.behind
        return ("member" if was_in or is_told else "joining"), False

    def assigns_added(self) -> bool:
        """Whether the group has assigned what was added."""
        group = self.stage.consumer_group()
        return group is not None and any(has_it(group.target(each), ADDED) for each in group.members)

    def generation(self, number: int, before: Consumer) -> int:
        """There are none."""
        del number
        return before.generation


def has_it(partitions: Partitions, place: TopicPartition = PLACE) -> bool:
    """Whether a partition is among them."""
    return any(number == place[1] for _, number in partitions)
