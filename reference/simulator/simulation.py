"""Simulations: a cluster, its applications, and what goes wrong, all of one seed."""

from collections.abc import Mapping
from random import Random

from ackproof.reference.broker.rules import Rules
from ackproof.reference.controller.image import Image
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.applications.group import ConsumingGroup
from ackproof.reference.simulator.applications.producing import ProducingApplication
from ackproof.reference.simulator.applications.transacting import TransactingApplication
from ackproof.reference.simulator.audit import is_settled, log_ends, stored
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.faults.application_faults import ApplicationFaults
from ackproof.reference.simulator.faults.broker_faults import BrokerFaults
from ackproof.reference.simulator.faults.faults import Fate, strikes
from ackproof.reference.simulator.faults.message_faults import MessageFaults
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.offsets import Asked, Offsets
from ackproof.reference.simulator.scenario import QUICK_BROKERS, ConsumerPlan, ProducerPlan, Scenario
from ackproof.reference.simulator.stepping import run_until
from ackproof.reference.simulator.world import World

READY_MS = 60_000
"""How long a cluster may take to start."""

LOOK_MS = 250
"""How often it is looked whether all is done."""

ANSWER_MS = 20
"""How long a coordinator is given to tell the offsets of a group."""

QUIET_MS = 2_000
"""How long a run goes on once all is done, so that what is still under way arrives."""


class Simulation:
    """
    A run.

    Attributes:
        history: What has happened so far.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        """
        A cluster that is ready for applications.

        Raises:
            ValueError: A setting or a topic that cannot be.
        """
        self.scenario = scenario
        self.history = History()
        self.clock = VirtualClock()
        rng = Random(seed)
        hears = self.history.delivered if scenario.keeps_deliveries else None
        self.network = SimulatedNetwork(self.clock, Random(rng.getrandbits(64)), scenario.delays, hears)
        properties = {**QUICK_BROKERS, **scenario.broker_properties}
        rules = Rules(scenario.broker_rules, scenario.transaction_rules)
        self.cluster = Cluster(
            self.clock, self.network, Random(rng.getrandbits(64)), scenario.brokers, properties, rules, self._decided
        )
        self.world = World(
            self.clock, self.network, self.history, Random(rng.getrandbits(64)), self.cluster.bootstrap_servers
        )
        self.producers = [application_of(self.world, plan) for plan in scenario.producers]
        self.groups = [ConsumingGroup(self.world, plan) for plan in scenario.consumers]
        self._prepare()
        self._fate = self._fated(int(properties["replica.lag.time.max.ms"]))

    def run(self) -> None:
        """Applications run while things go wrong, and then until they are through."""
        start_ms = self.clock.now_ms
        for producer in self.producers:
            producer.start()
        for group in self.groups:
            group.start()
        self._fate.plan(self.scenario.faults)
        run_until(self.clock, start_ms + self.scenario.duration_ms)
        over_ms = self.clock.now_ms + self.scenario.settling_ms
        while not (is_through := self._is_through()) and self.clock.now_ms < over_ms:
            run_until(self.clock, self.clock.now_ms + LOOK_MS)
        self.world.note("ended", is_through=is_through)
        run_until(self.clock, self.clock.now_ms + QUIET_MS)
        self._audit()

    def _is_through(self) -> bool:
        """Whether all is well again, all is sent, and all that is there is processed."""
        is_well = not self._fate.unhealed and self.cluster.is_ready and is_settled(self.cluster)
        if not is_well or not all(each.is_through for each in self.producers):
            return False
        committed = self._committed()
        return all(self._is_drained(group.plan, committed[group.plan.group]) for group in self.groups)

    def _is_drained(self, plan: ConsumerPlan, committed: Offsets) -> bool:
        """Whether each record that can be read was processed, or nobody will, as the group has its offset behind it."""
        ends = log_ends(self.cluster, plan.topic)
        if all(end <= committed.get((plan.topic, index), 0) for index, end in ends.items()):
            return True
        found = list(stored(self.cluster))
        if plan.output is None:
            done = {str(each["record"]) for each in self.history.of("processed")}
        else:
            done = {each.content.made_of for each in found if each.is_committed and each.content.made_of}
        readable = (each for each in found if each.topic == plan.topic and each.is_committed)
        return all(
            each.content.record in done or each.offset < committed.get((each.topic, each.partition), 0)
            for each in readable
        )

    def _committed(self) -> Mapping[str, Offsets]:
        """What each group has committed."""
        asked = {group.plan.group: Asked(self.cluster, group.plan.group) for group in self.groups}
        run_until(self.clock, self.clock.now_ms + (ANSWER_MS if asked else 0))
        return {group: each.offsets for group, each in asked.items()}

    @property
    def applications(self) -> list[Application]:
        """All processes of applications."""
        return [*self.producers, *(instance for group in self.groups for instance in group.instances)]

    def _prepare(self) -> None:
        over_ms = self.clock.now_ms + READY_MS
        while not self.cluster.is_ready:
            assert self.clock.now_ms < over_ms
            run_until(self.clock, self.clock.now_ms + 10)
        for topic in self.scenario.topics:
            self.cluster.create_topic(topic.name, topic.partitions, topic.replication_factor, topic.settings)
        run_until(self.clock, self.clock.now_ms + 200)

    def _fated(self, replica_lag_time_max_ms: int) -> Fate:
        def names() -> list[str]:
            return [each.name for each in self.applications if each.is_up]

        def noted(name: str, target: str) -> None:
            self.world.note("struck", name=name, target=target)

        brokers = BrokerFaults(self.cluster, self.network, replica_lag_time_max_ms)
        messages = MessageFaults(self.network, names, noted)
        applications = ApplicationFaults(self.network, self.producers, self.groups)
        until_ms = self.clock.now_ms + self.scenario.duration_ms
        return Fate(self.world, strikes(brokers, messages, applications), until_ms)

    def _decided(self, before: Image, after: Image) -> None:
        for topic in after.topics.values():
            for index, partition in enumerate(topic.partitions):
                if before.partition(topic.name, index) != partition:
                    self.history.add(
                        self.clock.now_ms,
                        "led",
                        topic=topic.name,
                        partition=index,
                        leader=partition.leader,
                        leader_epoch=partition.leader_epoch,
                        in_sync=partition.in_sync_replicas,
                        eligible=partition.eligible_leader_replicas,
                    )

    def _audit(self) -> None:
        for group, offsets in self._committed().items():
            for (topic, partition), offset in offsets.items():
                self.world.note("offset-stored", group=group, topic=topic, partition=partition, offset=offset)
        for each in stored(self.cluster):
            self.world.note(
                "stored",
                record=each.content.record,
                topic=each.topic,
                partition=each.partition,
                offset=each.offset,
                key=each.key,
                transaction=each.content.transaction,
                made_of=each.content.made_of,
                is_committed=each.is_committed,
            )


def application_of(world: World, plan: ProducerPlan) -> ProducingApplication:
    """The application of a plan."""
    return TransactingApplication(world, plan) if plan.is_transactional else ProducingApplication(world, plan)
