"""What a director has a broker do that starts again, and whether its leader waits for it from then on."""

from ackproof.reference.refinement.directing.brokers import machine_of
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.turn import Turn


def come_back(director: Director, turn: Turn) -> None:
    """A broker starts again; if its leader is not to wait for it, its heartbeats do not arrive for now."""
    (index,) = turn.came_up()
    machine = machine_of(director, index)
    is_fenced = is_done_without(director, index)
    if is_fenced:
        director.network.muted.add(machine.name)
    director.stage.cluster.start(machine)
    is_there = director.stage.has_registered if is_fenced else director.is_back
    director.until(lambda: is_there(machine.broker_id), f"broker {machine.broker_id} being back", 40_000)
    director.calm()


def is_done_without(director: Director, index: int) -> bool:
    """
    Whether a batch is acknowledged that a replica lacks which is back, before its leader asks for it to be in sync.

    Who was caught up lately would have to have it too, but for whom the controller does not count on yet.
    Source: ``Partition.maybeIncrementLeaderHW``, ``Partition.isReplicaIsrEligible``.
    """
    for turn in director.coming:
        replica = turn.replicas_after[index]
        if not replica.is_up or replica.is_in_sync or replica.is_joining:
            return False
        if turn.action == "answer" and turn.connection_before.requests[0].sent.record not in turn.records_after(index):
            return turn.client.acks == "all"
    return False
