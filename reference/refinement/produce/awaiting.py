"""What a leader does not take for committed yet: it waits for a follower that was caught up lately."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.action import Action, Next
from ackproof.model.produce.replica import Replicas, leader_of, maximal_in_sync, replaced


def awaiting(act: Action) -> Action:
    """
    *act*, after which the high watermark may also stand where it stood.

    A leader waits for whoever had all that it has within ``replica.lag.time.max.ms``, in sync or not: that is one that
    has restarted since. In the model it hears of what raises the high watermark later.

    Source: ``Partition.maybeIncrementLeaderHW``, ``shouldWaitForReplicaToJoinIsr``.
    """
    if "replicas" not in act.writes:
        return act
    place = act.parameters.index("replicas")

    def outcomes(*arguments: object) -> Iterator[Next]:
        before = cast("Replicas", arguments[place])
        for outcome in act.outcomes(*arguments):
            yield outcome
            after = cast("Replicas", outcome.changes.get("replicas", before))
            if (standing := still(before, after)) != after:
                yield Next(outcome.says, **{**outcome.changes, "replicas": standing})

    return attrs.evolve(act, function=outcomes)


def still(before: Replicas, after: Replicas) -> Replicas:
    """*after* with the high watermark of *before*, if its leader may wait for a follower."""
    leader = leader_of(after)
    if leader is None or not any(
        replica.is_up and index not in maximal_in_sync(after) for index, replica in enumerate(after)
    ):
        return after
    stood = min(before[leader].high_watermark, after[leader].high_watermark)
    return replaced(after, leader, attrs.evolve(after[leader], high_watermark=stood))
