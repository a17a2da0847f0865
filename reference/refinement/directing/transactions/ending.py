"""How a directed coordinator ends transactions."""

from random import Random

from ackproof.reference.refinement.directing.transactions.clients import LIMIT_MS
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.transactions.states.state import State


class Decided(Random):
    """Chance that the director has decided: whether what may be lost is."""

    def __init__(self, *, loses: bool) -> None:
        super().__init__(0)
        self._loses = loses

    def random(self) -> float:
        """Low if it is."""
        return 0.0 if self._loses else 1.0


def decide_completion(director: TransactionDirector, move: Move, index: int) -> bool:
    """Whether a transaction stays as it is with its markers written: that the last one is may pass unnoticed."""
    # KAFKA-9777.
    stays = move.coordinator_after[index].state in ("PrepareCommit", "PrepareAbort")
    for machine in director.stage.cluster.machines.values():
        if machine.broker is not None:
            machine.broker.coordinators.transactions.marking.rng = Decided(loses=stays)
    return stays


def mark(director: TransactionDirector, move: Move) -> None:
    """The markers of a transaction are written, wherever they have to be."""
    write(director, move, move.whose())


def load(director: TransactionDirector, move: Move) -> None:
    """Who begins to coordinate has the markers written that are missing, as far as it knows."""
    for index, transaction in enumerate(move.coordinator_after):
        is_known = director.stage.metadata(director.instance(index).name) is not None
        if is_known and transaction.state in ("CompleteCommit", "CompleteAbort"):
            write(director, move, index)


def write(director: TransactionDirector, move: Move, index: int) -> None:
    """The markers of the transaction of an instance are written."""
    metadata = director.metadata(index)
    stays = decide_completion(director, move, index)
    while metadata.state.is_preparing and not (stays and not director.markers(index)):
        director.until(lambda: bool(director.markers(index)) or not metadata.state.is_preparing, "a marker")
        for waiting in director.markers(index):
            director.serve(waiting)
            director.network.release(waiting)
        director.calm()


def time_out(director: TransactionDirector, move: Move) -> None:
    """A transaction is open for too long, and the coordinator aborts it."""
    metadata = director.metadata(move.whose())
    director.until(lambda: metadata.state is State.PREPARE_ABORT, "the end of transaction.timeout.ms", LIMIT_MS)
