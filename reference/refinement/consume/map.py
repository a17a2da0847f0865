"""The refinement map of the consume half: what a state of the stage is in the fine-grained model."""

from collections.abc import Collection, Hashable

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    replaced,
    with_status,
)
from ackproof.model.consume.coordinator import Coordinator
from ackproof.model.consume.failing import status_after_leaving
from ackproof.model.consume.log import Group, History, Memory, noted
from ackproof.model.consume.rules import commits_prefix
from ackproof.reference.consumer.assignors.subscribing import decode_assignment
from ackproof.reference.consumer.consumer import Consumer as Client
from ackproof.reference.consumer.view import ConsumerView
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.consume.apart_map import has_missed, lingering
from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.classic_map import assigns, coordinator_of
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.commit_map import (
    answer,
    has_none,
    in_flight,
    is_in_generation,
    status_once_refused,
)
from ackproof.reference.refinement.consume.held_map import held_of, in_hand_of, stored_by
from ackproof.reference.refinement.consume.kept_log import has_group
from ackproof.reference.refinement.consume.kept_map import kept_of, log_of
from ackproof.reference.refinement.consume.listening import is_told
from ackproof.reference.refinement.consume.parcel import Parcel
from ackproof.reference.refinement.consume.records import ADDED, PLACE
from ackproof.reference.refinement.consume.stage import ConsumeStage
from ackproof.reference.refinement.consume.work import Work
from ackproof.reference.simulator.process import Process


