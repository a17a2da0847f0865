"""A member of a directed group: it polls when it is told to."""

from random import Random
from string import ascii_letters, digits

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import FencedInstanceIdError
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.modern.group import member_id_of
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.groups.java import SMALLEST_TABLE, slot_of
from ackproof.reference.groups.member_ids import classic_member_id
from ackproof.reference.kernel.future import Future, sleep
from ackproof.reference.refinement.groups.setting import TOPIC
from ackproof.reference.refinement.groups.stage import GroupStage, StagedApplication
from ackproof.reference.simulator.process import Process

HEARTBEAT_MS, METADATA_MS, ANSWERED_MS = 1_000, 500, 500
FOR_EVER_MS = 1_000_000_000

ID_CHARACTERS = "".join(sorted(ascii_letters + digits + "-_"))
"""What member ids are made of, in order."""


class Taking(RebalanceListener):
    """An application that takes its time once it is told what it is assigned, until it is to poll again."""

    def __init__(self, member: "DirectedMember", process: Process) -> None:
        self._member = member
        self._process = process

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        """It has its assignment."""
        self._member.polls = False
        await self._member.told(self._process)


class DirectedMember(StagedApplication):
    """
    One instance.

    Attributes:
        rank: Its place among the member ids that its next processes make up, from 1 on.
        polls: It polls, again and again.
        asks: It asks its coordinator what is committed, once.
        rest_ms: How long it rests between two polls.
        times_polled: How often it has.
        late_from_ms: From when on it has not polled for too long, if it has not until then.
        refusal: What its poll has raised, as it could not assign or not read what it is assigned; None if nothing.
    """

    def __init__(self, stage: GroupStage, number: int) -> None:
        super().__init__(stage, number)
        self.settings = untimed(self.settings)
        self.rank = 1
        self.polls = self.asks = False
        self.rest_ms = 1
        self.times_polled = 0
        self.late_from_ms = 0
        self.refusal: str | None = None
        self._told: Future[None] | None = None

    def start(self) -> None:
        """Its process starts; a former one waits for nothing any more."""
        self._go_on()
        self.polls, self.asks, self._told = False, False, None
        super().start()

    def is_patient(self, session_ms: int, poll_interval_ms: int) -> None:
        """How long its next process may be silent, and may be without polling."""
        self.settings = attrs.evolve(
            self.settings, session_timeout_ms=session_ms, max_poll_interval_ms=poll_interval_ms
        )

    def is_instance(self, instance_id: str) -> None:
        """Its next process has this instance id."""
        self.settings = attrs.evolve(self.settings, group_instance_id=instance_id)

    def goes_on(self) -> None:
        """It polls, or hears of a generation, since when it is looked at how long it has not polled."""
        self.late_from_ms = self.world.clock.now_ms + self.settings.max_poll_interval_ms

    def poll(self) -> None:
        """It is to poll from now on."""
        self.polls = True
        self._go_on()

    def ask(self) -> None:
        """It is to ask what is committed."""
        self.asks = True
        self._go_on()

    def leave(self) -> None:
        """It is to close its consumer."""
        self.is_leaving = True
        self._go_on()

    def _go_on(self) -> None:
        if self._told is not None:
            self._told.resolve(None)

    async def told(self, process: Process) -> None:
        """Wait to be told what to do."""
        self._told = Future(process)
        await self._told

    async def run(self, process: Process) -> None:
        """Poll when it is to, until it is to leave."""
        node, rng = self.world.network.node(process), rng_of(self.rank, self.world.own_rng())
        client = Consumer(process, node, self.settings, self._rules, rng, member_rules=self._member_rules)
        self.client = client
        client.subscribe([TOPIC], Taking(self, process) if self.settings.is_classic else None)
        while not self.is_leaving:
            if self.asks:
                await self._ask(client)
                continue
            if not self.polls:
                await self.told(process)
                continue
            self.goes_on()
            try:
                await client.poll(0)
            except FencedInstanceIdError:
                self.ends("fenced")
                return
            except ValueError as error:
                self.refusal, self.polls = str(error), False
            except self.errors as error:
                self.world.note("poll-failed", instance=self.name, error=str(error))
            self.times_polled += 1
            await sleep(process, self.rest_ms)
        self.closes()
        await client.close()
        self.ends("leave")

    async def _ask(self, client: Consumer) -> None:
        try:
            await client.committed([(TOPIC, 0)], ANSWERED_MS)
        except self.errors as error:
            self.world.note("not-told", instance=self.name, error=str(error))
        self.asks = False


def untimed(settings: ConsumerSettings) -> ConsumerSettings:
    """*settings* for which time decides nothing by itself but sessions."""
    return attrs.evolve(
        settings,
        heartbeat_interval_ms=HEARTBEAT_MS,
        max_poll_interval_ms=FOR_EVER_MS,
        session_timeout_ms=FOR_EVER_MS,
        metadata_max_age_ms=METADATA_MS,
        connections_max_idle_ms=FOR_EVER_MS,
        request_timeout_ms=FOR_EVER_MS,
    )


def rng_of(rank: int, rng: Random) -> Random:
    """
    Chance by which the member id that a client makes up is at this *rank*, from 1 on, wherever assignors meet it.

    The coordinator's range assignor sorts the ids, the uniform one goes by a hash table.
    """
    while True:
        seed = rng.getrandbits(64)
        member_id = member_id_of(Random(seed))
        if ID_CHARACTERS.index(member_id[0]) * SMALLEST_TABLE // len(ID_CHARACTERS) == slot_of(member_id) == rank - 1:
            return Random(seed)


def rng_of_slot(prefix: str, slot: int, rng: Random) -> Random:
    """Chance by which a coordinator makes up a member id that is at this *slot* of a hash table."""
    while True:
        seed = rng.getrandbits(64)
        if slot_of(classic_member_id(prefix, Random(seed))) == slot % SMALLEST_TABLE:
            return Random(seed)
