"""A member of a group that polls, now and then for long not, and does nothing else."""

from random import Random
from typing import Literal

from kio.schema.errors import ErrorCode

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import FencedInstanceIdError
from ackproof.reference.consumer.modern.group import member_id_of
from ackproof.reference.consumer.rules import MemberRules
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.groups.java import slot_of
from ackproof.reference.kernel.future import sleep
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.refinement.groups.setting import TOPIC
from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.world import World

Ending = Literal["crash", "fenced", "leave", "refused"]
"""How a process has ended; refused: its group does not want it, whatever it says."""

LONGEST_POLL_MS = 40

LOOKS_MS = 20
"""How often somebody looks whether a process may go on or start again."""

PAUSES_MS = (10, 40, 40, 400)
"""How long the time between two polls is at most, which is now this and now that: short until it is a member."""


class PollingApplication(Application):
    """
    One instance.

    Attributes:
        client: Its consumer, while it runs.
        ending: How its last process has ended; None before the first.
        is_leaving, is_closing: It is to close its consumer and end; it does.
        has_refused: It leads its group, and its poll has raised an error instead of assigning.
        stands_still_until_ms: Until then it does not poll.
        former_id: The member id that it had last, which a static member takes the place of.
        former_ids: All that it has had, or that its group had when its process ended.
    """

    def __init__(
        self, world: World, rules: ConsumerRules, member_rules: MemberRules, settings: ConsumerSettings, name: str
    ) -> None:
        super().__init__(world, name, longest_pause_ms=0)
        self.settings = settings
        self._rules = rules
        self._member_rules = member_rules
        self._rng = world.own_rng()
        self.client: Consumer | None = None
        self.ending: Ending | None = None
        self.is_leaving = self.is_closing = self.has_refused = False
        self.stands_still_until_ms = 0
        self.former_id: str | None = None
        self.former_ids = set[str]()

    @property
    def is_through(self) -> bool:
        """Never: there may be more to read."""
        return False

    def may_leave(self) -> bool:
        """Whether its group is in a state in which the model has a member leave."""
        return True

    def may_poll(self) -> bool:
        """Whether it would not join beside who it was before."""
        return True

    def may_have_slot(self, slot: int) -> bool:
        """Whether its member id may be in this place of Java's smallest hash table."""
        return True

    def is_known_by(self, member_id: str | None) -> None:
        """Its group knows it by this id, or not at all."""
        self.former_id = member_id
        self.former_ids |= {member_id} if member_id else set[str]()

    def client_rng(self) -> Random:
        """What its next client does by chance; first of all, who it is to a group of the consumer protocol."""
        while True:
            rng = self.world.own_rng()
            state = rng.getstate()
            if self.may_have_slot(slot_of(member_id_of(rng))):
                rng.setstate(state)
                return rng

    def start(self) -> None:
        """Its process starts."""
        self.is_leaving = self.is_closing = False
        self.stands_still_until_ms = 0
        super().start()

    def crash(self) -> None:
        """Its process dies."""
        if self.is_up:
            self.ends("crash")

    def fails(self, consumer: Consumer) -> None:
        """
        Its poll has raised an error.

        It leads, and what it is to assign is not what members claim; or it is assigned nothing, not even an empty
        assignment, and dies of it (KAFKA-9801).
        """
        member = consumer.view().member
        if member.state == "stable" and self._member_rules.classic.forgets_replaced_members:
            self.crash()
        elif member.state == "completing rebalance":
            self.has_refused = True
        else:
            raise ValueError(f"an error as a member is {member}")

    def closes(self) -> None:
        """It is about to leave."""
        self.is_closing = True

    def ends(self, ending: Ending) -> None:
        """Its process is gone."""
        self.is_closing = False
        self.ending, self.client = ending, None
        super().crash()

    async def run(self, process: Process) -> None:
        """Poll until it is to leave."""
        node = self.world.network.node(process)
        rng = self.client_rng()
        consumer = Consumer(process, node, self.settings, self._rules, rng, member_rules=self._member_rules)
        self.client = consumer
        consumer.subscribe([TOPIC])
        while not (self.is_leaving and self.may_leave()):
            try:
                await consumer.poll(self._rng.randrange(LONGEST_POLL_MS))
            except FencedInstanceIdError:
                self.ends("fenced")
                return
            except ValueError:
                self.fails(consumer)
                return
            except KafkaError as error:
                if consumer.view().member.state == "fatal":
                    self.ends("refused")
                    return
                # Its group has put it out while it asked for its position: it polls on.
                if error.code != ErrorCode.unknown_member_id:
                    raise
            has_joined = consumer.view().member.epoch >= 0
            pause_ms = self._rng.randrange(self._rng.choice(PAUSES_MS) if has_joined else PAUSES_MS[0])
            await sleep(process, max(pause_ms, self.stands_still_until_ms - process.now_ms))
            while not self.may_poll():
                await sleep(process, LOOKS_MS)
        self.closes()
        await consumer.close()
        self.ends("leave")


def has_learned(client: Consumer) -> bool:
    """Whether a consumer has the assignment of its generation, under the member id that it has."""
    view, told = client.view().member, client.group_metadata
    return (told.generation, told.member_id) == (view.epoch, view.member_id) and not view.is_taking
