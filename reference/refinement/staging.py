"""What every stage does: time passes on it, until it is set; and a cluster is asked where a group is kept."""

from collections.abc import Callable

from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.simulator.cluster import Cluster

MOST_STEPS = 100_000
"""A stage that is not set after so many never is."""


def pass_one_millisecond(clock: VirtualClock) -> None:
    """Everything that is due next happens: all of one millisecond."""
    assert clock.step()
    now_ms = clock.now_ms
    while clock.step(now_ms):
        pass


def wait_until(is_so: Callable[[], bool], step: Callable[[], None]) -> None:
    """
    Time passes, by each *step*, until something is so.

    Raises:
        AssertionError: It does not come to that.
    """
    for _ in range(MOST_STEPS):
        if is_so():
            return
        step()
    raise AssertionError("the stage is never set")


def shard_of(cluster: Cluster, group: str) -> Shard | None:
    """Where a group is kept; None while no coordinator has loaded it."""
    brokers = (machine.broker for machine in cluster.machines.values())
    kept = (None if broker is None else broker.coordinators.groups.shard_of(group) for broker in brokers)
    return next((shard for shard in kept if shard is not None), None)
