"""
The stage of transactions: a transactional producer, and what can go wrong with it.

Where the reference can do in several steps what the model does in one, the stage has it happen at once:

- What clients ask for and markers take time, and so do answers to clients; all other messages do not. No two of these
  requests arrive in the same millisecond: while one is being logged, CONCURRENT_TRANSACTIONS is the answer to another,
  and in the model nothing is being logged.
- A process that has died stays away until what it had sent has arrived, and a producer of no use any more is closed
  once it has heard what has become of what it had sent: in the model the next one asks for nothing before that.
- A member that has died sends no offsets: its group would take them until its session expires, which the model has
  happen at once.
- A process that stands still is put out of its group, or its transaction times out, or both; or another one takes its
  place with the same ``transactional.id``, as if it had died, and it goes on once that is initialised. Who has been put
  out hears so as it goes on, and is back when it has polled. It does not stand still while it asks for its position,
  which the model does not tell to who was put out.
- Of several instances the one that has the partition first is the first, and each member has a name by chance, by which
  it is assigned the partition or not. Who waits for its group to rebalance only polls, and neither stands still nor
  dies meanwhile.
- Who is refused a batch as the one before it may be missing tries again until its deadline: the model has it hear once.

- What a leader has is compared once it is committed, and a transaction once what becomes of it is written down: while a
  follower is down that takes as long as its session.
- A broker goes while all that was written is committed: else who leads next may have it or not, and its client hears
  that nothing was decided.
- No batch passes its deadline while a broker is down, as all requests would, whose time is the same; and no transaction
  times out: its producer would hear that it is fenced before that is written down.
- Where brokers go, no marker is held back that is there already, as a transaction is over to the model once its markers
  are.
- Where brokers go, CONCURRENT_TRANSACTIONS is nothing decided: it is also said for a coordinator that is not there, and
  while one that has taken over has markers written once more.

Not compared: with the second protocol the epoch before the present one, the sequence of a producer that is being
initialised, that a group waits for its owner, and what no broker is told (which end of a transaction was meant for
which). Not run: instances that come or leave for good, a power loss.
"""

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.request import Request
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.refinement.transactions.application import StagedProducer
from ackproof.reference.refinement.transactions.cluster import TransactionCluster
from ackproof.reference.refinement.transactions.network import TURNED_AWAY, Parcel, TimedNetwork
from ackproof.reference.refinement.transactions.piping import StagedPipe
from ackproof.reference.refinement.transactions.setting import (
    TRANSACTION_TIMEOUT_MS,
    TransactionSetting,
    consumer_settings_of,
    producer_settings_of,
)
from ackproof.reference.simulator.applications.producing import ProducingApplication
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import ProducerPlan

LONG_MS, DEADLINE_MS = 1_000_000, 900
"""``delivery.timeout.ms``: too long for anything to pass it, or short enough for a batch that is to."""

TIMEOUT_MS = 1_500
"""``transaction.timeout.ms``, which passes only while a process is paused, or when nobody works on a transaction."""

LONG_TIMEOUT_MS = 6_000
"""The same where members pause: longer than a process is ever paused for that."""

SESSION_MS, SHORT_SESSION_MS = 3_000, 600
"""Of members of a group: longer than a process is ever paused, or short enough to pass as one is."""

LOOKS_MS = 5
"""How often it is looked whether something is so that the stage waits for."""

AWAY_MS = 60
"""How long a process that has died stays away, at least."""


