"""Faults: what each name means in a simulated cluster."""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from ackproof.reference.simulator.faults.application_faults import ApplicationFaults
from ackproof.reference.simulator.faults.broker_faults import BrokerFaults
from ackproof.reference.simulator.faults.message_faults import MessageFaults
from ackproof.reference.simulator.faults.striking import Struck
from ackproof.reference.simulator.scenario import Fault, FaultName
from ackproof.reference.simulator.world import World

Strike = Callable[[Fault, Random], Struck | None]
"""Has a fault happen; None if it can not happen now."""

RETRY_MS = 25
"""How soon a fault that could not happen is tried again."""


def strikes(
    brokers: BrokerFaults, messages: MessageFaults, applications: ApplicationFaults
) -> Mapping[FaultName, Strike]:
    """What each fault does."""
    return {
        "request-lost": lambda fault, rng: messages.strike("request-lost", fault, rng),
        "response-lost": lambda fault, rng: messages.strike("response-lost", fault, rng),
        "request-delayed": lambda fault, rng: messages.strike("request-delayed", fault, rng),
        "broker-crash": brokers.crash,
        "power-loss": brokers.lose_power,
        "leader-change": brokers.move_leader,
        "follower-lag": brokers.slow_follower,
        "coordinator-failover": brokers.move_coordinator,
        "partitions-added": brokers.add_partition,
        "retention": brokers.delete_old,
        "producer-crash": applications.crash_producer,
        "producer-pause": applications.pause_producer,
        "consumer-crash": applications.crash_consumer,
        "consumer-pause": applications.pause_consumer,
        "member-joins": applications.join,
        "member-leaves": applications.leave,
        "offsets-expired": applications.expire_offsets,
        "send-timeout": applications.delay_sends,
        "processing-fails": applications.fail_processing,
    }


class Fate:
    """Has faults happen when they are due, and undoes them."""

    def __init__(self, world: World, strikes: Mapping[FaultName, Strike], until_ms: int) -> None:
        """
        Nothing happens yet.

        Args:
            world: Where they happen.
            strikes: What each does.
            until_ms: When it is too late for what could not happen before.
        """
        self._world = world
        self._strikes = strikes
        self._until_ms = until_ms
        self._rng = world.own_rng()
        self.unhealed = 0

    def plan(self, faults: tuple[Fault, ...]) -> None:
        """*faults* happen when they say, or when chance wants."""
        now_ms = self._world.clock.now_ms
        for fault in faults:
            after_ms = self._rng.randrange(self._until_ms - now_ms) if fault.at_ms is None else fault.at_ms
            self._world.clock.call_at(now_ms + after_ms, partial(self._strike, fault))

    def _strike(self, fault: Fault) -> None:
        struck = self._strikes[fault.name](fault, self._rng)
        clock = self._world.clock
        if struck is not None:
            self._world.note("fault", name=fault.name, target=struck.target)
            self.unhealed += 1
            clock.call_at(clock.now_ms + struck.lasts_ms, lambda: self._heal(fault, struck))
        elif clock.now_ms + RETRY_MS < self._until_ms:
            clock.call_at(clock.now_ms + RETRY_MS, lambda: self._strike(fault))
        else:
            self._world.note("spared", name=fault.name)

    def _heal(self, fault: Fault, struck: Struck) -> None:
        self.unhealed -= 1
        struck.heal()
        if struck.lasts_ms:
            self._world.note("healed", name=fault.name, target=struck.target)
