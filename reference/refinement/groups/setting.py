"""What is run beside the model of groups, and how its brokers and clients are configured."""

from collections.abc import Collection, Mapping
from typing import Literal, TypeGuard

import attrs

from ackproof.model.consume.rebalancing import COOPERATIVE as KEEPS_READING
from ackproof.model.consume.rebalancing import EAGER as GIVES_UP
from ackproof.model.consume.rebalancing import RECONCILING
from ackproof.model.consume.rules import ConsumerRules as ClientRules
from ackproof.model.groups.assignors import ranges, ranges_kept
from ackproof.model.groups.reconciling import at_each_target
from ackproof.model.groups.rules import EAGER, ClassicRules, ConsumerRules, GroupRules
from ackproof.reference.consumer.rules import MemberRules, member_rules
from ackproof.reference.consumer.settings import ConsumerSettings, consumer_settings
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.simulator.scenario import QUICK_BROKERS

SHARED_SLOT = 0
"""The place in Java's smallest hash table of all member ids, where they are to share one."""

GROUP, TOPIC, OFFSETS_TOPIC = "group", "input", "__consumer_offsets"
SESSION_MS, POLL_INTERVAL_MS, HEARTBEAT_MS, METADATA_MS = 700, 1_000, 50, 100

Rebalances = Literal["in poll", "in background"]
"""Where a client does what a rebalance asks of it: librdkafka in the background, unless the application is asked."""


@attrs.frozen
class GroupSetting:
    """
    What is run beside the model.

    Attributes:
        assignment_interval_ms: How often a group of the consumer protocol computes a target at most.
        rebalances: Where its clients do what a rebalance asks of them.
    """

    rules: GroupRules = EAGER
    members: int = 2
    partitions: int = 2
    assignment_interval_ms: int = 0
    rebalances: Rebalances = "in poll"

    @property
    def client_rules(self) -> ClientRules:
        """How its clients take part in rebalances."""
        rebalancing = GIVES_UP
        if isinstance(self.rules, ConsumerRules):
            rebalancing = RECONCILING
        elif self.rules.is_cooperative:
            rebalancing = KEEPS_READING
        return ClientRules(rebalancing=rebalancing, rejoins_in_background=self.rebalances == "in background")

    @property
    def member_rules(self) -> MemberRules:
        """What its clients do as members."""
        return member_rules(self.rules)

    @property
    def coordinator_rules(self) -> CoordinatorRules:
        """What its coordinator does."""
        if isinstance(self.rules, ConsumerRules):
            return CoordinatorRules(consumer=self.rules)
        return CoordinatorRules(classic=self.rules)


def broker_properties(setting: GroupSetting) -> Mapping[str, str]:
    """The configuration of the brokers."""
    return {
        **QUICK_BROKERS,
        "group.consumer.assignment.interval.ms": str(setting.assignment_interval_ms),
        "group.consumer.heartbeat.interval.ms": str(HEARTBEAT_MS),
        "group.consumer.min.heartbeat.interval.ms": str(HEARTBEAT_MS),
        "group.consumer.min.session.timeout.ms": "100",
        "group.consumer.session.timeout.ms": str(SESSION_MS),
        "group.initial.rebalance.delay.ms": "150",
        "group.min.session.timeout.ms": "100",
        "offsets.topic.replication.factor": "2",
    }


def member_settings(
    setting: GroupSetting, bootstrap_servers: str, number: int, instance: int | None = None
) -> ConsumerSettings:
    """The configuration of a member, which may be another *instance* than its number says."""
    return consumer_settings(
        {
            "bootstrap.servers": bootstrap_servers,
            "client.id": f"consumer-{number}",
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": "false",
            "fetch.max.wait.ms": "30",
            "max.poll.interval.ms": str(POLL_INTERVAL_MS),
            "metadata.max.age.ms": str(METADATA_MS),
            "reconnect.backoff.max.ms": "5",
            "reconnect.backoff.ms": "5",
            "retry.backoff.max.ms": "5",
            "retry.backoff.ms": "5",
            **({"group.instance.id": f"instance-{instance or number}"} if setting.rules.is_static else {}),
            **protocol_of(setting.rules),
        }
    )


def may_join_beside(rules: GroupRules) -> TypeGuard[ClassicRules]:
    """Whether a member that forgets who it was joins as another one."""
    return isinstance(rules, ClassicRules) and not rules.is_static


def may_have_slot(rules: GroupRules, slot: int, taken: Collection[int]) -> bool:
    """
    Whether a member id may be in this place of a hash table, others being *taken*.

    Where coordinators assign, ids are in places of their own, or all are in one.
    """
    if not isinstance(rules, ConsumerRules):
        return True
    return slot == SHARED_SLOT if rules.shares_places else slot not in taken


def waits_in_vain(rules: GroupRules) -> bool:
    """
    Whether a group may wait for what a member has to say (KAFKA-16185) or has said (KAFKA-16249) until it puts it out.

    It does as long as applications have from one poll to the next (``max.poll.interval.ms``).
    """
    return isinstance(rules, ConsumerRules) and (
        not rules.acknowledges_what_it_has or rules.reconcile is at_each_target
    )


def protocol_of(rules: GroupRules) -> Mapping[str, str]:
    """The keys that say which protocol a client speaks, and who assigns what."""
    if isinstance(rules, ClassicRules):
        return {
            "heartbeat.interval.ms": str(HEARTBEAT_MS),
            "partition.assignment.strategy": rules.assignor.name,
            "session.timeout.ms": str(SESSION_MS),
        }
    assignor = "range" if rules.assign in (ranges, ranges_kept) else "uniform"
    return {"group.protocol": "consumer", "group.remote.assignor": assignor}