class TimedStage(TransactionCluster):
    """
    A cluster and a transactional producer, which is initialised before anything else, and has its log, if it reads one.

    Attributes:
        instances: First the one that has the partition of the log at first.
        writer: Who writes the log.
        has_deadline: A batch may pass its deadline; then nobody stands still for as long as that.
        is_replicated: There are three replicas of everything, and brokers may go.
        has_outages: They may be down for a while, in which no transaction times out.
        has_pauses: Members may stand still until they are put out of their group.
    """

    def __init__(
        self,
        setting: TransactionSetting,
        seed: int,
        *,
        has_deadline: bool = False,
        is_replicated: bool = False,
        has_outages: bool = False,
        has_pauses: bool = False,
    ) -> None:
        rng = Random(seed)
        self.has_deadline = has_deadline
        self.setting = setting
        self.clock = VirtualClock()
        self.is_replicated, self.has_outages, self.has_pauses = is_replicated, has_outages, has_pauses
        again = TURNED_AWAY if is_replicated else frozenset[ErrorCode]()
        self.network = TimedNetwork(self.clock, Random(rng.getrandbits(64)), again)
        own = Random(rng.getrandbits(64))
        super().__init__(setting, self.clock, self.network, own, is_replicated=is_replicated)
        self.instances: list[StagedProducer] = [
            piping(self, index, rng.randrange(3) + 1) if setting.has_group else producing(self)
            for index in range(setting.application.instances)
        ]
        self.writer = ProducingApplication(
            self.world, ProducerPlan(records=setting.records, interval_ms=1 + rng.randrange(60))
        )
        for index in range(len(self.instances)):
            self.start_instance(index)
        self.network.tells = self._told
        self.wait_until(self._is_ready)
        self._count_anew()
        self.network.parcels.clear()

    def start(self) -> None:
        """The application begins to work, and the log that it reads gets records."""
        for instance in self.instances:
            instance.begins = True
        if self.setting.has_group:
            self.writer.start()

    def start_instance(self, index: int) -> None:
        """A process of an instance starts."""
        instance = self.instances[index]
        instance.start()
        assert instance.process is not None
        self.network.writers[instance.process] = index

    def start_once_it_is_quiet(self, index: int, former: Process) -> None:
        """A process of an instance starts once all has arrived that the one before it had sent."""
        self._once_it_is_quiet(former, partial(self.start_instance, index))

    def _once_it_is_quiet(self, former: Process, happens: Callable[[], None]) -> None:
        def look() -> None:
            mine = (each for each in self.network.parcels if each.sender is former and each.asked is not None)
            if any(each.is_under_way and not each.is_held for each in mine):
                self.clock.call_at(self.clock.now_ms + LOOKS_MS, look)
            else:
                happens()

        self.clock.call_at(self.clock.now_ms + AWAY_MS, look)

    def can_be_replaced(self, instance: StagedProducer) -> bool:
        """Whether an instance can be taken for dead: it has an epoch, which is then fenced, and no group."""
        is_still = instance.process is None or instance.process.is_paused
        # A batch that nothing comes back of passes no deadline while its process stands still.
        is_silent = any(each.is_silent and each.is_waiting for each in self.network.parcels)
        return not (self.setting.has_group or instance.is_initialising or is_still or is_silent)

    def replace(self, index: int, still: Process) -> None:
        """A process stands still and is taken for dead: another one starts, and later it goes on."""
        still.pause()
        self._once_it_is_quiet(still, partial(self._start_instead, index, still))

    def _start_instead(self, index: int, still: Process) -> None:
        former = self.instances[index]
        if former.process is not still:
            return
        self.instances[index] = producing(self)
        self.instances[index].replace(former)
        self.start_instance(index)
        self._let_go_on(index, still)

    def _let_go_on(self, index: int, still: Process) -> None:
        if self.instances[index].is_initialising:
            self.clock.call_at(self.clock.now_ms + LOOKS_MS, partial(self._let_go_on, index, still))
            return
        # What it sends from now on is refused, and nothing changes: the model has no such requests.
        del self.network.writers[still]
        still.resume()

    def _told(self, asked: Request) -> Request:
        instance = self.instances[asked.writer]
        if asked.kind != "commit-offsets" or not isinstance(instance, StagedPipe):
            return attrs.evolve(asked, serial=instance.serial)
        # While a follower is down nobody looks.
        instance.look()
        return attrs.evolve(asked, serial=instance.serial, start=instance.first, generation=instance.generation)

    def _is_ready(self) -> bool:
        return all(
            self.is_settled(instance) if isinstance(instance, StagedPipe) else not instance.is_initialising
            for instance in self.instances
        )

    def _count_anew(self) -> None:
        """The first instance is the one that has the partition, for the first time."""
        self.instances.sort(key=lambda each: isinstance(each, StagedPipe) and not each.look())
        for index, instance in enumerate(self.instances):
            assert instance.process is not None
            self.network.writers[instance.process] = index
            if isinstance(instance, StagedPipe):
                instance.generation = int(instance.owns)

    @property
    def timeout_ms(self) -> int:
        """``transaction.timeout.ms``."""
        if self.has_outages:
            return TRANSACTION_TIMEOUT_MS
        return LONG_TIMEOUT_MS if self.has_pauses else TIMEOUT_MS

    def is_member(self, app: StagedPipe) -> bool:
        """Whether the group knows an instance by the member id that it has."""
        group = self.group()
        return group is not None and app.member_id in group.members

    def is_settled(self, app: StagedPipe) -> bool:
        """Whether an instance is a member of the present generation, and knows its assignment."""
        group = self.group()
        if group is None or app.consumer is None or not (app.is_joined and self.is_member(app)):
            return False
        return group.state == "Stable" and app.consumer.view().member.epoch == group.generation

    def is_rejoining(self, app: StagedProducer) -> bool:
        """Whether an instance waits for others of its group, which then assigns the partition."""
        is_waiting = isinstance(app, StagedPipe) and app.consumer is not None and not app.is_joined
        return is_waiting and len(self.instances) > 1

    def on_the_wire(self, index: int) -> Iterator[Parcel]:
        """What an instance has sent and has not heard the answer to, as long as both may still be."""
        process = self.instances[index].process
        for parcel in self.network.parcels:
            if parcel.asked is not None and parcel.sender is process and parcel.is_waiting:
                yield parcel


def settings_of(stage: TimedStage, index: int = 0) -> ProducerSettings:
    """The producer of an instance."""
    deadline_ms = DEADLINE_MS if stage.has_deadline else LONG_MS
    return producer_settings_of(stage.world.bootstrap_servers, index, deadline_ms, stage.timeout_ms)


def producing(stage: TimedStage) -> StagedProducer:
    """An application that has records of its own."""
    setting = stage.setting
    return StagedProducer(stage.world, setting.application, setting.rules, settings_of(stage), setting.records)


def piping(stage: TimedStage, index: int, most_records: int) -> StagedPipe:
    """An application that is handed so many records at a time at most."""
    setting = stage.setting
    session_ms = SHORT_SESSION_MS if stage.has_pauses else SESSION_MS
    consumer = consumer_settings_of(stage.world.bootstrap_servers, index, setting, session_ms, most_records)
    settings = (settings_of(stage, index), consumer)
    return StagedPipe(stage.world, setting.application, setting.rules, settings, setting.records)
