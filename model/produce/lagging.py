"""Followers that fall behind, and leave the in-sync replicas."""

from collections.abc import Iterator
from functools import partial, reduce
from itertools import combinations

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.controller import without
from ackproof.model.produce.replica import Replicas, broker, has_another_in_sync, has_leader, leading
from ackproof.model.produce.replicating import brokers
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.system import Action, Next, action

LAG = "follower-lag"


@action(fault=LAG, when={"replicas": has_another_in_sync})
def follower_lag(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """A follower is behind for replica.lag.time.max.ms and leaves the in-sync replicas (``maybeShrinkIsr``)."""
    for index, replica in enumerate(replicas):
        if replica.role == "in-sync" and replica.is_up:
            after = leader.watermark.settled(leader.rules, without(leader.rules, replicas, index))
            yield Next(f"{broker(index)} falls behind; in sync: {brokers(after)}", replicas=after)


def followers_lag(number: int) -> Action:
    """So many followers that are behind at once, each of them a fault."""

    def lag(leader: Leader, replicas: Replicas) -> Iterator[Next]:
        """
        Followers are behind, and leave the in-sync replicas with one request of their leader.

        Only where it matters: where, one after the other, the first of them would not be eligible. A broker whose
        heartbeats do not arrive leaves alone; one that has crashed is behind until the controller notices.

        Source: ``Partition.getOutOfSyncReplicas``, ``PartitionChangeBuilder.maybePopulateTargetElr``.
        """
        led = replicas[leading(replicas)]
        late = [
            i for i, one in enumerate(replicas) if one.role == "in-sync" and not leader.watermark.is_level(led, one)
        ]
        for behind in combinations(late, number):
            left = without(leader.rules, replicas, *behind)
            if left != reduce(partial(without, leader.rules), behind, replicas):
                after = leader.watermark.settled(leader.rules, left)
                names = " and ".join(map(broker, behind))
                yield Next(f"{names} fall behind at once; in sync: {brokers(after)}", replicas=after)

    act = action(fault=LAG, times=number, when={"replicas": has_leader})(lag)
    return attrs.evolve(act, name=f"{number} followers lag")


def several_at_once(rules: BrokerRules, faults: Faults) -> Iterator[Action]:
    """How several followers may fall behind at once, where who is eligible depends on it and *faults* pay for it."""
    if rules.has_eligible_leader_replicas and 1 < rules.min_insync_replicas < rules.replication_factor:
        for number in range(2, rules.replication_factor):
            if faults.without(LAG, number) is not None:
                yield followers_lag(number)
