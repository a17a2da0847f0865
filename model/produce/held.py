"""
What the network holds back: requests on connections that the producer gave up on, which arrive late or never.

Those of one connection arrive in order, those of several in any: a broker reads each by itself (``Selector``).

A request names no leader epoch. The broker that it was sent to refuses it while another one leads, and takes it once
it leads again. Source: ``ProduceRequest.json``; ``Partition.appendRecordsToLeader`` asks ``leaderLogIfLocal`` alone.
"""

from collections.abc import Iterator

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.network import Delayed, Request, arriving, holds_batches
from ackproof.model.produce.replica import Replicas, broker, has_leader, leader_of, leading, replaced
from ackproof.model.produce.replicating import served_head, what_happened
from ackproof.model.system import Next, action

DELAYED, MOVED = "request-delayed", "leader-change"
TAKES_OVER = frozenset({MOVED, "broker-crash", "power-loss"})
"""Faults after which another broker may lead: also the one that led before."""


def may_lead_again(kinds: frozenset[str], faults: Faults | None = None) -> bool:
    """
    Whether a broker that has led may lead again while the network holds back what was sent to it.

    That takes a request that is held back, a leader that stays up while another one leads, and that this one does not:
    three faults.

    Args:
        faults: How many there may be; None for any number.
    """
    if not {DELAYED, MOVED} <= kinds:
        return False
    if faults is None:
        return True
    limits = {
        kind: min(dict(faults.limits).get(kind, faults.left), faults.left) for kind in {DELAYED, *TAKES_OVER} & kinds
    }
    others = sum(limits.get(kind, 0) for kind in TAKES_OVER)
    return faults.left >= 3 and limits[DELAYED] > 0 and limits[MOVED] > 0 and others > 1


@action(fair=False, when={"replicas": has_leader, "delayed": holds_batches})
def late(leader: Leader, replicas: Replicas, delayed: Delayed) -> Iterator[Next]:
    """What a stuck connection held reaches the leader after all; nobody reads the answer."""
    for batch, left in arriving(delayed):
        after, says = arrived(leader, replicas, batch)
        yield Next(f"the delayed {batch.name} arrives: {says}", replicas=after, delayed=left)


def leads_again(replicas: Replicas) -> bool:
    """Whether something is held back on its way to the leader since it led before."""
    leader = leader_of(replicas)
    return leader is not None and bool(replicas[leader].held)


@action(fair=False, when={"replicas": leads_again})
def late_again(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """What was held back while another broker led reaches the broker that it was sent to, which leads again."""
    index = leading(replicas)
    for batch, left in arriving(replicas[index].held):
        released = replaced(replicas, index, attrs.evolve(replicas[index], held=left))
        after, says = arrived(leader, released, batch)
        yield Next(f"the delayed {batch.name} arrives at {broker(index)}, which leads again: {says}", replicas=after)


@action(fair=False)
def late_in_vain(replicas: Replicas) -> Iterator[Next]:
    """
    What was held back while another broker led reaches a broker that does not lead, and is refused.

    Only without reductions: it might as well never arrive.
    """
    for index, replica in enumerate(replicas):
        for batch, left in arriving(replica.held) if index != leader_of(replicas) else ():
            after = replaced(replicas, index, attrs.evolve(replica, held=left))
            yield Next(f"the delayed {batch.name} arrives at {broker(index)}, which does not lead", replicas=after)


def arrived(leader: Leader, replicas: Replicas, batch: Batch) -> tuple[Replicas, str]:
    """*replicas* after the leader served a *batch* that nobody waits for, and what it did, in a sentence."""
    after, served = served_head(leader, replicas, Request(batch, None))
    return after, what_happened(leading(replicas), replicas, after, served)
