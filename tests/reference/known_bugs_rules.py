"""The rules that a system of the record of bugs runs under, by whom they concern."""

from collections.abc import Callable
from typing import TypeVar

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.groups.rules import ConsumerRules as ConsumerGroupRules
from ackproof.model.produce.append import Leader
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.consumer.rules import MemberRules, member_rules
from ackproof.reference.groups.rules import CoordinatorRules

R = TypeVar("R")

Scenario = Callable[[System], bool]
"""Whether what a bug breaks is seen on the reference under the rules of a system; its docstring says what happens."""


def rule(system: System, name: str, kind: type[R]) -> R:
    """The rules of that *name*."""
    found = system.rules[name]
    assert isinstance(found, kind)
    return found


def brokers(system: System) -> BrokerRules:
    """Those of brokers and controller."""
    return rule(system, "leader", Leader).rules


def client(system: System) -> ProducerRules:
    """Those of a producer."""
    return rule(system, "client", ProducerRules)


def consumer(system: System) -> ConsumerRules:
    """Those of a consumer, and of the coordinator of its group."""
    return rule(system, "consumer", ConsumerRules)


def transactions(system: System) -> TransactionRules:
    """Those of transactions."""
    return rule(system, "client", Client).rules


def members(system: System) -> MemberRules:
    """Those of the members of a group."""
    found = system.rules["rules"]
    assert isinstance(found, ClassicRules | ConsumerGroupRules)
    return member_rules(found)


def coordinator(system: System) -> CoordinatorRules:
    """Those of a group coordinator."""
    if "consumer" in system.rules:
        of_consumer = consumer(system)
        return CoordinatorRules(keeping=of_consumer.keeping, rebalancing=of_consumer.rebalancing)
    found = system.rules["rules"]
    if isinstance(found, ClassicRules):
        return CoordinatorRules(classic=found)
    assert isinstance(found, ConsumerGroupRules)
    return CoordinatorRules(consumer=found)