class ConsumeMap:
    """
    Maps the states of one run.

    What the model remembers and the reference does not, it remembers here: what a consumer was before it began what is
    not done yet, as the model knows no half of that, and what a group was that nobody has loaded.
    """

    def __init__(self, stage: ConsumeStage, memory: Memory) -> None:
        self.stage = stage
        self._memory = memory
        rules = stage.setting.rules
        expected = (Consumer("stopped"),) * rules.instances
        others = (Consumer("absent"),) * (len(stage.applications) - rules.instances)
        self.consumers: Consumers = expected + others
        self.group = Group()
        self.known = Coordinator()
        self._history = History((0,) * stage.setting.records)
        self._noted = 0
        self._left_over: set[Work] = set()
        self._is_assigned = self._is_prepared = False

    def state(self, names: Collection[str]) -> dict[str, Hashable]:
        """The components of the model, of which only some have all of these *names*."""
        self.look_at_group()
        self._is_assigned = self._is_assigned or (self.stage.is_key_moved and self.assigns_added())
        for number, application in enumerate(self.stage.applications):
            self.consumers = replaced(self.consumers, number, self.consumer(number, application))
        mapped: dict[str, Hashable] = {
            "log": log_of(self.stage, is_assigned=self._is_assigned),
            "group": self.group,
            "consumers": self.consumers,
            "history": self.history(),
            "coordinator": self.known,
            "offsets_in_sync": len(self.stage.image(OFFSETS_TOPIC).in_sync_replicas),
        }
        return {name: component for name, component in mapped.items() if name in names}

    def assigns_added(self) -> bool:
        """Whether the group has assigned what was added."""
        group = self.stage.classic_group()
        return group is not None and assigns(group, ADDED)

    def history(self) -> History:
        """What the sink has seen."""
        for record in self.stage.sink[self._noted :]:
            self._history = noted(self._history, record, self._memory)
        self._noted = len(self.stage.sink)
        return self._history

    # The group.

    def look_at_group(self) -> None:
        """What the group is now, if a coordinator has it."""
        group = self.stage.classic_group()
        if group is not None:
            silent = with_status(self.consumers, "silent")
            self.known = coordinator_of(group, self.stage.number_of, silent)
            self._is_prepared = group.state == "Stable" and (self._is_prepared or bool(self.holding_join))
            if self._is_prepared:
                # Its leader has begun to join, be it that this takes time.
                self.known = Coordinator("preparing", self.known.members)
        elif self.stage.shard() is not None:
            self.known = self.none_known()
        kept = kept_of(self.stage, self.group)
        self.group = kept if group is None else attrs.evolve(kept, generation=group.generation)

    def none_known(self) -> Coordinator:
        """A group that is not there: it is lost if somebody was in it and its log has nothing of that."""
        return Coordinator(is_lost=self.known.is_lost or (bool(self.known.members) and not has_group(self.stage)))

    # Consumers.

    def consumer(self, number: int, application: ReadingApplication) -> Consumer:
        """One instance."""
        before = self.consumers[number]
        client, process = application.client, application.process
        if client is None or process is None:
            return self.gone(number, application, before)
        view = client.view()
        if application.is_closing and view.member.epoch < 0:
            return self.closing(number, process, before, is_wanted=not application.is_leaving)
        commits = self.stage.network.commits_of(process)
        apart = self.apart(client, view, before, commits)
        status, is_rejoining = (apart, False) if apart else self.status(client, view, before)
        vain = self.asks_in_vain(before, status)
        if application.is_refused and not vain:
            is_known, has_it = number in self.known.members, PLACE in view.positions
            status = status_once_refused(self.stage.setting.rules, before, status, is_known=is_known, has_it=has_it)
        if before.status == "silent" and status not in ("silent", "lingering"):
            before = self.returned(application, before)
        if status not in ("joining", "member", "owner", "silent", "lingering"):
            out = before if status == before.status else Consumer(status)
            left_over = tuple(sorted(work.held for work in application.work))
            self._left_over.update(application.work)
            return attrs.evolve(out, left_over=left_over, generation=self.generation(number, before))
        has_it = status in ("owner", "silent", "lingering")
        in_hand = in_hand_of(application, view, self._left_over) if has_it else []
        is_kept = has_it and PLACE not in view.positions
        self._left_over.update(work for work in application.work if work not in in_hand)
        return Consumer(
            status,
            position=self.position(view, before) if has_it else None,
            batch=before.batch if is_kept else application.batch + held_of(view.collected),
            in_hand=tuple(work.held for work in in_hand),
            left_over=tuple(sorted(work.held for work in application.work if work not in in_hand)),
            stored=view.stored.get(PLACE, stored_by(self.stage.setting.rules, before, in_hand) if is_kept else None),
            to_commit=None if vain else application.to_commit,
            answer=None if vain else answer(self.stage, application, commits, is_rejoining=is_rejoining),
            in_flight=() if self.stage.setting.rules.commit == "sync" else in_flight(self.stage, number, commits, vain),
            generation=self.generation(number, before),
            is_rejoining=is_rejoining,
        )

    def asks_in_vain(self, before: Consumer, status: Status) -> bool:
        """Whether its client refuses by itself what it is asked between polls, as its heartbeats have stopped."""
        is_asked_between = commits_prefix(self.stage.setting.rules) and before.to_commit is None
        return before.status == "silent" == status and is_asked_between

    def closing(self, number: int, process: Process, before: Consumer, *, is_wanted: bool) -> Consumer:
        """One that is out of the group as it closes: it has left once nothing of it is on its way."""
        under_way = in_flight(self.stage, number, self.stage.network.commits_of(process))
        if before.status in ("out", "absent"):
            return before
        if under_way:
            return attrs.evolve(before, in_hand=(), left_over=(), in_flight=under_way)
        return Consumer("out" if is_wanted else status_after_leaving(self.consumers, number))

    def returned(self, application: ReadingApplication, before: Consumer) -> Consumer:
        """What a static member was that has been silent, and is no more: what it holds is of an earlier assignment."""
        self._left_over.update(work for work in application.work if work.assignment < application.assignment)
        return attrs.evolve(before, position=None, stored=None)

    def position(self, view: ConsumerView, before: Consumer) -> int | None:
        """Where an owner reads on; where it did, while what it has given up is its own in the model."""
        return view.positions.get(PLACE, before.position)

    def gone(self, number: int, application: ReadingApplication, before: Consumer) -> Consumer:
        """An instance whose process has not started, or has ended."""
        if application.last_process is None or (before.status == "stopped"):
            return before
        under_way = in_flight(self.stage, number, self.stage.network.commits_of(application.last_process))
        generation = self.generation(number, before)
        if before.status in ("out", "absent"):
            return attrs.evolve(before, in_flight=under_way, generation=generation)
        if application.ending == "stop with all":
            return Consumer("stopped")
        status = "out" if application.ending == "crash" else status_after_leaving(self.consumers, number)
        left = Consumer(status)
        return left if application.is_closing else attrs.evolve(left, in_flight=under_way, generation=generation)

    def learned(self, view: ConsumerView) -> Status:
        """What a member that has joined is once it has been told, be it that it has not heard that."""
        assignment = self.stage.network.assignment_of(view.member.member_id, view.member.epoch)
        if assignment is None or view.member.state == "preparing rebalance":
            return "joining"
        return "owner" if assignment and PLACE in decode_assignment(assignment) else "member"

    def status(self, client: Client, view: ConsumerView, before: Consumer) -> tuple[Status, bool]:
        """What a consumer that runs is to its group, and whether it rejoins with the partition."""
        is_assigned, is_in_group = PLACE in view.positions, view.member.epoch >= 0
        keeps_reading = self.stage.setting.rules.rebalancing.keeps_reading
        if view.member.state == "stable" and is_told(client, view.member):
            if is_assigned:
                return "owner", before.is_rejoining and not self.may_learn(client)
            # What is to move is given up as the member rejoins.
            return (
                (before.status, before.is_rejoining)
                if keeps_reading and before.status == "owner"
                else ("member", False)
            )
        if self.has_joined(client, view):
            return self.status_of_joined(client, view, before)
        if not is_in_group and self.is_silent(client, before):
            return "silent", False
        if before.status in ("owner", "silent") and not is_assigned and not is_in_group:
            return "out", False
        return before.status, before.is_rejoining

    def status_of_joined(self, client: Client, view: ConsumerView, before: Consumer) -> tuple[Status, bool]:
        """What a member is that has joined and has not taken in the outcome of that."""
        learned = self.learned(view)
        if self.is_stable and learned == "joining":
            if before.status in ("out", "silent"):
                return before.status, False
            knows_generation = self.stage.setting.rules.rebalancing.survives_late_commits
            if before.status in ("member", "owner") and knows_generation and not before.generation:
                # It was fenced, and goes on with another client.
                return "silent", False
        is_kept = self.stage.setting.rules.rebalancing.keeps_reading and PLACE in view.positions
        has_learned = learned == "owner" and (not before.is_rejoining or self.may_learn(client))
        return ("owner", not has_learned) if is_kept else (learned, False)

    def may_learn(self, client: Client) -> bool:
        """Whether a member that keeps what it has may hear so: it is in poll, and waits for no commit."""
        process = self.stage.applications[self.number_of(client)].process
        if process is None or self.stage.is_busy(process):
            return False
        return not in_flight(self.stage, self.number_of(client), self.stage.network.commits_of(process))

    def is_silent(self, client: Client, before: Consumer) -> bool:
        """Whether a consumer that has given up its membership is a static member that the group waits for."""
        may_be = self.stage.setting.rules.is_static and before.status in ("member", "owner", "silent")
        return may_be and self.number_of(client) in self.known.members

    def apart(self, client: Client, view: ConsumerView, before: Consumer, commits: list[Parcel]) -> Status | None:
        """What a consumer is that is not in its group as it takes it, whatever else is known of it."""
        group, rules = self.stage.classic_group(), self.stage.setting.rules
        known = None if group is None else self.member_of(group, client, view)
        if group is not None and has_missed(rules, view.member, group, known):
            return "silent"
        return lingering(rules, view.member, before, known, commits, has_it=PLACE in view.positions)

    def number_of(self, client: Client) -> int:
        """Its place among the instances."""
        return next(place for place, each in enumerate(self.stage.applications) if each.client is client)

    @property
    def is_stable(self) -> bool:
        """Whether the group has its assignment: a static member that is back is told of that as it joins."""
        return self.stage.setting.rules.is_static and self.known.state == "stable"

    @property
    def holding_join(self) -> frozenset[int]:
        """Members whose JoinGroup waits for the last commit."""
        holding = self.stage.network.holding_join
        return self.known.members & {n for n, each in enumerate(self.stage.applications) if each.process in holding}

    def has_joined(self, client: Client, view: ConsumerView) -> bool:
        """Whether a JoinGroup of a member has arrived, or is held up, that it has not taken in the outcome of."""
        group, state = self.stage.classic_group(), view.member.state
        is_on_its_way = PLACE not in view.positions and self.number_of(client) in self.holding_join
        if is_on_its_way or state in ("completing rebalance", "stable"):
            return True
        member = None if group is None else self.member_of(group, client, view)
        if group is None or member is None or state != "preparing rebalance":
            return False
        has_begun = group.state in ("CompletingRebalance", "Stable") and group.generation != view.member.epoch
        return member.awaits_join or has_begun

    def member_of(self, group: ClassicGroup, client: Client, view: ConsumerView) -> ClassicMember | None:
        """What its group knows it as; a static member is one before it has heard of that."""
        if not self.stage.setting.rules.is_static:
            return group.members.get(view.member.member_id)
        number = self.number_of(client)
        members = (each for each in group.members.values() if self.stage.number_of(each.client_id) == number)
        return next(members, None)

    def generation(self, number: int, before: Consumer) -> int:
        """That of its assignment; it changes as a generation begins, whoever knows that."""
        group = self.stage.classic_group()
        if group is None:
            return before.generation
        if not is_in_generation(self.stage, group, number):
            return before.generation
        return 0 if has_none(self.stage, self.stage.applications[number]) else self.group.generation
